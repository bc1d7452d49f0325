"""Drawings that stand in a column of a table, as long as the room that is there."""

from dataclasses import dataclass
from typing import Protocol

_EIGHTHS = ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")


class Plot(Protocol):
    """A drawing of one row."""

    def drawn(self, width: int) -> str:
        """The drawing in `width` columns."""
        ...


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of this share, 0 to 1, of the room, to an eighth of a column; anything above 0 is seen."""

    share: float

    def drawn(self, width: int) -> str:
        """The bar, which ends where its share does."""
        eighths = max(round(min(self.share, 1.0) * width * 8), int(self.share > 0))
        return "█" * (eighths // 8) + _EIGHTHS[eighths % 8]


@dataclass(frozen=True, slots=True)
class Band:
    """A count as a bar, and over it the counts expected: `[` and `]` at the ends of the band, `|` at the expected one.

    `top` is the number at the right end.
    """

    count: float
    low: float
    expected: float
    high: float
    top: float

    def drawn(self, width: int) -> str:
        """The bar with the marks on it."""
        cells = list(Bar(self.count / self.top).drawn(width).ljust(width))
        for mark, number in (("[", self.low), ("]", self.high), ("|", self.expected)):
            cells[min(width - 1, int(number / self.top * (width - 1)))] = mark
        return "".join(cells).rstrip()
