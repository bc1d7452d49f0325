"""The counts to expect of each name, learned hour by hour from the counts before, for many names at once.

Expected in an hour: level x hour of the day x day of the week x hour of the week, shrunk by the events seen, so that a
name with 0.05 events a minute learns its day, and one with 50 a minute its whole week; and the bursts of schedules.
Hours and days are those of the project's calendar.

1. The stored sums are counts and exposure of each hour of the week (`seasons`), fading in weeks, and the `level`,
   fading in days: recent counts relative to the counts that the seasons expected. The level is the trend.
2. forecast(hour): the seasons from those sums, coarse to fine, and their product for the hour and its neighbours,
   between whose middles the minutes interpolate; with the variance that the ratios' own uncertainty leaves, and with
   the variance of names beyond chance. The variance between days of the week is common to all hours of a day, so
   that the first weekend is not taken for a drop.
3. Steps and peaks within an hour are ratios too (`hour_shape`); bursts that come back are added (`schedule`).
4. learn(hour): the counts, less those of schedules, clipped at three standard deviations of that forecast. So an
   anomaly moves the baseline little; a lasting change is believed, because the clipping widens with each hour in a row
   that needs it, and because the level takes a step.
5. Variance beyond chance is learned from squared errors: of windows within an hour, around the hour's own mean
   (`dispersion`), and of hours and of days, around their forecasts. No baseline is trusted to better than 2%: with
   chance alone, a learned baseline raised false alarms on windows of 4 to 24 hours.

Fading sums: Harvey and Fernandes, Time Series Models for Count or Qualitative Observations, JBES 1989. Clipped updates:
Gelper, Fried and Croux, Robust Forecasting with Exponential and Holt-Winters Smoothing, J. Forecasting 2010.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mixpanel_data.detect.statistics.forecasting import baseline_state as layout
from mixpanel_data.detect.statistics.forecasting import hour_shape
from mixpanel_data.detect.statistics.forecasting.calendar import DAY_HOURS, UTC_CALENDAR, Calendar
from mixpanel_data.detect.statistics.forecasting.dispersion import Dispersion
from mixpanel_data.detect.statistics.forecasting.excess_variance import ExcessVariance
from mixpanel_data.detect.statistics.forecasting.forecast import Forecast
from mixpanel_data.detect.statistics.forecasting.hour_shape import HourShape
from mixpanel_data.detect.statistics.forecasting.level import Level
from mixpanel_data.detect.statistics.forecasting.schedule import Schedule
from mixpanel_data.detect.statistics.forecasting.seasons import HOUR_OF_WEEK_PRIOR, Seasons
from mixpanel_data.detect.statistics.tails import Floats

HOURS_BEFORE_JUDGING = 24
"""Age, from its first event on, at which a name is judged."""

# Before each hour of the week has been seen, a moving level cannot be told from a day that differs.
_HOURS_BEFORE_LEVEL = 9 * DAY_HOURS
_VARIANCE_HALF_LIFE_HOURS = 24 * 10.0
_CLIP_DEVIATIONS = 3.0
# Hours clipped in a row that double the width of the clipping: of names too young for a step of their level, and of
# others, whom a day that is unlike others must not teach much.
_CLIP_WIDENS_HOURS, _CLIP_OF_OLD_WIDENS_HOURS = 12.0, 48.0
# A squared error counts at most this many times its expectation, so that a single outage does not blunt the baseline.
_MOST_SQUARED_ERROR = 50.0
_LEAST_RELATIVE_VARIANCE = 0.02**2
_FIRST_RELATIVE_VARIANCE = 0.1**2


class Baseline:
    """The baselines of some names at one hour; hours are counted from 1970 UTC."""

    def __init__(self, names: int, bins: int, calendar: Calendar = UTC_CALENDAR) -> None:
        """Baselines without any history. `bins`: the equal parts that an hour is counted in, 60 for minutes."""
        self._go_on_from(layout.fresh(names, bins), bins, calendar)

    @classmethod
    def of(cls, states: Sequence[bytes], bins: int = 60, calendar: Calendar = UTC_CALENDAR) -> "Baseline":
        """The baseline that goes on from `states`, one for each name, as if there had been no break.

        Raises ValueError for a state of another version, another number of bins, or of another time zone: it has to be
        learned again.
        """
        baseline = cls(0, bins, calendar)
        baseline._go_on_from(layout.unpacked(states, bins, calendar), bins, calendar)
        return baseline

    @staticmethod
    def fresh_state(calendar: Calendar = UTC_CALENDAR) -> bytes:
        """The state of a name without any history, in minutes."""
        return Baseline(1, 60, calendar).states()[0]

    def states(self) -> list[bytes]:
        """Everything learned, a state for each name, in the layout of `baseline_state`."""
        return layout.packed(self._figures, self._bins, self._calendar)

    def _go_on_from(self, figures: layout.Figures, bins: int, calendar: Calendar) -> None:
        self._figures, self._bins, self._calendar = figures, bins, calendar
        rows = figures.parts()
        self._age, self._hours_clipped, self._day_sum, self._day_expected = rows["sums"]
        self._hours_excess = ExcessVariance(rows["hours_excess"], prior=0.0, prior_weight=48.0)
        self._days_excess = ExcessVariance(rows["days_excess"], _FIRST_RELATIVE_VARIANCE, prior_weight=2.0)
        self._level = Level(rows["level"])
        self._seasons = Seasons(rows["seasons"])
        self._shape = HourShape(rows["hour_shape"], bins)
        self._dispersion = Dispersion(rows["dispersion"], bins)
        self._schedule = Schedule(rows["schedule"], figures.bursts, bins, calendar)

    def forecast(self, hour: int) -> Forecast:
        """The forecast of an hour, from everything learned so far."""
        place = self._calendar.place(hour)
        self._seasons.settle(self._dispersion.usual())
        level = self._level.value
        before, middle, after = (level * rate for rate in self._seasons.rates(place))
        smooth = hour_shape.line(before, middle, after, self._bins)
        hour_variance, shared_variance = self._seasons.variance(place)
        ratios, ratios_variance = self._shape.ratios(place.hour, hour_shape.line_variance(before, middle, after))
        least_level, most_level = self._level.possible()
        return Forecast(
            minutes=hour_shape.shaped(smooth, ratios, middle),
            smooth=smooth,
            scheduled=self._schedule.forecast(hour, self._age),
            least_level=least_level,
            most_level=most_level,
            hour_variance=hour_variance + self._hours_excess.value + ratios_variance,
            shared_variance=shared_variance + self._shared_variance(),
            dispersion=self._dispersion.given(place.hour),
            batch=self._dispersion.batch(),
            is_judged=(self._age >= HOURS_BEFORE_JUDGING).astype(np.float64),
        )

    def learn(self, hour: int, counts: Floats, forecast: Forecast) -> None:
        """Learn from an hour's counts, names x bins, and from their distance to the hour's forecast."""
        self._schedule.learn(hour, counts, self._age, forecast.scheduled)
        self._age += (self._age > 0.0) | (counts.sum(axis=1) > 0.0)
        # Schedules are learned by themselves: everything else learns from the events that they do not explain.
        self._learn_rest(hour, _unscheduled(counts, forecast), forecast)

    def _learn_rest(self, hour: int, counts: Floats, forecast: Forecast) -> None:
        place = self._calendar.place(hour)
        total, expected = counts.sum(axis=1), forecast.minutes.sum(axis=1)
        self._dispersion.learn(place.hour, counts, forecast.minutes)
        self._learn_hours(total, expected, forecast)
        self._learn_days(total, expected, forecast, ends_day=place.ends_day)
        usual = np.where(forecast.is_judged > 0.0, self._clip(total, expected, forecast), total)
        level = self._level.value
        # A name's first hour may be cut: its first event can come in the middle of it.
        is_whole = self._age > 1.0
        self._seasons.learn(place, usual * is_whole, level * is_whole)
        self._learn_level(total, usual, expected, expected / level, forecast)
        self._shape.learn(place.hour, counts, forecast, usual / np.maximum(expected, 1e-9), _CLIP_DEVIATIONS)

    def _learn_level(
        self, total: Floats, usual: Floats, expected: Floats, at_level_1: Floats, forecast: Forecast
    ) -> None:
        is_old = (self._age > _HOURS_BEFORE_LEVEL).astype(np.float64)
        # An hour's own deviation says little about the level: the weight caps the events that the hour counts for.
        self._level.follow(usual, at_level_1, is_old / (1.0 + at_level_1 / HOUR_OF_WEEK_PRIOR))
        relative = forecast.shared_variance + forecast.hour_variance / DAY_HOURS
        self._level.step(total, expected, forecast.dispersion[-1], relative, is_old)

    def _shared_variance(self) -> Floats:
        """Relative variance common to all hours of a window."""
        return np.maximum(self._days_excess.value, _LEAST_RELATIVE_VARIANCE) + self._level_variance()

    def _level_variance(self) -> Floats:
        return self._level.variance(self._dispersion.usual())

    def _clip(self, total: Floats, expected: Floats, forecast: Forecast) -> Floats:
        relative = forecast.hour_variance + forecast.shared_variance
        variance = forecast.dispersion[-1] * expected + expected**2 * relative
        widens = np.where(self._age > _HOURS_BEFORE_LEVEL, _CLIP_OF_OLD_WIDENS_HOURS, _CLIP_WIDENS_HOURS)
        most = _CLIP_DEVIATIONS * (1.0 + self._hours_clipped / widens) * np.sqrt(variance)
        usual = np.clip(total, expected - most, expected + most)
        self._hours_clipped[:] = np.where(
            usual != total, self._hours_clipped + 1.0, np.maximum(self._hours_clipped - 2.0, 0.0)
        )
        return np.maximum(usual, 0.0)

    def _learn_hours(self, total: Floats, expected: Floats, forecast: Forecast) -> None:
        """Learn from squared errors less those the forecast already allows for, relative to its squares."""
        judged = forecast.is_judged
        chance = forecast.dispersion[-1] * expected
        most = _MOST_SQUARED_ERROR * (chance + expected**2 * (forecast.hour_variance + forecast.shared_variance))
        error = np.minimum((total - expected) ** 2, most) - chance
        known = expected**2 * (forecast.hour_variance - self._hours_excess.value + forecast.shared_variance)
        self._hours_excess.learn(judged * (error - known), judged * expected**2, _VARIANCE_HALF_LIFE_HOURS)

    def _learn_days(self, total: Floats, expected: Floats, forecast: Forecast, *, ends_day: bool) -> None:
        self._day_sum += forecast.is_judged * total
        self._day_expected += forecast.is_judged * expected
        if not ends_day:
            return
        counted, day = self._day_sum, self._day_expected
        relative = forecast.hour_variance / DAY_HOURS + self._level_variance()
        chance = forecast.dispersion[-1] * day + day**2 * relative
        most = _MOST_SQUARED_ERROR / 3.0 * (chance + day**2 * self._days_excess.value)
        error = np.minimum((counted - day) ** 2, most) - chance
        self._days_excess.learn(error, day**2, _VARIANCE_HALF_LIFE_HOURS / DAY_HOURS)
        self._day_sum[:] = self._day_expected[:] = 0.0


def _unscheduled(counts: Floats, forecast: Forecast) -> Floats:
    """The counts less those that a schedule explains."""
    if forecast.scheduled is None:
        return counts
    beyond = np.maximum(counts - forecast.minutes, 0.0)
    # A scheduled burst belongs to its schedule as a whole, be it twice as large as the last one.
    is_scheduled = forecast.scheduled.most > 0.0
    explained = np.minimum(beyond, 2.0 * forecast.scheduled.most)
    unscheduled: NDArray[np.float64] = counts - np.where(is_scheduled, explained, 0.0)
    return unscheduled
