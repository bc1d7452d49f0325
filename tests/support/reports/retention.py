"""Retention: pages docs/reports/retention and reference/retention-query."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from mixpanel_data.configuration.reports.choices import Align, Counting, Mode
from mixpanel_data.configuration.reports.definitions import Retention
from support.reports.breakdowns import label_of, largest
from support.reports.conditions import fits
from support.reports.days import beginning, day_of, distance, is_within, later, long_periods, period_of_day
from support.reports.events import Event, Row, World, histories
from support.reports.ranges import days_asked
from support.reports.values import ratio

_DAY = timedelta(days=1)
# Page retention, rolling intervals: day 1 is 24 to 48 hours since birth, week 1 days 7 to 14, month 1 days 30 to 60.
_LENGTHS = {"day": _DAY, "week": 7 * _DAY, "month": 30 * _DAY}


@dataclass(frozen=True)
class Birth:
    """A user's entry into the cohort of a period, and the buckets in which the user came back."""

    period: date
    segment: str | None
    returns: frozenset[int]


def retention(definition: Retention, events: Sequence[Event], world: World) -> Row:
    """One row for each segment, cohort and bucket, and the weighted average of each bucket.

    Decided: the segment is the value of the born event, so that a user counts in one of mode birth, and in one a period
    of mode recurring; every period of the range is a cohort, an empty one too.
    """
    people = histories(events, definition.by)
    births = [birth for history in people.values() for birth in _births(history, definition, world)]
    labels = [birth.segment for birth in births if birth.segment is not None]
    sizes = {label: labels.count(label) for label in labels}
    rows, averages = [], []
    for label in largest(sizes, definition.limit) if definition.on else [None]:
        found = _cohorts([birth for birth in births if birth.segment == label], definition, world)
        rows += [{"segment": label} | row for row in found]
        averages += [{"segment": label, **row} for row in _averages(found)]
    return {"rows": rows, "average": averages, "segments": len(sizes)}


def _births(history: Sequence[Event], definition: Retention, world: World) -> list[Birth]:
    """The user's entries.

    Page retention-query: birth counts a user once, at the first time; compounded (in the report: recurring) in every
    cohort whose period has the event. Decided: birth is the first born event of the range; with `first_ever` only if it
    is the first of all that are stored. In a period of mode recurring, the first born event of it counts.
    """
    born = [event for event in history if fits(event, definition.born)]
    inside = [event for event in born if is_within(event.time, *days_asked(definition), world.zone)]
    if definition.first_ever:
        inside = [event for event in inside if event is born[0]]
    firsts: dict[date, Event] = {}
    for event in inside if definition.mode is Mode.RECURRING else inside[:1]:
        firsts.setdefault(period_of_day(day_of(event.time, world.zone), definition.unit), event)
    return [
        Birth(
            period,
            label_of(event.properties.get(definition.on), definition) if definition.on else None,
            frozenset(_buckets_of(event, history, definition, world)),
        )
        for period, event in firsts.items()
    ]


def _buckets_of(born: Event, history: Sequence[Event], definition: Retention, world: World) -> set[int]:
    """The buckets with a return.

    Page retention-query: bucket 0 is the first interval after the born event. Decided: the born event itself is no
    return, in no counting; other events at its instant are, whatever their ids.
    """
    returns = [
        event for event in history if event is not born and event.time >= born.time and fits(event, definition.returned)
    ]
    units = {_units_between(born.time, event.time, definition, world) for event in returns}
    spans = enumerate(spans_of(definition))
    return {number for number, (low, high) in spans if any(low <= unit < high for unit in units)}


def spans_of(definition: Retention) -> list[tuple[int, int]]:
    """The units [low, high) of each bucket.

    Page retention, Custom Retention Brackets: each bracket groups so many units, one after the other from unit 0 on.
    """
    lengths = definition.lengths
    return [(sum(lengths[:number]), sum(lengths[: number + 1])) for number in range(len(lengths))]


def _units_between(born: datetime, time: datetime, definition: Retention, world: World) -> int:
    """Whole units since birth, or calendar periods between the two (page retention, Calendar Retention Mode)."""
    if definition.align is Align.BIRTH:
        return (time - born) // _LENGTHS[definition.unit]
    start, end = (period_of_day(day_of(each, world.zone), definition.unit) for each in (born, time))
    return distance(start, end, definition.unit)


def _is_retained(returns: frozenset[int], number: int, counting: Counting) -> bool:
    """Page retention, Retention Criteria. Decided: on or after looks at the reported buckets, and at nothing behind."""
    match counting:
        case Counting.ON:
            return number in returns
        case Counting.ON_OR_AFTER:
            return any(other >= number for other in returns)
        case Counting.ON_OR_BEFORE:
            return any(other <= number for other in returns)
        case Counting.STREAK:
            return returns.issuperset(range(number + 1))


def _cohorts(births: Sequence[Birth], definition: Retention, world: World) -> list[Row]:
    rows: list[Row] = []
    for period in long_periods(*days_asked(definition), definition.unit):
        cohort = [birth for birth in births if birth.period == period]
        for number in range(len(spans_of(definition))):
            users = sum(_is_retained(birth.returns, number, definition.counting) for birth in cohort)
            rows.append(
                {
                    "cohort": period,
                    "size": len(cohort),
                    "bucket": number,
                    "users": users,
                    "rate": ratio(users, len(cohort)),
                    "is_complete": _end_of(period, number, definition, world) <= world.now,
                }
            )
    return rows


def _end_of(period: date, number: int, definition: Retention, world: World) -> datetime:
    """The instant from which on the cell cannot change.

    Page retention, Incomplete Buckets: a cell is in flux until the last date that can qualify for it. Decided: that is
    when the bucket ends for a user born at the end of the period, or of the range if that is earlier; a cell of on or
    after ends with the last bucket, which it looks at.
    """
    is_open = definition.counting is Counting.ON_OR_AFTER
    _, units = spans_of(definition)[-1 if is_open else number]
    if definition.align is Align.CALENDAR:
        return beginning(later(period, units, definition.unit), world.zone)
    _, last = days_asked(definition)
    end = min(later(period, 1, definition.unit), last + _DAY)
    return beginning(end, world.zone) + units * _LENGTHS[definition.unit]


def _averages(rows: Sequence[Row]) -> list[Row]:
    """Page retention, FAQ 3: the average of all complete cells, weighted by who entered: ΣC·P / ΣP·P."""
    return [
        {"bucket": number, "rate": weighted_average([row for row in rows if row["bucket"] == number])}
        for number in sorted({row["bucket"] for row in rows})
    ]


def weighted_average(cells: Sequence[Row]) -> float | None:
    """The average rate of the complete cells of one bucket; None if nobody entered one."""
    complete = [cell for cell in cells if cell["is_complete"]]
    return ratio(sum(cell["users"] * cell["size"] for cell in complete), sum(cell["size"] ** 2 for cell in complete))
