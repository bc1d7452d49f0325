"""The model for counts: is this more, or less, than the history of the event itself lets us expect?

1. `forecasting` learns the counts to expect in each minute of each name, hour by hour, and how far they may be trusted:
   at most, and at least. Between the two lie the counts that are no news, for a level that was usual until lately, for
   schedules, and for events that are still on their way.
2. Windows of 1, 2, 3, 5, 10, 15, 30, 60, 240 and 1,440 minutes end at each minute, and one more that began with the
   last event: a burst of a minute and a leak over hours are each plain at their own length, a silence at its own.
   More than expected at most, less than expected at least, and nothing are three sides, scored apart.
3. A window's deviate is that of its count's tail, above or below, negative binomial with the variance that chance,
   dispersion and the forecast's own uncertainty add up to (`tails`). Below, batches are counted and not events: a
   window is empty as soon as the few batches that it would have stay away by chance (`deviates`).
4. An anomaly that has ended is not reported. A window counts only while its newest third, from half an hour on its
   newest quarter, lies on the same side, and by a third of what the whole of a long one does; and windows from half an
   hour on take the minutes of a shorter abnormal window as expected once no shorter window can report them any more,
   which is 14 minutes later.
5. A lasting anomaly is one incident: once a name is abnormal, a deviate of 2.8 keeps it so, as long as no 15 minutes
   pass without one (two thresholds, as in Canny, A Computational Approach to Edge Detection, IEEE PAMI 8, 1986).
   Without it a leak of a half over 6 hours at 10 a minute was four incidents, because its short windows lie about the
   cut.
6. A point's score is z^2 / (z^2 + cut^2) for the most unusual of its windows: 0.5 where z is the cut, a monotone
   map of the probability; and at least 0.5 while step 5 holds.
7. The cut follows from a budget: false incidents a week, all names together. The names, minutes and windows that are
   watched come to a number of independent tests (`TESTS_A_WEEK`, by simulation), and the budget is shared among them
   (Bonferroni). A false discovery rate will not do instead: measured, Benjamini-Hochberg at 5% a run over 300 clean
   names gives 26 false incidents a week.

numpy is worth its 0.2 to 0.4 s at the start of a function: a backtest then runs the same code as every five minutes,
to the line.

tests/bench/detector.py measures false incidents a week, the share of bursts and silences that is found, by the size of
batches too, and how soon; tests/detect/statistics holds the bounds of each.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from mixpanel_data.detect.statistics.forecasting.baseline import Baseline
from mixpanel_data.detect.statistics.forecasting.calendar import UTC_CALENDAR, Calendar
from mixpanel_data.detect.statistics.forecasting.forecast import Forecast, ForecastSlice
from mixpanel_data.detect.statistics.point_score import ABNORMAL_SCORE
from mixpanel_data.detect.statistics.scoring.deviates import SCREEN, band, deviates_of
from mixpanel_data.detect.statistics.scoring.parts import Parts
from mixpanel_data.detect.statistics.scoring.windows import BinSeries, Expected, Ints, Windows
from mixpanel_data.detect.statistics.tails import Bools, Floats

SHORT_MINUTES = (1, 2, 3, 5, 10, 15)
LONG_MINUTES = (30, 60, 240, 1440)

TESTS_A_WEEK = 17_000.0
"""The independent tests that a week of one name comes to, all windows and both directions: the budget's divisor."""

# With more names the cut is higher, and the higher it is, the fewer of the overlapping windows are tests of their own:
# by simulation, false incidents a week and name are 17,000 times the probability at deviates of 3.9, 8,000 times at
# 5.1. The power gives back a part of that; the rest is a margin, for names that behave worse.
_NAMES_POWER = 0.93

RELEASE_DEVIATE = 2.8
"""The deviate that keeps a name abnormal, so that a count near the cut is one incident and not many."""

QUIET_MINUTES = 15
"""Minutes without any deviate near the cut that end what is abnormal."""

