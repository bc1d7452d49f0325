"""Mixpanel's events in BigQuery or DuckDB, each exactly once, and the jobs that work on them.

`__all__` lists the public names of the library; everything else can change with any version. Importing this package
loads nothing: a name loads its module when it is first used. `__version__` is the version of the installed package.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mixpanel_data.base.errors import (
        AuthenticationError,
        ConfigError,
        DeadlineError,
        IncompleteExportError,
        MixpanelDataError,
        NotFoundError,
        PlanError,
        QueryError,
        RateLimitError,
        RequestError,
        TableNotFoundError,
        UnavailableError,
        WarehouseBusyError,
        WarehouseRefusedError,
        WarehouseUnavailableError,
    )

    __version__: str

__all__ = [
    "AuthenticationError",
    "ConfigError",
    "DeadlineError",
    "IncompleteExportError",
    "MixpanelDataError",
    "NotFoundError",
    "PlanError",
    "QueryError",
    "RateLimitError",
    "RequestError",
    "TableNotFoundError",
    "UnavailableError",
    "WarehouseBusyError",
    "WarehouseRefusedError",
    "WarehouseUnavailableError",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return _version()
    if name in __all__:
        from mixpanel_data.base import errors

        return getattr(errors, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("mixpanel-data")
    except PackageNotFoundError:
        # Code without its metadata: the bundle of a function, or a source tree on PYTHONPATH.
        return "0+unknown"
