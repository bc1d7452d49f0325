"""What each name's counts should be, learned hour by hour from those before, for many names at once.

Expected in an hour: level x hour of the day x day of the week x hour of the week. Each season is a ratio, of the
counts seen to what the coarser ones expect, with a gamma prior that says "as those have it" until there are counts
enough: shrinkage by the events seen, so that 0.05 a minute learns its day, and 50 a minute its whole week.

1. What is kept are counts and exposure of each hour of the week, fading in weeks, and the level, fading in days,
   which is the trend: the counts of late to what the seasons expected.
2. forecast(hour): the seasons from those sums, coarse to fine, and their product for the hour and for those beside
   it, between whose middles the minutes interpolate; with the variance that the ratios' own uncertainty leaves, and
   with what names vary beyond chance. What days of the week may differ by is common to all hours of a day: the first
   weekend is no drop.
3. Steps and peaks within an hour are ratios too: of each twelfth of each hour of the day to the line through it, with
   a prior as wide as the line may be wrong, so that the begin of office hours is learned in days. Lines alone gave
   100 names with such hours 200 false incidents a week, and 50 with a jump at midnight.
4. learn(hour): the counts, clipped at three standard deviations of that forecast. What was abnormal so moves the
   baseline little; what lasts is believed, because the clipping widens with each hour in a row that it is needed.
5. Variance beyond chance is learned from the forecasts' own errors: of minutes (counts that come in clumps; of all
   hours, and of each hour of the day, for a step at an odd minute), of hours, and of days. No baseline is taken to be
   better than 2% (measured: with chance alone a learned baseline cries wolf on windows of 4 to 24 hours).

Gamma-Poisson shrinkage: Gelman et al., Bayesian Data Analysis, 3rd ed. 2013, 2.6. Fading sums: Harvey and Fernandes,
Time Series Models for Count or Qualitative Observations, JBES 1989. Multiplicative seasons in turn: Deming and
Stephan, On a Least Squares Adjustment, Annals of Math. Statistics 11, 1940. Clipped updates: Gelper, Fried and
Croux, Robust Forecasting with Exponential and Holt-Winters Smoothing, J. Forecasting 2010.
"""

import math
from dataclasses import dataclass

import numpy as np

from mixpanel_data.detect.tails import Floats

HOURS_BEFORE_JUDGING = 24
"""Age, from its first event on, at which a name is judged."""

VERSION = 1
"""Of the layout and meaning of a stored baseline. One of another version has to be learned anew."""

# Where a stored baseline has what: Baseline.state.
_LEVEL = slice(1, 3)
_COUNTED, _EXPOSURE, _OF_DAY, _OF_WEEK = slice(16, 184), slice(184, 352), slice(352, 376), slice(376, 383)
_SHAPE_COUNTED, _SHAPE_EXPECTED = slice(383, 671), slice(671, 959)
_HOURS_MINUTES, _ROUGH = slice(959, 1031), slice(1031, 1055)

FIGURES = 1055
"""Figures that a stored baseline has for each name."""

_DAY = 24
# Events that a prior is worth: the inverse of the variance that ratios have from one product's hours to the next.
_HOUR_OF_DAY_PRIOR, _DAY_OF_WEEK_PRIOR, _HOUR_OF_WEEK_PRIOR = 4.0, 5.0, 30.0
_SEASONS_FADE_WEEKS = 8.0
_LEVEL_FADES_HOURS = 24 * 5.0
_LEVEL_PRIOR = 20.0
# Before each hour of the week has been seen, a level that moves cannot be told from a day that differs.
_HOURS_BEFORE_LEVEL = 9 * _DAY
_VARIANCE_FADES_HOURS = 24 * 10.0
_CLIP_DEVIATIONS, _CLIP_WIDENS_HOURS = 3.0, 12.0
# A squared error counts at most this many times what was expected: a spike of every hour is learned, one alone is not.
_MOST_SQUARED_ERROR = 50.0
_LEAST_RELATIVE_VARIANCE = 0.02**2
_FIRST_RELATIVE_VARIANCE = 0.1**2
# Of the steps to the hours beside: how far a part of an hour may be from its interpolation.
_SHAPE_ERROR = 0.1
_HOUR_PARTS = 12
# Days until the minutes of one hour of the day say more of their clumps than those of all hours.
_HOUR_OF_DAY_WORTH = 4.0
# By how much one hour's clumps may exceed those believed before, to be taken in whole.
_MOST_NEW_CLUMPS = 0.25
_LEAST_SHAPE_VARIANCE = 0.03**2
_SHAPE_FADES_DAYS = 14.0


