"""A clock that runs faster than the machine's, the same one in several processes."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class FastClock:
    """A clock (aware, UTC) that showed `start` at `at` and passes `speed` seconds in each second since.

    `at` is on the monotonic clock, in seconds, which all processes of a machine share.
    """

    start: datetime
    at: float
    speed: float

    @classmethod
    def starting(cls, start: datetime, speed: float) -> "FastClock":
        """A clock that shows `start` now."""
        return cls(start, time.monotonic(), speed)

    def __call__(self) -> datetime:
        """The time that the clock shows now."""
        return self.start + timedelta(seconds=(time.monotonic() - self.at) * self.speed)

    def seconds_until(self, moment: datetime) -> float:
        """Seconds of the machine's clock until this one shows `moment`; 0 if it is past."""
        return max(0.0, (moment - self()).total_seconds() / self.speed)

    def arguments(self) -> list[str]:
        """The clock on a command line, for `FastClock.of`."""
        return [self.start.isoformat(), repr(self.at), repr(self.speed)]

    @classmethod
    def of(cls, start: str, at: str, speed: str) -> "FastClock":
        """The clock that `arguments` wrote down. Raises ValueError for a text that it did not write."""
        return cls(datetime.fromisoformat(start), float(at), float(speed))
