"""Model for what the warehouse counts: is this more, or less, than the event's own history lets expect?

1. `baseline` learns what each minute of each name should bring, hour by hour, and how far it may be trusted.
2. Windows of 1, 2, 3, 5, 10, 15, 30, 60, 240 and 1,440 minutes end at each minute, and one more that began with the
   last event: a burst of a minute and a leak over hours are each plain at their own length, a silence at its own.
   More than expected, less, and nothing are three sides, judged apart.
3. A window's deviate is that of its count's tail, above or below, negative binomial with the variance that chance,
   clumps and the baseline's own uncertainty add up to (`tails`).
4. What is over is no news. A window counts only while its newest third, of half an hour on its newest quarter, lies
   on the same side; and the windows from half an hour on take minutes that a shorter one has told of for what was
   expected, as soon as none can tell of them any more, which is 14 minutes later.
5. What lasts is one incident: once a name is abnormal, a deviate of 2.8 keeps it so, as long as no 15 minutes pass
   without (two thresholds, as in Canny, A Computational Approach to Edge Detection, IEEE PAMI 8, 1986). Without it a
   leak of a half over 6 hours at 10 a minute was four incidents, because its short windows lie about the cut.
6. A point's score is z^2 / (z^2 + cut^2) for the most unusual of its windows: 0.5 where z is the cut, a monotone
   map of the probability; and at least 0.5 while step 5 holds.
7. The cut follows from a budget: false incidents a week, all names together. As many names, minutes and windows as
   are watched come to so many independent tests (`TESTS_A_WEEK`, by simulation), and the budget is shared among them
   (Bonferroni). A rate of false discoveries will not do instead: measured, Benjamini-Hochberg at 5% a run over 300
   clean names gives 26 false incidents a week.

numpy is worth its 0.2 to 0.4 s at the start of a function: what a backtest shows is then what runs every five
minutes, to the line, and 90 days of 300 names take about a minute of one core. Only counts import it.

Measured by tests/bench/detector.py, on a budget of one false incident a week, first weeks included:
- false incidents a week: 0.5 for one name, 0.4 for 300 (90 days); 0.3 to 0.6 with deep nights, office hours, a jump
  at midnight or rush hours, and weekends at 0.4 (1 and 100 names, 56 days).
- bursts to 5 times for 3 minutes found by the end of their last minute, at 1, 1.5, 2 and 3 expected a minute: 0.63,
  0.88, 0.96, 1.00 for one name, 0.25, 0.56, 0.78, 0.98 for one of 300; silences of 30 minutes at 1 a minute and more:
  all.
- a burst of 3 minutes stays abnormal for 12 to 14 minutes after it (95 of 100: 14), a silence for 7 to 12; a leak of a
  half over 6 hours at 10 a minute is seen after 21 minutes (66), is one incident in 98 of 100, and outlasts its end by
  25 minutes (114).
"""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from mixpanel_data.detect.baseline import Baseline, Forecast
from mixpanel_data.detect.judgement import CUT
from mixpanel_data.detect.tails import Floats, deviates_above, deviates_below, greatest_usual, least_usual
from mixpanel_data.detect.windows import Bools, Minutes, Part, Windows
from mixpanel_data.detect.windows import Ints as Ints

SHORT_MINUTES = (1, 2, 3, 5, 10, 15)
LONG_MINUTES = (30, 60, 240, 1440)

TESTS_A_WEEK = 30_000.0
"""Independent tests that a week of one name comes to, all its windows and both directions: what divides the budget."""

_NAMES_POWER = 0.93
# Of many names the cut is higher, and the higher it is the fewer of the windows beside each other are tests of their
# own: by simulation, false incidents a week and name are 17,000 times the probability at deviates of 3.9, 8,000 times
# at 5.1. The rest is a margin, for names that behave worse.

LEAST_BURST_EVENTS = 3
"""Fewer are no burst, however seldom the event: of a name not seen for a month, one alone would be."""

RELEASE_DEVIATE = 2.8
"""What keeps a name abnormal once it is, so that a figure near the cut is one incident and not many."""

_QUIET_MINUTES = 15
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
    probability = min((false_alerts_per_week / names) ** _NAMES_POWER / TESTS_A_WEEK, 0.01)
    return -NormalDist().inv_cdf(probability)


@dataclass(frozen=True, slots=True)
class Side:
    """One direction, names x minutes: the most unusual window that ends with each minute, and how unusual it is.

    `score` is in [0, 1], abnormal from 0.5 on; the others say how long that window is, what it held, and what it
    should have. Nothing is abnormal while a name is less than a day old: its scores are 0.
    """

    score: Floats
    window_minutes: Ints
    count: Floats
    expected: Floats


