"""Model for what the warehouse counts: is this more, or less, than the event's own history lets expect?

1. `baseline` learns what each minute of each name should bring, hour by hour, and how far it may be trusted.
2. Windows of 1, 2, 3, 5, 10, 15, 30, 60, 240 and 1,440 minutes end at each minute, and one more that began with the
   last event: a burst of a minute and a leak over hours are each plain at their own length, a silence at its own.
3. A window's deviate is that of its count's tail, above or below, negative binomial with the variance that chance,
   clumps and the baseline's own uncertainty add up to (`tails`).
4. A point's score is z^2 / (z^2 + cut^2) for the most unusual of its windows: 0.5 where z is the cut, a monotone
   map of the probability.
5. The cut follows from a budget: false incidents a week, all names together. As many names, minutes and windows as
   are watched come to so many independent tests (`TESTS_A_WEEK`, by simulation), and the budget is shared equally
   among them (Bonferroni). A rate of false discoveries will not do instead: measured, Benjamini-Hochberg at 5% a run
   over 300 clean names gives 26 false incidents a week.

numpy is worth its 0.2 to 0.4 s at the start of a function: what a backtest shows is then what runs every five
minutes, to the line, and 90 days of 300 names take about a minute of one core. Only counts import it.
"""

from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from mixpanel_data.detect.baseline import Baseline, Forecast
from mixpanel_data.detect.tails import Floats, deviates_above, deviates_below, greatest_usual, least_usual

Ints: TypeAlias = NDArray[np.int64]

MINUTES_OF_WINDOWS = (1, 2, 3, 5, 10, 15, 30, 60, 240, 1440)

TESTS_A_WEEK = 30_000.0
"""Independent tests that a week of one name comes to, all its windows and both directions: what divides the budget.

By simulation of 300 names of 0.05 to 50 a minute over 90 days, with learned baselines (tests/bench/detector.py): false
incidents a week and name are 14,000 times the probability at deviates of 4.25 to 4.5, 7,000 at 5. The rest is a
margin for names that behave worse: 300 that behave spend a sixth of their budget of one a week, one name a third."""

LEAST_BURST_EVENTS = 3
"""Fewer are no burst, however seldom the event: of a name not seen for a month, one alone would be."""

_HOUR_MINUTES = 60
# Midnights that begin a Monday are this many hours past those that begin a Thursday, as the epoch does.
_MONDAY_HOURS = 4 * 24
# Below, a deviate is only estimated: no cut is as low, and most of the time goes where nothing is unusual.
_SCREEN = 2.5
_CHUNK_MINUTES = 1440


def cut_deviate(names: int, false_alerts_per_week: float = 1.0) -> float:
    """Deviate from which a window is abnormal, so that all names together keep to the budget."""
    if names < 1 or not false_alerts_per_week > 0.0:
        raise ValueError(f"{names} names and {false_alerts_per_week} false alerts a week: give 1 or more, and above 0")
    probability = min(false_alerts_per_week / (names * TESTS_A_WEEK), 0.01)
    return -NormalDist().inv_cdf(probability)


@dataclass(frozen=True, slots=True)
class Judged:
    """Names x minutes. `window_minutes` is the length of the most unusual window, which ends with that minute.

    `count` and `expected` are that window's; `is_high` says whether it holds more than expected. Nothing is abnormal
    while a name is less than a day old: its scores are 0.
    """

    score: Floats
    window_minutes: Ints
    count: Floats
    expected: Floats
    is_high: NDArray[np.bool_]
    minute_expected: Floats
    minute_variance: Floats


