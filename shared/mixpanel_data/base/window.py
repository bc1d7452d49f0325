"""Half-open windows of time."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Window:
    """Half-open [start, end); both aware and in UTC. Raises ValueError unless the end comes after the start."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start >= self.end:
            raise ValueError(f"a window ends after it starts, not {self}")

    def __str__(self) -> str:
        return f"[{self.start:%Y-%m-%dT%H:%M:%SZ}, {self.end:%Y-%m-%dT%H:%M:%SZ})"

    def without(self, other: "Window") -> list["Window"]:
        """The rest of this window outside `other`: none, one or two windows, in order."""
        rest = [(self.start, min(self.end, other.start)), (max(self.start, other.end), self.end)]
        return [Window(start, end) for start, end in rest if start < end]
