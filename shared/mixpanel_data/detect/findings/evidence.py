"""The evidence about an incident: the values that came with it, sample events, and the hour around it.

A few statements an incident, none of which costs more in a storm than in an ordinary hour but for the columns read.
Nothing here is redacted yet: `messages` does that where it writes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mixpanel_data.detect.findings.judged_minutes import JudgedMinutes
from mixpanel_data.detect.findings.value_shares import COMPARED, ValueShare, value_shares
from mixpanel_data.detect.incidents.incident import MINUTE, Incident
from mixpanel_data.warehouse.base import Row, Warehouse
from mixpanel_data.warehouse.statements import statement

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)

_WINDOW = {"window_start": "TIMESTAMP", "window_end": "TIMESTAMP", "event_name": "STRING"}
MINUTES_OF_EVENT = statement("detect/findings/minutes_of_event.sql", **_WINDOW)
SAMPLES = statement("detect/findings/samples.sql", as_of="TIMESTAMP", **_WINDOW)


@dataclass(frozen=True, slots=True)
class Sample:
    """One event as it was collected; `at` is UTC."""

    at: datetime
    distinct_id: str | None
    properties: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Evidence:
    """The evidence about one incident.

    `samples` are the newest events of its last abnormal hour, newest first; where that has none, the last ones before
    the incident (`samples_are_from_before`). `hour` has the counts of the 60 minutes before `hour_end`, `hour_before`
    those of the same minutes the day before.
    """

    value_shares: tuple[ValueShare, ...]
    samples: tuple[Sample, ...]
    samples_are_from_before: bool
    hour: tuple[int, ...]
    hour_before: tuple[int, ...]
    hour_end: datetime


def gather(
    warehouse: Warehouse, incident: Incident, *, until: datetime, as_of: datetime, minutes: JudgedMinutes | None = None
) -> Evidence:
    """The evidence, from events that were in the warehouse at `as_of`. Raises the warehouse's errors.

    The counts of `minutes` are those of `as_of`; minutes before it are counted as they are now. Minutes are complete up
    to `until`: the hour ends there, or when the incident was over.
    """
    hour_end = incident.shown_until(until)
    samples, are_from_before = _samples(warehouse, incident, as_of)
    return Evidence(
        value_shares=value_shares(warehouse, incident, as_of),
        samples=samples,
        samples_are_from_before=are_from_before,
        hour=_hour(warehouse, minutes, incident.event_name, hour_end),
        hour_before=_hour(warehouse, minutes, incident.event_name, hour_end - _DAY),
        hour_end=hour_end,
    )


def _samples(warehouse: Warehouse, incident: Incident, as_of: datetime) -> tuple[tuple[Sample, ...], bool]:
    """(the newest events, True where they are from before the incident)."""
    first, end = incident.first, incident.abnormal_until
    found = _newest(warehouse, incident.event_name, max(first.start, end - _HOUR), end, as_of)
    if found:
        return found, False
    return _newest(warehouse, incident.event_name, first.start - COMPARED, first.start, as_of), True


def _newest(
    warehouse: Warehouse, event_name: str, start: datetime, end: datetime, as_of: datetime
) -> tuple[Sample, ...]:
    rows = warehouse.rows(SAMPLES, window_start=start, window_end=end, event_name=event_name, as_of=as_of)
    return tuple(Sample(row["event_timestamp"], row["distinct_id"], row["properties"]) for row in rows)


def _hour(warehouse: Warehouse, minutes: JudgedMinutes | None, event_name: str, end: datetime) -> tuple[int, ...]:
    start = end - _HOUR
    counts = minutes.between(start, end) if minutes else None
    if counts is not None:
        return counts
    rows = warehouse.rows(MINUTES_OF_EVENT, window_start=start, window_end=end, event_name=event_name)
    return _by_minute(rows, start)


def _by_minute(rows: Sequence[Row], start: datetime) -> tuple[int, ...]:
    counts = {row["minute"]: int(row["events"]) for row in rows}
    return tuple(counts.get(start + number * MINUTE, 0) for number in range(_HOUR // MINUTE))