class Counts:
    """Counts of some names, minute by minute from a first one on; feed them in portions of any length.

    What is said of a minute is the same however the minutes are portioned.
    """

    def __init__(self, names: int, first_minute: int, *, cut: float, step_minutes: int = 1) -> None:
        """`first_minute` in minutes since 1970 UTC; `cut` from `cut_deviate`; counts of steps that divide an hour."""
        if _HOUR_MINUTES % step_minutes or first_minute % step_minutes:
            raise ValueError(f"steps of {step_minutes} minutes from minute {first_minute}: they must divide the hour")
        self.cut = cut
        self._step = step_minutes
        self._bins = _HOUR_MINUTES // step_minutes
        self._windows = [minutes // step_minutes for minutes in MINUTES_OF_WINDOWS if minutes % step_minutes == 0]
        self._baseline = Baseline(names, self._bins)
        self._bin = first_minute // step_minutes
        self._hour_counts = np.zeros((names, self._bins))
        self._forecast: Forecast | None = None
        self._tail = _Minutes.nothing(names, self._windows[-1], self._bins)

    def judge(self, counts: NDArray[np.generic]) -> Judged:
        """Judge the next minutes: names x minutes, 0 where nothing came. Raises ValueError if one is no count."""
        wanted = np.asarray(counts, dtype=np.float64)
        if wanted.ndim != 2 or wanted.shape[0] != len(self._hour_counts):
            raise ValueError(f"counts of shape {wanted.shape}: give {len(self._hour_counts)} names x minutes")
        if not np.all((wanted >= 0.0) & (wanted == np.floor(wanted)) & np.isfinite(wanted)):
            raise ValueError("counts must be whole numbers of at least 0")
        size = max(1, _CHUNK_MINUTES // self._step)
        parts = [self._judge(wanted[:, at : at + size]) for at in range(0, max(wanted.shape[1], 1), size)]
        return parts[0] if len(parts) == 1 else _joined(parts)

    def band(self, judged: Judged) -> tuple[Floats, Floats]:
        """(low, high): between which single minutes would not be abnormal by themselves; low <= expected <= high."""
        mean, variance = judged.minute_expected.ravel(), judged.minute_variance.ravel()
        low = np.minimum(least_usual(mean, variance, self.cut), mean)
        high = np.maximum(greatest_usual(mean, variance, self.cut), mean)
        return low.reshape(judged.score.shape), high.reshape(judged.score.shape)

    def _judge(self, counts: Floats) -> Judged:
        new, expected, variance = self._expect(counts)
        minutes = self._tail.followed_by(new)
        most = _MostUnusual(counts.shape)
        for bins in self._windows:
            window = minutes.windows(bins, counts.shape[1])
            most.consider(window, bins * self._step)
        gap, lengths = self._gaps(minutes, counts.shape[1])
        most.consider(gap, lengths * self._step)
        self._tail = minutes.last(self._windows[-1])
        self._bin += counts.shape[1]
        return most.judged(expected, variance, self.cut)

    def _expect(self, counts: Floats) -> tuple["_Minutes", Floats, Floats]:
        """The minutes with what the baseline says of each, which learns each hour when it is over.

        Beside those that count for windows: each minute's expectation and variance, a new name's too."""
        parts, at = [_Minutes.nothing(len(counts), 0, self._bins)], 0
        expected, variance = np.empty_like(counts), np.empty_like(counts)
        while at < counts.shape[1]:
            hour, place = divmod(self._bin + at, self._bins)
            hour -= _MONDAY_HOURS
            taken = min(self._bins - place, counts.shape[1] - at)
            forecast = self._forecast = self._forecast or self._baseline.forecast(hour)
            here = counts[:, at : at + taken]
            self._hour_counts[:, place : place + taken] = here
            parts.append(_Minutes.of(here, forecast, place, self._bins))
            expected[:, at : at + taken] = forecast.minutes[:, place : place + taken]
            variance[:, at : at + taken] = forecast.variance()[:, place : place + taken]
            at += taken
            if place + taken == self._bins:
                self._baseline.learn(hour, self._hour_counts, forecast)
                self._hour_counts = np.zeros_like(self._hour_counts)
                self._forecast = None
        return _Minutes.joined(parts), expected, variance

    def _gaps(self, minutes: "_Minutes", size: int) -> tuple["_Windows", Ints]:
        """The windows since each minute's last event, none of it in them, and their lengths in bins."""
        width = minutes.counts.shape[1]
        places = np.arange(width)
        last = np.maximum.accumulate(np.where(minutes.counts > 0.0, places, -1), axis=1)[:, width - size :]
        lengths = np.minimum(places[width - size :] - last, self._windows[-1])
        return minutes.gaps(lengths), np.maximum(lengths, 1)


@dataclass(frozen=True, slots=True)
class _Windows:
    """One window for each name and minute: its count, and what it should have been."""

    count: Floats
    mean: Floats
    variance: Floats


@dataclass(frozen=True)
class _Minutes:
    """Names x bins: counts, what was expected of them, and the parts of their variance. 0 where nothing is judged."""

    counts: Floats
    mean: Floats
    own: Floats
    shared: Floats
    clumps: Floats
    bins: int

    @classmethod
    def of(cls, counts: Floats, forecast: Forecast, place: int, bins: int) -> "_Minutes":
        size = counts.shape[1]
        judged = forecast.is_judged[:, None]
        mean = forecast.minutes[:, place : place + size] * judged
        wide = np.ones((1, size))
        own = forecast.own[:, None] * mean * mean
        return cls(counts * judged, mean, own, forecast.shared[:, None] * wide, forecast.clumps[:, None] * wide, bins)

    @classmethod
    def nothing(cls, names: int, size: int, bins: int) -> "_Minutes":
        zeros = np.zeros((names, size))
        return cls(zeros, zeros, zeros, zeros, zeros, bins)

    @classmethod
    def joined(cls, parts: "list[_Minutes]") -> "_Minutes":
        return cls(
            np.concatenate([part.counts for part in parts], axis=1),
            np.concatenate([part.mean for part in parts], axis=1),
            np.concatenate([part.own for part in parts], axis=1),
            np.concatenate([part.shared for part in parts], axis=1),
            np.concatenate([part.clumps for part in parts], axis=1),
            parts[-1].bins,
        )

    def followed_by(self, new: "_Minutes") -> "_Minutes":
        return _Minutes.joined([self, new])

    def last(self, size: int) -> "_Minutes":
        def end(part: Floats) -> Floats:
            return part[:, part.shape[1] - size :].copy()

        return _Minutes(end(self.counts), end(self.mean), end(self.own), end(self.shared), end(self.clumps), self.bins)

    @cached_property
    def sums(self) -> tuple[Floats, Floats, Floats]:
        """Of counts, mean and own, up to and before each bin."""
        return _sums(self.counts), _sums(self.mean), _sums(self.own)

    def windows(self, bins: int, size: int) -> _Windows:
        """Those of that many bins that end at each of the last `size`."""
        counts, mean, own = (_sliding(sums, bins, size) for sums in self.sums)
        return self._with_variance(counts, mean, own, min(bins, self.bins), size)

    def gaps(self, lengths: Ints) -> _Windows:
        """Empty windows of those lengths, which end at each of the last ones; nothing where the length is 0."""
        size = lengths.shape[1]
        mean, own = (_reaching_back(sums, lengths) for sums in self.sums[1:])
        return self._with_variance(np.zeros_like(mean), mean, own, np.minimum(lengths, self.bins), size)

    def _with_variance(self, counts: Floats, mean: Floats, own: Floats, hour_bins: "Ints | int", size: int) -> _Windows:
        shared, clumps = (part[:, part.shape[1] - size :] for part in (self.shared, self.clumps))
        # Bins of one hour share its season's error, so m of them have m^2 times the variance of one.
        return _Windows(counts, mean, clumps * mean + own * hour_bins + shared * mean * mean)


class _MostUnusual:
    """For each name and minute, the most unusual window considered so far."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._deviate = np.zeros(shape)
        self._minutes = np.ones(shape, dtype=np.int64)
        self._count, self._expected = np.zeros(shape), np.zeros(shape)
        self._is_high = np.zeros(shape, dtype=np.bool_)

    def consider(self, window: _Windows, minutes: "Ints | int") -> None:
        deviate = _estimate(window)
        is_exact = np.abs(deviate) > _SCREEN
        deviate[is_exact] = _exact(window, is_exact, deviate[is_exact] > 0.0)
        better = np.abs(deviate) > self._deviate
        self._deviate[better] = np.abs(deviate)[better]
        self._minutes[better] = minutes if isinstance(minutes, int) else minutes[better]
        self._count[better], self._expected[better] = window.count[better], window.mean[better]
        self._is_high[better] = deviate[better] > 0.0

    def judged(self, expected: Floats, variance: Floats, cut: float) -> Judged:
        score = self._deviate**2 / (self._deviate**2 + cut**2)
        return Judged(score, self._minutes, self._count, self._expected, self._is_high, expected, variance)


def _estimate(window: _Windows) -> Floats:
    """Deviates near enough to tell which are worth a closer look, negative where counts are low.

    Square roots of counts are nearly normal with variance 1/4 (Anscombe, Biometrika 35, 1948)."""
    roots = np.sqrt(np.where(window.count > window.mean, window.count + 0.75, window.count)) - np.sqrt(window.mean)
    estimate: Floats = 2.0 * roots * np.sqrt(window.mean / np.maximum(window.variance, 1e-300))
    return estimate


def _exact(window: _Windows, at: NDArray[np.bool_], is_high: NDArray[np.bool_]) -> Floats:
    count, mean, variance = window.count[at], window.mean[at], window.variance[at]
    deviates: Floats = np.empty_like(count)
    above = deviates_above(count[is_high], mean[is_high], variance[is_high])
    deviates[is_high] = np.where(count[is_high] >= LEAST_BURST_EVENTS, np.maximum(above, 0.0), 0.0)
    is_low = ~is_high
    deviates[is_low] = -np.maximum(deviates_below(count[is_low], mean[is_low], variance[is_low]), 0.0)
    return deviates


def _sliding(sums: Floats, bins: int, size: int) -> Floats:
    """Sums over the `bins` that end at each of the last `size` places."""
    end = sums.shape[1]
    return sums[:, end - size :] - sums[:, end - size - bins : end - bins]


def _reaching_back(sums: Floats, lengths: Ints) -> Floats:
    """Sums over as many bins as each of the last places says."""
    end = sums.shape[1]
    ends = np.arange(end - lengths.shape[1], end)[None, :]
    return sums[:, end - lengths.shape[1] :] - np.take_along_axis(sums, ends - lengths, axis=1)


def _sums(part: Floats) -> Floats:
    sums = np.zeros((part.shape[0], part.shape[1] + 1))
    np.cumsum(part, axis=1, out=sums[:, 1:])
    return sums


def _joined(parts: list[Judged]) -> Judged:
    fields = Judged.__dataclass_fields__
    return Judged(*(np.concatenate([getattr(part, field) for part in parts], axis=1) for field in fields))