_HOUR_MINUTES = 60
_CHUNK_MINUTES = 1440


def cut_deviate(names: int, false_alerts_per_week: float = 1.0) -> float:
    """The deviate from which a window is abnormal, so that all names together keep to the budget.

    Raises ValueError for no names, or a budget that is not above 0.
    """
    if names < 1 or not false_alerts_per_week > 0.0:
        raise ValueError(f"{names} names and {false_alerts_per_week} false alerts a week: give 1 or more, and above 0")
    probability = min((false_alerts_per_week / names) ** _NAMES_POWER / TESTS_A_WEEK, 0.01)
    return -NormalDist().inv_cdf(probability)


@dataclass(frozen=True, slots=True)
class SideScores:
    """One direction, names x minutes: the most unusual window that ends with each minute, and how unusual it is.

    `score` is in [0, 1], abnormal from 0.5 on; the rest is that window: its length in minutes, its count, and the count
    expected. Nothing is abnormal while a name is less than a day old: its scores are 0.
    """

    score: Floats
    window_minutes: Ints
    count: Floats
    expected: Floats

    def last(self, minutes: int) -> "SideScores":
        """A copy of the last minutes."""
        return SideScores(*(getattr(self, field.name)[:, -minutes:].copy() for field in fields(self)))


@dataclass(frozen=True, slots=True)
class CountScores:
    """Names x minutes: more than expected, less, and nothing since the last event, each by itself.

    `minute_expected` and `minute_variance` are those of single minutes. `parts`: what each name contributes to all
    names together.
    """

    high: SideScores
    low: SideScores
    silence: SideScores
    minute_expected: Floats
    minute_variance: Floats
    parts: Parts = field(default_factory=Parts.none)

    @property
    def score(self) -> Floats:
        """The greatest of the three scores."""
        return np.maximum(np.maximum(self.high.score, self.low.score), self.silence.score)

    def last(self, minutes: int) -> "CountScores":
        """A copy of the last minutes."""
        return CountScores(
            self.high.last(minutes),
            self.low.last(minutes),
            self.silence.last(minutes),
            self.minute_expected[:, -minutes:].copy(),
            self.minute_variance[:, -minutes:].copy(),
            self.parts.last(minutes),
        )


