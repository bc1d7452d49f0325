"""The counts to expect of each name, learned hour by hour from the counts before, for many names at once.

Expected in an hour: level x hour of the day x day of the week x hour of the week, shrunk by the events seen, so that a
name with 0.05 events a minute learns its day, and one with 50 a minute its whole week.

1. The stored sums are counts and exposure of each hour of the week (`seasons`), fading in weeks, and the level, fading
   in days: recent counts relative to the counts that the seasons expected. The level is the trend.
2. forecast(hour): the seasons from those sums, coarse to fine, and their product for the hour and its neighbours,
   between whose middles the minutes interpolate; with the variance that the ratios' own uncertainty leaves, and with
   the variance of names beyond chance. The variance between days of the week is common to all hours of a day, so
   that the first weekend is not taken for a drop.
3. Steps and peaks within an hour are ratios too (`hour_shape`).
4. learn(hour): the counts, clipped at three standard deviations of that forecast. So an anomaly moves the baseline
   little; a lasting change is believed, because the clipping widens with each hour in a row that needs it.
5. Variance beyond chance is learned from the forecasts' own errors: of minutes (overdispersed counts; of all hours,
   and of each hour of the day, for a step at an odd minute), of hours, and of days. No baseline is trusted to better
   than 2%: with chance alone, a learned baseline raised false alarms on windows of 4 to 24 hours.

Fading sums: Harvey and Fernandes, Time Series Models for Count or Qualitative Observations, JBES 1989. Clipped updates:
Gelper, Fried and Croux, Robust Forecasting with Exponential and Holt-Winters Smoothing, J. Forecasting 2010.
"""

import numpy as np

from mixpanel_data.detect.statistics import hour_shape
from mixpanel_data.detect.statistics.excess_variance import ExcessVariance
from mixpanel_data.detect.statistics.forecast import Forecast
from mixpanel_data.detect.statistics.hour_shape import HourShape
from mixpanel_data.detect.statistics.seasons import DAY_HOURS, HOUR_OF_WEEK_PRIOR, Seasons
from mixpanel_data.detect.statistics.tails import Floats

HOURS_BEFORE_JUDGING = 24
"""Age, from its first event on, at which a name is judged."""

VERSION = 1
"""Of the layout and meaning of a stored baseline. A baseline of another version has to be learned again."""

# The columns of a stored baseline: see Baseline.state.
_LEVEL = slice(1, 3)
_COUNTED, _EXPOSURE, _DAY_RATIOS, _WEEK_RATIOS = slice(16, 184), slice(184, 352), slice(352, 376), slice(376, 383)
_SHAPE_COUNTED, _SHAPE_EXPECTED = slice(383, 671), slice(671, 959)
_HOUR_OF_DAY_EXCESS, _DAYS_BEYOND = slice(959, 1031), slice(1031, 1055)

STATE_SIZE = 1055
"""Figures that a stored baseline has for each name."""

_LEVEL_HALF_LIFE_HOURS = 24 * 5.0
_LEVEL_PRIOR = 20.0
# Before each hour of the week has been seen, a moving level cannot be told from a day that differs.
_HOURS_BEFORE_LEVEL = 9 * DAY_HOURS
_VARIANCE_HALF_LIFE_HOURS = 24 * 10.0
_CLIP_DEVIATIONS, _CLIP_WIDENS_HOURS = 3.0, 12.0
# A squared error counts at most this many times its expectation: a spike of every hour is learned, a single one is not.
_MOST_SQUARED_ERROR = 50.0
_LEAST_RELATIVE_VARIANCE = 0.02**2
_FIRST_RELATIVE_VARIANCE = 0.1**2
# Days until the minutes of one hour of the day say more about their dispersion than those of all hours.
_HOUR_OF_DAY_WORTH = 4.0
# The excess dispersion of one hour over the one believed before, up to which it is learned in full.
_MOST_NEW_DISPERSION = 0.25


