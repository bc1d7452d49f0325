"""How many rows the tables have, and how wide their columns are, for a workload."""

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from mixpanel_data.configuration.schedules import Schedule
from mixpanel_data.costs.frequencies import LONG_PER_DAY, Frequencies, arrivals_per_day
from mixpanel_data.costs.references import references
from mixpanel_data.costs.workload import Workload
from mixpanel_data.warehouse.tables import STAGED_LINES, TABLES

_TYPES: Mapping[str, int] = {
    "BOOL": 1,
    "DATE": 8,
    "FLOAT64": 8,
    "INT64": 8,
    "JSON": 200,
    "NUMERIC": 16,
    "STRING": 22,
    "TIMESTAMP": 8,
}
_ELEMENTS = 10
_COLUMNS: Mapping[str, int] = {
    **dict.fromkeys(("cluster_id", "id", "id_a", "id_b", "elder_id", "younger_id", "a", "b"), 38),
    "run_id": 38,
    "top_values": 350,
    "ids": 110,
    "status": 10,
    "job": 12,
}
"""Bytes of columns whose type does not say how long a value is, beside those of events."""

_METRICS = 12
"""Metrics that the tables of users have a column for."""
_OF_USERS = ("user_daily_metrics", "user_insights")
_OBSERVATIONS_PER_NAME = 33
_IDS_PER_USER = 2


def rows_per_day(workload: Workload, schedules: Sequence[Schedule], often: Frequencies) -> Mapping[str, float]:
    """Rows that a day adds to the partitioned tables; a table that is not among them grows by next to nothing."""
    arrivals = arrivals_per_day(schedules)
    return {
        "mixpanel_events": workload.events_per_day,
        "event_minutes": workload.minutes_with_events,
        "event_arrivals": _arrivals(workload, arrivals),
        "event_observations": float(workload.names * _OBSERVATIONS_PER_NAME),
        "identity_permutations": workload.users / max(workload.history_days, 1),
        "job_runs": sum(often.values()),
        "user_daily_metrics": float(workload.users_per_day),
    }


def _arrivals(workload: Workload, calls: float) -> float:
    """How many times a call brings events of a day and a name, if each name is as frequent as the others.

    Events of before yesterday come with the calls that take the long overlap.
    """
    if not calls:
        return 0.0
    events, late_days = workload.events_per_day, max(workload.late_days, 1)
    long = min(calls, LONG_PER_DAY)
    on_time = calls * _different(workload.names, events * (1 - workload.late) / calls)
    of_yesterday = calls * _different(workload.names, events * workload.late / late_days / calls)
    of_an_older_day = long * _different(workload.names, events * workload.late / late_days / long)
    return on_time + of_yesterday + (late_days - 1) * of_an_older_day


def _different(names: int, events: float) -> float:
    return -names * math.expm1(-events / names) if names else 0.0


def rows_of(workload: Workload) -> Mapping[str, float]:
    """Rows of the tables without partitions; a table that is not among them is small."""
    ids = float(workload.users * _IDS_PER_USER)
    return {
        "current_identity_graph": float(workload.users),
        "event_properties": float(workload.names * _OBSERVATIONS_PER_NAME),
        "identity_associations": ids,
        "identity_links": ids,
        "identity_members": ids,
        "user_clusters": ids,
        "user_insights": float(workload.users),
    }


def width(workload: Workload, relation: str, columns: Iterable[str]) -> float:
    """Bytes of these columns in a row of a table or staged relation."""
    types = _types(relation)
    return float(sum(_width(workload, column, types.get(column, "INT64")) for column in columns))


def whole_width(workload: Workload, table: str) -> float:
    """Bytes of a row of a declared table."""
    metrics = _METRICS * _TYPES["INT64"] if table in _OF_USERS else 0
    return width(workload, table, _types(table)) + metrics


def _width(workload: Workload, column: str, type_: str) -> int:
    known = workload.widths.get(column) or _COLUMNS.get(column)
    if known is not None and not type_.startswith(("INT64", "TIMESTAMP", "DATE", "BOOL")):
        return known
    if type_.startswith("ARRAY<"):
        return _ELEMENTS * _TYPES.get(type_[6:-1], 22)
    return _TYPES.get(type_, 22)


@cache
def _types(relation: str) -> Mapping[str, str]:
    """The columns of a declared table or of a relation that a statement creates, with their types."""
    declared = {**TABLES, STAGED_LINES.name: STAGED_LINES}.get(relation)
    if declared is not None:
        return {each.name: f"ARRAY<{each.type}>" if each.is_array else each.type for each in declared.columns}
    made = (each.columns for each in references().values() if each.creates == relation)
    return next(made, {})