@dataclass(frozen=True, slots=True)
class Forecast:
    """One hour of all names: `minutes` is names x bins, counts expected in each, `smooth` the lines that they follow.

    The rest is one figure a name.

    The variance of a window's count N with expectation m is m x clumps + m^2 x (shared + own / hours in the window).
    """

    minutes: Floats
    smooth: Floats
    own: Floats
    shared: Floats
    clumps: Floats
    is_judged: Floats

    def variance(self) -> Floats:
        """Of each bin by itself, names x bins."""
        return self.clumps[:, None] * self.minutes + (self.own + self.shared)[:, None] * self.minutes**2


class Baseline:
    """Of some names, at one hour; hours are counted from any midnight that begins a Monday."""

    def __init__(self, names: int, bins: int) -> None:
        """Of names of which nothing is known. `bins`: in how many equal parts an hour's counts come, 60 for minutes."""
        self._bins = bins
        self._restore(self.fresh(names))

    @classmethod
    def of(cls, state: Floats, bins: int = 60) -> "Baseline":
        """The baseline whose `state` this is. Raises ValueError if a row is not of this version's layout."""
        if state.ndim != 2 or state.shape[1] != FIGURES or not np.all(state[:, 0] == VERSION):
            raise ValueError(f"a baseline of version {VERSION} has {FIGURES} figures a name, the version first")
        baseline = cls(0, bins)
        baseline._restore(state)
        return baseline

    @staticmethod
    def fresh(names: int) -> Floats:
        """States of names of which nothing is known."""
        state = np.zeros((names, FIGURES))
        state[:, 0] = VERSION
        state[:, _LEVEL] = _LEVEL_PRIOR
        state[:, _OF_DAY] = state[:, _OF_WEEK] = 1.0
        return state

    def state(self) -> Floats:
        """All that has been learned, a row for each name: `of` goes on from it as if nothing had been between.

        VERSION; level (counted, expected); age in hours; hours clipped in a row; variance beyond chance of minutes, of
        hours and of days (each: sum, of, weight); the day so far (sum, expected); then of the seasons: counts of each
        hour of the week from Monday on (168), their exposure (168), the ratios of hours of the day (24), of days (7);
        and of each twelfth of each hour of the day the counts (288) and what was expected of them (288);
        variance beyond chance of the minutes of each hour of the day (24 x sum, of, weight),
        and how many days in a row it was beyond what was believed (24).
        """
        seasons = [*self._seasons.figures(), *self._shape.figures()]
        seasons += [*(np.stack(each.figures()) for each in self._hours_minutes), self._rough]
        parts = [self._level_counted, self._level_expected, self._age, self._clipped]
        parts += [*self._minutes.figures(), *self._hours.figures(), *self._days.figures()]
        parts += [self._day_sum, self._day_expected]
        return np.column_stack([np.full(len(self._age), VERSION), *parts, *(part.T for part in seasons)])

    def _restore(self, state: Floats) -> None:
        columns = np.ascontiguousarray(state.T)
        self._level_counted, self._level_expected, self._age, self._clipped = columns[1:5].copy()
        self._minutes = _Excess(columns[5:8].copy(), 0.0, worth=6.0)
        hours = columns[_HOURS_MINUTES].reshape(_DAY, 3, -1).copy()
        self._hours_minutes = [_Excess(each, 0.0, worth=_HOUR_OF_DAY_WORTH) for each in hours]
        self._rough = columns[_ROUGH].copy()
        self._hours = _Excess(columns[8:11].copy(), 0.0, worth=48.0)
        self._days = _Excess(columns[11:14].copy(), _FIRST_RELATIVE_VARIANCE, worth=2.0)
        self._day_sum, self._day_expected = columns[14:16].copy()
        self._seasons = _Seasons(columns[_COUNTED], columns[_EXPOSURE], columns[_OF_DAY], columns[_OF_WEEK])
        self._shape = _Shape(columns[_SHAPE_COUNTED], columns[_SHAPE_EXPECTED], self._bins)

    def forecast(self, hour: int) -> Forecast:
        """What the hour should bring, from what has been learned up to now."""
        self._seasons.settle(1.0 + self._minutes.value)
        level = self._level_counted / self._level_expected
        before, middle, after = (level * rate for rate in self._seasons.rates(hour))
        smooth = _interpolated(before, middle, after, self._bins)
        own, shared = self._seasons.variance(hour)
        ratios, ratios_variance = self._shape.ratios(hour, _shape_variance(before, middle, after))
        return Forecast(
            minutes=_reshaped(smooth, ratios, middle),
            smooth=smooth,
            own=own + self._hours.value + ratios_variance,
            shared=shared + self._shared_variance(),
            clumps=1.0 + self._hours_minutes[hour % _DAY].given(self._minutes.value),
            is_judged=(self._age >= HOURS_BEFORE_JUDGING).astype(np.float64),
        )

    def learn(self, hour: int, counts: Floats, forecast: Forecast) -> None:
        """Take in the hour's counts, names x bins, and how far they were from its forecast."""
        total, expected = counts.sum(axis=1), forecast.minutes.sum(axis=1)
        self._age += (self._age > 0.0) | (total > 0.0)
        self._learn_variance(hour, counts, forecast)
        usual = np.where(forecast.is_judged > 0.0, self._clip(total, expected, forecast), total)
        level = self._level_counted / self._level_expected
        # A name's first hour may have begun in its midst.
        is_whole = self._age > 1.0
        self._seasons.learn(hour, usual * is_whole, level * is_whole)
        self._learn_level(usual, expected / level)
        self._shape.learn(hour, counts, forecast, usual / np.maximum(expected, 1e-9))

    def _learn_level(self, counted: Floats, expected: Floats) -> None:
        # An hour's own deviation says little of the level: a weight caps the events that it counts for.
        weight = (self._age > _HOURS_BEFORE_LEVEL) / (1.0 + expected / _HOUR_OF_WEEK_PRIOR)
        kept = 0.5 ** (1.0 / _LEVEL_FADES_HOURS)
        prior = (1.0 - kept) * _LEVEL_PRIOR
        self._level_counted = kept * self._level_counted + prior + weight * counted
        self._level_expected = kept * self._level_expected + prior + weight * expected

    def _shared_variance(self) -> Floats:
        """Relative, common to all hours of a window."""
        return np.maximum(self._days.value, _LEAST_RELATIVE_VARIANCE) + self._level_variance()

    def _level_variance(self) -> Floats:
        learned = self._level_counted - _LEVEL_PRIOR
        variance: Floats = (1.0 + self._minutes.value) * np.maximum(learned, 0.0) / self._level_counted**2
        return variance

    def _clip(self, total: Floats, expected: Floats, forecast: Forecast) -> Floats:
        variance = forecast.clumps * expected + expected**2 * (forecast.own + forecast.shared)
        most = _CLIP_DEVIATIONS * (1.0 + self._clipped / _CLIP_WIDENS_HOURS) * np.sqrt(variance)
        usual = np.clip(total, expected - most, expected + most)
        self._clipped = np.where(usual != total, self._clipped + 1.0, np.maximum(self._clipped - 2.0, 0.0))
        return np.maximum(usual, 0.0)

    def _learn_variance(self, hour: int, counts: Floats, forecast: Forecast) -> None:
        """Moments: squared errors less what the forecast already allows for, to the squares of what it expected."""
        mean, judged = forecast.minutes, forecast.is_judged
        total, expected = counts.sum(axis=1), mean.sum(axis=1)
        if self._bins > 1:
            # About the hour's own mean, so that it can be learned before the baseline is.
            mean = mean * (total / np.maximum(expected, 1e-9))[:, None]
            errors = _squared_errors(counts, mean, mean * forecast.clumps[:, None] * _MOST_SQUARED_ERROR).sum(axis=1)
            errors = errors * self._bins / (self._bins - 1) - total
            self._minutes.learn(errors, total, _VARIANCE_FADES_HOURS)
            self._learn_hour_of_day(hour % _DAY, errors, total)
        chance = forecast.clumps * expected
        most = _MOST_SQUARED_ERROR * (chance + expected**2 * (forecast.own + forecast.shared))
        error = _squared_errors(total, expected, most) - chance
        known = expected**2 * (forecast.own - self._hours.value + forecast.shared)
        self._hours.learn(judged * (error - known), judged * expected**2, _VARIANCE_FADES_HOURS)
        self._day_sum += judged * total
        self._day_expected += judged * expected
        if hour % _DAY == _DAY - 1:
            self._learn_days(forecast)

    def _learn_hour_of_day(self, hour: int, errors: Floats, total: Floats) -> None:
        """A burst leaves little behind; what the same hour has day after day is believed, ever faster."""
        minutes, rough = self._hours_minutes[hour], self._rough[hour]
        usual = np.minimum(errors, (minutes.given(self._minutes.value) + _MOST_NEW_CLUMPS * (1.0 + rough) ** 2) * total)
        self._rough[hour] = np.where(usual < errors, rough + 1.0, np.maximum(rough - 2.0, 0.0))
        minutes.learn(usual, total, _VARIANCE_FADES_HOURS / _DAY)

    def _learn_days(self, forecast: Forecast) -> None:
        expected = self._day_expected
        chance = forecast.clumps * expected + expected**2 * (forecast.own / _DAY + self._level_variance())
        most = _MOST_SQUARED_ERROR / 3.0 * (chance + expected**2 * self._days.value)
        error = _squared_errors(self._day_sum, expected, most) - chance
        self._days.learn(error, expected**2, _VARIANCE_FADES_HOURS / _DAY)
        self._day_sum, self._day_expected = np.zeros_like(expected), np.zeros_like(expected)


