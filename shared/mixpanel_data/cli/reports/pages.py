"""The file that `--html` names."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from mixpanel_data.base import leftovers
from mixpanel_data.base.errors import RequestError


def check_page(path: Path) -> None:
    """Raise RequestError where no file can be written; leave what is there as it is."""
    with _errors(path):
        if path.is_dir():
            raise IsADirectoryError(None, "Is a directory")
        if not _is_device(path):
            with tempfile.TemporaryFile(dir=path.resolve().parent):
                pass


def write_page(path: Path, text: str) -> None:
    """Write a page in place of what is there, all of it or nothing. Raises RequestError."""
    if _is_device(path):
        with _errors(path):
            path.write_text(text, encoding="utf-8")
        return
    # A link stays, and so does what it leads to: /dev/stdout is one.
    place = path.resolve()
    part = place.with_name(f"{place.name}.part")
    with _errors(path), leftovers.temporary(part):
        part.write_text(text, encoding="utf-8")
        part.replace(place)


def _is_device(path: Path) -> bool:
    """Whether something is there that cannot be replaced by a file, such as a pipe."""
    return path.exists() and not path.is_file()


@contextlib.contextmanager
def _errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise RequestError(f"--html is {str(path)!r}, which cannot be written: {error.strerror}.") from error
