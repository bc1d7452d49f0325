"""Days and periods of a zone.

Page docs/reports: dates and times of a report are those of the project's zone. Decided: weeks begin on Monday.
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

Period = date | datetime
"""A day, week or month by its first day; an hour or minute by the instant at which it begins, in UTC."""

_DAY = timedelta(days=1)
# Every zone's offset has been a multiple of this since 1972, so that each hour of a wall clock has such an instant.
_STEPS = {"minute": timedelta(minutes=1), "hour": timedelta(minutes=15)}


def day_of(time: datetime, zone: ZoneInfo) -> date:
    """The day on the wall clock of the zone."""
    return time.astimezone(zone).date()


def beginning(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a day, in UTC; of a day whose midnight the clock skips, the instant of the skip."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def is_within(time: datetime, first: date | None, last: date | None, zone: ZoneInfo) -> bool:
    """Whether an instant lies in these days, both inclusive; None: no bound."""
    day = day_of(time, zone)
    return (first is None or day >= first) and (last is None or day <= last)


def period_of(time: datetime, unit: str, zone: ZoneInfo) -> Period:
    """The period that an instant lies in.

    Decided: an hour that the clock goes through twice is two periods, as the clock's offset differs.
    """
    if unit not in _STEPS:
        return period_of_day(day_of(time, zone), unit)
    wall = time.astimezone(zone)
    cut = wall.replace(second=0, microsecond=0, minute=0 if unit == "hour" else wall.minute, tzinfo=None)
    offset = wall.utcoffset() or timedelta()
    return (cut - offset).replace(tzinfo=UTC)


def period_of_day(day: date, unit: str) -> date:
    """The first day of the day, week or month that a day lies in."""
    match unit:
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case _:
            return day


def later(first_day: date, count: int, unit: str) -> date:
    """The first day of the period that begins `count` days, weeks or months after this one."""
    match unit:
        case "week":
            return first_day + timedelta(weeks=count)
        case "month":
            months = first_day.year * 12 + first_day.month - 1 + count
            return date(months // 12, months % 12 + 1, 1)
        case _:
            return first_day + timedelta(days=count)


def distance(start: date, end: date, unit: str) -> int:
    """How many days, weeks or months one period begins after another."""
    match unit:
        case "week":
            return (end - start).days // 7
        case "month":
            return (end.year - start.year) * 12 + end.month - start.month
        case _:
            return (end - start).days


def days(first: date, last: date) -> list[date]:
    """All days from the first to the last."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def long_periods(first: date, last: date, unit: str) -> list[date]:
    """All days, weeks or months that have a day of the range; the outer ones may be there in part."""
    return sorted({period_of_day(day, unit) for day in days(first, last)})


def periods(first: date, last: date, unit: str, zone: ZoneInfo) -> list[Period]:
    """All periods that have an instant of the range."""
    if unit not in _STEPS:
        return list(long_periods(first, last, unit))
    time, end = beginning(first, zone), beginning(last + _DAY, zone)
    found = set()
    while time < end:
        found.add(period_of(time, unit, zone))
        time += _STEPS[unit]
    return sorted(found)
