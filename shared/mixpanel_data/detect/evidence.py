"""What somebody has to see who looks into an incident: which values came with it, some of its events, the hour so far.

A few statements an incident, none of which costs more in a storm than in an ordinary hour but for the columns that
are read of it. Nothing here is redacted yet: `message` does that where it writes.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mixpanel_data.detect.history import History
from mixpanel_data.detect.incident import QUIET, Direction, Incident
from mixpanel_data.warehouse.base import Row, Warehouse
from mixpanel_data.warehouse.statements import Statement, statement

COMPARED = timedelta(hours=24)
"""How far before an incident its events are compared with, and how much of a longer incident is looked at: its end."""

MOST_SAMPLED = 5_000
"""About how many events are looked at on each side: a share of them is then known to 1.4 percentage points (95%)."""

MOST_RISING = 5
_MOST_OF_A_PROPERTY = 2
# The chi-squared quantile of p = 0.0001: among the thousands of values of a few hundred properties hardly one is there
# by chance.
_LEAST_RATIO = 15.1
_LEAST_CHANGE = 0.03
_LEAST_EVENTS = 3

CLOCKS = (
    *("time", "$time", "timestamp", "$timestamp", "date", "day", "hour", "minute", "second", "week", "weekday"),
    *("month", "day_of_week", "hour_of_day", "$insert_id", "insert_id", "event_id", "mp_processing_time_ms"),
    *("$mp_api_timestamp_ms", "$mp_event_size", "sent_at", "created_at", "client_time", "server_time"),
)
"""Properties, in lower case, whose values are new because time goes on, or because the event is another."""

_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)
_HEX_DIGITS = 15

COUNT_EVENTS = statement(
    "detect/count_events.sql",
    before_start="TIMESTAMP",
    before_end="TIMESTAMP",
    window_start="TIMESTAMP",
    window_end="TIMESTAMP",
    event_name="STRING",
)
MINUTES = statement("detect/minutes.sql", window_start="TIMESTAMP", window_end="TIMESTAMP", event_name="STRING")
SAMPLES = statement(
    "detect/samples.sql",
    window_start="TIMESTAMP",
    window_end="TIMESTAMP",
    event_name="STRING",
    as_of="TIMESTAMP",
)
VALUE_SHARES = statement(
    "detect/value_shares.sql",
    before_start="TIMESTAMP",
    before_end="TIMESTAMP",
    window_start="TIMESTAMP",
    window_end="TIMESTAMP",
    event_name="STRING",
    as_of="TIMESTAMP",
    inside_below="STRING",
    before_below="STRING",
    clocks="ARRAY<STRING>",
    days="ARRAY<STRING>",
    sign="FLOAT64",
)
STATEMENTS: tuple[Statement, ...] = (COUNT_EVENTS, VALUE_SHARES, SAMPLES, MINUTES)


@dataclass(frozen=True, slots=True)
class Rising:
    """A value of a property whose share of the events changed: up in a rise, down in a drop; shares in [0, 1].

    `events` is how many of the incident's events have it, an estimate where not all were looked at.
    """

    property: str
    value: str
    share_before: float
    share: float
    events: int


@dataclass(frozen=True, slots=True)
class Sample:
    """One event as it was collected."""

    at: datetime
    distinct_id: str | None
    properties: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Evidence:
    """About one incident.

    `samples` are of its most abnormal window, newest first; where that has none, the last ones before the incident
    (`samples_are_from_before`). `hour` has the counts of the 60 minutes before `hour_end`, `hour_before` those of the
    same minutes the day before.
    """

    rising: tuple[Rising, ...]
    samples: tuple[Sample, ...]
    samples_are_from_before: bool
    hour: tuple[int, ...]
    hour_before: tuple[int, ...]
    hour_end: datetime


def gather(
    warehouse: Warehouse, incident: Incident, *, until: datetime, as_of: datetime, known: History | None = None
) -> Evidence:
    """The evidence, of events that were in the warehouse at `as_of`.

    `known` are the counts that were judged, which are those of then; older ones are as they are now. `until` is up to
    when the minutes are complete: the hour ends there, or when the incident was over.
    """
    hour_end = min(until, incident.abnormal_until + QUIET).replace(second=0, microsecond=0)
    samples, are_from_before = _samples(warehouse, incident, as_of)
    return Evidence(
        rising=_rising(warehouse, incident, as_of),
        samples=samples,
        samples_are_from_before=are_from_before,
        hour=_hour(warehouse, known, incident.event_name, hour_end),
        hour_before=_hour(warehouse, known, incident.event_name, hour_end - _DAY),
        hour_end=hour_end,
    )


def _rising(warehouse: Warehouse, incident: Incident, as_of: datetime) -> tuple[Rising, ...]:
    times: dict[str, datetime] = {
        "before_start": incident.first.start - COMPARED,
        "before_end": incident.first.start,
        "window_start": max(incident.first.start, incident.abnormal_until - COMPARED),
        "window_end": incident.abnormal_until,
    }
    (counts,) = warehouse.rows(COUNT_EVENTS, event_name=incident.event_name, **times)
    if not counts["inside"] or not counts["before"]:
        return ()
    rows = warehouse.rows(
        VALUE_SHARES,
        event_name=incident.event_name,
        as_of=as_of,
        inside_below=_id_below(counts["inside"]),
        before_below=_id_below(counts["before"]),
        clocks=CLOCKS,
        days=_days(times["before_start"], times["window_end"]),
        sign=1.0 if incident.direction is Direction.HIGH else -1.0,
        **times,
    )
    return chosen(rows, incident.direction, counts["inside"])


def chosen(rows: Iterable[Row], direction: Direction, events: int) -> tuple[Rising, ...]:
    """Of the counted values those that changed most, by difference in share; at most two of a property, five in all.

    1. What chance explains is left out: by the log-likelihood ratio of the four counts (Dunning 1993, "Accurate
       methods for the statistics of surprise and coincidence"), which holds for small counts too.
    2. So are changes too small to matter, and values that hardly any event has.
    3. Of the rest the greatest differences stay. `events` is how many the incident has.
    """
    found = [_value(row, events) for row in rows if _is_by_chance(row, direction) is False]
    found.sort(key=lambda rising: (-abs(rising.share - rising.share_before), rising.property, rising.value))
    kept: list[Rising] = []
    for rising in found:
        if sum(other.property == rising.property for other in kept) < _MOST_OF_A_PROPERTY:
            kept.append(rising)
    return tuple(kept[:MOST_RISING])


def _value(row: Row, events: int) -> Rising:
    # A key that stands twice in one object is counted twice on the embedded engine.
    share, before = (min(1.0, row[side] / row[f"{side}_events"]) for side in ("inside", "before"))
    return Rising(row["property"], row["value"], before, share, round(share * events))


def _is_by_chance(row: Row, direction: Direction) -> bool:
    """Whether the value did not change, not enough, or no more than chance would have it."""
    inside, inside_of, before, before_of = (
        int(row[name]) for name in ("inside", "inside_events", "before", "before_events")
    )
    change = inside / inside_of - before / before_of
    more = inside if direction is Direction.HIGH else before
    is_enough = change if direction is Direction.HIGH else -change
    if is_enough < _LEAST_CHANGE or more < _LEAST_EVENTS:
        return True
    return _likelihood_ratio(inside, inside_of, before, before_of) < _LEAST_RATIO


def _likelihood_ratio(inside: int, inside_of: int, before: int, before_of: int) -> float:
    """Twice the logarithm of how much better two shares explain the counts than one share of both."""
    both = (inside + before) / (inside_of + before_of)

    def better(count: int, of: int, share: float) -> float:
        return count * math.log(count / (of * share)) if count else 0.0

    return 2.0 * sum(
        better(count, of, both) + better(of - count, of, 1.0 - both)
        for count, of in ((min(inside, inside_of), inside_of), (min(before, before_of), before_of))
    )


def _id_below(events: int) -> str:
    """The id below which about MOST_SAMPLED of that many lie; all of them, if there are no more."""
    if events <= MOST_SAMPLED:
        return "~"
    bound = 16**_HEX_DIGITS * MOST_SAMPLED // events
    return f"{bound:0{_HEX_DIGITS}x}"


def _days(start: datetime, end: datetime) -> list[str]:
    return [(start + number * _DAY).date().isoformat() for number in range((end - start).days + 2)]


def _samples(warehouse: Warehouse, incident: Incident, as_of: datetime) -> tuple[tuple[Sample, ...], bool]:
    peak, first = incident.peak, incident.first
    found = _newest(warehouse, incident.event_name, peak.start, peak.end, as_of)
    if found:
        return found, False
    return _newest(warehouse, incident.event_name, first.start - COMPARED, first.start, as_of), True


def _newest(
    warehouse: Warehouse, event_name: str, start: datetime, end: datetime, as_of: datetime
) -> tuple[Sample, ...]:
    rows = warehouse.rows(SAMPLES, window_start=start, window_end=end, event_name=event_name, as_of=as_of)
    return tuple(Sample(row["event_timestamp"], row["distinct_id"], row["properties"]) for row in rows)


def _hour(warehouse: Warehouse, known: History | None, event_name: str, end: datetime) -> tuple[int, ...]:
    start = end - _HOUR
    counts = known.between(event_name, start, end) if known else None
    if counts is not None:
        return counts
    rows = warehouse.rows(MINUTES, window_start=start, window_end=end, event_name=event_name)
    return _by_minute(rows, start)


def _by_minute(rows: Sequence[Row], start: datetime) -> tuple[int, ...]:
    counts = {row["minute"]: int(row["events"]) for row in rows}
    return tuple(counts.get(start + number * _MINUTE, 0) for number in range(_HOUR // _MINUTE))
