"""Days of a zone as windows of instants, and the periods that lie in them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from mixpanel_data.base.errors import RequestError

Period = date | datetime
"""A day, week or month by its first day; an hour or minute by the instant at which it begins, in UTC."""

EARLIEST = datetime(1, 1, 2, tzinfo=UTC)
"""Before everything that a report reads: a day earlier, the clocks west of UTC would show a day before year 1."""

LATEST = datetime(9999, 1, 1, tzinfo=UTC)
"""After everything that a warehouse can hold."""

_DAY = timedelta(days=1)
# Since 1972 every offset is a multiple of 15 minutes, so that each hour of a wall clock has an instant of these.
_STEPS = {"minute": timedelta(minutes=1), "hour": timedelta(minutes=15)}
_LENGTHS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1)}
# Of each segment all of them are in the answer: a month of minutes, five years of hours.
_MOST_PERIODS = 50_000


@dataclass(frozen=True, slots=True)
class Window:
    """The instants from `start` up to, and not with, `end`; both aware."""

    start: datetime
    end: datetime


EVER = Window(EARLIEST, LATEST)
"""All that a report reads."""


def beginning(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a day, in UTC; where the clock skips midnight, the instant of the skip."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def window_of(first: date, last: date, zone: ZoneInfo) -> Window:
    """The window of these days of the zone, both inclusive."""
    return Window(beginning(first, zone), beginning(last + _DAY, zone))


def first_of(day: date, unit: str) -> date:
    """The first day of the day, week or month that a day lies in; weeks begin on Monday."""
    if unit == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if unit == "month" else day


def next_first(first: date, unit: str) -> date:
    """The first day of the next day, week or month."""
    if unit == "month":
        return (first + timedelta(days=31)).replace(day=1)
    return first + timedelta(days=7 if unit == "week" else 1)


def long_periods(first: date, last: date, unit: str) -> list[date]:
    """All days, weeks or months that have a day of the range, by their first day; the range can cut the outer ones."""
    found, start = [], first_of(first, unit)
    while start <= last:
        found.append(start)
        start = next_first(start, unit)
    return found


def periods(first: date, last: date, unit: str, zone: ZoneInfo) -> list[Period]:
    """All periods of any unit that have an instant of the range.

    An hour that the clock goes through twice is two periods. Raises RequestError for more than 50,000 hours or minutes.
    """
    if unit not in _STEPS:
        return list(long_periods(first, last, unit))
    window = window_of(first, last, zone)
    count = (window.end - window.start) // _LENGTHS[unit]
    if count > _MOST_PERIODS:
        raise RequestError(
            f"{first} to {last} has {count} periods of a {unit}, and at most {_MOST_PERIODS} can be asked for at once: "
            "take a longer unit, or fewer days."
        )
    instant, found = window.start, dict.fromkeys([_cut(window.start, unit, zone)])
    while instant < window.end:
        found[_cut(instant, unit, zone)] = None
        instant += _STEPS[unit]
    return list(found)


def _cut(instant: datetime, unit: str, zone: ZoneInfo) -> datetime:
    """The instant at which the hour or minute of the wall clock began, at the clock's offset at `instant`."""
    wall = instant.astimezone(zone)
    into = timedelta(minutes=wall.minute if unit == "hour" else 0, seconds=wall.second, microseconds=wall.microsecond)
    return instant - into
