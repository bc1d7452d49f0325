"""Spans of time by unit, on the project's wall clock: their starts, and the names that answers give them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Buckets:
    """Consecutive buckets by their starts; times before `first`, or from `end` on, are in none of them.

    The first bucket can start before `first`: a week starts on its Monday, a month on its first day."""

    first: datetime
    end: datetime
    unit: str
    starts: tuple[datetime, ...]

    def holding(self, at: datetime) -> datetime | None:
        """The start of the bucket that holds a time; None outside of all buckets."""
        if not self.first <= at < self.end:
            return None
        return self.starts[bisect_right(self.starts, at) - 1]

    @property
    def days(self) -> tuple[date, date]:
        """The first and the last day."""
        return self.first.date(), (self.end - MOMENT).date()

    def key(self, start: datetime) -> str:
        """The name of a bucket: its day, and for a shorter bucket its time, too."""
        return f"{start:%Y-%m-%d %H:%M:%S}" if self.unit in ("minute", "hour") else f"{start:%Y-%m-%d}"


def between(days: tuple[date, date], unit: str, every: int = 1) -> Buckets:
    """The buckets of `every` units each that cover these days, both included."""
    first = datetime.combine(days[0], time.min)
    end = datetime.combine(days[1], time.min) + timedelta(days=1)
    starts = [start_of(first, unit)]
    while (following := after(starts[-1], unit, every)) < end:
        starts.append(following)
    return Buckets(first, end, unit, tuple(starts))


def latest(now: datetime, unit: str, count: int) -> Buckets:
    """The last `count` buckets of one unit each, the current one included."""
    starts = [start_of(now, unit)]
    while len(starts) < count:
        starts.append(start_of(starts[-1] - MOMENT, unit))
    starts.reverse()
    return Buckets(starts[0], after(starts[-1], unit), unit, tuple(starts))


def start_of(at: datetime, unit: str) -> datetime:
    """The start of the minute, hour, day, week (Monday) or month that holds a time."""
    return _STARTS[unit](at.replace(second=0, microsecond=0))


def after(start: datetime, unit: str, count: int = 1) -> datetime:
    """The time `count` units later; months are those of the calendar."""
    if unit != "month":
        return start + count * _LENGTHS[unit]
    months = start.year * 12 + start.month - 1 + count
    year, month = divmod(months, 12)
    following = start.replace(year=year, month=month + 1, day=1)
    last = (start.replace(year=(months + 1) // 12, month=(months + 1) % 12 + 1, day=1) - timedelta(days=1)).day
    return following.replace(day=min(start.day, last))


_LENGTHS: Mapping[str, timedelta] = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}


def _day(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0)


_STARTS: Mapping[str, Callable[[datetime], datetime]] = {
    "minute": lambda at: at,
    "hour": lambda at: at.replace(minute=0),
    "day": _day,
    "week": lambda at: _day(at) - timedelta(days=at.weekday()),
    "month": lambda at: _day(at).replace(day=1),
}