class Baseline:
    """The baselines of some names at one hour; hours are counted from any midnight that begins a Monday."""

    def __init__(self, names: int, bins: int) -> None:
        """Baselines without any history. `bins`: the equal parts that an hour is counted in, 60 for minutes."""
        self._bins = bins
        self._restore(self.fresh(names))

    @classmethod
    def of(cls, state: Floats, bins: int = 60) -> "Baseline":
        """The baseline with this `state`. Raises ValueError if a row does not have this version's layout."""
        if state.ndim != 2 or state.shape[1] != STATE_SIZE or not np.all(state[:, 0] == VERSION):
            raise ValueError(f"a baseline of version {VERSION} has {STATE_SIZE} figures a name, the version first")
        baseline = cls(0, bins)
        baseline._restore(state)
        return baseline

    @staticmethod
    def fresh(names: int) -> Floats:
        """The states of names without any history."""
        state = np.zeros((names, STATE_SIZE))
        state[:, 0] = VERSION
        state[:, _LEVEL] = _LEVEL_PRIOR
        state[:, _DAY_RATIOS] = state[:, _WEEK_RATIOS] = 1.0
        return state

    def state(self) -> Floats:
        """Everything learned, a row for each name: `of` goes on from it as if there had been no break.

        VERSION; level (counted, expected); age in hours; hours clipped in a row; excess variance of minutes, of hours
        and of days (each: errors, scale, weight); the day so far (sum, expected); the seasons: counts of each hour of
        the week from Monday on (168), their exposure (168), the ratios of the hours of the day (24) and of the days of
        the week (7); the shape of hours: for each twelfth of each hour of the day its counts (288) and the counts
        expected (288); the excess variance of the minutes of each hour of the day (24 x errors, scale, weight), and for
        how many days in a row it was beyond the one believed (24).
        """
        arrays = [*self._seasons.state(), *self._shape.state()]
        arrays += [*(np.stack(excess.state()) for excess in self._hour_of_day_excess), self._days_beyond]
        columns = [self._level_counted, self._level_expected, self._age, self._hours_clipped]
        columns += [*self._minutes_excess.state(), *self._hours_excess.state(), *self._days_excess.state()]
        columns += [self._day_sum, self._day_expected]
        return np.column_stack([np.full(len(self._age), VERSION), *columns, *(array.T for array in arrays)])

    def _restore(self, state: Floats) -> None:
        columns = np.ascontiguousarray(state.T)
        self._level_counted, self._level_expected, self._age, self._hours_clipped = columns[1:5].copy()
        self._minutes_excess = ExcessVariance(columns[5:8].copy(), prior=0.0, prior_weight=6.0)
        hours = columns[_HOUR_OF_DAY_EXCESS].reshape(DAY_HOURS, 3, -1).copy()
        self._hour_of_day_excess = [ExcessVariance(hour, 0.0, prior_weight=_HOUR_OF_DAY_WORTH) for hour in hours]
        self._days_beyond = columns[_DAYS_BEYOND].copy()
        self._hours_excess = ExcessVariance(columns[8:11].copy(), prior=0.0, prior_weight=48.0)
        self._days_excess = ExcessVariance(columns[11:14].copy(), _FIRST_RELATIVE_VARIANCE, prior_weight=2.0)
        self._day_sum, self._day_expected = columns[14:16].copy()
        self._seasons = Seasons(columns[_COUNTED], columns[_EXPOSURE], columns[_DAY_RATIOS], columns[_WEEK_RATIOS])
        self._shape = HourShape(columns[_SHAPE_COUNTED], columns[_SHAPE_EXPECTED], self._bins)

    def forecast(self, hour: int) -> Forecast:
        """The forecast of an hour, from everything learned so far."""
        self._seasons.settle(1.0 + self._minutes_excess.value)
        level = self._level_counted / self._level_expected
        before, middle, after = (level * rate for rate in self._seasons.rates(hour))
        smooth = hour_shape.line(before, middle, after, self._bins)
        hour_variance, shared_variance = self._seasons.variance(hour)
        ratios, ratios_variance = self._shape.ratios(hour, hour_shape.line_variance(before, middle, after))
        excess = self._hour_of_day_excess[hour % DAY_HOURS].given(self._minutes_excess.value)
        return Forecast(
            minutes=hour_shape.shaped(smooth, ratios, middle),
            smooth=smooth,
            hour_variance=hour_variance + self._hours_excess.value + ratios_variance,
            shared_variance=shared_variance + self._shared_variance(),
            dispersion=1.0 + excess,
            is_judged=(self._age >= HOURS_BEFORE_JUDGING).astype(np.float64),
        )

    def learn(self, hour: int, counts: Floats, forecast: Forecast) -> None:
        """Learn from an hour's counts, names x bins, and from their distance to the hour's forecast."""
        total, expected = counts.sum(axis=1), forecast.minutes.sum(axis=1)
        self._age += (self._age > 0.0) | (total > 0.0)
        self._learn_variance(hour, counts, forecast)
        usual = np.where(forecast.is_judged > 0.0, self._clip(total, expected, forecast), total)
        level = self._level_counted / self._level_expected
        # A name's first hour may be cut: its first event can come in the middle of it.
        is_whole = self._age > 1.0
        self._seasons.learn(hour, usual * is_whole, level * is_whole)
        self._learn_level(usual, expected / level)
        self._shape.learn(hour, counts, forecast, usual / np.maximum(expected, 1e-9), _CLIP_DEVIATIONS)

    def _learn_level(self, counted: Floats, expected: Floats) -> None:
        # An hour's own deviation says little about the level: the weight caps the events that the hour counts for.
        weight = (self._age > _HOURS_BEFORE_LEVEL) / (1.0 + expected / HOUR_OF_WEEK_PRIOR)
        kept = 0.5 ** (1.0 / _LEVEL_HALF_LIFE_HOURS)
        prior = (1.0 - kept) * _LEVEL_PRIOR
        self._level_counted = kept * self._level_counted + prior + weight * counted
        self._level_expected = kept * self._level_expected + prior + weight * expected

    def _shared_variance(self) -> Floats:
        """Relative variance common to all hours of a window."""
        return np.maximum(self._days_excess.value, _LEAST_RELATIVE_VARIANCE) + self._level_variance()

    def _level_variance(self) -> Floats:
        learned = self._level_counted - _LEVEL_PRIOR
        dispersion = 1.0 + self._minutes_excess.value
        variance: Floats = dispersion * np.maximum(learned, 0.0) / self._level_counted**2
        return variance

    def _clip(self, total: Floats, expected: Floats, forecast: Forecast) -> Floats:
        relative = forecast.hour_variance + forecast.shared_variance
        variance = forecast.dispersion * expected + expected**2 * relative
        most = _CLIP_DEVIATIONS * (1.0 + self._hours_clipped / _CLIP_WIDENS_HOURS) * np.sqrt(variance)
        usual = np.clip(total, expected - most, expected + most)
        self._hours_clipped = np.where(
            usual != total, self._hours_clipped + 1.0, np.maximum(self._hours_clipped - 2.0, 0.0)
        )
        return np.maximum(usual, 0.0)

    def _learn_variance(self, hour: int, counts: Floats, forecast: Forecast) -> None:
        """Learn from squared errors less those the forecast already allows for, relative to its squares."""
        total, expected = counts.sum(axis=1), forecast.minutes.sum(axis=1)
        if self._bins > 1:
            self._learn_minutes(hour, counts, forecast)
        self._learn_hours(total, expected, forecast)
        self._day_sum += forecast.is_judged * total
        self._day_expected += forecast.is_judged * expected
        if hour % DAY_HOURS == DAY_HOURS - 1:
            self._learn_days(forecast)

    def _learn_minutes(self, hour: int, counts: Floats, forecast: Forecast) -> None:
        total, expected = counts.sum(axis=1), forecast.minutes.sum(axis=1)
        # Around the hour's own mean, so that it can be learned before the baseline is.
        mean = forecast.minutes * (total / np.maximum(expected, 1e-9))[:, None]
        most = mean * forecast.dispersion[:, None] * _MOST_SQUARED_ERROR
        errors = _squared_errors(counts, mean, most).sum(axis=1)
        errors = errors * self._bins / (self._bins - 1) - total
        self._minutes_excess.learn(errors, total, _VARIANCE_HALF_LIFE_HOURS)
        self._learn_hour_of_day(hour % DAY_HOURS, errors, total)

    def _learn_hour_of_day(self, hour: int, errors: Floats, total: Floats) -> None:
        """A burst leaves little behind; the same dispersion in the same hour day after day is believed ever faster."""
        excess, days = self._hour_of_day_excess[hour], self._days_beyond[hour]
        most = excess.given(self._minutes_excess.value) + _MOST_NEW_DISPERSION * (1.0 + days) ** 2
        usual = np.minimum(errors, most * total)
        self._days_beyond[hour] = np.where(usual < errors, days + 1.0, np.maximum(days - 2.0, 0.0))
        excess.learn(usual, total, _VARIANCE_HALF_LIFE_HOURS / DAY_HOURS)

    def _learn_hours(self, total: Floats, expected: Floats, forecast: Forecast) -> None:
        judged = forecast.is_judged
        chance = forecast.dispersion * expected
        most = _MOST_SQUARED_ERROR * (chance + expected**2 * (forecast.hour_variance + forecast.shared_variance))
        error = _squared_errors(total, expected, most) - chance
        known = expected**2 * (forecast.hour_variance - self._hours_excess.value + forecast.shared_variance)
        self._hours_excess.learn(judged * (error - known), judged * expected**2, _VARIANCE_HALF_LIFE_HOURS)

    def _learn_days(self, forecast: Forecast) -> None:
        expected = self._day_expected
        relative = forecast.hour_variance / DAY_HOURS + self._level_variance()
        chance = forecast.dispersion * expected + expected**2 * relative
        most = _MOST_SQUARED_ERROR / 3.0 * (chance + expected**2 * self._days_excess.value)
        error = _squared_errors(self._day_sum, expected, most) - chance
        self._days_excess.learn(error, expected**2, _VARIANCE_HALF_LIFE_HOURS / DAY_HOURS)
        self._day_sum, self._day_expected = np.zeros_like(expected), np.zeros_like(expected)


def _squared_errors(counts: Floats, expected: Floats, most: Floats) -> Floats:
    return np.minimum((counts - expected) ** 2, most)