class CountsModel:
    """Scores the counts of some names, minute by minute from a first one on; feed it chunks of any length.

    The score of a minute does not depend on how the minutes are cut into chunks.
    """

    def __init__(
        self,
        names: int,
        first_minute: int,
        *,
        cut: float,
        step_minutes: int = 1,
        baseline: Baseline | None = None,
        calendar: Calendar = UTC_CALENDAR,
    ) -> None:
        """`first_minute` in minutes since 1970 UTC; `cut` from `cut_deviate`; counts of steps that divide an hour.

        A `baseline` has learned up to the first minute, which then begins an hour. It is taken over, not copied, and
        goes by its own calendar; without one, days and weeks are those of `calendar`.
        Raises ValueError for steps that do not divide the hour, or a baseline that would go on within one.
        """
        if _HOUR_MINUTES % step_minutes or first_minute % step_minutes:
            raise ValueError(f"steps of {step_minutes} minutes from minute {first_minute}: they must divide the hour")
        if baseline is not None and first_minute % _HOUR_MINUTES:
            raise ValueError(
                f"minute {first_minute} does not start an hour. Give the minute up to which the baseline has learned"
            )
        self.cut = cut
        self._step = step_minutes
        self._hour_bins = _HOUR_MINUTES // step_minutes
        self._short, self._long = _bins_of(SHORT_MINUTES, step_minutes), _bins_of(LONG_MINUTES, step_minutes)
        self._baseline = baseline or Baseline(names, self._hour_bins, calendar)
        self._bin = first_minute // step_minutes
        self._hour_counts = np.zeros((names, self._hour_bins))
        self._forecast: Forecast | None = None
        self._forget_minutes()

    @property
    def baseline(self) -> Baseline:
        """The baseline as learned up to `learned_until`."""
        return self._baseline

    @property
    def learned_until(self) -> int:
        """End of the last whole hour, in minutes since 1970 UTC."""
        return self._bin // self._hour_bins * _HOUR_MINUTES

    def learn(self, counts: NDArray[np.generic]) -> None:
        """Learn from the next minutes without scoring them, many times as fast; later windows begin after them.

        Raises ValueError as `score` does.
        """
        self._forecasts(self._checked(counts))
        self._bin += counts.shape[1]
        self._forget_minutes()

    def score(
        self,
        counts: NDArray[np.generic],
        arrived: Floats | None = None,
        final: NDArray[np.generic] | None = None,
    ) -> CountScores:
        """Score the next minutes: names x minutes, 0 where nothing came, whole numbers of at least 0, else ValueError.

        `arrived`, names x minutes: the share of each minute's events that can have arrived by now; None for all. Drops
        and silences are judged by it, rises are not: more than usual before all have come are more than usual.
        `final`: the counts once all have arrived, to learn from; None for `counts`.
        Windows are complete from the day after the first scored minute on, and shorter before.
        """
        checked = self._checked(counts)
        learned = checked if final is None else self._checked(final)
        size = max(1, _CHUNK_MINUTES // self._step)
        chunks = [
            self._score(
                checked[:, at : at + size],
                None if arrived is None else arrived[:, at : at + size],
                learned[:, at : at + size],
            )
            for at in range(0, max(checked.shape[1], 1), size)
        ]
        return chunks[0] if len(chunks) == 1 else joined(chunks)

    def band(self, expected: Floats, variance: Floats) -> tuple[Floats, Floats]:
        """(low, high), given `minute_expected` and `minute_variance`; low <= expected <= high.

        A single minute between them is not abnormal by itself.
        """
        return band(expected, variance, self.cut)

    def _checked(self, counts: NDArray[np.generic]) -> Floats:
        checked = np.asarray(counts, dtype=np.float64)
        if checked.ndim != 2 or checked.shape[0] != len(self._hour_counts):
            raise ValueError(f"counts of shape {checked.shape}: give {len(self._hour_counts)} names x minutes")
        if not np.all((checked >= 0.0) & (checked == np.floor(checked)) & np.isfinite(checked)):
            raise ValueError("counts must be whole numbers of at least 0")
        return checked

    def _forget_minutes(self) -> None:
        settling_bins = max(self._short, default=1) - 1
        names = len(self._hour_counts)
        self._tail = BinSeries.empty(names, self._long[-1] + settling_bins, self._hour_bins, settling_bins)
        # The last abnormal bin of each name, for each side.
        self._last_abnormal = [np.full(names, self._bin - _HOUR_MINUTES) for _ in ("high", "low", "silence")]

    def _score(self, counts: Floats, arrived: Floats | None, learned: Floats) -> CountScores:
        size = counts.shape[1]
        forecasts = self._forecasts(learned)
        series = self._tail.followed_by(counts, forecasts, arrived)
        sides = self._most_unusual(series, counts.shape)
        self._tail = series.last(self._tail.size)
        self._bin += size
        high, low, silence = (self._side(side, last) for side, last in zip(sides, self._last_abnormal, strict=True))
        expected = np.concatenate([hour.of(hour.forecast.expected()) for hour in forecasts], axis=1)
        variance = np.concatenate([hour.of(hour.forecast.variance()) for hour in forecasts], axis=1)
        return CountScores(high, low, silence, expected, variance, Parts.of(counts, forecasts, arrived))

    def _most_unusual(self, series: BinSeries, shape: tuple[int, ...]) -> list["_MostUnusual"]:
        """The most unusual windows of each side: high, low, silence. Short windows first, because they mark."""
        high, low, silence = (_MostUnusual(shape) for _ in self._last_abnormal)
        for bins in (*self._short, *self._long):
            window = series.windows(bins, shape[1])
            deviates = deviates_of(window)
            series.quieten(deviates, bins, at_least=SCREEN)
            high.consider(window, window.most, deviates, bins * self._step)
            low.consider(window, window.least, -deviates, bins * self._step)
            if bins in self._short:
                series.mark(bins, np.abs(deviates) >= self.cut)
        gap, lengths = series.gaps(shape[1], self._long[-1])
        silence.consider(gap, gap.least, -deviates_of(gap), lengths * self._step)
        return [high, low, silence]

    def _side(self, most: "_MostUnusual", last_abnormal: Ints) -> SideScores:
        """The scores of one side; brings each name's `last_abnormal` bin up to date."""
        score = most.deviate**2 / (most.deviate**2 + self.cut**2)
        first, quiet = self._bin - score.shape[1], max(QUIET_MINUTES // self._step, 1)
        is_near = most.deviate >= min(RELEASE_DEVIATE, self.cut)
        for name in np.flatnonzero(is_near.any(axis=1)):
            last_abnormal[name] = hold(score[name], is_near[name], last_abnormal[name] - first, quiet) + first
        return SideScores(score, most.minutes, most.count, most.expected)

    def _forecasts(self, counts: Floats) -> list[ForecastSlice]:
        """The forecasts of the next minutes; the baseline learns each hour once it is over."""
        slices: list[ForecastSlice] = []
        at = 0
        while at < counts.shape[1] or not slices:
            hour, first = divmod(self._bin + at, self._hour_bins)
            size = min(self._hour_bins - first, counts.shape[1] - at)
            forecast = self._forecast = self._forecast or self._baseline.forecast(hour)
            self._hour_counts[:, first : first + size] = counts[:, at : at + size]
            slices.append(ForecastSlice(forecast, first, size))
            at += size
            if first + size == self._hour_bins:
                self._baseline.learn(hour, self._hour_counts, forecast)
                self._hour_counts = np.zeros_like(self._hour_counts)
                self._forecast = None
        return slices


class _MostUnusual:
    """For each name and minute, the most unusual window of one side considered so far."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.deviate = np.zeros(shape)
        self.minutes = np.ones(shape, dtype=np.int64)
        self.count, self.expected = np.zeros(shape), np.zeros(shape)

    def consider(self, window: Windows, expected: Expected, deviates: Floats, minutes: "Ints | int") -> None:
        better = deviates > self.deviate
        self.deviate[better] = deviates[better]
        self.minutes[better] = minutes if isinstance(minutes, int) else minutes[better]
        self.count[better], self.expected[better] = window.shown_count[better], expected.mean[better]


def hold(scores: Floats, is_near: Bools, last: int, quiet: int) -> int:
    """Raise the scores of one side to 0.5 wherever it is near the cut, and abnormal no more than `quiet` bins before.

    `last` is its last abnormal bin, as a position that may lie before the first; returns the last one afterwards.
    """
    for position in map(int, np.flatnonzero(is_near)):
        if scores[position] >= ABNORMAL_SCORE or position - last <= quiet:
            scores[position] = max(scores[position], ABNORMAL_SCORE)
            last = position
    return last


def joined(chunks: Sequence[CountScores]) -> CountScores:
    """The scores of chunks that follow each other, as one."""
    return CountScores(
        _joined_sides([chunk.high for chunk in chunks]),
        _joined_sides([chunk.low for chunk in chunks]),
        _joined_sides([chunk.silence for chunk in chunks]),
        np.concatenate([chunk.minute_expected for chunk in chunks], axis=1),
        np.concatenate([chunk.minute_variance for chunk in chunks], axis=1),
        Parts.following([chunk.parts for chunk in chunks]),
    )


def _joined_sides(chunks: Sequence[SideScores]) -> SideScores:
    names = [field.name for field in fields(SideScores)]
    return SideScores(*(np.concatenate([getattr(chunk, name) for chunk in chunks], axis=1) for name in names))


def _bins_of(minutes: tuple[int, ...], step: int) -> list[int]:
    return [each // step for each in minutes if each % step == 0]
