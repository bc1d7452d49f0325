"""Counts of windows of many lengths that end at each minute, beside what was expected of them.

Windows come from running sums, so that one of a day costs what one of a minute does. Windows from half an hour on
leave out what marked minutes had beyond what was expected: what a shorter window has told of.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from mixpanel_data.detect.baseline import Forecast
from mixpanel_data.detect.tails import Floats

Ints: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]

_COUNTS, _MEAN, _OWN, _SHARED, _CLUMPS, _MARKED = range(6)
# One in so many of a window's bins, the newest, have to be beyond what was expected too.
_NEWEST_OF_SHORT, _NEWEST_OF_LONG = 3, 4

Part: TypeAlias = tuple[Forecast, int, int]
"""An hour's forecast, the first of its bins that is meant, and how many."""


@dataclass(frozen=True, slots=True)
class Windows:
    """One window for each name and minute: its count, what is told of it, and what it should have been.

    `count` leaves out what marked minutes had beyond what was expected; `told` does not, unless it would then seem to
    be of the other side: more where there is less, late events after a silence being counted in."""

    count: Floats
    told: Floats
    mean: Floats
    variance: Floats


class Minutes:
    """Names x bins: counts, what was expected of them, and the parts of their variance. 0 where nothing is judged.

    `lag` is how many bins it takes until marks are final: those of the longest window that marks.
    """

    def __init__(self, parts: Floats, bins: int, lag: int) -> None:
        self._parts = parts
        self._bins = bins
        self._lag = lag

    @classmethod
    def nothing(cls, names: int, size: int, bins: int, lag: int) -> "Minutes":
        """Bins of which nothing is said; `bins` make an hour."""
        return cls(np.zeros((6, names, size)), bins, lag)

    @property
    def size(self) -> int:
        """How many bins."""
        return int(self._parts.shape[2])

    def followed_by(self, counts: Floats, forecasts: list[Part]) -> "Minutes":
        """These and the next ones."""
        new, at = np.zeros((6, *counts.shape)), 0
        for forecast, place, size in forecasts:
            here, judged = slice(at, at + size), forecast.is_judged[:, None]
            mean = forecast.minutes[:, place : place + size] * judged
            new[_COUNTS, :, here], new[_MEAN, :, here] = counts[:, here] * judged, mean
            new[_OWN, :, here] = forecast.own[:, None] * mean * mean
            new[_SHARED, :, here] = np.sqrt(forecast.shared)[:, None] * mean
            new[_CLUMPS, :, here] = forecast.clumps[:, None] * mean
            at += size
        return Minutes(np.concatenate([self._parts, new], axis=2), self._bins, self._lag)

    def last(self, size: int) -> "Minutes":
        """The last ones."""
        return Minutes(self._parts[:, :, self.size - size :].copy(), self._bins, self._lag)

    def mark(self, bins: int, is_abnormal: Bools) -> None:
        """All bins of those windows of that many bins, which end at the last places, as told of."""
        names, ends = np.nonzero(is_abnormal)
        if len(names) == 0:
            return
        marked = self._parts[_MARKED]
        ends = ends + marked.shape[1] - is_abnormal.shape[1]
        for back in range(bins):
            marked[names, ends - back] = 1.0

    def windows(self, bins: int, size: int) -> Windows:
        """Those of that many bins that end at each of the last `size`."""
        mean, own, shared, clumps = (_sliding(sums, bins, size) for sums in self._expected_sums)
        variance = _variance(own, shared, clumps, min(bins, self._bins))
        told = count = _sliding(self._count_sums, bins, size)
        if bins > self._lag + 1 and self._parts[_MARKED].any():
            count = told - _sliding(self._told_sums, bins - self._lag, size, self._lag)
            told = np.where((told - mean) * (count - mean) > 0.0, told, np.rint(count))
        return Windows(count, told, mean, variance)

    def quieten(self, deviates: Floats, bins: int, at_least: float) -> None:
        """Set those to 0 whose window's newest part does not lie on the same side as the window does.

        A window of that many bins is only news while it lasts: the newest third of a short one, quarter of a long
        one, beyond what was expected of it too. Deviates below `at_least` are left as they are."""
        names, places = np.nonzero(np.abs(deviates) > at_least)
        part = -(-bins // (_NEWEST_OF_LONG if bins > self._lag + 1 else _NEWEST_OF_SHORT))
        ends = places + self.size - deviates.shape[1] + 1
        excess = self._excess_sums[names, ends] - self._excess_sums[names, ends - part]
        if part > self._lag:
            excess -= self._told_sums[names, ends - self._lag] - self._told_sums[names, ends - part]
        ended = excess * deviates[names, places] <= 0.0
        deviates[names[ended], places[ended]] = 0.0

    def gaps(self, size: int, longest: int) -> tuple[Windows, Ints]:
        """The windows since each of the last minutes' last event, none of it in them, and their lengths in bins."""
        width = self.size
        places = np.arange(width)
        last = np.maximum.accumulate(np.where(self._parts[_COUNTS] > 0.0, places, -1), axis=1)[:, width - size :]
        lengths = np.minimum(places[width - size :] - last, longest)
        mean, own, shared, clumps = (_reaching_back(sums, lengths) for sums in self._expected_sums)
        variance, nothing = _variance(own, shared, clumps, np.minimum(lengths, self._bins)), np.zeros_like(mean)
        return Windows(nothing, nothing, mean, variance), np.maximum(lengths, 1)

    @cached_property
    def _count_sums(self) -> Floats:
        return _sums(self._parts[_COUNTS])

    @cached_property
    def _expected_sums(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Of the mean and the parts of the variance."""
        mean, own, shared, clumps = (_sums(self._parts[part]) for part in (_MEAN, _OWN, _SHARED, _CLUMPS))
        return mean, own, shared, clumps

    @cached_property
    def _excess_sums(self) -> Floats:
        return self._count_sums - self._expected_sums[0]

    @cached_property
    def _told_sums(self) -> Floats:
        """Of what marked bins had beyond what was expected: read only when all marks are set."""
        return _sums((self._parts[_COUNTS] - self._parts[_MEAN]) * self._parts[_MARKED])


def _variance(own: Floats, shared: Floats, clumps: Floats, hour_bins: "Ints | int") -> Floats:
    # Bins of one hour share its season's error, so m of them have m^2 times the variance of one; and an error that
    # all hours share adds up as it is, not as its square.
    variance: Floats = clumps + own * hour_bins + shared * shared
    return variance


def _sliding(sums: Floats, bins: int, size: int, lag: int = 0) -> Floats:
    """Sums over the `bins` that end `lag` before each of the last `size` places."""
    end = sums.shape[1] - lag
    return sums[:, end - size : end] - sums[:, end - size - bins : end - bins]


def _reaching_back(sums: Floats, lengths: Ints) -> Floats:
    """Sums over as many bins as each of the last places says."""
    end = sums.shape[1]
    ends = np.arange(end - lengths.shape[1], end)[None, :]
    return sums[:, end - lengths.shape[1] :] - np.take_along_axis(sums, ends - lengths, axis=1)


def _sums(part: Floats) -> Floats:
    sums = np.zeros((part.shape[0], part.shape[1] + 1))
    np.cumsum(part, axis=1, out=sums[:, 1:])
    return sums
