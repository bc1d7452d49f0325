"""The time of day as a dependency: who needs to know what time it is is given a clock."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns the current time, aware and in UTC."""


def utc_now() -> datetime:
    """The current time, in UTC."""
    return datetime.now(UTC)
