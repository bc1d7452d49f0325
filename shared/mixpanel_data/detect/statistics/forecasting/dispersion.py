"""How far counts stray beyond chance: the variance of counts relative to their mean, of windows of several lengths.

Events that come in batches stray by the size of a batch in every window; events of users who stay for a while stray
more the longer the window is. So the dispersion is learned from parts of an hour of 1, 5 and 30 minutes, around the
hour's own mean, so that it can be learned before the baseline is. Between these lengths it grows with the logarithm
of the length.

The mean size of a batch is at most the dispersion, and less where batches differ. It follows from the share of minutes
without any event, which is the probability of no batch.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixpanel_data.detect.statistics.forecasting import excess_variance
from mixpanel_data.detect.statistics.forecasting.calendar import DAY_HOURS
from mixpanel_data.detect.statistics.forecasting.excess_variance import ExcessVariance
from mixpanel_data.detect.statistics.tails import Floats

SCALE_MINUTES = (1, 5, 30)
"""Lengths of the windows whose dispersion is learned."""

_ALL_ROWS = len(SCALE_MINUTES) * excess_variance.ROWS
_HOURS_ROWS = DAY_HOURS * excess_variance.ROWS
ROWS = _ALL_ROWS + _HOURS_ROWS + DAY_HOURS + 2
"""Figures for each name: the excess at each length; that of minutes in each hour of the day, and for how many days in a
row it was beyond the one believed before; events, and the batches that they came in."""

_HALF_LIFE_HOURS = 24 * 10.0
# Hours until the learned excess counts for as much as none.
_WORTH_HOURS = 1.0
# Days until one hour of the day says more about its dispersion than all hours do.
_HOUR_OF_DAY_WORTH = 4.0
# The excess dispersion of one hour over the one believed before, up to which it is learned in full.
_MOST_NEW_DISPERSION = 0.25
# A squared error counts at most so many times its expectation, and so many times the square of a batch.
_MOST_SQUARED_ERROR, _MOST_SQUARED_BATCH = 50.0, 16.0


class Dispersion:
    """The dispersion of each name at each of the lengths; 1 is chance alone."""

    def __init__(self, rows: Floats, bins: int) -> None:
        """Go on from `rows`, ROWS x names, and learn into them. Lengths that do not divide the hour are not learned."""
        names, ends = rows.shape[1], np.cumsum((_ALL_ROWS, _HOURS_ROWS, DAY_HOURS))
        every, hours, self._days_beyond, (self._events, self._batches) = np.split(rows, ends)
        self._bins = bins
        self._all = [
            ExcessVariance(scale, 0.0, _WORTH_HOURS)
            for scale in every.reshape(len(SCALE_MINUTES), excess_variance.ROWS, names)
        ]
        self._hours = [
            ExcessVariance(hour, 0.0, _HOUR_OF_DAY_WORTH)
            for hour in hours.reshape(DAY_HOURS, excess_variance.ROWS, names)
        ]

    def usual(self) -> Floats:
        """The dispersion of the longest windows, all hours together; one figure for each name."""
        usual: Floats = 1.0 + np.max([every.cautious for every in self._all], axis=0)
        return usual

    def given(self, hour_of_day: int) -> Floats:
        """The dispersion at each length in an hour of the day, lengths x names: that of all hours, or more.

        It never falls with the length: a job of every five minutes is regular in parts of five minutes that begin with
        the hour, and not in those that begin between two runs.
        """
        excesses = [every.cautious for every in self._all]
        excesses[0] = np.maximum(excesses[0], self._hours[hour_of_day].given(excesses[0]))
        return 1.0 + np.maximum.accumulate(excesses, axis=0)

    def batch(self) -> Floats:
        """The mean number of events in a batch; one figure for each name."""
        most = 1.0 + self._all[0].cautious
        doubt = 1.0 + 1.0 / np.sqrt(1.0 + self._batches)
        batch: Floats = np.clip(doubt * self._events / np.maximum(self._batches, 1e-9), 1.0, most)
        return np.where(self._batches > 0.0, batch, most)

    def learn(self, hour_of_day: int, counts: Floats, expected: Floats) -> None:
        """Learn from an hour's counts and the counts expected, names x bins each."""
        believed, total = self.given(hour_of_day), counts.sum(axis=1)
        mean = expected * (total / np.maximum(expected.sum(axis=1), 1e-9))[:, None]
        for scale, minutes in enumerate(SCALE_MINUTES):
            size = max(1, minutes * self._bins // 60)
            parts = self._bins // size
            if parts < 2 or self._bins % size:
                continue
            most = _MOST_SQUARED_BATCH * believed[scale][:, None] ** 2
            squared = _squared_errors(_parts(counts, parts), _parts(mean, parts), believed[scale], most)
            # One degree of freedom less: the errors are those around the hour's own mean.
            errors = squared.sum(axis=1) * parts / (parts - 1) - total
            self._all[scale].learn(errors, total, _HALF_LIFE_HOURS)
            if scale == 0:
                self._learn_hour_of_day(hour_of_day, errors, total)
        self._learn_batches(counts, total)

    def _learn_hour_of_day(self, hour_of_day: int, errors: Floats, total: Floats) -> None:
        """A burst leaves little behind; the same dispersion in the same hour day after day is believed ever faster."""
        excess, days = self._hours[hour_of_day], self._days_beyond[hour_of_day]
        most = excess.given(self._all[0].cautious) + _MOST_NEW_DISPERSION * (1.0 + days) ** 2
        usual = np.minimum(errors, most * total)
        days[:] = np.where(usual < errors, days + 1.0, np.maximum(days - 2.0, 0.0))
        excess.learn(usual, total, _HALF_LIFE_HOURS / DAY_HOURS)

    def _learn_batches(self, counts: Floats, total: Floats) -> None:
        kept = 0.5 ** (1.0 / _HALF_LIFE_HOURS)
        active = np.minimum((counts > 0.0).sum(axis=1), self._bins - 0.5)
        for sums, added in ((self._events, total), (self._batches, -self._bins * np.log1p(-active / self._bins))):
            sums *= kept
            sums += added


def weights(minutes: "NDArray[np.floating[Any]] | float") -> list["Floats | float"]:
    """The weight of each learned length in the dispersion of windows of so many minutes; together 1."""
    place = np.interp(np.log(np.maximum(minutes, 1.0)), np.log(SCALE_MINUTES), np.arange(len(SCALE_MINUTES)))
    return [np.maximum(0.0, 1.0 - np.abs(place - at)) for at in range(len(SCALE_MINUTES))]


def _squared_errors(counts: Floats, mean: Floats, dispersion: Floats, most_batch: Floats) -> Floats:
    most = _MOST_SQUARED_ERROR * mean * dispersion[:, None] + most_batch
    return np.minimum((counts - mean) ** 2, most)


def _parts(figures: Floats, parts: int) -> Floats:
    """Sums of equal parts of an hour, names x parts."""
    sums: Floats = figures.reshape(len(figures), parts, -1).sum(axis=2)
    return sums
