"""Mixpanel's events in BigQuery or DuckDB, each exactly once, the jobs that work on them, and the analyst's desk.

`Workspace` is the desk: it fetches events and profiles into a DuckDB file, answers SQL, and asks Mixpanel for its own
reports. `__all__` lists the public names of the library; everything else but `mixpanel_data.auth` can change with any
version. Importing this package loads nothing: a name loads its module when it is first used. `__version__` is the
version of the installed package.
"""

from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mixpanel_data.base.errors import (
        AccountExistsError,
        AccountNotFoundError,
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
        TableExistsError,
        TableNotFoundError,
        UnavailableError,
        WarehouseBusyError,
        WarehouseRefusedError,
        WarehouseUnavailableError,
    )
    from mixpanel_data.workspace.results import (
        ActivityFeedResult,
        Annotation,
        AnnotationTag,
        AnnotationUser,
        CohortInfo,
        ColumnInfo,
        EventCountsResult,
        ExportResult,
        FetchResult,
        FrequencyResult,
        FunnelInfo,
        FunnelResult,
        FunnelStep,
        JQLResult,
        NumericAverageResult,
        NumericBucketResult,
        NumericSumResult,
        PropertyCountsResult,
        RetentionResult,
        SavedCohort,
        SavedReportResult,
        SegmentationResult,
        TableInfo,
        TableSchema,
        TopEvent,
        UserEvent,
        WorkspaceInfo,
    )
    from mixpanel_data.workspace.workspace import Workspace

    __version__: str

__all__ = [
    "AccountExistsError",
    "AccountNotFoundError",
    "ActivityFeedResult",
    "Annotation",
    "AnnotationTag",
    "AnnotationUser",
    "AuthenticationError",
    "CohortInfo",
    "ColumnInfo",
    "ConfigError",
    "DeadlineError",
    "EventCountsResult",
    "ExportResult",
    "FetchResult",
    "FrequencyResult",
    "FunnelInfo",
    "FunnelResult",
    "FunnelStep",
    "IncompleteExportError",
    "JQLResult",
    "MixpanelDataError",
    "NotFoundError",
    "NumericAverageResult",
    "NumericBucketResult",
    "NumericSumResult",
    "PlanError",
    "PropertyCountsResult",
    "QueryError",
    "RateLimitError",
    "RequestError",
    "RetentionResult",
    "SavedCohort",
    "SavedReportResult",
    "SegmentationResult",
    "TableExistsError",
    "TableInfo",
    "TableNotFoundError",
    "TableSchema",
    "TopEvent",
    "UnavailableError",
    "UserEvent",
    "WarehouseBusyError",
    "WarehouseRefusedError",
    "WarehouseUnavailableError",
    "Workspace",
    "WorkspaceInfo",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return _version()
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(_module_of(name), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})


def _module_of(name: str) -> ModuleType:
    """The module that defines a public name."""
    if name == "Workspace":
        from mixpanel_data.workspace import workspace

        return workspace
    if name.endswith("Error"):
        from mixpanel_data.base import errors

        return errors
    from mixpanel_data.workspace import results

    return results


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("mixpanel-data")
    except PackageNotFoundError:
        # Code without its metadata: the bundle of a function, or a source tree on PYTHONPATH.
        return "0+unknown"
