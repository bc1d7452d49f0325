"""The minutes of one event as a run judged them: what messages, pictures and explanations show."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from mixpanel_data.detect.findings.learning.history import History
from mixpanel_data.detect.incidents.incident import MINUTE
from mixpanel_data.detect.statistics.scoring.counts import CountScores
from mixpanel_data.detect.statistics.tails import Floats

Band = Callable[[Floats, Floats], tuple[Floats, Floats]]
"""(low, high) of single minutes, from their expected counts and variances: see CountsModel.band."""


@dataclass(frozen=True, slots=True)
class JudgedMinutes:
    """Figures by minute from `start` (UTC) on: counts, those expected, the band around them, and scores.

    `due`: the events expected that can have arrived by now. A single minute between `low` and `high` is not abnormal by
    itself. `score` is that of the most unusual window that ends with the minute.
    """

    start: datetime
    counts: NDArray[np.int64]
    expected: Floats
    due: Floats
    low: Floats
    high: Floats
    score: Floats

    @classmethod
    def of(cls, history: History, scores: CountScores, band: Band, row: int, arrived: Floats | None) -> "JudgedMinutes":
        """Copies of one row, so that the others need not be kept; `arrived` as in CountsModel.score."""
        expected, variance = scores.minute_expected[row], scores.minute_variance[row]
        share = np.ones_like(expected) if arrived is None else arrived[row]
        due = expected * share
        low, (_, high) = band(due[None], (variance * share)[None])[0], band(expected[None], variance[None])
        sides = (scores.high, scores.low, scores.silence)
        score = np.max([side.score[row] for side in sides], axis=0)
        return cls(history.start, history.counts[row].copy(), expected.copy(), due, low[0], high[0], score)

    def since(self, start: datetime) -> "JudgedMinutes":
        """The same from `start` on, or from its own start if that is later."""
        first = max(0, (start - self.start) // MINUTE)
        return JudgedMinutes(
            start=self.start + first * MINUTE,
            counts=self.counts[first:],
            expected=self.expected[first:],
            due=self.due[first:],
            low=self.low[first:],
            high=self.high[first:],
            score=self.score[first:],
        )

    def between(self, start: datetime, end: datetime) -> tuple[int, ...] | None:
        """The counts of the minutes of [start, end); None unless all of them were judged."""
        first, last = (start - self.start) // MINUTE, (end - self.start) // MINUTE
        if first < 0 or last > len(self.counts):
            return None
        return tuple(int(count) for count in self.counts[first:last])
