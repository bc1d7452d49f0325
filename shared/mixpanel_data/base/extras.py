"""The optional dependencies of the package: an import that needs one names the extra that installs it."""

from collections.abc import Iterator
from contextlib import contextmanager

from mixpanel_data.base.errors import ConfigError


@contextmanager
def extra(name: str, purpose: str) -> Iterator[None]:
    """Import within this block the modules that need the libraries of an extra, such as `bigquery`.

    Raises ConfigError, naming the purpose and the extra, if one of those libraries is not installed.
    """
    try:
        yield
    except ImportError as error:
        # Not ModuleNotFoundError alone: where another package of Google's is installed, `google.cloud` exists, and
        # `from google.cloud import bigquery` fails with the base class.
        missing = error.name or ""
        # A missing module of our own is a bug, and no extra would install it.
        if missing.partition(".")[0] == "mixpanel_data":
            raise
        raise ConfigError(
            f"{purpose} needs the package {missing}, which is not installed. "
            f"Install it with: pip install 'mixpanel-data[{name}]'"
        ) from error
