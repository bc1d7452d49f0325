"""The counts of all names together, scored like those of a name, but without a baseline of their own.

What is expected of all together is the sum of what is expected of each, so that a name that is no longer watched does
not make them fall. Chance adds up by its variance, times the factor of `chance`; the errors of forecasts add up as if
all erred alike, which is careful. Windows, marks and scores are those of `counts`; a window counts as far as `breadth`
finds it abnormal without the names that deviate most, where many moved.

Once all names are abnormal, the same windows of up to an hour keep them so without marks, and without many names that
moved: a day-long fall of names that come in batches was four incidents otherwise.
"""

from dataclasses import dataclass

import numpy as np

from mixpanel_data.detect.statistics.forecasting.dispersion import SCALE_MINUTES
from mixpanel_data.detect.statistics.forecasting.forecast import Forecast, ForecastSlice
from mixpanel_data.detect.statistics.scoring.counts import (
    LONG_MINUTES,
    QUIET_MINUTES,
    RELEASE_DEVIATE,
    SHORT_MINUTES,
    CountScores,
    SideScores,
    hold,
)
from mixpanel_data.detect.statistics.scoring.parts import Parts
from mixpanel_data.detect.statistics.scoring.windows import BinSeries, Expected, Ints
from mixpanel_data.detect.statistics.tails import Bools, Floats, deviates_above, deviates_below
from mixpanel_data.detect.statistics.whole.breadth import Breadth
from mixpanel_data.detect.statistics.whole.chance import chance_factor

_HOUR_MINUTES = 60
_SETTLING_MINUTES = SHORT_MINUTES[-1] - 1
# Standard deviations below which no deviate is near the release, not even of low counts of a wide distribution.
_SCREEN = 1.0


@dataclass(frozen=True, slots=True)
class WholeScores:
    """The scores of all names together, 1 x minutes; nothing is ever silent, because silence is few events here.

    `may_rise` and `may_fall`: the minutes in which they are near to being abnormal, even if few names have moved yet.
    """

    scores: CountScores
    may_rise: Bools
    may_fall: Bools


def score_whole(parts: Parts, cut: float, complete: int) -> WholeScores:
    """Score all names together; `complete` minutes have been read in full.

    Windows are complete from the day after the first minute on.
    """
    one, rise, fall = parts.as_one(), parts.as_rise(), parts.as_fall()
    factor = chance_factor(fall.as_one(), complete)
    high, may_rise = _side(rise, factor, cut, 1)
    low, may_fall = _side(fall, factor, cut, -1)
    none = np.zeros_like(high.score)
    silence = SideScores(none, np.ones_like(high.window_minutes), none, none)
    relative = one.of_each_minute(one.hour) + one.of_each_minute(one.shared)
    expected = one.means.astype(np.float64)
    variance = factor * expected * one.of_each_minute(one.dispersion) + relative * expected**2
    return WholeScores(CountScores(high, low, silence, expected, variance, one), may_rise, may_fall)


def _side(parts: Parts, factor: float, cut: float, sign: int) -> tuple[SideScores, Bools]:
    one, size = parts.as_one(), parts.size
    series, breadth = _series(one, factor), Breadth(parts, one, factor)
    most, count, expected = _MostUnusual(size), np.zeros(size), np.zeros(size)
    minutes = np.ones(size, dtype=np.int64)
    for length in (*SHORT_MINUTES, *LONG_MINUTES):
        window = series.windows(length, size)
        # Without schedules and former levels, as many are expected at most as at least.
        signed, shown = _deviates(window.count, window.most), _deviates(window.shown_count, window.most)
        for deviates in (signed, shown):
            series.quieten(deviates, length, at_least=RELEASE_DEVIATE)
        if length in SHORT_MINUTES:
            series.mark(length, np.abs(signed) >= cut)
        at = np.flatnonzero(sign * shown[0] >= RELEASE_DEVIATE)
        others, is_broad = breadth.deviates(length, at + 1, sign)
        better = most.consider(
            at,
            np.where(is_broad, np.minimum(sign * signed[0, at], others), 0.0),
            np.minimum(sign * shown[0, at], others) if length <= _HOUR_MINUTES else np.zeros(len(at)),
        )
        minutes[better] = length
        count[better], expected[better] = window.shown_count[0, better], window.most.mean[0, better]
    return SideScores(most.scores(cut)[None], minutes[None], count[None], expected[None]), most.is_near(cut)


