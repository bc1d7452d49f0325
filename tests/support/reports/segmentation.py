"""Segmentation: page docs/reports/insights."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mixpanel_data.configuration.reports.choices import By, Measure
from mixpanel_data.configuration.reports.definitions import Segmentation
from support.reports.breakdowns import label_of, largest
from support.reports.conditions import fits
from support.reports.days import period_of, periods
from support.reports.events import Event, Row, World, person_of
from support.reports.ranges import days_asked, in_range
from support.reports.values import is_number, json_text, mean, percentile, ratio, total

_SHARES = {
    Measure.MEDIAN: 0.5,
    Measure.P25: 0.25,
    Measure.P75: 0.75,
    Measure.P90: 0.9,
    Measure.P95: 0.95,
    Measure.P99: 0.99,
}


def segmentation(definition: Segmentation, events: Sequence[Event], world: World) -> Row:
    """The measure of each step by segment, in every period of the range, and over the range.

    `rows`: one for each step, segment and period. `totals`: one for each step and segment, worked out from all events
    of the range, because uniques, averages and percentiles do not add up. `segments`: how many segments each step has,
    beyond the `limit` too. Without `on`, that is 0, and the only segment in `rows` is None.
    """
    rows, totals, counts = [], [], []
    for number, step in enumerate(definition.events, start=1):
        found = [event for event in in_range(events, definition, world) if fits(event, step)]
        groups = _by_segment(found, definition)
        counts.append(len(groups) if definition.on else 0)
        for label in _shown(groups, definition):
            key = {"step": number, "event": step.title, "segment": label}
            totals.append(key | {"value": measured(groups[label], definition)})
            rows += [key | row for row in _by_period(groups[label], definition, world)]
    return {"rows": rows, "totals": totals, "segments": counts}


def measured(events: Sequence[Event], definition: Segmentation) -> float | None:
    """The figure over these events.

    Page insights: a user counts in every segment that has an event of theirs. Decided: nobody's events count as events,
    and not in `unique` and `average`; a mean, bound or percentile of no numbers is None, a sum 0.
    """
    users = _users(events, definition.by)
    match definition.measure:
        case Measure.GENERAL:
            return len(events)
        case Measure.UNIQUE:
            return len(set(users))
        case Measure.AVERAGE:
            return ratio(len(users), len(set(users)))
    values = [event.properties.get(definition.property or "") for event in events]
    if definition.measure is Measure.DISTINCT:
        return len({json_text(value) for value in values if value is not None})
    return _figure([value for value in values if is_number(value)], definition.measure)


def _figure(numbers: list[Any], measure: Measure) -> float | None:
    figures: Mapping[Measure, Callable[[list[Any]], float | None]] = {
        Measure.SUM: total,
        Measure.MEAN: mean,
        Measure.MIN: lambda some: min(some, default=None),
        Measure.MAX: lambda some: max(some, default=None),
    }
    return percentile(numbers, _SHARES[measure]) if measure in _SHARES else figures[measure](numbers)


def _users(events: Sequence[Event], by: By) -> list[str]:
    """The user of each event that has one."""
    people = (person_of(event, by) for event in events)
    return [person for person in people if person is not None]


def _by_period(events: Sequence[Event], definition: Segmentation, world: World) -> list[Row]:
    first, last = days_asked(definition)
    found: dict[Any, list[Event]] = {period: [] for period in periods(first, last, definition.unit, world.zone)}
    for event in events:
        found[period_of(event.time, definition.unit, world.zone)].append(event)
    return [{"period": period, "value": measured(some, definition)} for period, some in found.items()]


def _by_segment(events: Sequence[Event], definition: Segmentation) -> dict[str | None, list[Event]]:
    if definition.on is None:
        return {None: list(events)}
    groups: dict[str | None, list[Event]] = {}
    for event in events:
        groups.setdefault(label_of(event.properties.get(definition.on), definition), []).append(event)
    return groups


def _shown(groups: Mapping[str | None, list[Event]], definition: Segmentation) -> Sequence[str | None]:
    if definition.on is None:
        return [None]
    size = len if definition.measure is not Measure.UNIQUE else lambda some: len(set(_users(some, definition.by)))
    return largest({str(label): size(some) for label, some in groups.items()}, definition.limit)
