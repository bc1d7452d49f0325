"""A deadline that passes when a test triggers it, however busy the machine is until then."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from mixpanel_data.base.deadline import Deadline


@dataclass(frozen=True, slots=True)
class TriggeredDeadline(Deadline):
    """Passes `seconds` after the first look at it for which `begins` is true, and never before."""

    seconds: float = 0.0
    begins: Callable[[], bool] = bool
    _started: list[float] = field(default_factory=list)

    def left(self, most_seconds: float) -> float:
        if not self._started and self.begins():
            self._started.append(time.monotonic())
        if not self._started:
            return most_seconds
        return max(0.0, min(most_seconds, self._started[0] + self.seconds - time.monotonic()))
