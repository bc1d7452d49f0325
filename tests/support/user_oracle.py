"""The user sync's tables, computed from the rows of mixpanel_events in plain Python, independently of the library.

`metrics` is the document of `config/user_metrics.json`. An event is a row: `event_id`, `event_timestamp` (aware, UTC),
`event_name`, `distinct_id` and `properties`, as `json.loads` reads them.
"""

import math
import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Event = Mapping[str, Any]
Metrics = Mapping[str, Any]
Figures = dict[str, object]
"""The columns of one row by name, without its key and without `updated_at`."""

_EXACT = Context(prec=80, rounding=ROUND_HALF_UP)
_BILLIONTH = Decimal("0.000000001")
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})?)?"
)


class MisfitError(ValueError):
    """A value does not have the type of its metric."""


def daily(events: Iterable[Event], metrics: Metrics) -> dict[tuple[str, date], Figures]:
    """user_daily_metrics: one row for each person and UTC day with an event; a counter of zero is None."""
    by_day = _grouped(events, lambda event: (event["distinct_id"], event["event_timestamp"].astimezone(UTC).date()))
    counters = metrics.get("counters", {})
    rows = {key: _figures(group, metrics) for key, group in by_day.items()}
    return {key: row | {name: row[name] or None for name in counters} for key, row in rows.items()}


def totals(
    events: Iterable[Event], metrics: Metrics, clusters: Mapping[str, Sequence[str]] | None = None
) -> dict[str, Figures]:
    """user_insights: one row for each person with an event, or by the configuration for each cluster.

    `clusters` has the ids of each cluster. A counter without anything to count is 0.
    """
    cluster_of = {one: cluster for cluster, ids in (clusters or {}).items() for one in ids}
    is_by_cluster = metrics.get("by") == "cluster"

    def key(event: Event) -> str:
        person: str = event["distinct_id"]
        return cluster_of.get(person, person) if is_by_cluster else person

    return {person: _figures(group, metrics) for person, group in _grouped(events, key).items()}


def skipped(events: Iterable[Event], metrics: Metrics) -> int:
    """The number of values in these events that do not fit the type of a metric that reads them."""
    return sum(1 for event in events if event["distinct_id"] for value in _looked_at(event, metrics) if value is None)


def place(event: Event) -> str:
    """The rank of an event among all, by time and then by id, as the `_place` columns store it."""
    return f"{(event['event_timestamp'] - EPOCH) // timedelta(microseconds=1) + 2 * 10**16:017d}{event['event_id']}"


def fitting(value: object, type_name: str) -> object:
    """A JSON value as a value of this type; raises MisfitError."""
    return _FITTING[type_name](value)


def _grouped(events: Iterable[Event], key: Callable[[Event], Hashable]) -> dict[Any, list[Event]]:
    groups: dict[Hashable, list[Event]] = defaultdict(list)
    for event in events:
        if event["distinct_id"]:
            groups[key(event)].append(event)
    return groups


def _figures(events: Sequence[Event], metrics: Metrics) -> Figures:
    times = [event["event_timestamp"] for event in events]
    figures: Figures = {
        "events_processed": len(events),
        "first_event_time": min(times),
        "last_event_time": max(times),
    }
    for name, rule in metrics.get("counters", {}).items():
        figures[name] = _count(events, rule)
    for kind in ("latest", "current"):
        for name, rule in metrics.get(kind, {}).items():
            figures[name], figures[f"{name}_place"] = _newest(events, rule, takes_null=kind == "current")
    return figures


def _count(events: Sequence[Event], rule: Mapping[str, Any]) -> int | Decimal:
    counted = [event for event in events if _counts(event, rule)]
    if "sum" not in rule:
        return len(counted)
    return sum((_added(event, rule) or Decimal(0) for event in counted), Decimal(0))


def _counts(event: Event, rule: Mapping[str, Any]) -> bool:
    """Whether a counter counts the event."""
    if event["event_name"] != rule["event"]:
        return False
    return all(_is_one_of(event["properties"].get(name), wanted) for name, wanted in rule.get("where", {}).items())


def _is_one_of(value: object, wanted: object) -> bool:
    values = wanted if isinstance(wanted, list) else [wanted]
    return any(_json_type(value) == _json_type(one) and _stored(value) == _stored(one) for one in values)


def _stored(value: object) -> object:
    """A value as GoogleSQL stores it: integers beyond 64 bits become doubles."""
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        return float(value)
    return value


def _json_type(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    return "string" if isinstance(value, str) else "other"


def _added(event: Event, rule: Mapping[str, Any]) -> Decimal | None:
    """The number that a sum adds for an event; None where it adds nothing."""
    try:
        value = event["properties"].get(rule["sum"])
        return None if value is None else _numeric(value)
    except MisfitError:
        return None


def _newest(events: Sequence[Event], rule: Mapping[str, Any], *, takes_null: bool) -> tuple[object, str | None]:
    """The value of the newest event that has one, and that event's rank."""
    best: tuple[object, str | None] = None, None
    for event in events:
        if not _is_asked(event, rule):
            continue
        value = event["properties"][rule["property"]]
        try:
            found = None if value is None else fitting(value, rule["type"])
        except MisfitError:
            continue
        if (value is not None or takes_null) and (best[1] is None or place(event) > best[1]):
            best = found, place(event)
    return best


def _is_asked(event: Event, rule: Mapping[str, Any]) -> bool:
    """Whether a property's metric reads the event, and the event has the property."""
    return rule["property"] in event["properties"] and event["event_name"] in rule.get("events", [event["event_name"]])


def _looked_at(event: Event, metrics: Metrics) -> Iterator[object]:
    """True for each value of the event that a metric accepts, None for each that does not fit."""
    for rule in metrics.get("counters", {}).values():
        if "sum" in rule and _counts(event, rule) and event["properties"].get(rule["sum"]) is not None:
            yield _added(event, rule) is not None or None
    for kind in ("latest", "current"):
        for rule in metrics.get(kind, {}).values():
            if _is_asked(event, rule) and event["properties"][rule["property"]] is not None:
                yield _fits(event["properties"][rule["property"]], rule["type"]) or None


def _fits(value: object, type_name: str) -> bool:
    try:
        fitting(value, type_name)
    except MisfitError:
        return False
    return True


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise MisfitError
    return value


def _bool(value: object) -> bool:
    if not isinstance(value, bool):
        raise MisfitError
    return value


def _number(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise MisfitError
    return Decimal(repr(_stored(value)))


def _int64(value: object) -> int:
    number = _number(value)
    if number != number.to_integral_value() or not -(2**63) <= number < 2**63:
        raise MisfitError
    return int(number)


def _numeric(value: object) -> Decimal:
    number = _number(value)
    if abs(number) >= 10**20:
        raise MisfitError
    return number.quantize(_BILLIONTH, context=_EXACT)


def _timestamp(value: object) -> datetime:
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise MisfitError
    try:
        moment = datetime.fromisoformat(value)
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise MisfitError from error


_FITTING: Mapping[str, Callable[[object], object]] = {
    "STRING": _string,
    "BOOL": _bool,
    "INT64": _int64,
    "NUMERIC": _numeric,
    "TIMESTAMP": _timestamp,
}
