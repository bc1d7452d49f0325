"""How much further all names together stray by chance than each by itself.

Names that share their users rise and fall with them, minute by minute, which no name by itself shows: the variance of
their sum is more than the sum of their variances. It is measured on the minutes at hand.

1. Sums over 1, 5 and 15 minutes are compared with their forecast, 16 at a time and relative to what these 16 came to,
   so that a level that changed does not count.
2. The squared errors of 16 sums, over those that chance lets expect, are one ratio. Its median over all sixteens is the
   factor, so that neither the start nor the end of an outage moves it far; fewer than five of them have no say.
"""

import numpy as np

from mixpanel_data.detect.statistics.scoring.parts import Parts
from mixpanel_data.detect.statistics.tails import Floats

_SUM_MINUTES = (1, 5, 15)
_SUMS_TOGETHER = 16
_LEAST_RATIOS = 5


def chance_factor(one: Parts, minutes: int) -> float:
    """The factor by which chance varies more than `one`, all names as one, expects; 1 at least.

    Measured on the first `minutes` minutes: later ones are still filling.
    """
    count, mean = (each[0, :minutes].astype(np.float64) for each in (one.counts, one.means))
    chance = mean * one.of_each_minute(one.dispersion)[0, :minutes]
    return max(1.0, *(_ratio(count, mean, chance, width) for width in _SUM_MINUTES))


def _ratio(count: Floats, mean: Floats, chance: Floats, width: int) -> float:
    span = width * _SUMS_TOGETHER
    blocks = len(count) // span
    newest = slice(len(count) - blocks * span, None)
    summed = [each[newest].reshape(blocks, _SUMS_TOGETHER, width).sum(axis=2) for each in (count, mean, chance)]
    count, mean, chance = summed
    with np.errstate(divide="ignore", invalid="ignore"):
        level = count.sum(axis=1, keepdims=True) / mean.sum(axis=1, keepdims=True)
        errors = ((count - mean * level) ** 2).sum(axis=1) * _SUMS_TOGETHER / (_SUMS_TOGETHER - 1)
        ratios = errors / (chance * level).sum(axis=1)
    known = ratios[np.isfinite(ratios)]
    return float(np.median(known)) if len(known) >= _LEAST_RATIOS else 1.0
