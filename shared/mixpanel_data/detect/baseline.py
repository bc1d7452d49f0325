"""What each name's counts should be, learned hour by hour from those before, for many names at once.

Expected in an hour: level x hour of the day x day of the week x hour of the week. Each season is a ratio, of the
counts seen to what the coarser ones expect, with a gamma prior that says "as those have it" until there are counts
enough: shrinkage by the events seen, so that 0.05 a minute learns its day, and 50 a minute its whole week.

1. What is kept are counts and exposure of each hour of the week, fading in weeks, and the level, fading in days,
   which is the trend: the counts of late to what the seasons expected.
2. forecast(hour): the seasons from those sums, coarse to fine, and their product for the hour and for those beside
   it, between whose middles the minutes interpolate; with the variance that the ratios' own uncertainty leaves, and
   with what names vary beyond chance.
3. learn(hour): the counts, clipped at three standard deviations of that forecast. What was abnormal so moves the
   baseline little; what lasts is believed, because the clipping widens with each hour in a row that it is needed.
4. Variance beyond chance is learned from the forecasts' own errors: of minutes (counts that come in clumps), of
   hours, and of days. No baseline is taken to be better than 2% (measured: with chance alone a learned baseline
   cries wolf on windows of 4 to 24 hours).

Gamma-Poisson shrinkage: Gelman et al., Bayesian Data Analysis, 3rd ed. 2013, 2.6. Fading sums: Harvey and Fernandes,
Time Series Models for Count or Qualitative Observations, JBES 1989. Multiplicative seasons in turn: Deming and
Stephan, On a Least Squares Adjustment, Annals of Math. Statistics 11, 1940. Clipped updates: Gelper, Fried and
Croux, Robust Forecasting with Exponential and Holt-Winters Smoothing, J. Forecasting 2010.
"""

from dataclasses import dataclass

import numpy as np

from mixpanel_data.detect.tails import Floats

HOURS_BEFORE_JUDGING = 24
"""Age, from its first event on, at which a name is judged."""

_DAY = 24
# Events that a prior is worth: the inverse of the variance that ratios have from one product's hours to the next.
_HOUR_OF_DAY_PRIOR, _DAY_OF_WEEK_PRIOR, _HOUR_OF_WEEK_PRIOR = 4.0, 12.0, 30.0
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


@dataclass(frozen=True, slots=True)
class Forecast:
    """One hour of all names: `minutes` is names x bins, counts expected in each; the rest one figure a name.

    The variance of a window's count N with expectation m is m x clumps + m^2 x (shared + own / hours in the window).
    """

    minutes: Floats
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
        """`bins` is in how many equal parts the counts of an hour come: 60 for minutes."""
        self._bins = bins
        self._seasons = _Seasons(names)
        self._level_counted, self._level_expected = np.full(names, _LEVEL_PRIOR), np.full(names, _LEVEL_PRIOR)
        self._age = np.zeros(names)
        self._clipped = np.zeros(names)
        self._minutes, self._hours = _Excess(names, 0.0, worth=6.0), _Excess(names, 0.0, worth=48.0)
        self._days = _Excess(names, _FIRST_RELATIVE_VARIANCE, worth=2.0)
        self._day_sum, self._day_expected = np.zeros(names), np.zeros(names)

    def forecast(self, hour: int) -> Forecast:
        """What the hour should bring, from what has been learned up to now."""
        self._seasons.settle(1.0 + self._minutes.value)
        level = self._level_counted / self._level_expected
        before, middle, after = (level * rate for rate in self._seasons.rates(hour))
        return Forecast(
            minutes=_interpolated(before, middle, after, self._bins),
            own=self._seasons.variance(hour) + self._hours.value + _shape_variance(before, middle, after),
            shared=self._shared_variance(),
            clumps=1.0 + self._minutes.value,
            is_judged=(self._age >= HOURS_BEFORE_JUDGING).astype(np.float64),
        )

    def learn(self, hour: int, counts: Floats, forecast: Forecast) -> None:
        """Take in the hour's counts, names x bins, and how far they were from its forecast."""
        total, expected = counts.sum(axis=1), forecast.minutes.sum(axis=1)
        self._age += (self._age > 0.0) | (total > 0.0)
        self._learn_variance(hour, counts, forecast)
        usual = np.where(forecast.is_judged > 0.0, self._clip(total, expected, forecast), total)
        level = self._level_counted / self._level_expected
        self._seasons.learn(hour, usual, level * (self._age > 0.0))
        self._learn_level(usual, expected / level)

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
            self._minutes.learn(errors * self._bins / (self._bins - 1) - total, total, _VARIANCE_FADES_HOURS)
        chance = forecast.clumps * expected
        most = _MOST_SQUARED_ERROR * (chance + expected**2 * (forecast.own + forecast.shared))
        error = _squared_errors(total, expected, most) - chance
        known = expected**2 * (forecast.own - self._hours.value + forecast.shared)
        self._hours.learn(judged * (error - known), judged * expected**2, _VARIANCE_FADES_HOURS)
        self._day_sum += judged * total
        self._day_expected += judged * expected
        if hour % _DAY == _DAY - 1:
            self._learn_days(forecast)

    def _learn_days(self, forecast: Forecast) -> None:
        expected = self._day_expected
        chance = forecast.clumps * expected + expected**2 * (forecast.own / _DAY + self._level_variance())
        most = _MOST_SQUARED_ERROR / 3.0 * (chance + expected**2 * self._days.value)
        error = _squared_errors(self._day_sum, expected, most) - chance
        self._days.learn(error, expected**2, _VARIANCE_FADES_HOURS / _DAY)
        self._day_sum, self._day_expected = np.zeros_like(expected), np.zeros_like(expected)


