"""Hours of the day and days of the week, in the zone in which people live: clocks change there, habits do not."""

import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

DAY_HOURS = 24
WEEK_HOURS = 7 * DAY_HOURS

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class HourPlace:
    """The place of an hour in its week: `day` 0 is a Monday. `ends_day`: the next hour belongs to another day.

    `offset_hours`: the hours by which the zone is ahead of UTC then.
    """

    day: int
    hour: int
    ends_day: bool
    offset_hours: float


@dataclass(frozen=True, slots=True)
class Calendar:
    """The calendar of one time zone. Where a zone is not whole hours from UTC, an hour has the place of its start."""

    zone: ZoneInfo

    @property
    def fingerprint(self) -> int:
        """A number that tells zones apart, in [0, 2^32)."""
        return zlib.crc32(self.zone.key.encode())

    def place(self, hour: int) -> HourPlace:
        """The place of an hour, which is counted from 1970 UTC."""
        return _place(self.zone, hour)

    def hours_back(self, hour: int, hours: int) -> int:
        """The hour that showed the same time on the clock so many hours before, as the clock counts them."""
        shift = self.place(hour).offset_hours - self.place(hour - hours).offset_hours
        return hour - hours + round(shift)


UTC_CALENDAR = Calendar(ZoneInfo("UTC"))


@lru_cache(maxsize=4096)
def _place(zone: ZoneInfo, hour: int) -> HourPlace:
    local = (_EPOCH + hour * _HOUR).astimezone(zone)
    following = (_EPOCH + (hour + 1) * _HOUR).astimezone(zone)
    offset = local.utcoffset() or timedelta()
    return HourPlace(local.weekday(), local.hour, following.date() != local.date(), offset / _HOUR)
