"""Counts of windows of many lengths that end at each minute, beside the counts expected of them.

Windows come from running sums, so that one of a day costs as much as one of a minute. Windows from half an hour on
leave out the excess of marked minutes: shorter windows have already reported it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from mixpanel_data.detect.statistics.forecast import ForecastSlice
from mixpanel_data.detect.statistics.tails import Floats

Ints: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]

_COUNTS, _MEAN, _HOUR, _SHARED, _CHANCE, _MARKED = range(6)
# The newest third of a short window, or quarter of a long one, has to lie beyond its expectation too.
_NEWEST_OF_SHORT, _NEWEST_OF_LONG = 3, 4


@dataclass(frozen=True, slots=True)
class Windows:
    """One window for each name and minute, names x minutes each.

    `count` leaves out the excess of marked minutes, and is the count that gets a score. `shown_count` includes it, and
    is the count that people see; unless it would then lie on the other side of `mean` (too many where there are too
    few, when late events after a silence are counted in).
    """

    count: Floats
    shown_count: Floats
    mean: Floats
    variance: Floats


class BinSeries:
    """Names x bins: counts, the counts expected, and the components of their variance. 0 where nothing is judged.

    `settling_bins`: the bins that it takes until marks are final, those of the longest window that marks.
    """

    def __init__(self, layers: Floats, hour_bins: int, settling_bins: int) -> None:
        self._layers = layers
        self._hour_bins = hour_bins
        self._settling_bins = settling_bins

    @classmethod
    def empty(cls, names: int, size: int, hour_bins: int, settling_bins: int) -> "BinSeries":
        """Bins in which nothing is judged; `hour_bins` make an hour."""
        return cls(np.zeros((6, names, size)), hour_bins, settling_bins)

    @property
    def size(self) -> int:
        """The number of bins."""
        return int(self._layers.shape[2])

    def followed_by(self, counts: Floats, forecasts: Sequence[ForecastSlice]) -> "BinSeries":
        """These bins and the next ones; the slices together are as long as `counts`."""
        new, at = np.zeros((6, *counts.shape)), 0
        for hour in forecasts:
            here, judged = slice(at, at + hour.size), hour.forecast.is_judged[:, None]
            mean = hour.of(hour.forecast.minutes) * judged
            new[_COUNTS, :, here], new[_MEAN, :, here] = counts[:, here] * judged, mean
            new[_HOUR, :, here] = hour.forecast.hour_variance[:, None] * mean * mean
            new[_SHARED, :, here] = np.sqrt(hour.forecast.shared_variance)[:, None] * mean
            new[_CHANCE, :, here] = hour.forecast.dispersion[:, None] * mean
            at += hour.size
        return BinSeries(np.concatenate([self._layers, new], axis=2), self._hour_bins, self._settling_bins)

    def last(self, size: int) -> "BinSeries":
        """The last `size` bins."""
        return BinSeries(self._layers[:, :, self.size - size :].copy(), self._hour_bins, self._settling_bins)

    def mark(self, bins: int, is_abnormal: Bools) -> None:
        """Mark every bin of the abnormal windows as reported; windows have `bins` bins and end at the last ones."""
        names, ends = np.nonzero(is_abnormal)
        if len(names) == 0:
            return
        marked = self._layers[_MARKED]
        ends = ends + marked.shape[1] - is_abnormal.shape[1]
        for back in range(bins):
            marked[names, ends - back] = 1.0

    def windows(self, bins: int, size: int) -> Windows:
        """The windows of `bins` bins that end at each of the last `size` bins."""
        mean, hour, shared, chance = (_sliding(sums, bins, size) for sums in self._expected_sums)
        variance = _variance(hour, shared, chance, min(bins, self._hour_bins))
        shown = count = _sliding(self._count_sums, bins, size)
        if self._is_long(bins) and self._layers[_MARKED].any():
            settled = bins - self._settling_bins
            count = shown - _sliding(self._marked_excess_sums, settled, size, self._settling_bins)
            shown = np.where((shown - mean) * (count - mean) > 0.0, shown, np.rint(count))
        return Windows(count, shown, mean, variance)

    def quieten(self, deviates: Floats, bins: int, at_least: float) -> None:
        """Set deviates to 0 where the newest part of the window does not lie on the same side as the whole.

        A window of `bins` bins is news only while it lasts: the newest third of a short one, quarter of a long one,
        has to lie beyond its own expectation too. Deviates up to `at_least` are left alone.
        """
        names, positions = np.nonzero(np.abs(deviates) > at_least)
        newest = -(-bins // (_NEWEST_OF_LONG if self._is_long(bins) else _NEWEST_OF_SHORT))
        ends = positions + self.size - deviates.shape[1] + 1
        excess = self._excess_sums[names, ends] - self._excess_sums[names, ends - newest]
        if newest > self._settling_bins:
            settled = ends - self._settling_bins
            excess -= self._marked_excess_sums[names, settled] - self._marked_excess_sums[names, ends - newest]
        ended = excess * deviates[names, positions] <= 0.0
        deviates[names[ended], positions[ended]] = 0.0

    def gaps(self, size: int, longest: int) -> tuple[Windows, Ints]:
        """The windows since the last event, without that event, at each of the last bins; and their lengths in bins."""
        width = self.size
        positions = np.arange(width)
        last = np.maximum.accumulate(np.where(self._layers[_COUNTS] > 0.0, positions, -1), axis=1)[:, width - size :]
        lengths = np.minimum(positions[width - size :] - last, longest)
        mean, hour, shared, chance = (_reaching_back(sums, lengths) for sums in self._expected_sums)
        variance, nothing = _variance(hour, shared, chance, np.minimum(lengths, self._hour_bins)), np.zeros_like(mean)
        return Windows(nothing, nothing, mean, variance), np.maximum(lengths, 1)

    def _is_long(self, bins: int) -> bool:
        """True of windows longer than every window that marks."""
        return bins > self._settling_bins + 1

    @cached_property
    def _count_sums(self) -> Floats:
        return _sums(self._layers[_COUNTS])

    @cached_property
    def _expected_sums(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Running sums of the mean and of the components of the variance."""
        mean, hour, shared, chance = (_sums(self._layers[layer]) for layer in (_MEAN, _HOUR, _SHARED, _CHANCE))
        return mean, hour, shared, chance

    @cached_property
    def _excess_sums(self) -> Floats:
        return self._count_sums - self._expected_sums[0]

    @cached_property
    def _marked_excess_sums(self) -> Floats:
        """Running sums of the excess of marked bins. They are cached: read them only once all marks are set."""
        return _sums((self._layers[_COUNTS] - self._layers[_MEAN]) * self._layers[_MARKED])


def _variance(hour: Floats, shared: Floats, chance: Floats, hour_bins: "Ints | int") -> Floats:
    # Bins of one hour share its season's error, so m of them have m^2 times the variance of one; and an error that
    # all hours share adds up as it is, not as its square.
    variance: Floats = chance + hour * hour_bins + shared * shared
    return variance


def _sliding(sums: Floats, bins: int, size: int, back: int = 0) -> Floats:
    """Sums over the `bins` that end `back` bins before each of the last `size` ones."""
    end = sums.shape[1] - back
    return sums[:, end - size : end] - sums[:, end - size - bins : end - bins]


def _reaching_back(sums: Floats, lengths: Ints) -> Floats:
    """Sums over the last bins up to each position, as many as `lengths` says there."""
    end = sums.shape[1]
    ends = np.arange(end - lengths.shape[1], end)[None, :]
    return sums[:, end - lengths.shape[1] :] - np.take_along_axis(sums, ends - lengths, axis=1)


def _sums(layer: Floats) -> Floats:
    sums = np.zeros((layer.shape[0], layer.shape[1] + 1))
    np.cumsum(layer, axis=1, out=sums[:, 1:])
    return sums
