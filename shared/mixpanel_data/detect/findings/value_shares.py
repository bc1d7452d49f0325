"""The property values that came with an incident: their shares of its events, against the events of the day before."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from mixpanel_data.detect.incidents.incident import Direction, Incident
from mixpanel_data.warehouse.base import Row, Warehouse
from mixpanel_data.warehouse.statements import statement

COMPARED = timedelta(hours=24)
"""The time before an incident that its events are compared with. Of a longer incident only its last 24 h are read."""

MOST_SAMPLED = 5_000
"""About how many events are read on each side: their shares are then right to 1.4 percentage points (95%)."""

MOST_VALUES = 5
_MOST_OF_A_PROPERTY = 2
# The chi-squared quantile of p = 0.0001: among the thousands of values of a few hundred properties hardly one passes
# it by chance.
_LEAST_RATIO = 15.1
_LEAST_CHANGE = 0.03
_LEAST_EVENTS = 3

CLOCKS = (
    *("time", "$time", "timestamp", "$timestamp", "date", "day", "hour", "minute", "second", "week", "weekday"),
    *("month", "day_of_week", "hour_of_day", "$insert_id", "insert_id", "event_id", "mp_processing_time_ms"),
    *("$mp_api_timestamp_ms", "$mp_event_size", "sent_at", "created_at", "client_time", "server_time"),
)
"""Properties, in lower case, whose values are new because time goes on, or because each event has its own."""

_DAY = timedelta(days=1)
_HEX_DIGITS = 15

_SPANS = {
    "before_start": "TIMESTAMP",
    "before_end": "TIMESTAMP",
    "window_start": "TIMESTAMP",
    "window_end": "TIMESTAMP",
}
COUNT_EVENTS = statement("detect/findings/count_events.sql", event_name="STRING", **_SPANS)
VALUE_SHARES = statement(
    "detect/findings/value_shares.sql",
    event_name="STRING",
    as_of="TIMESTAMP",
    inside_below="STRING",
    before_below="STRING",
    clocks="ARRAY<STRING>",
    days="ARRAY<STRING>",
    sign="FLOAT64",
    **_SPANS,
)


@dataclass(frozen=True, slots=True)
class ValueShare:
    """A property value whose share of the events changed: up in a rise, down in a drop. Shares are in [0, 1].

    `events` is the number of the incident's events that have it, an estimate where only a sample was read.
    """

    property: str
    value: str
    share_before: float
    share: float
    events: int


def value_shares(warehouse: Warehouse, incident: Incident, as_of: datetime) -> tuple[ValueShare, ...]:
    """The values whose shares changed most, of events that were in the warehouse at `as_of`; none without events.

    Raises the warehouse's errors.
    """
    spans: dict[str, datetime] = {
        "before_start": incident.first.start - COMPARED,
        "before_end": incident.first.start,
        "window_start": max(incident.first.start, incident.abnormal_until - COMPARED),
        "window_end": incident.abnormal_until,
    }
    (counts,) = warehouse.rows(COUNT_EVENTS, event_name=incident.event_name, **spans)
    if not counts["inside"] or not counts["before"]:
        return ()
    rows = warehouse.rows(
        VALUE_SHARES,
        event_name=incident.event_name,
        as_of=as_of,
        inside_below=_id_below(counts["inside"]),
        before_below=_id_below(counts["before"]),
        clocks=CLOCKS,
        days=_days(spans["before_start"], spans["window_end"]),
        sign=1.0 if incident.direction is Direction.HIGH else -1.0,
        **spans,
    )
    return most_changed(rows, incident.direction, counts["inside"])


def most_changed(rows: Iterable[Row], direction: Direction, events: int) -> tuple[ValueShare, ...]:
    """The values that changed most by difference in share; at most two of a property, five in all.

    1. Changes that chance explains are left out, by the log-likelihood ratio of the four counts (Dunning 1993,
       "Accurate methods for the statistics of surprise and coincidence"), which holds for small counts too.
    2. So are changes too small to matter, and values that hardly any event has.
    3. The greatest differences of the rest stay. `events` is the number of the incident's events.
    """
    found = [_value_share(row, events) for row in rows if _is_notable(row, direction)]
    found.sort(key=lambda each: (-abs(each.share - each.share_before), each.property, each.value))
    kept: list[ValueShare] = []
    for value in found:
        if sum(other.property == value.property for other in kept) < _MOST_OF_A_PROPERTY:
            kept.append(value)
    return tuple(kept[:MOST_VALUES])


def _value_share(row: Row, events: int) -> ValueShare:
    # DuckDB counts a key twice that stands twice in one JSON object.
    share, before = (min(1.0, row[side] / row[f"{side}_events"]) for side in ("inside", "before"))
    return ValueShare(row["property"], row["value"], before, share, round(share * events))


def _is_notable(row: Row, direction: Direction) -> bool:
    """True of a change in the incident's direction that is large enough to matter and that chance does not explain."""
    inside, inside_of, before, before_of = (
        int(row[name]) for name in ("inside", "inside_events", "before", "before_events")
    )
    change = inside / inside_of - before / before_of
    more = inside if direction is Direction.HIGH else before
    change_in_direction = change if direction is Direction.HIGH else -change
    if change_in_direction < _LEAST_CHANGE or more < _LEAST_EVENTS:
        return False
    return _likelihood_ratio(inside, inside_of, before, before_of) >= _LEAST_RATIO


def _likelihood_ratio(inside: int, inside_of: int, before: int, before_of: int) -> float:
    """Twice the logarithm of how much better two shares explain the counts than one common share."""
    both = (inside + before) / (inside_of + before_of)

    def better(count: int, of: int, share: float) -> float:
        return count * math.log(count / (of * share)) if count else 0.0

    return 2.0 * sum(
        better(count, of, both) + better(of - count, of, 1.0 - both)
        for count, of in ((min(inside, inside_of), inside_of), (min(before, before_of), before_of))
    )


def _id_below(events: int) -> str:
    """The id below which about MOST_SAMPLED of `events` events lie; above every id where there are fewer."""
    if events <= MOST_SAMPLED:
        return "~"
    bound = 16**_HEX_DIGITS * MOST_SAMPLED // events
    return f"{bound:0{_HEX_DIGITS}x}"


def _days(start: datetime, end: datetime) -> list[str]:
    return [(start + number * _DAY).date().isoformat() for number in range((end - start).days + 2)]
