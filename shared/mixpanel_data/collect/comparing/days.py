"""The UTC days that a statement reads or changes: pure functions of days and zones."""

from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from mixpanel_data.base.window import Window

_DAY = timedelta(days=1)
# Pacific/Kiritimati is 26 hours ahead of Etc/GMT+12, so a corrected time zone moves an event by up to two days.
_DAYS_MOVED = 2


def bounds(days: Collection[date], prefix: str = "") -> dict[str, Any]:
    """The days as parameters, with the instants at which they begin and end; at least one day."""
    ordered = sorted(days)
    first, last = (_midnight(day) for day in (ordered[0], ordered[-1]))
    if prefix:
        return {f"{prefix}_days": ordered, f"{prefix}_first": first, f"{prefix}_end": last + _DAY}
    return {"days": ordered, "first_day": first, "end_day": last + _DAY}


def whole_days(window: Window) -> Window:
    """The window from the UTC midnight before it to the one after it."""
    last = (window.end - timedelta(microseconds=1)).date()
    return Window(_midnight(window.start.date()), _midnight(last) + _DAY)


def days_of_copies(days: Collection[date], zone: ZoneInfo, mixed_until: datetime | None) -> set[date]:
    """The days on which copies of events of these days can be stored.

    They are the days themselves, if everything was read in the zone. Up to `mixed_until` (None: never) a stored copy
    may have been read in another zone. In the hour that a zone repeats, a copy that Mixpanel stored later can be taken
    for an hour later.
    """
    return {day for own in days for day in _around(own, zone, mixed_until)}


def _around(day: date, zone: ZoneInfo, mixed_until: datetime | None) -> Iterator[date]:
    is_mixed = mixed_until is not None and _midnight(day) - _DAYS_MOVED * _DAY < mixed_until
    reach = _DAYS_MOVED if is_mixed else 1 if _changes_offset(day, zone) else 0
    yield from (day + shift * _DAY for shift in range(-reach, reach + 1))


def _changes_offset(day: date, zone: ZoneInfo) -> bool:
    """Whether the zone changes its offset within a day or next to it."""
    return len({(_midnight(day) + shift * _DAY).astimezone(zone).utcoffset() for shift in range(-1, 3)}) > 1


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
