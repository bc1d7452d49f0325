"""Mixpanel's events in BigQuery or DuckDB, each exactly once, the jobs that work on them, and the analyst's desk.

`Workspace` is the desk: it fetches events and profiles into a DuckDB file, answers SQL, asks Mixpanel for its own
reports, and works them out from stored events; classes such as `Funnel` are the definitions of these. `__all__` lists
the public names of the library; everything else but `mixpanel_data.auth` can change with any version. Importing this
package loads nothing: a name loads its module when it is first used. `__version__` is the version of the installed
package.
"""

from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mixpanel_data.base.errors import (
        AccountExistsError,
        AccountNotFoundError,
        AuthenticationError,
        ConfigError,
        DailyBytesError,
        DeadlineError,
        IncompleteExportError,
        MixpanelDataError,
        NotFoundError,
        PlanError,
        QueryError,
        RateLimitError,
        RequestError,
        StateMovedError,
        TableExistsError,
        TableNotFoundError,
        UnavailableError,
        WarehouseBusyError,
        WarehouseRefusedError,
        WarehouseUnavailableError,
    )
    from mixpanel_data.configuration.reports.definitions import (
        ActiveUsers,
        Frequency,
        Funnel,
        Paths,
        Retention,
        Segmentation,
        Sessions,
    )
    from mixpanel_data.configuration.reports.people import Cohort, Journey, Profile, Profiles
    from mixpanel_data.reports.answers.answer import Answer
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
        SegmentVersion,
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
    "ActiveUsers",
    "ActivityFeedResult",
    "Annotation",
    "AnnotationTag",
    "AnnotationUser",
    "Answer",
    "AuthenticationError",
    "Cohort",
    "CohortInfo",
    "ColumnInfo",
    "ConfigError",
    "DailyBytesError",
    "DeadlineError",
    "EventCountsResult",
    "ExportResult",
    "FetchResult",
    "Frequency",
    "FrequencyResult",
    "Funnel",
    "FunnelInfo",
    "FunnelResult",
    "FunnelStep",
    "IncompleteExportError",
    "JQLResult",
    "Journey",
    "MixpanelDataError",
    "NotFoundError",
    "NumericAverageResult",
    "NumericBucketResult",
    "NumericSumResult",
    "Paths",
    "PlanError",
    "Profile",
    "Profiles",
    "PropertyCountsResult",
    "QueryError",
    "RateLimitError",
    "RequestError",
    "Retention",
    "RetentionResult",
    "SavedCohort",
    "SavedReportResult",
    "SegmentVersion",
    "Segmentation",
    "SegmentationResult",
    "Sessions",
    "StateMovedError",
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

_OVER_DAYS = ("ActiveUsers", "Frequency", "Funnel", "Paths", "Retention", "Segmentation", "Sessions")
_ABOUT_PEOPLE = ("Cohort", "Journey", "Profile", "Profiles")


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
    if name == "Answer":
        from mixpanel_data.reports.answers import answer

        return answer
    if name in _OVER_DAYS:
        from mixpanel_data.configuration.reports import definitions

        return definitions
    if name in _ABOUT_PEOPLE:
        from mixpanel_data.configuration.reports import people

        return people
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
