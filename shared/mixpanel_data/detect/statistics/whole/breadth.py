"""How abnormal all names together are without the three that deviate most, if many of them deviate alike.

All names together fall when the largest one does, and that is the incident of one name. It takes three things for an
incident of all of them:

1. without the three names that deviate most in their direction, they are abnormal still, and
2. have moved at least half as far as with them;
3. of the names large enough to tell, at least four, and at least half, have moved half as far as all names together.

A name is large enough to tell where moving as far as all names together would be three standard deviations of its own
count. One that does so then moves half as far, or further, with a probability of 0.93; one that is as usual seems to
with 0.07. Those large enough are few at first, and the largest: that is why the others have to have moved as well,
which they tell together long before each does by itself.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mixpanel_data.detect.statistics.scoring.parts import Parts
from mixpanel_data.detect.statistics.tails import Floats, deviates_above, deviates_below
from mixpanel_data.detect.statistics.whole.sums import Sums, Windows

LEAST_NAMES = 4
"""Fewer names that deviate alike are names by themselves: one message says more about each."""

# The others add to the sums, and are too small to change who has moved.
_MOST_NAMES = 200
_LEAST_SHARE, _HALF_AS_FAR, _DEVIATIONS = 0.5, 0.5, 3.0


@dataclass(frozen=True, slots=True)
class Members:
    """For each window: the names that are `able` to tell, and those of them that `moved`, names x windows."""

    able: NDArray[np.bool_]
    moved: NDArray[np.bool_]

    @property
    def is_broad(self) -> NDArray[np.bool_]:
        """True of windows in which enough names moved."""
        able, moved = self.able.sum(axis=0), self.moved.sum(axis=0)
        broad: NDArray[np.bool_] = (moved >= LEAST_NAMES) & (moved >= _LEAST_SHARE * able)
        return broad


class Breadth:
    """The largest of at least four names, and all of them together; `chance_factor` as in `chance`."""

    def __init__(self, parts: Parts, one: Parts, chance_factor: float) -> None:
        self._names, self._total = Sums(parts.largest(_MOST_NAMES)), Sums(one)
        self._chance_factor = chance_factor

    def deviates(self, minutes: int, ends: NDArray[np.int64], sign: int) -> tuple[Floats, NDArray[np.bool_]]:
        """(the deviates of windows of `minutes` without their strongest names; True where many names moved).

        The windows stop before the positions `ends`; `sign` is 1 for more events than expected, -1 for fewer.
        """
        starts = ends - minutes
        names, total = self._names.windows(starts, ends), self._total.windows(starts, ends)
        change = sign * (names.count - names.mean)
        strongest = np.argpartition(-change, LEAST_NAMES - 1, axis=0)[: LEAST_NAMES - 1]
        others = names.without(strongest, total)
        have_moved = _moved(others, sign) >= _HALF_AS_FAR * _moved(total, sign)
        deviates = directed_deviates(replace(others, chance=others.chance * self._chance_factor), sign)
        return deviates[0], members(names, total, sign).is_broad & have_moved[0]


def members(names: Windows, total: Windows, sign: int) -> Members:
    """Which names moved with all of them together; `total` is 1 x windows."""
    predicted = np.maximum(_moved(total, sign), 0.0) * names.mean
    able = (predicted > 0.0) & (predicted >= _DEVIATIONS * np.sqrt(names.variance))
    return Members(able, able & (sign * (names.count - names.mean) >= _HALF_AS_FAR * predicted))


def _moved(windows: Windows, sign: int) -> Floats:
    """How far the counts have moved, as shares of those expected."""
    moved: Floats = sign * (windows.count - windows.mean) / np.maximum(windows.mean, 1e-9)
    return moved


def directed_deviates(windows: Windows, sign: int) -> Floats:
    """How unusually many (`sign` 1) or few (-1) events each window has; below 0 where it is the other way."""
    deviates = deviates_above if sign > 0 else deviates_below
    # Whole numbers, as the tails count them: sums of parts in single precision may be off by little.
    return deviates(np.rint(windows.count), windows.mean, windows.variance)