class _Seasons:
    """Rates of the hours of the week: from sums of counts and exposure of each, coarse ratios to fine."""

    def __init__(self, counted: Floats, exposure: Floats, of_day: Floats, of_week: Floats) -> None:
        """Figures x names each, as `figures` gives them."""
        names = counted.shape[1]
        self._counted, self._exposure = (part.reshape(7, _DAY, names).copy() for part in (counted, exposure))
        self._of_day, self._of_week = of_day.reshape(1, _DAY, names).copy(), of_week.reshape(7, 1, names).copy()
        self._next_ratios = self._of_day, self._of_week
        self._rate = self._own = self._shared = np.zeros((7, _DAY, names))

    def figures(self) -> list[Floats]:
        """What cannot be worked out anew, figures x names each: counts, exposure, ratios of hours and of days."""
        parts = (self._counted, self._exposure, self._of_day, self._of_week)
        return [part.reshape(-1, part.shape[-1]) for part in parts]

    def rates(self, hour: int) -> tuple[Floats, Floats, Floats]:
        """Events an hour at a level of 1, as last settled: of the hour before, the hour, and the one after.

        Beyond midnight they are what the same day of the week has there, because days differ in steps."""
        day = self._rate[hour // _DAY % 7]
        return day[(hour - 1) % _DAY], day[hour % _DAY], day[(hour + 1) % _DAY]

    def variance(self, hour: int) -> tuple[Floats, Floats]:
        """Relative to the rate's square: what is the hour's own, and what it has in common with its day of the week."""
        cell = hour // _DAY % 7, hour % _DAY
        return self._own[cell], self._shared[cell]

    def learn(self, hour: int, counted: Floats, exposure: Floats) -> None:
        """Add an hour: its counts, and the level that it had."""
        # Only now, so that an hour forecast twice, before a state is stored and after, is forecast the same.
        self._of_day, self._of_week = self._next_ratios
        cell = hour // _DAY % 7, hour % _DAY
        kept = 0.5 ** (1.0 / _SEASONS_FADE_WEEKS)
        self._counted[cell] = kept * self._counted[cell] + counted
        self._exposure[cell] = kept * self._exposure[cell] + exposure

    def settle(self, clumps: Floats) -> None:
        """Work the ratios out anew from the sums; days and weeks in turn, each given the other as it was last.

        `clumps` is the counts' variance to their mean: as many events tell as much as one by itself."""
        counted, exposure = self._counted / clumps, self._exposure / clumps
        even = exposure * self._of_day * self._of_week
        seen, possible = counted.sum((0, 1)), even.sum((0, 1))
        # Half an event: Jeffreys' prior of a rate.
        rate = (seen + 0.5) / np.where(possible > 0.0, possible, 0.5)
        # An hour of the week counts for a coarser ratio no more than its own deviation lets it.
        weight = 1.0 / (1.0 + rate * even / _HOUR_OF_WEEK_PRIOR)
        weighted, base = weight * counted, weight * exposure * rate
        of_day, day_variance = _ratio(weighted, base * self._of_week, 0, _HOUR_OF_DAY_PRIOR)
        of_week, week_variance = _ratio(weighted, base * of_day, 1, _DAY_OF_WEEK_PRIOR)
        coarse = rate * of_day * of_week
        events = counted + _HOUR_OF_WEEK_PRIOR
        self._rate = coarse * events / (exposure * coarse + _HOUR_OF_WEEK_PRIOR)
        left = _HOUR_OF_WEEK_PRIOR / events
        self._own, self._shared = 1.0 / events + left * left * day_variance, left * left * week_variance
        self._next_ratios = of_day, of_week


class _Shape:
    """What twelfths of the hours of the day have beside the straight lines between the hours: steps, and peaks.

    Ratios with a gamma prior as wide as the lines may be wrong, so that a step is learned in days."""

    def __init__(self, counted: Floats, expected: Floats, bins: int) -> None:
        """Figures x names each, as `figures` gives them; of fewer bins, as many parts of an hour as fit in whole."""
        names = counted.shape[1]
        self._parts = math.gcd(bins, _HOUR_PARTS)
        self._counted, self._expected = (part.reshape(_DAY, _HOUR_PARTS, names).copy() for part in (counted, expected))

    def figures(self) -> list[Floats]:
        """Counts and what was expected of them, figures x names each."""
        return [part.reshape(-1, part.shape[-1]) for part in (self._counted, self._expected)]

    def ratios(self, hour: int, variance: Floats) -> tuple[Floats, Floats]:
        """(names x parts of the hour, the relative variance that they leave) where `variance` is that of the lines."""
        here = (hour % _DAY, slice(self._parts))
        prior = 1.0 / np.maximum(variance, _LEAST_SHAPE_VARIANCE)
        events = self._counted[here] + prior
        ratios = events / (self._expected[here] + prior)
        return ratios.T, (1.0 / events).max(axis=0)

    def learn(self, hour: int, counts: Floats, forecast: Forecast, level: Floats) -> None:
        """Take in an hour's counts, when all of it came at `level` times what was expected."""
        here = (hour % _DAY, slice(self._parts))
        parts, minutes, smooth = (_in_parts(each, self._parts) for each in (counts, forecast.minutes, forecast.smooth))
        expected = minutes * level[:, None]
        most = _CLIP_DEVIATIONS * np.sqrt(forecast.clumps[:, None] * expected + forecast.own[:, None] * expected**2)
        usual = np.clip(parts, expected - most, expected + most)
        kept = 0.5 ** (1.0 / _SHAPE_FADES_DAYS)
        self._counted[here] = kept * self._counted[here] + usual.T
        self._expected[here] = kept * self._expected[here] + (smooth * level[:, None]).T


def _ratio(counted: Floats, expected: Floats, axis: int, prior: float) -> tuple[Floats, Floats]:
    """(ratio, its relative variance) of sums along an axis, with a gamma prior of mean 1 worth so many events."""
    events = counted.sum(axis, keepdims=True) + prior
    return events / (expected.sum(axis, keepdims=True) + prior), 1.0 / events


class _Excess:
    """Variance beyond what is known, as a ratio of fading sums; `first` counts for as much as `worth` additions."""

    def __init__(self, figures: Floats, first: float, worth: float) -> None:
        self._first, self._worth = first, worth
        self._sum, self._of, self._weight = figures

    def figures(self) -> tuple[Floats, Floats, Floats]:
        """What was learned: sum, what it is relative to, weight."""
        return self._sum, self._of, self._weight

    @property
    def value(self) -> Floats:
        """Never below 0."""
        return self.given(self._first)

    def given(self, first: "Floats | float") -> Floats:
        """The value when so much was known at first."""
        share = self._weight / (self._weight + self._worth)
        learned = np.maximum(self._sum, 0.0) / np.maximum(self._of, 1e-300)
        value: Floats = np.where(self._of > 0.0, share * learned, 0.0) + (1.0 - share) * first
        return value

    def learn(self, excess: Floats, of: Floats, fades: float) -> None:
        """Add squared errors beyond the known, and what they are relative to."""
        kept = 0.5 ** (1.0 / fades)
        self._sum = kept * self._sum + excess
        self._of = kept * self._of + of
        self._weight = kept * self._weight + (of > 0.0)


def _squared_errors(counts: Floats, expected: Floats, most: Floats) -> Floats:
    return np.minimum((counts - expected) ** 2, most)


def _shape_variance(before: Floats, middle: Floats, after: Floats) -> Floats:
    """Relative, of a part of an hour: what the straight lines between the hours' middles may miss."""
    step = (np.abs(before - middle) + np.abs(after - middle)) / np.maximum(middle, 1e-9)
    return np.minimum(_SHAPE_ERROR * step, 1.0) ** 2


def _in_parts(minutes: Floats, parts: int) -> Floats:
    """Names x parts of the hour."""
    sums: Floats = minutes.reshape(len(minutes), parts, -1).sum(axis=2)
    return sums


def _reshaped(smooth: Floats, ratios: Floats, sums: Floats) -> Floats:
    """The minutes with the ratios of their parts, and the hour's own sum: lines cut off the tops, and fill the gaps."""
    shaped = smooth * np.repeat(ratios, smooth.shape[1] // ratios.shape[1], axis=1)
    minutes: Floats = shaped * (sums / np.maximum(shaped.sum(axis=1), 1e-300))[:, None]
    return minutes


def _interpolated(before: Floats, middle: Floats, after: Floats, bins: int) -> Floats:
    """Hourly rates as counts per bin, linear between the middles of the hours; names x bins."""
    place = (np.arange(bins) + 0.5) / bins - 0.5
    other = np.where(place[None, :] < 0.0, before[:, None], after[:, None])
    weight = np.abs(place)[None, :]
    rates: Floats = ((1.0 - weight) * middle[:, None] + weight * other) / bins
    return rates
