"""The shape of counts within an hour: steps and peaks that a line between hourly rates misses.

Each twelfth of each hour of the day has a ratio to the line through it, with a prior as wide as the line may be wrong,
so that the start of office hours is learned in days. With lines alone, 100 names gave 200 false incidents a week if
they had office hours, and 50 if they had a jump at midnight.
"""

import math

import numpy as np

from mixpanel_data.detect.statistics.forecasting.calendar import DAY_HOURS
from mixpanel_data.detect.statistics.forecasting.forecast import Forecast
from mixpanel_data.detect.statistics.tails import Floats

HOUR_SLICES = 12
"""Equal slices of an hour, each with a ratio of its own."""

ROWS = 2 * DAY_HOURS * HOUR_SLICES
"""Figures for each name: for each slice of each hour of the day its counts (288), and the counts expected (288)."""

_HALF_LIFE_DAYS = 14.0
# The error of a slice's interpolation, as a share of the steps to the neighbouring hours.
_LINE_ERROR = 0.1
_LEAST_VARIANCE = 0.03**2


class HourShape:
    """Counts of the slices of each hour of the day, relative to the straight lines between the hours."""

    def __init__(self, rows: Floats, bins: int) -> None:
        """Go on from `rows`, ROWS x names, and learn into them. With fewer bins, as many slices as divide them."""
        self._slices = math.gcd(bins, HOUR_SLICES)
        self._counted, self._expected = rows.reshape(2, DAY_HOURS, HOUR_SLICES, rows.shape[1])

    def ratios(self, hour_of_day: int, line_variance: Floats) -> tuple[Floats, Floats]:
        """(ratios, names x slices of an hour of the day; the relative variance they leave), given that of the lines."""
        here = (hour_of_day, slice(self._slices))
        prior = 1.0 / np.maximum(line_variance, _LEAST_VARIANCE)
        events = self._counted[here] + prior
        ratios = events / (self._expected[here] + prior)
        return ratios.T, (1.0 / events).max(axis=0)

    def learn(
        self, hour_of_day: int, counts: Floats, forecast: Forecast, level: Floats, most_deviations: float
    ) -> None:
        """Add an hour's counts, clipped at `most_deviations` standard deviations around `level` times the forecast."""
        here = (hour_of_day, slice(self._slices))
        seen, minutes, smooth = (_in_slices(bins, self._slices) for bins in (counts, forecast.minutes, forecast.smooth))
        expected = minutes * level[:, None]
        variance = forecast.dispersion[1][:, None] * expected + forecast.hour_variance[:, None] * expected**2
        most = most_deviations * np.sqrt(variance)
        usual = np.clip(seen, expected - most, expected + most)
        kept = 0.5 ** (1.0 / _HALF_LIFE_DAYS)
        self._counted[here] = kept * self._counted[here] + usual.T
        self._expected[here] = kept * self._expected[here] + (smooth * level[:, None]).T


def line(before: Floats, middle: Floats, after: Floats, bins: int) -> Floats:
    """Hourly rates as counts per bin, linear between the middles of the hours; names x bins."""
    position = (np.arange(bins) + 0.5) / bins - 0.5
    neighbour = np.where(position[None, :] < 0.0, before[:, None], after[:, None])
    weight = np.abs(position)[None, :]
    rates: Floats = ((1.0 - weight) * middle[:, None] + weight * neighbour) / bins
    return rates


def line_variance(before: Floats, middle: Floats, after: Floats) -> Floats:
    """The relative variance of a slice that the straight lines between the hours' middles may miss."""
    step = (np.abs(before - middle) + np.abs(after - middle)) / np.maximum(middle, 1e-9)
    return np.minimum(_LINE_ERROR * step, 1.0) ** 2


def shaped(smooth: Floats, ratios: Floats, sums: Floats) -> Floats:
    """The bins with the ratios of their slices and the hour's own sum: lines cut off peaks and fill gaps."""
    bins = smooth * np.repeat(ratios, smooth.shape[1] // ratios.shape[1], axis=1)
    minutes: Floats = bins * (sums / np.maximum(bins.sum(axis=1), 1e-300))[:, None]
    return minutes


def _in_slices(bins: Floats, slices: int) -> Floats:
    """Sums of the slices of an hour, names x slices."""
    sums: Floats = bins.reshape(len(bins), slices, -1).sum(axis=2)
    return sums
