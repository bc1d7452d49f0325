"""Daily and weekly seasons: the rate of each hour of the week, learned coarse to fine.

Each season is a ratio of the counts seen to the counts that the coarser seasons expect, with a gamma prior that says
"no different" until there are counts enough. Gamma-Poisson shrinkage: Gelman et al., Bayesian Data Analysis, 3rd ed.
2013, 2.6. Multiplicative seasons in turn: Deming and Stephan, On a Least Squares Adjustment, Annals of Math.
Statistics 11, 1940.
"""

import numpy as np

from mixpanel_data.detect.statistics.forecasting.calendar import DAY_HOURS, WEEK_HOURS, HourPlace
from mixpanel_data.detect.statistics.tails import Floats

ROWS = 2 * WEEK_HOURS + DAY_HOURS + 7
"""Figures for each name: counts of each hour of the week from Monday on (168), their exposure (168), the ratios of the
hours of the day (24) and of the days of the week (7)."""

HOUR_OF_WEEK_PRIOR = 30.0
"""Events that a prior is worth: the inverse of the variance that ratios have from one product's hours to the next."""

_HOUR_OF_DAY_PRIOR, _DAY_OF_WEEK_PRIOR = 4.0, 5.0
_HALF_LIFE_WEEKS = 8.0


class Seasons:
    """The rates of the 168 hours of the week."""

    def __init__(self, rows: Floats) -> None:
        """Go on from `rows`, ROWS x names, and learn into them."""
        names = rows.shape[1]
        self._counted, self._exposure = rows[: 2 * WEEK_HOURS].reshape(2, 7, DAY_HOURS, names)
        self._day_ratios = rows[2 * WEEK_HOURS : 2 * WEEK_HOURS + DAY_HOURS].reshape(1, DAY_HOURS, names)
        self._week_ratios = rows[2 * WEEK_HOURS + DAY_HOURS :].reshape(7, 1, names)
        self._next_ratios = self._day_ratios, self._week_ratios
        self._rate = self._hour_variance = self._shared_variance = np.zeros((7, DAY_HOURS, names))

    @staticmethod
    def fresh(rows: Floats) -> None:
        """Set `rows` to seasons of which nothing is known."""
        rows[2 * WEEK_HOURS :] = 1.0

    def rates(self, place: HourPlace) -> tuple[Floats, Floats, Floats]:
        """Events per hour at a level of 1, as last settled: in the hour before, the hour itself and the one after.

        Across midnight they are those of the same day of the week, because days differ in steps.
        """
        day, hour = self._rate[place.day], place.hour
        return day[(hour - 1) % DAY_HOURS], day[hour], day[(hour + 1) % DAY_HOURS]

    def variance(self, place: HourPlace) -> tuple[Floats, Floats]:
        """Variance relative to the squared rate: the hour's own, and the one it shares with its day of the week."""
        cell = place.day, place.hour
        return self._hour_variance[cell], self._shared_variance[cell]

    def learn(self, place: HourPlace, counted: Floats, exposure: Floats) -> None:
        """Add an hour: its counts, and the level it had."""
        # Only now, so that an hour forecast twice, before and after a state is stored, gets the same forecast.
        self._day_ratios[:], self._week_ratios[:] = self._next_ratios
        cell = place.day, place.hour
        kept = 0.5 ** (1.0 / _HALF_LIFE_WEEKS)
        self._counted[cell] = kept * self._counted[cell] + counted
        self._exposure[cell] = kept * self._exposure[cell] + exposure

    def settle(self, dispersion: Floats) -> None:
        """Derive the rates from the sums; hours and days in turn, each given the other's last ratios.

        `dispersion` is the variance of counts relative to their mean: that many events say as much as one independent
        event.
        """
        counted, exposure = self._counted / dispersion, self._exposure / dispersion
        even = exposure * self._day_ratios * self._week_ratios
        seen, possible = counted.sum((0, 1)), even.sum((0, 1))
        # Half an event: Jeffreys' prior of a rate.
        rate = (seen + 0.5) / np.where(possible > 0.0, possible, 0.5)
        # An hour of the week counts towards a coarser ratio no more than its own deviation allows.
        weight = 1.0 / (1.0 + rate * even / HOUR_OF_WEEK_PRIOR)
        weighted, base = weight * counted, weight * exposure * rate
        day_ratios, day_variance = _ratio(weighted, base * self._week_ratios, 0, _HOUR_OF_DAY_PRIOR)
        week_ratios, week_variance = _ratio(weighted, base * day_ratios, 1, _DAY_OF_WEEK_PRIOR)
        coarse = rate * day_ratios * week_ratios
        events = counted + HOUR_OF_WEEK_PRIOR
        self._rate = coarse * events / (exposure * coarse + HOUR_OF_WEEK_PRIOR)
        left = HOUR_OF_WEEK_PRIOR / events
        self._hour_variance = 1.0 / events + left * left * day_variance
        self._shared_variance = left * left * week_variance
        self._next_ratios = day_ratios, week_ratios


def _ratio(counted: Floats, expected: Floats, axis: int, prior: float) -> tuple[Floats, Floats]:
    """(ratio, its relative variance) of sums along an axis, with a gamma prior of mean 1 worth `prior` events."""
    events = counted.sum(axis, keepdims=True) + prior
    return events / (expected.sum(axis, keepdims=True) + prior), 1.0 / events
