"""Running sums over minutes of what the counts of names, and what was expected of them, come to."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mixpanel_data.detect.statistics.scoring.parts import Parts
from mixpanel_data.detect.statistics.tails import Floats

_HOUR_MINUTES = 60


@dataclass(frozen=True, slots=True)
class Windows:
    """Names x windows: the events, those expected, and the standard deviations of that expectation.

    `chance` is a variance; `hour` and `shared` are standard deviations, of errors that names are taken to have alike.
    """

    count: Floats
    mean: Floats
    chance: Floats
    hour: Floats
    shared: Floats

    @property
    def variance(self) -> Floats:
        """The variance of each name's count."""
        variance: Floats = self.chance + self.hour**2 + self.shared**2
        return variance

    def together(self) -> "Windows":
        """All names as one, 1 x windows."""
        return Windows(*(each.sum(axis=0, keepdims=True) for each in self._figures()))

    def without(self, names: NDArray[np.int64], total: "Windows") -> "Windows":
        """`total`, 1 x windows, less the names that `names`, some x windows, says for each window."""
        pairs = zip(self._figures(), total._figures(), strict=True)
        less = (of_all - np.take_along_axis(own, names, axis=0).sum(axis=0) for own, of_all in pairs)
        return Windows(*(np.maximum(each, 0.0) for each in less))

    def _figures(self) -> tuple[Floats, ...]:
        return self.count, self.mean, self.chance, self.hour, self.shared


class Sums:
    """The running sums of some names' parts."""

    def __init__(self, parts: Parts) -> None:
        means = parts.means.astype(np.float64)
        self.size = parts.size
        self._counts = _running(parts.counts)
        self._means = _running(means)
        self._chance = _running(means * parts.of_each_minute(parts.dispersion))
        # Minutes of one hour share its error, so that m of them have m^2 times the variance of one.
        self._hour = _running(means**2 * parts.of_each_minute(parts.hour))
        self._shared = _running(means * np.sqrt(parts.of_each_minute(parts.shared)))

    def windows(self, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> Windows:
        """The windows [start, end), as positions of minutes; those that begin before the first minute begin there."""
        begin = np.maximum(starts, 0)
        hour_minutes = np.minimum(ends - begin, _HOUR_MINUTES)

        def of(sums: Floats) -> Floats:
            difference: Floats = sums[:, ends] - sums[:, begin]
            return difference

        hour = np.sqrt(np.maximum(of(self._hour), 0.0) * hour_minutes)
        return Windows(of(self._counts), of(self._means), of(self._chance), hour, of(self._shared))


def _running(figures: NDArray[np.floating]) -> Floats:
    sums = np.zeros((figures.shape[0], figures.shape[1] + 1))
    np.cumsum(figures, axis=1, dtype=np.float64, out=sums[:, 1:])
    return sums
