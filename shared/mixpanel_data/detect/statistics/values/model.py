"""Scores a measured series: two views of each value, and one report an episode."""

import math
from collections import deque

from mixpanel_data.detect.statistics.point_score import ABNORMAL_SCORE, PointScore
from mixpanel_data.detect.statistics.values.seen_range import SeenRange
from mixpanel_data.detect.statistics.values.strangeness import LEAST_POINTS, STRANGE, Strangeness

EPISODE_POINTS = LEAST_POINTS
"""The length of an episode, and the points that a series needs before any gets a score above 0."""

CUT_NOVELTY = 0.01
"""The novelty whose score is 0.5."""

MOST_VALUE = 1e150
"""Greater values are refused: their differences would overflow."""

_EXPECTED_POINTS = 12


class ValuesModel:
    """Scores one series; feed it the values in order, whatever the time between them."""

    def __init__(self) -> None:
        self._range = SeenRange()
        self._strangeness = Strangeness()
        self._episode: deque[float] = deque(maxlen=EPISODE_POINTS)
        self._recent: deque[float] = deque(maxlen=_EXPECTED_POINTS)

    def score(self, value: float) -> PointScore:
        """Score the next value. Raises ValueError if it is not finite, or beyond 1e150."""
        if not math.isfinite(value) or abs(value) > MOST_VALUE:
            raise ValueError(f"{value!r} is not a finite number of at most {MOST_VALUE:g}")
        expected, low, high = self._band(value)
        loudness = self._loudness(value)
        is_young = len(self._episode) < EPISODE_POINTS
        is_loudest = not is_young and loudness > max(self._episode)
        self._episode.append(loudness)
        self._recent.append(value)
        return PointScore(loudness if is_loudest else 0.0, expected, low, high)

    def _loudness(self, value: float) -> float:
        novelty = self._range.novelty(value)
        return max(novelty / (novelty + CUT_NOVELTY), _calibrated(self._strangeness.of(value)))

    def _band(self, value: float) -> tuple[float, float, float]:
        """(expected, low, high) for a value not yet taken in; expected is the median of the last values."""
        if not self._recent:
            return value, value, value
        low, high = self._range.limits(CUT_NOVELTY)
        middle = sorted(self._recent)[len(self._recent) // 2]
        return min(max(middle, low), high), low, high


def _calibrated(strangeness: float) -> float:
    """The score of a strangeness: straight from 0 to 0.5 at the cut of the published detector, and on to 1 at 1."""
    if strangeness < STRANGE:
        return ABNORMAL_SCORE * strangeness / STRANGE
    return ABNORMAL_SCORE + (1.0 - ABNORMAL_SCORE) * (strangeness - STRANGE) / (1.0 - STRANGE)