class _Seasons:
    """Rates of the hours of the week: from sums of counts and exposure of each, coarse ratios to fine."""

    def __init__(self, names: int) -> None:
        self._counted = np.zeros((7, _DAY, names))
        self._exposure = np.zeros((7, _DAY, names))
        self._of_day, self._of_week = np.ones((1, _DAY, names)), np.ones((7, 1, names))
        self._rate = self._variance = np.zeros((7, _DAY, names))

    def rates(self, hour: int) -> tuple[Floats, Floats, Floats]:
        """Events an hour at a level of 1, as last settled: of the hour before, the hour, and the one after.

        Beyond midnight they are what the same day of the week has there, because days differ in steps."""
        day = self._rate[hour // _DAY % 7]
        return day[(hour - 1) % _DAY], day[hour % _DAY], day[(hour + 1) % _DAY]

    def variance(self, hour: int) -> Floats:
        """Relative to the rate's square: of the finest ratio, and what it leaves to the coarser ones."""
        variance: Floats = self._variance[hour // _DAY % 7, hour % _DAY]
        return variance

    def learn(self, hour: int, counted: Floats, exposure: Floats) -> None:
        """Add an hour: its counts, and the level that it had."""
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
        self._variance = 1.0 / events + left * left * (day_variance + week_variance)
        self._of_day, self._of_week = of_day, of_week


def _ratio(counted: Floats, expected: Floats, axis: int, prior: float) -> tuple[Floats, Floats]:
    """(ratio, its relative variance) of sums along an axis, with a gamma prior of mean 1 worth so many events."""
    events = counted.sum(axis, keepdims=True) + prior
    return events / (expected.sum(axis, keepdims=True) + prior), 1.0 / events


class _Excess:
    """Variance beyond what is known, as a ratio of fading sums; `first` counts for as much as `worth` additions."""

    def __init__(self, names: int, first: float, worth: float) -> None:
        self._first, self._worth = first, worth
        self._sum, self._of, self._weight = np.zeros(names), np.zeros(names), np.zeros(names)

    @property
    def value(self) -> Floats:
        """Never below 0."""
        mean = self._of / np.maximum(self._weight, 1e-300)
        share = self._weight / (self._weight + self._worth)
        learned = np.maximum(self._sum, 0.0) / np.maximum(self._of, 1e-300)
        value: Floats = np.where(mean > 0.0, share * learned, 0.0) + (1.0 - share) * self._first
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


def _interpolated(before: Floats, middle: Floats, after: Floats, bins: int) -> Floats:
    """Hourly rates as counts per bin, linear between the middles of the hours; names x bins."""
    place = (np.arange(bins) + 0.5) / bins - 0.5
    other = np.where(place[None, :] < 0.0, before[:, None], after[:, None])
    weight = np.abs(place)[None, :]
    rates: Floats = ((1.0 - weight) * middle[:, None] + weight * other) / bins
    return rates
