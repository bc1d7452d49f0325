"""`/retention`: how many users come back, and when, after an event that makes them a cohort."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from mixpanel_data_standins.mixpanel.answers import RefusalError
from mixpanel_data_standins.mixpanel.project import Project
from mixpanel_data_standins.mixpanel.querying.reading import buckets
from mixpanel_data_standins.mixpanel.querying.reading.buckets import Buckets
from mixpanel_data_standins.mixpanel.querying.reading.expressions import event_test
from mixpanel_data_standins.mixpanel.querying.reading.occurrences import Occurrence, by_user, local_now, occurrences
from mixpanel_data_standins.mixpanel.querying.reading.parameters import Parameters

UNITS = ("day", "week", "month")
MOST_DAYS = 90
MOST_INTERVALS = 1000


def report(project: Project, given: Parameters) -> dict[str, object]:
    """For each cohort its size, and how many of its users come back in each interval after their first event.

    `birth`: a user's cohort is that of the first `born_event` ever. `compounded`: a user is in the cohort of each
    bucket with a `born_event` (default: any event), from the first one in it. Interval 0 begins with that event, which
    is itself not a return. A cohort has no interval that has not begun for its first day."""
    given.refuse("on")
    unit, every = _unit(given)
    spans = buckets.between(given.days(), unit, every)
    intervals = given.number("interval_count", 1, MOST_INTERVALS)
    births = _births(project, given, spans)
    returns = by_user(_events(project, given, (spans.days[0], date.max), "event", "where"))
    now, unbounded = local_now(project), given.flag("unbounded_retention", otherwise=False)
    answer: dict[str, object] = {}
    for start in spans.starts:
        cohort = births.get(start, [])
        begun = [n for n in range(intervals + 1) if buckets.after(start, unit, n * every) <= now]
        counts = [0 for _ in begun]
        for birth in cohort:
            for number in _intervals(birth, returns.get(birth.user or "", []), unit, every, unbounded, len(counts)):
                counts[number] += 1
        answer[spans.key(start)] = {"counts": counts, "first": len(cohort)}
    return answer


def _unit(given: Parameters) -> tuple[str, int]:
    if given.text("interval") is None:
        return given.choice("unit", UNITS, "day"), 1
    if given.text("unit") is not None:
        raise RefusalError(400, "unit and interval exclude each other")
    return "day", given.number("interval", 1, MOST_DAYS)


def _births(project: Project, given: Parameters, spans: Buckets) -> dict[datetime, list[Occurrence]]:
    kind = given.choice("retention_type", ("birth", "compounded"), "birth")
    if kind == "birth":
        given.required("born_event")
    found = _events(project, given, (date.min, spans.days[1]), "born_event", "born_where")
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
    birth: Occurrence, returns: list[Occurrence], unit: str, every: int, unbounded: bool, count: int
) -> set[int]:
    """The intervals in which a user came back; unbounded, also those before the last return."""
    numbers = {
        _elapsed(birth.at, one.at, unit) // every for one in returns if one.at >= birth.at and not _is_same(one, birth)
    }
    if unbounded and numbers:
        numbers = set(range(max(numbers) + 1))
    return {number for number in numbers if number < count}


def _is_same(one: Occurrence, other: Occurrence) -> bool:
    # The two lists were read from the store one after the other.
    return (one.event, one.at, one.properties) == (other.event, other.at, other.properties)


def _elapsed(since: datetime, at: datetime, unit: str) -> int:
    if unit != "month":
        return (at - since) // timedelta(days=7 if unit == "week" else 1)
    months = (at.year - since.year) * 12 + at.month - since.month
    return months if buckets.after(since, "month", months) <= at else months - 1
