"""The clock on the wall of an invented project: its local days, and the minutes of the day, of any zone."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

DAY = 1440
# No zone changes its clocks at a time that is not a multiple of a quarter of an hour UTC.
_QUARTER = 15


@dataclass(frozen=True, slots=True)
class LocalMinutes:
    """The local time of the 1,440 minutes of a UTC day: days since 1970-01-01, and minutes of that day, below 1,440."""

    days: NDArray[np.int64]
    minutes: NDArray[np.int64]

    @property
    def weekdays(self) -> NDArray[np.int64]:
        """0 on a Monday, 6 on a Sunday."""
        # 1970 began on a Thursday.
        return (self.days + 3) % 7


@dataclass(frozen=True, slots=True)
class LocalClock:
    """Local times from a first minute on, which is a midnight UTC, in minutes since 1970."""

    first_minute: int
    zone: str = "UTC"

    def day(self, day: int) -> LocalMinutes:
        """The local times of the UTC day that begins `day` days after the first minute."""
        return _local_minutes(self.first_minute + day * DAY, self.zone)


@cache
def _local_minutes(first: int, zone_name: str) -> LocalMinutes:
    zone = ZoneInfo(zone_name)
    quarters = (datetime.fromtimestamp(60 * (first + at), UTC) for at in range(0, DAY, _QUARTER))
    offsets = [int(quarter.astimezone(zone).utcoffset().total_seconds()) // 60 for quarter in quarters]  # type: ignore[union-attr]
    local = first + np.arange(DAY) + np.repeat(offsets, _QUARTER)
    return LocalMinutes(local // DAY, local % DAY)
