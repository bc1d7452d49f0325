"""How far a command is: what it has done, how fast, and for how long still."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

Now = Callable[[], float]


@dataclass(slots=True)
class Pace:
    """What log records and counts say of the way of an activity; `now` is a clock in seconds that never goes back.

    A record may carry `done`, `total` and `step` (day 3 of 30), or the `share` that is done; `received`, how many more
    there are of the `unit`; `quota`, what was used of Mixpanel's; and `wait_seconds`, for how long nothing will happen.
    """

    activity: str
    unit: str = ""
    now: Now = time.monotonic
    count: int | None = None
    share: float | None = None
    step: str = ""
    quota: str = ""
    _started: float = field(init=False)
    _waits_until: float = 0.0

    def __post_init__(self) -> None:
        self._started = self.now()

    def reached(self, count: int) -> None:
        """There are so many so far."""
        self.count = count
        self._waits_until = 0.0

    def take(self, record: logging.LogRecord) -> None:
        """Take what a log record says."""
        fields = vars(record)
        self._waits_until = self.now() + fields["wait_seconds"] if "wait_seconds" in fields else 0.0
        if "received" in fields:
            self.count = (self.count or 0) + fields["received"]
        if fields.keys() >= {"step", "done", "total"}:
            self.share = fields["done"] / max(fields["total"], 1)
            self.step = f"{fields['step']} {fields['done']:,} of {fields['total']:,}"
        self.share = fields.get("share", self.share)
        self.quota = fields.get("quota", self.quota)

    @property
    def left(self) -> str:
        """For how long still, as `1:05 left`; empty if nothing says it."""
        if self.is_waiting:
            return f"{duration(self._waits_until - self.now())} left"
        if not self.share or self.share >= 1.0:
            return ""
        return f"{duration((self.now() - self._started) * (1.0 - self.share) / self.share)} left"

    @property
    def is_waiting(self) -> bool:
        """Whether the activity waits for somebody else."""
        return self.now() < self._waits_until

    def text(self, width: int) -> str:
        """All of it on a line of at most so many characters; what matters least is left out first."""
        parts = [part for part in self._parts() if part[1]]
        while len(parts) > 1 and len(_joined(parts)) > width:
            parts.remove(max(parts))
        return _joined(parts)[:width]

    def _parts(self) -> list[tuple[int, str]]:
        """The parts in the order of the line, each with its place in the order of importance."""
        elapsed = self.now() - self._started
        rate = f"{self.count / max(elapsed, 0.001):,.0f}/s" if self.count else ""
        count = "" if self.count is None else " ".join(filter(None, [f"{self.count:,}", self.unit]))
        head = " ".join(filter(None, [self.activity, self.step]))
        return [
            (0, f"{head}, waiting" if self.is_waiting else head),
            (2, count),
            (3, rate),
            (5, duration(elapsed)),
            (1, self.left),
            (4, self.quota),
        ]


def duration(seconds: float) -> str:
    """Seconds as `0:07`, `12:30` or `1:05:00`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _joined(parts: list[tuple[int, str]]) -> str:
    return "  ".join(text for _, text in parts)
