"""How far a value lies outside all earlier ones, with their range as the yardstick.

Novelty as the distance to what was seen, the data itself being the yardstick: Knorr and Ng, Algorithms for Mining
Distance-Based Outliers, VLDB 1998. A value beyond the range widens it, but at most by twice its width at once, so that
one spike does not hide the next (the robust statistician's clipping: Huber, Robust Statistics, 1981).
"""

import math

MOST_GROWTH = 2.0
"""The most widths by which the range grows at once."""

# A range of few values says little about distance yet, so until then it grows without a limit.
_YOUNG_POINTS = 72
# A range of no width makes any change infinitely new; a finite figure sorts and prints.
_MOST_NOVELTY = 1e9


class SeenRange:
    """The range of the values so far."""

    __slots__ = ("_high", "_low", "_points")

    def __init__(self) -> None:
        self._low = self._high = 0.0
        self._points = 0

    def limits(self, novelty: float) -> tuple[float, float]:
        """(low, high): values between them have less than this novelty."""
        margin = novelty * (self._high - self._low)
        return self._low - margin, self._high + margin

    def novelty(self, value: float) -> float:
        """The distance of the value from the range of all earlier ones, in widths of that range; then take it in."""
        if not self._points:
            self._low = self._high = value
        self._points += 1
        beyond = max(self._low - value, value - self._high)
        if beyond <= 0.0:
            return 0.0
        width = self._high - self._low
        self._take_in(value, width)
        return min(beyond / width, _MOST_NOVELTY) if width > 0.0 else 1.0

    def _take_in(self, value: float, width: float) -> None:
        most = MOST_GROWTH * width if width > 0.0 and self._points > _YOUNG_POINTS else math.inf
        self._low = max(min(self._low, value), self._low - most)
        self._high = min(max(self._high, value), self._high + most)
