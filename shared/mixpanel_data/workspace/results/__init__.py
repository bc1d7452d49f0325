"""What the methods of a workspace return.

All results are frozen. `df` turns one into a pandas DataFrame, made when it is first asked for; `records()` returns the
same rows as plain dictionaries, and `to_dict()` the whole result as JSON values. Only `df` needs pandas, and only `df`
imports it.
"""

from mixpanel_data.workspace.results.counts import (
    EventCountsResult,
    NumericAverageResult,
    NumericBucketResult,
    NumericSumResult,
    PropertyCountsResult,
    SegmentationResult,
)
from mixpanel_data.workspace.results.exported import ExportResult
from mixpanel_data.workspace.results.fetched import FetchResult
from mixpanel_data.workspace.results.journeys import (
    CohortInfo,
    FrequencyResult,
    FunnelResult,
    FunnelStep,
    RetentionResult,
)
from mixpanel_data.workspace.results.jql import JQLResult
from mixpanel_data.workspace.results.saved import (
    Annotation,
    AnnotationTag,
    AnnotationUser,
    FunnelInfo,
    SavedCohort,
    SavedReportResult,
    TopEvent,
)
from mixpanel_data.workspace.results.segments import SegmentVersion
from mixpanel_data.workspace.results.tables import ColumnInfo, TableInfo, TableSchema, WorkspaceInfo
from mixpanel_data.workspace.results.users import ActivityFeedResult, UserEvent

__all__ = [
    "ActivityFeedResult",
    "Annotation",
    "AnnotationTag",
    "AnnotationUser",
    "CohortInfo",
    "ColumnInfo",
    "EventCountsResult",
    "ExportResult",
    "FetchResult",
    "FrequencyResult",
    "FunnelInfo",
    "FunnelResult",
    "FunnelStep",
    "JQLResult",
    "NumericAverageResult",
    "NumericBucketResult",
    "NumericSumResult",
    "PropertyCountsResult",
    "RetentionResult",
    "SavedCohort",
    "SavedReportResult",
    "SegmentVersion",
    "SegmentationResult",
    "TableInfo",
    "TableSchema",
    "TopEvent",
    "UserEvent",
    "WorkspaceInfo",
]
