"""`/retention`: how many users come back, and when, after an event that makes them a cohort."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from mixpanel_data_standins.mixpanel.answers import RefusalError
from mixpanel_data_standins.mixpanel.project import Project
from mixpanel_data_standins.mixpanel.querying.reading import buckets
from mixpanel_data_standins.mixpanel.querying.reading.buckets import Buckets
from mixpanel_data_standins.mixpanel.querying.reading.expressions import event_test
from mixpanel_data_standins.mixpanel.querying.reading.occurrences import Occurrence, by_user, local_now, occurrences
from mixpanel_data_standins.mixpanel.querying.reading.parameters import Parameters

# Page docs/reports/retention, rolling intervals: month 1 is 30 to 60 days since birth.
LENGTHS: Mapping[str, timedelta] = {"day": timedelta(days=1), "week": timedelta(weeks=1), "month": timedelta(days=30)}
MOST_DAYS = 90
MOST_INTERVALS = 1000


def report(project: Project, given: Parameters) -> dict[str, object]:
    """For each cohort its size, and how many of its users come back in each interval after their first event.

    `birth`: a user's cohort is that of the first `born_event` ever. `compounded`: a user is in the cohort of each
    bucket with an `event` (default: any event), from the first one in it, and `born_event` is ignored. Interval 0
    begins with the first event, which is itself not a return. A cohort has no interval that has not begun for its first
    day."""
    given.refuse("on")
    unit, every = _unit(given)
    spans, length = buckets.between(given.days(), unit, every), every * LENGTHS[unit]
    intervals = given.number("interval_count", 1, MOST_INTERVALS)
    births = _births(project, given, spans)
    returns = by_user(_events(project, given, (spans.days[0], date.max), "event", "where"))
    now, unbounded = local_now(project), given.flag("unbounded_retention", otherwise=False)
    answer: dict[str, object] = {}
    for start in spans.starts:
        cohort = births.get(start, [])
        begun = [n for n in range(intervals + 1) if start + n * length <= now]
        counts = [0 for _ in begun]
        for birth in cohort:
            for number in _intervals(birth, returns.get(birth.user or "", []), length, unbounded, len(counts)):
                counts[number] += 1
        answer[spans.key(start)] = {"counts": counts, "first": len(cohort)}
    return answer


def _unit(given: Parameters) -> tuple[str, int]:
    if given.text("interval") is None:
        return given.choice("unit", tuple(LENGTHS), "day"), 1
    if given.text("unit") is not None:
        raise RefusalError(400, "unit and interval exclude each other")
    return "day", given.number("interval", 1, MOST_DAYS)


def _births(project: Project, given: Parameters, spans: Buckets) -> dict[datetime, list[Occurrence]]:
    kind = given.choice("retention_type", ("birth", "compounded"), "birth")
    if kind == "birth":
        given.required("born_event")
    names = ("born_event", "born_where") if kind == "birth" else ("event", "where")
    found = _events(project, given, (date.min, spans.days[1]), *names)
    births: dict[datetime, list[Occurrence]] = {}
    for history in by_user(found).values():
        firsts: dict[datetime, Occurrence] = {}
        for one in history[:1] if kind == "birth" else history:
            start = spans.holding(one.at)
            if start is not None:
                firsts.setdefault(start, one)
        for start, one in firsts.items():
            births.setdefault(start, []).append(one)
    return births


def _events(
    project: Project, given: Parameters, days: tuple[date, date], event: str, expression: str
) -> list[Occurrence]:
    """The events of some days with the name and the condition that these two parameters have; without them, all."""
    name, passes = given.text(event), event_test(project, given.text(expression), expression)
    return [one for one in occurrences(project, days, [name] if name else None) if passes(one)]


def _intervals(
    birth: Occurrence, returns: list[Occurrence], length: timedelta, unbounded: bool, count: int
) -> set[int]:
    """The intervals in which a user came back; unbounded, also those before the last return."""
    numbers = {(one.at - birth.at) // length for one in returns if one.at >= birth.at and not _is_same(one, birth)}
    if unbounded and numbers:
        numbers = set(range(max(numbers) + 1))
    return {number for number in numbers if number < count}


def _is_same(one: Occurrence, other: Occurrence) -> bool:
    # The two lists were read from the store one after the other.
    return (one.event, one.at, one.properties) == (other.event, other.at, other.properties)
