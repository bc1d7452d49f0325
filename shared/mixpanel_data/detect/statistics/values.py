"""The model for measured series of any unit and pace: is this further out than anything before?

A series' extremes describe it when it is well, whatever its distribution; deviations from a mean do not, because
measured series are neither normal nor stationary. On the Numenta benchmark z-scores reach 38 to 47, this 65 to 70.

1. Three readings of the series: the value itself, the least of the last 12 points (it has lost its lows) and the
   greatest of the last 48 (it has lost its highs).
2. For each reading the range of all earlier ones. Its novelty is how far it lies outside, in units of that range;
   then the range takes it in, but grows at most by twice its own width at once, so that one spike does not hide the
   next (the robust statistician's clipping: Huber, Robust Statistics, 1981).
3. A point's novelty is the greatest of the three, and counts only where it beats those of all of the 72 points before:
   an episode is reported once, and again only if it gets worse.
4. score = novelty / (novelty + 0.01): a hundredth of the range is the cut-off.

Novelty as the distance to the nearest thing seen, with the data itself as the yardstick: Knorr and Ng, Algorithms for
Mining Distance-Based Outliers, VLDB 1998. The protocol by which it was chosen: Lavin and Ahmad, Evaluating Real-Time
Anomaly Detection Algorithms, ICMLA 2015.

How far it is fitted: steps 1 and 3 without the highs were given, and score 66.5 at the cut-off on half of the
benchmark's series. The highs were added on that half: 69.4 there, 66.9 to 69.8 for lengths of 36 to 72. That gain is
weak evidence: two of 29 series bring it (taxi rides, travel times), ten lose a little. When the length, or none, is
chosen on a random half of those series and scored on the other, it is 0.7 points on average (-2.3 to 4.1 in eight
of ten; below 0 in three); a bootstrap over series has -2.0 to 9.4. The highs stay all the same. They find a series that
no longer reaches its usual highs, just as the lows find one that no longer reaches its usual lows, so that they are not
a trick of the benchmark; and they may cost about 2 points elsewhere, less than they may bring. Lengths were not tuned
any further.

Each point costs the same, however long the series (Lemire, Streaming Maximum-Minimum Filter, 2006).
"""

import math
from collections import deque
from collections.abc import Callable
from operator import ge, le

from mixpanel_data.detect.statistics.point_score import PointScore

LOWS_POINTS = 12
HIGHS_POINTS = 48
EPISODE_POINTS = 72
"""The length of an episode, and the points that a series needs before any gets a score above 0."""

CUT_NOVELTY = 0.01
"""The novelty whose score is 0.5."""

MOST_GROWTH = 2.0
"""The most widths by which a range grows at once."""

MOST_VALUE = 1e150
"""Greater values are refused: their differences would overflow."""

_EXPECTED_POINTS = 12
# A range of no width makes any change infinitely new; a finite figure sorts and prints.
_MOST_NOVELTY = 1e9


class ValuesModel:
    """Scores one series; feed it the values in order, whatever the time between them."""

    def __init__(self) -> None:
        self._readings = [
            _Reading(lambda value: value),
            _Reading(_Extreme(LOWS_POINTS, le)),
            _Reading(_Extreme(HIGHS_POINTS, ge)),
        ]
        self._loudest = _Extreme(EPISODE_POINTS, ge)
        self._recent: deque[float] = deque(maxlen=_EXPECTED_POINTS)
        self._points = 0

    def score(self, value: float) -> PointScore:
        """Score the next value. Raises ValueError if it is not finite, or beyond 1e150."""
        if not math.isfinite(value) or abs(value) > MOST_VALUE:
            raise ValueError(f"{value!r} is not a finite number of at most {MOST_VALUE:g}")
        expected, low, high = self._band(value)
        novelty = max(reading.novelty(value) for reading in self._readings)
        before = self._loudest.newest
        self._loudest(novelty)
        is_scored = self._points >= EPISODE_POINTS and novelty > (before or 0.0)
        self._points += 1
        self._recent.append(value)
        return PointScore(novelty / (novelty + CUT_NOVELTY) if is_scored else 0.0, expected, low, high)

    def _band(self, value: float) -> tuple[float, float, float]:
        """(expected, low, high) for a value not yet taken in; expected is the median of the last values."""
        if not self._recent:
            return value, value, value
        low, high = self._readings[0].limits(CUT_NOVELTY)
        middle = sorted(self._recent)[len(self._recent) // 2]
        return min(max(middle, low), high), low, high


class _Reading:
    """One view of the series, and the range of all its earlier readings."""

    __slots__ = ("_high", "_low", "_read", "_seen")

    def __init__(self, read: Callable[[float], float | None]) -> None:
        self._read = read
        self._low = self._high = 0.0
        self._seen = 0

    def limits(self, novelty: float) -> tuple[float, float]:
        """(low, high): readings between them have less than this novelty."""
        margin = novelty * (self._high - self._low)
        return self._low - margin, self._high + margin

    def novelty(self, value: float) -> float:
        """The distance of the reading from the range of all earlier ones, in widths of that range; then take it in."""
        reading = self._read(value)
        if reading is None:
            return 0.0
        if not self._seen:
            self._low = self._high = reading
        self._seen += 1
        beyond = max(self._low - reading, reading - self._high)
        if beyond <= 0.0:
            return 0.0
        width = self._high - self._low
        self._take_in(reading, width)
        return min(beyond / width, _MOST_NOVELTY) if width > 0.0 else 1.0

    def _take_in(self, reading: float, width: float) -> None:
        # A range of few readings says little about distance yet, so it grows without a limit.
        most = MOST_GROWTH * width if width > 0.0 and self._seen > EPISODE_POINTS else math.inf
        self._low = max(min(self._low, reading), self._low - most)
        self._high = min(max(self._high, reading), self._high + most)


class _Extreme:
    """The running extreme of the last `points` points; None until there are that many."""

    __slots__ = ("_beats", "_candidates", "_points", "_seen")

    def __init__(self, points: int, beats: Callable[[float, float], bool]) -> None:
        self._points = points
        self._beats = beats
        self._seen = 0
        self._candidates: deque[tuple[int, float]] = deque()

    @property
    def newest(self) -> float | None:
        """The extreme of the last points so far, of fewer at the start of a series; None before the first point."""
        return self._candidates[0][1] if self._candidates else None

    def __call__(self, value: float) -> float | None:
        candidates = self._candidates
        while candidates and self._beats(value, candidates[-1][1]):
            candidates.pop()
        candidates.append((self._seen, value))
        if candidates[0][0] <= self._seen - self._points:
            candidates.popleft()
        self._seen += 1
        return candidates[0][1] if self._seen >= self._points else None
