"""A deadline that does not depend on how busy the machine is until the test wants it to pass."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from mixpanel_data.base.deadline import Deadline


@dataclass(frozen=True, slots=True)
class DeadlineOnce(Deadline):
    """Passes that many seconds after the first look at it for which `begins` is true, and never before."""

    seconds: float = 0.0
    begins: Callable[[], bool] = bool
    _begun: list[float] = field(default_factory=list)

    def left(self, most_seconds: float) -> float:
        if not self._begun and self.begins():
            self._begun.append(time.monotonic())
        if not self._begun:
            return most_seconds
        return max(0.0, min(most_seconds, self._begun[0] + self.seconds - time.monotonic()))
