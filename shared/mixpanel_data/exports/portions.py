"""The days of an export, and the portions to read them in: pure functions of windows and counts."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from mixpanel_data.base.window import Window

LINES_PER_PORTION = 300_000
"""Lines that one portion should have: many days of a small project, one day of a large one. Storing that many
takes seconds and stays within the memory of a function."""

TOO_MANY_LINES = 4 * LINES_PER_PORTION
"""Lines above which a call over several days is given up for one over fewer."""

_FIRST_DAYS = 7
# BigQuery changes at most 4,000 partitions in one job.
_MOST_DAYS = 2_000
# A project that grew since would make the next call far too large.
_GROWTH = 8


@dataclass(frozen=True, slots=True)
class Days:
    """Days in the project's zone, first and last inclusive."""

    first: date
    last: date

    def __len__(self) -> int:
        return (self.last - self.first).days + 1

    def window(self, zone: ZoneInfo) -> Window:
        """The window from the first day's midnight in the zone to the midnight after the last day."""
        return Window(_midnight(self.first, zone), _midnight(self.last + timedelta(days=1), zone))


def days_of(window: Window, zone: ZoneInfo) -> Days:
    """The days in the project's zone that a window touches."""
    last = window.end - timedelta(microseconds=1)
    return Days(window.start.astimezone(zone).date(), last.astimezone(zone).date())


def left_of(window: Window, published: list[Window]) -> list[Window]:
    """The rest of a window without the published windows, in order."""
    left = [window]
    for done in published:
        left = [rest for piece in left for rest in piece.without(done)]
    return left


@dataclass(slots=True)
class Portions:
    """Days handed out in order, in portions of `lines_per_portion`, judged by the lines per day of those before."""

    left: list[Days]
    lines_per_day: float | None = None
    most_days: int = _FIRST_DAYS
    lines_per_portion: int = LINES_PER_PORTION
    _dense: Days | None = field(default=None, init=False)
    _dense_lines_per_day: float = field(default=0.0, init=False)

    def next(self) -> Days | None:
        """The next portion; None when no day is left."""
        if not self.left:
            return None
        days, *rest = self.left
        last = min(days.last, days.first + timedelta(days=self._size(days.first) - 1))
        self.left = rest if last == days.last else [Days(last + timedelta(days=1), days.last), *rest]
        return Days(days.first, last)

    def learn(self, days: Days, lines: int) -> None:
        """Size the next portions by the lines of this one."""
        self.lines_per_day = max(lines, 1) / len(days)
        self.grow(len(days))

    def grow(self, days: int) -> None:
        """Allow larger portions after one of that many days was small enough."""
        self.most_days = min(_MOST_DAYS, max(self.most_days, _GROWTH * days))

    def take_back(self, days: Days, lines: int) -> None:
        """Hand the days of a portion out again, in smaller ones: it had at least so many lines when it was given up."""
        self.lines_per_day = max(
            lines / len(days), self.lines_per_day or 0.0, self.lines_per_portion / max(1, len(days) // 2)
        )
        # If its first days turn out sparse, the others are the denser: never try a call of the failed size again.
        self._dense, self._dense_lines_per_day = days, self.lines_per_day
        self.left = [days, *self.left]

    def _size(self, first: date) -> int:
        is_dense = self._dense is not None and first <= self._dense.last
        lines_per_day = max(self.lines_per_day or 0.0, self._dense_lines_per_day if is_dense else 0.0)
        if not lines_per_day:
            return self.most_days
        return max(1, min(int(self.lines_per_portion / lines_per_day), self.most_days))


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
