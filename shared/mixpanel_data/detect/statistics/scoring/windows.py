"""Counts of windows of many lengths that end at each minute, beside the counts expected of them.

Windows come from running sums, so that one of a day costs as much as one of a minute. Windows from half an hour on
leave out the excess of marked minutes: shorter windows have already reported it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from mixpanel_data.detect.statistics.forecasting import dispersion
from mixpanel_data.detect.statistics.forecasting.forecast import ForecastSlice
from mixpanel_data.detect.statistics.tails import Bools, Floats

Ints: TypeAlias = NDArray[np.int64]

_SCALES = len(dispersion.SCALE_MINUTES)
# Layers: the counts, those expected at most and at least, the components of the variance of both, and the marks.
_COUNTS, _MOST, _LEAST, _MARKED, _HOUR, _SHARED, _CHANCE = 0, 1, 2, 3, 4, 5, 6
# What schedules add: to `most` with their variance, and to what has to come, which is known to a minute or so.
_MOST_SCHEDULED_VARIANCE, _LEAST_SCHEDULED, _LEAST_SCHEDULED_VARIANCE = (_CHANCE + _SCALES + at for at in range(3))
# The mean times the size of a batch.
_BATCH = _LEAST_SCHEDULED_VARIANCE + 1
_LAYERS = _BATCH + 1
_SCHEDULE_TOLERANCE_BINS = 1
# Shorter windows would see each missing run of an hourly job by itself, with quiet between them; in the newest quarter
# of these there is always one. Where nothing else comes, the time since the last event tells at the first one.
_SCHEDULE_MISSED_MINUTES = 240
# The newest third of a short window, or quarter of a long one, has to lie beyond its expectation too.
_NEWEST_OF_SHORT, _NEWEST_OF_LONG = 3, 4
_NEWEST_SHARE = 3.0


@dataclass(frozen=True, slots=True)
class Expected:
    """The counts expected of windows, names x minutes each.

    `chance` is the part of the variance that grows with a window's length and not with its square: that of batches, of
    users who stay for a while, and of hours that are unlike. `batch` is the number of events that seem to come at once:
    the mean size of a batch, in longer windows that many times more as their dispersion is greater.
    """

    mean: Floats
    variance: Floats
    chance: Floats
    batch: Floats

    def with_rows(self, rows: "NDArray[np.intp]", others: "Expected") -> "Expected":
        """The same with other figures for the names `rows`."""
        names = [field.name for field in fields(self)]
        replaced = {name: getattr(self, name).copy() for name in names}
        for name, figures in replaced.items():
            figures[rows] = getattr(others, name)
        return Expected(**replaced)


@dataclass(frozen=True, slots=True)
class Windows:
    """One window for each name and minute, names x minutes each.

    `count` leaves out the excess of marked minutes, and is the count that gets a score. `shown_count` includes it, and
    is the count that people see; unless it would then lie on the other side of what is expected (too many where there
    are too few, when late events after a silence are counted in). More than `most` are too many, fewer than `least` are
    too few.
    """

    count: Floats
    shown_count: Floats
    most: Expected
    least: Expected


class BinSeries:
    """Names x bins: counts, the counts expected, and the components of their variance. 0 where nothing is judged.

    `settling_bins`: the bins that it takes until marks are final, those of the longest window that marks.
    """

    def __init__(self, layers: Floats, hour_bins: int, settling_bins: int, arrived: Floats | None = None) -> None:
        self._layers = layers
        self._hour_bins = hour_bins
        self._settling_bins = settling_bins
        self._arrived = arrived

    @classmethod
    def empty(cls, names: int, size: int, hour_bins: int, settling_bins: int) -> "BinSeries":
        """Bins in which nothing is judged; `hour_bins` make an hour."""
        return cls(np.zeros((_LAYERS, names, size)), hour_bins, settling_bins)

    @property
    def size(self) -> int:
        """The number of bins."""
        return int(self._layers.shape[2])

    def followed_by(
        self, counts: Floats, forecasts: Sequence[ForecastSlice], arrived: Floats | None = None
    ) -> "BinSeries":
        """These bins and the next ones; the slices together are as long as `counts`, and so is `arrived`."""
        new, at = np.zeros((_LAYERS, *counts.shape)), 0
        for hour in forecasts:
            here = slice(at, at + hour.size)
            _fill(new[:, :, here], counts[:, here], hour)
            at += hour.size
        layers = np.concatenate([self._layers, new], axis=2)
        return BinSeries(layers, self._hour_bins, self._settling_bins, self._followed_by_arrived(arrived, counts))

    def _followed_by_arrived(self, arrived: Floats | None, counts: Floats) -> Floats | None:
        if arrived is None and self._arrived is None:
            return None
        before = np.ones(self._layers.shape[1:]) if self._arrived is None else self._arrived
        return np.concatenate([before, np.ones_like(counts) if arrived is None else arrived], axis=1)

    def last(self, size: int) -> "BinSeries":
        """The last `size` bins."""
        first = self.size - size
        arrived = None if self._arrived is None else self._arrived[:, first:].copy()
        return BinSeries(self._layers[:, :, first:].copy(), self._hour_bins, self._settling_bins, arrived)

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
        most = self._most(bins, size)
        least = self._least(most, bins, size)
        shown = count = _sliding(self._count_sums, bins, size)
        if self._is_long(bins) and self._layers[_MARKED].any():
            settled = bins - self._settling_bins
            count = shown - _sliding(self._marked_excess_sums, settled, size, self._settling_bins)
            middle = (most.mean + least.mean) / 2.0
            shown = np.where((shown - middle) * (count - middle) > 0.0, shown, np.rint(count))
        return Windows(count, shown, most, least)

    def quieten(self, deviates: Floats, bins: int, at_least: float) -> None:
        """Set deviates to 0 where the newest part of the window does not lie on the same side as the whole.

        A window of `bins` bins is news only while it lasts: the newest third of a short one, quarter of a long one,
        has to lie beyond its own expectation too; in a long one by a third of what the whole window does, or the end of
        a day that was unlike others would be news once more. Deviates up to `at_least` are left alone.
        """
        names, positions = np.nonzero(np.abs(deviates) > at_least)
        newest = -(-bins // (_NEWEST_OF_LONG if self._is_long(bins) else _NEWEST_OF_SHORT))
        ends = positions + self.size - deviates.shape[1] + 1
        excess = self._excess_sums[names, ends] - self._excess_sums[names, ends - newest]
        if newest > self._settling_bins:
            settled = ends - self._settling_bins
            excess -= self._marked_excess_sums[names, settled] - self._marked_excess_sums[names, ends - newest]
        if self._is_long(bins):
            whole = self._excess_sums[names, ends] - self._excess_sums[names, ends - bins]
            excess -= np.where(whole * deviates[names, positions] > 0.0, whole * newest / bins / _NEWEST_SHARE, 0.0)
        ended = excess * deviates[names, positions] <= 0.0
        deviates[names[ended], positions[ended]] = 0.0

    def gaps(self, size: int, longest: int) -> tuple[Windows, Ints]:
        """The windows since the last event, without that event, at each of the last bins; and their lengths in bins."""
        width = self.size
        positions = np.arange(width)
        last = np.maximum.accumulate(np.where(self._layers[_COUNTS] > 0.0, positions, -1), axis=1)[:, width - size :]
        lengths = np.minimum(positions[width - size :] - last, longest)
        least, rows = self._most_sums.reaching_back(lengths, self._hour_bins), self._two_sided
        if len(rows):
            few = self._least_sums.reaching_back(lengths[rows], self._hour_bins)
            if self._is_scheduled:
                back = _SCHEDULE_TOLERANCE_BINS
                inner = np.maximum(lengths[rows] - 2 * back, 0)
                few = _scheduled(few, *(_reaching_back(each, inner, back) for each in self._least_scheduled_sums))
            least = least.with_rows(rows, few)
        nothing = np.zeros_like(least.mean)
        return Windows(nothing, nothing, least, least), np.maximum(lengths, 1)

    def _most(self, bins: int, size: int) -> Expected:
        most = self._most_sums.windows(bins, size, self._hour_bins)
        if not self._is_scheduled:
            return most
        return replace(most, variance=most.variance + _sliding(self._most_scheduled_sums, bins, size))

    def _least(self, most: Expected, bins: int, size: int) -> Expected:
        """The same as `most`, but for the names that may have fewer."""
        rows = self._two_sided
        if not len(rows):
            return most
        least = self._least_sums.windows(bins, size, self._hour_bins)
        if self._is_scheduled and bins * 60 >= _SCHEDULE_MISSED_MINUTES * self._hour_bins:
            # A job may come a minute early or late: only what lies well within the window is missing.
            inner, back = bins - 2 * _SCHEDULE_TOLERANCE_BINS, _SCHEDULE_TOLERANCE_BINS
            least = _scheduled(least, *(_sliding(each, inner, size, back) for each in self._least_scheduled_sums))
        return most.with_rows(rows, least)

    def _is_long(self, bins: int) -> bool:
        """True of windows longer than every window that marks."""
        return bins > self._settling_bins + 1

    @cached_property
    def _is_scheduled(self) -> bool:
        return bool(self._layers[_MOST_SCHEDULED_VARIANCE].any())

    @cached_property
    def _two_sided(self) -> "NDArray[np.intp]":
        """The names of which fewer may come than at most."""
        layers = self._layers
        differs = (layers[_MOST] != layers[_LEAST]).any(axis=1)
        if self._arrived is not None:
            differs |= (self._arrived < 1.0).any(axis=1)
        return np.flatnonzero(differs)

    @cached_property
    def _count_sums(self) -> Floats:
        return _sums(self._layers[_COUNTS])

    @cached_property
    def _most_sums(self) -> "_ExpectedSums":
        """What is expected at most."""
        layers = self._layers
        chances = [_sums(layers[_CHANCE + scale]) for scale in range(_SCALES)]
        most, hour, shared, batch = (_sums(layers[layer]) for layer in (_MOST, _HOUR, _SHARED, _BATCH))
        return _ExpectedSums(most, hour, shared, chances, batch)

    @cached_property
    def _least_sums(self) -> "_ExpectedSums":
        """What is expected at least, of the two-sided names: of the events that can have arrived."""
        layers, arrived = self._layers[:, self._two_sided], self._arrived_of_two_sided
        chances = [_sums(layers[_CHANCE + scale] * arrived) for scale in range(_SCALES)]
        least, hour, shared = layers[_LEAST] * arrived, layers[_HOUR] * arrived**2, layers[_SHARED] * arrived
        return _ExpectedSums(_sums(least), _sums(hour), _sums(shared), chances, _sums(layers[_BATCH] * arrived))

    @cached_property
    def _arrived_of_two_sided(self) -> Floats:
        return np.ones(()) if self._arrived is None else self._arrived[self._two_sided]

    @cached_property
    def _most_scheduled_sums(self) -> Floats:
        return _sums(self._layers[_MOST_SCHEDULED_VARIANCE])

    @cached_property
    def _least_scheduled_sums(self) -> list[Floats]:
        layers, arrived = self._layers[:, self._two_sided], self._arrived_of_two_sided
        return [_sums(layers[layer] * arrived) for layer in (_LEAST_SCHEDULED, _LEAST_SCHEDULED_VARIANCE)]

    @cached_property
    def _excess(self) -> Floats:
        """How far each count lies beyond what is expected at most, or below what is expected at least."""
        layers = self._layers
        arrived = np.ones(()) if self._arrived is None else self._arrived
        least = np.minimum((layers[_LEAST] + layers[_LEAST_SCHEDULED]) * arrived, layers[_MOST])
        excess: Floats = layers[_COUNTS] - np.clip(layers[_COUNTS], least, layers[_MOST])
        return excess

    @cached_property
    def _excess_sums(self) -> Floats:
        return _sums(self._excess)

    @cached_property
    def _marked_excess_sums(self) -> Floats:
        """Running sums of the excess of marked bins. They are cached: read them only once all marks are set."""
        return _sums(self._excess * self._layers[_MARKED])


def _fill(layers: Floats, counts: Floats, hour: ForecastSlice) -> None:
    """The layers of some bins of one hour, names x bins each."""
    forecast = hour.forecast
    judged = forecast.is_judged[:, None]
    mean = hour.of(forecast.minutes) * judged
    layers[_COUNTS] = counts * judged
    layers[_MOST] = mean * forecast.most_level[:, None]
    layers[_LEAST] = mean * forecast.least_level[:, None]
    layers[_HOUR] = forecast.hour_variance[:, None] * mean * mean
    layers[_SHARED] = np.sqrt(forecast.shared_variance)[:, None] * mean
    layers[_CHANCE : _CHANCE + _SCALES] = forecast.dispersion[:, :, None] * mean
    layers[_BATCH] = forecast.batch[:, None] * mean
    if forecast.scheduled is not None:
        most = hour.of(forecast.scheduled.most) * judged
        layers[_MOST] += most
        # Scheduled events stray as the others do: without that, the sum of both would seem to stray less than one.
        chance = forecast.dispersion[0][:, None] * most
        layers[_MOST_SCHEDULED_VARIANCE] = chance + hour.of(forecast.scheduled.most_variance) * judged
        layers[_LEAST_SCHEDULED] = hour.of(forecast.scheduled.least) * judged
        layers[_LEAST_SCHEDULED_VARIANCE] = hour.of(forecast.scheduled.least_variance) * judged


@dataclass(frozen=True, slots=True)
class _ExpectedSums:
    """Running sums of what is expected: the mean, the components of the variance (chance at each length), batches."""

    mean: Floats
    hour: Floats
    shared: Floats
    chances: Sequence[Floats]
    batch: Floats

    def windows(self, bins: int, size: int, hour_bins: int) -> Expected:
        """Of the windows of `bins` bins that end at each of the last `size` bins."""
        return self._expected(lambda sums: _sliding(sums, bins, size), bins, hour_bins)

    def reaching_back(self, lengths: Ints, hour_bins: int) -> Expected:
        """Of windows of these lengths, names x bins, that end at each of the last bins."""
        return self._expected(lambda sums: _reaching_back(sums, lengths), lengths, hour_bins)

    def _expected(self, window: Callable[[Floats], Floats], bins: "Ints | int", hour_bins: int) -> Expected:
        mean, shared, shortest = window(self.mean), window(self.shared), window(self.chances[0])
        # Bins of one hour share its season's error, so m of them have m^2 times the variance of one; and an error that
        # all hours share adds up as it is, not as its square.
        chance = window(self.hour) * np.minimum(bins, hour_bins)
        for weight, sums in zip(dispersion.weights(bins * (60.0 / hour_bins)), self.chances, strict=True):
            if np.any(weight):
                chance += weight * (shortest if sums is self.chances[0] else window(sums))
        batch = window(self.batch) * chance / np.maximum(mean * shortest, 1e-300)
        return Expected(mean, chance + shared * shared, chance, np.maximum(batch, 1.0))


def _scheduled(least: Expected, mean: Floats, variance: Floats) -> Expected:
    return replace(least, mean=least.mean + mean, variance=least.variance + mean + variance, chance=least.chance + mean)


def _sliding(sums: Floats, bins: int, size: int, back: int = 0) -> Floats:
    """Sums over the `bins` that end `back` bins before each of the last `size` ones."""
    end = sums.shape[1] - back
    return sums[:, end - size : end] - sums[:, end - size - bins : end - bins]


def _reaching_back(sums: Floats, lengths: Ints, back: int = 0) -> Floats:
    """Sums over as many bins as `lengths` says there, which end `back` bins before each position."""
    end = sums.shape[1]
    ends = np.arange(end - lengths.shape[1], end)[None, :] - back
    return np.take_along_axis(sums, np.maximum(ends, 0), axis=1) - np.take_along_axis(
        sums, np.maximum(ends - lengths, 0), axis=1
    )


def _sums(layer: Floats) -> Floats:
    sums = np.zeros((layer.shape[0], layer.shape[1] + 1))
    np.cumsum(layer, axis=1, out=sums[:, 1:])
    return sums
