"""The time by which a call has to answer."""

import time
from dataclasses import dataclass

from mixpanel_data.base.errors import DeadlineError


@dataclass(frozen=True, slots=True)
class Deadline:
    """A point on the monotonic clock, in seconds; None: the call may take as long as it likes."""

    at_seconds: float | None = None

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        """The deadline that many seconds from now."""
        return cls(time.monotonic() + seconds)

    def left(self, most_seconds: float) -> float:
        """The seconds left, at most `most_seconds` and never below 0."""
        if self.at_seconds is None:
            return most_seconds
        return max(0.0, min(most_seconds, self.at_seconds - time.monotonic()))

    def check(self, step: str) -> None:
        """Raise DeadlineError if no time is left for the step, which completes "before …"."""
        if self.left(1.0) <= 0.0:
            raise DeadlineError(
                f"This call ran out of time before {step}. Everything published so far is kept; "
                "repeat the call to continue, or raise CALL_DEADLINE_SECONDS."
            )