@dataclass(frozen=True, slots=True)
class Judged:
    """Names x minutes: more than expected, less, and nothing since the last event, each by itself.

    `minute_expected` and `minute_variance` are those of the single minutes.
    """

    high: Side
    low: Side
    silence: Side
    minute_expected: Floats
    minute_variance: Floats

    @property
    def score(self) -> Floats:
        """The greatest of the three."""
        return np.maximum(np.maximum(self.high.score, self.low.score), self.silence.score)


class Counts:
    """Counts of some names, minute by minute from a first one on; feed them in portions of any length.

    What is said of a minute is the same however the minutes are portioned.
    """

    def __init__(
        self, names: int, first_minute: int, *, cut: float, step_minutes: int = 1, baseline: Baseline | None = None
    ) -> None:
        """`first_minute` in minutes since 1970 UTC; `cut` from `cut_deviate`; counts of steps that divide an hour.

        A `baseline` has learned up to the first minute, which begins an hour then. It is taken over, not copied.
        """
        if _HOUR_MINUTES % step_minutes or first_minute % step_minutes:
            raise ValueError(f"steps of {step_minutes} minutes from minute {first_minute}: they must divide the hour")
        if baseline is not None and first_minute % _HOUR_MINUTES:
            raise ValueError(f"minute {first_minute} does not begin an hour, as a stored baseline goes on with one")
        self.cut = cut
        self._step = step_minutes
        self._bins = _HOUR_MINUTES // step_minutes
        self._short, self._long = _bins_of(SHORT_MINUTES, step_minutes), _bins_of(LONG_MINUTES, step_minutes)
        self._baseline = baseline or Baseline(names, self._bins)
        self._bin = first_minute // step_minutes
        self._hour_counts = np.zeros((names, self._bins))
        self._forecast: Forecast | None = None
        self._forget_minutes()

    @property
    def baseline(self) -> Baseline:
        """What has been learned, up to `learned_until`."""
        return self._baseline

    @property
    def learned_until(self) -> int:
        """End of the last whole hour, in minutes since 1970 UTC."""
        return self._bin // self._bins * _HOUR_MINUTES

    def learn(self, counts: NDArray[np.generic]) -> None:
        """Learn from the next minutes without judging them, many times as fast; later windows begin after them.

        Raises ValueError as `judge` does."""
        self._expect(self._checked(counts))
        self._bin += counts.shape[1]
        self._forget_minutes()

    def judge(self, counts: NDArray[np.generic]) -> Judged:
        """Judge the next minutes: names x minutes, 0 where nothing came. Raises ValueError if one is no count.

        Windows are complete from the day after the first judged minute on, and shorter before."""
        wanted = self._checked(counts)
        size = max(1, _CHUNK_MINUTES // self._step)
        parts = [self._judge(wanted[:, at : at + size]) for at in range(0, max(wanted.shape[1], 1), size)]
        return parts[0] if len(parts) == 1 else _joined(parts)

    def band(self, judged: Judged) -> tuple[Floats, Floats]:
        """(low, high): between which single minutes would not be abnormal by themselves; low <= expected <= high."""
        mean, variance = judged.minute_expected.ravel(), judged.minute_variance.ravel()
        low = np.minimum(least_usual(mean, variance, self.cut), mean)
        high = np.maximum(greatest_usual(mean, variance, self.cut), mean)
        return low.reshape(judged.minute_expected.shape), high.reshape(judged.minute_expected.shape)

    def _checked(self, counts: NDArray[np.generic]) -> Floats:
        wanted = np.asarray(counts, dtype=np.float64)
        if wanted.ndim != 2 or wanted.shape[0] != len(self._hour_counts):
            raise ValueError(f"counts of shape {wanted.shape}: give {len(self._hour_counts)} names x minutes")
        if not np.all((wanted >= 0.0) & (wanted == np.floor(wanted)) & np.isfinite(wanted)):
            raise ValueError("counts must be whole numbers of at least 0")
        return wanted

    def _forget_minutes(self) -> None:
        lag = max(self._short, default=1) - 1
        names = len(self._hour_counts)
        self._tail = Minutes.nothing(names, self._long[-1] + lag, self._bins, lag)
        self._abnormal = [np.full(names, self._bin - _HOUR_MINUTES) for _ in ("high", "low", "silence")]

    def _judge(self, counts: Floats) -> Judged:
        size = counts.shape[1]
        forecasts = self._expect(counts)
        minutes = self._tail.followed_by(counts, forecasts)
        high, low, silence = (_MostUnusual(counts.shape) for _ in self._abnormal)
        for bins in (*self._short, *self._long):
            window = minutes.windows(bins, size)
            deviates = _deviates(window)
            minutes.quieten(deviates, bins, at_least=_SCREEN)
            high.consider(window, deviates, bins * self._step)
            low.consider(window, -deviates, bins * self._step)
            if bins in self._short:
                minutes.mark(bins, np.abs(deviates) >= self.cut)
        gap, lengths = minutes.gaps(size, self._long[-1])
        silence.consider(gap, -_deviates(gap), lengths * self._step)
        self._tail = minutes.last(self._tail.size)
        self._bin += size
        expected = _beside([(each.minutes, place, taken) for each, place, taken in forecasts])
        variance = _beside([(each.variance(), place, taken) for each, place, taken in forecasts])
        sides = [self._side(*each) for each in zip((high, low, silence), self._abnormal, strict=True)]
        return Judged(sides[0], sides[1], sides[2], expected, variance)

    def _side(self, most: "_MostUnusual", abnormal: Ints) -> Side:
        """Its scores; `abnormal` is each name's last abnormal bin, which is brought up to date."""
        score = most.deviate**2 / (most.deviate**2 + self.cut**2)
        first, quiet = self._bin - score.shape[1], max(_QUIET_MINUTES // self._step, 1)
        is_near = most.deviate >= min(RELEASE_DEVIATE, self.cut)
        for name in np.flatnonzero(is_near.any(axis=1)):
            last = abnormal[name] - first
            for place in np.flatnonzero(is_near[name]):
                if score[name, place] >= CUT or place - last <= quiet:
                    score[name, place] = max(score[name, place], CUT)
                    last = place
            abnormal[name] = last + first
        return Side(score, most.minutes, most.count, most.expected)

    def _expect(self, counts: Floats) -> list[Part]:
        """What the baseline says of the next minutes, which learns each hour when it is over."""
        parts: list[Part] = []
        at = 0
        while at < counts.shape[1] or not parts:
            hour, place = divmod(self._bin + at, self._bins)
            hour -= _MONDAY_HOURS
            taken = min(self._bins - place, counts.shape[1] - at)
            forecast = self._forecast = self._forecast or self._baseline.forecast(hour)
            self._hour_counts[:, place : place + taken] = counts[:, at : at + taken]
            parts.append((forecast, place, taken))
            at += taken
            if place + taken == self._bins:
                self._baseline.learn(hour, self._hour_counts, forecast)
                self._hour_counts = np.zeros_like(self._hour_counts)
                self._forecast = None
        return parts


class _MostUnusual:
    """For each name and minute, the most unusual window of one direction considered so far."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.deviate = np.zeros(shape)
        self.minutes = np.ones(shape, dtype=np.int64)
        self.count, self.expected = np.zeros(shape), np.zeros(shape)

    def consider(self, window: Windows, deviates: Floats, minutes: "Ints | int") -> None:
        better = deviates > self.deviate
        self.deviate[better] = deviates[better]
        self.minutes[better] = minutes if isinstance(minutes, int) else minutes[better]
        self.count[better], self.expected[better] = window.told[better], window.mean[better]


def _deviates(window: Windows) -> Floats:
    """How unusual each is, negative where counts are low; only those beyond the screen to the full precision."""
    deviate = _estimate(window)
    is_exact = np.abs(deviate) > _SCREEN
    deviate[is_exact] = _exact(window, is_exact, deviate[is_exact] > 0.0)
    return deviate


def _estimate(window: Windows) -> Floats:
    """Deviates near enough to tell which are worth a closer look, negative where counts are low.

    Square roots of counts are nearly normal with variance 1/4 (Anscombe, Biometrika 35, 1948)."""
    roots = np.sqrt(np.where(window.count > window.mean, window.count + 0.75, window.count)) - np.sqrt(window.mean)
    estimate: Floats = 2.0 * roots * np.sqrt(window.mean / np.maximum(window.variance, 1e-300))
    return estimate


def _exact(window: Windows, at: Bools, is_high: Bools) -> Floats:
    count, mean, variance = window.count[at], window.mean[at], window.variance[at]
    deviates: Floats = np.empty_like(count)
    above = deviates_above(count[is_high], mean[is_high], variance[is_high])
    deviates[is_high] = np.where(count[is_high] >= LEAST_BURST_EVENTS, np.maximum(above, 0.0), 0.0)
    is_low = ~is_high
    deviates[is_low] = -np.maximum(deviates_below(count[is_low], mean[is_low], variance[is_low]), 0.0)
    return deviates


def _bins_of(minutes: tuple[int, ...], step: int) -> list[int]:
    return [each // step for each in minutes if each % step == 0]


def _beside(parts: list[tuple[Floats, int, int]]) -> Floats:
    return np.concatenate([part[:, place : place + taken] for part, place, taken in parts], axis=1)


def _joined(parts: list[Judged]) -> Judged:
    return Judged(
        _joined_sides([part.high for part in parts]),
        _joined_sides([part.low for part in parts]),
        _joined_sides([part.silence for part in parts]),
        np.concatenate([part.minute_expected for part in parts], axis=1),
        np.concatenate([part.minute_variance for part in parts], axis=1),
    )


def _joined_sides(parts: list[Side]) -> Side:
    fields = Side.__dataclass_fields__
    return Side(*(np.concatenate([getattr(part, field) for part in parts], axis=1) for field in fields))