def _series(one: Parts, factor: float) -> BinSeries:
    """All names as bins of one name, after a day in which nothing is judged."""
    ends = np.cumsum(one.minutes)
    forecasts = [
        ForecastSlice(_forecast(one, stretch, slice(int(end) - size, int(end)), factor), 0, size)
        for stretch, (end, size) in enumerate(zip(ends, one.minutes, strict=True))
    ]
    before = BinSeries.empty(1, LONG_MINUTES[-1] + _SETTLING_MINUTES, _HOUR_MINUTES, _SETTLING_MINUTES)
    return before.followed_by(one.counts.astype(np.float64), forecasts)


def _forecast(one: Parts, stretch: int, minutes: slice, factor: float) -> Forecast:
    dispersion, hour, shared = (each[:, stretch].astype(np.float64) for each in (one.dispersion, one.hour, one.shared))
    means = one.means[:, minutes].astype(np.float64)
    return Forecast(
        minutes=means,
        smooth=means,
        scheduled=None,
        least_level=np.ones(1),
        most_level=np.ones(1),
        hour_variance=hour,
        shared_variance=shared,
        dispersion=np.tile(factor * dispersion, (len(SCALE_MINUTES), 1)),
        # Counts of many names are judged by the variance alone.
        batch=np.ones(1),
        is_judged=np.ones(1),
    )


def _deviates(count: Floats, expected: Expected) -> Floats:
    """Deviates, negative where counts are low; 0 where these are near what is expected."""
    deviates = np.zeros_like(count)
    far = np.abs(count - expected.mean) > _SCREEN * np.sqrt(expected.variance)
    for is_high, tail in ((True, deviates_above), (False, deviates_below)):
        at = far & (expected.mean > 0.0) & ((count > expected.mean) == is_high)
        found = np.maximum(tail(np.rint(count[at]), expected.mean[at], expected.variance[at]), 0.0)
        deviates[at] = found if is_high else -found
    return deviates


class _MostUnusual:
    """For each minute, the most unusual window that makes all names abnormal, and the one that keeps them so."""

    def __init__(self, minutes: int) -> None:
        self._opening, self._keeping = np.zeros(minutes), np.zeros(minutes)

    def consider(self, at: Ints, opening: Floats, keeping: Floats) -> Ints:
        """Take in the deviates of windows that end at these minutes; the minutes whose windows are to be shown."""
        first, best = self._opening[at], np.maximum(self._opening[at], self._keeping[at])
        self._opening[at] = np.maximum(first, opening)
        self._keeping[at] = np.maximum(self._keeping[at], keeping)
        # What opens an incident is shown before what merely keeps it open.
        is_better = np.where(np.maximum(first, opening) > 0.0, opening > first, keeping > best)
        return at[is_better]

    def is_near(self, cut: float) -> Bools:
        """True of the minutes with a deviate near the cut."""
        near: Bools = np.maximum(self._opening, self._keeping) >= min(RELEASE_DEVIATE, cut)
        return near

    def scores(self, cut: float) -> Floats:
        """The scores, at least 0.5 as long as no 15 minutes pass without a deviate near the cut: see `counts`."""
        scores: Floats = self._opening**2 / (self._opening**2 + cut**2)
        hold(scores, self.is_near(cut), last=-_HOUR_MINUTES, quiet=QUIET_MINUTES)
        return scores
