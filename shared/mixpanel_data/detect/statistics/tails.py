"""The standard normal deviate of a count's tail: how unusual the count is, for whole arrays at once.

Counts whose rate is itself uncertain are negative binomial: Poisson counts with a gamma rate. A deviate z stands for
the probability p that a standard normal exceeds it: z 4.5 is p 3e-6. Deviates keep their precision where
probabilities would vanish, and need no special function.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]

# The approximation below ends at a shape of one half. A wider distribution is replaced by one of this shape with the
# same variance.
_LEAST_SHAPE = 0.75
# From here on the negative binomial is Poisson for all counts that a warehouse has.
_MOST_SHAPE = 1e9
_STEPS = 40


def deviates_above(count: Floats, mean: Floats, variance: Floats) -> Floats:
    """Deviates of P(N >= count) for counts of the given mean and variance; minus infinity where count is 0."""
    at_least_one = np.maximum(count, 1.0)
    return np.where(count > 0.0, _deviates(at_least_one, mean, variance), -np.inf)


def deviates_below(count: Floats, mean: Floats, variance: Floats) -> Floats:
    """Deviates of P(N <= count) for counts of the given mean and variance, positive where count is low."""
    return -_deviates(count + 1.0, mean, variance)


def greatest_usual(mean: Floats, variance: Floats, deviate: float) -> Floats:
    """The greatest counts whose upper tail stays below the deviate, by bisection."""
    low, high = np.zeros_like(mean), mean + (deviate + 3.0) ** 2 * (1.0 + np.sqrt(variance) + variance / (mean + 1.0))
    for _ in range(_STEPS):
        middle = np.floor((low + high) / 2.0)
        is_usual = deviates_above(middle, mean, variance) < deviate
        low, high = np.where(is_usual, middle, low), np.where(is_usual, high, middle)
    return np.maximum(low, np.ceil(mean))


def least_usual(mean: Floats, variance: Floats, deviate: float) -> Floats:
    """The least counts whose lower tail stays below the deviate, by bisection."""
    low, high = np.full_like(mean, -1.0), np.ceil(mean)
    for _ in range(_STEPS):
        middle = np.floor((low + high) / 2.0)
        is_usual = deviates_below(np.maximum(middle, 0.0), mean, variance) < deviate
        is_usual &= middle >= 0.0
        low, high = np.where(is_usual, low, middle), np.where(is_usual, middle, high)
    return np.minimum(high, np.floor(mean))


def _deviates(successes: Floats, mean: Floats, variance: Floats) -> Floats:
    """Deviates of P(N >= successes), successes at least 1.

    1. P(N >= k) is a binomial tail, with r - 1 + k trials for shape r (an incomplete beta function).
    2. That tail by the approximation of Peizer and Pratt (A Normal Approximation for Binomial, F, Beta, and Other
       Common, Related Tail Probabilities, JASA 63, 1968), off by at most 0.05 of a deviate
       (test_deviates_are_those_of_the_summed_tails).
    """
    mean, shape = _mean_and_shape(mean, variance)
    trials = shape + successes - 1.0
    share = shape / (shape + mean)
    counted, uncounted = trials * mean / (shape + mean), trials * share
    a, b = shape - 0.5, successes - 0.5
    distance = successes - 1.0 / 3.0 - (trials + 1.0 / 3.0) * (1.0 - share)
    distance += 0.02 * (share / successes - (1.0 - share) / shape + (share - 0.5) / (shape + successes))
    gap = b - counted
    # At the mean itself distance / gap is 0 / 0: a small gap stands for its limit.
    gap = np.where(np.abs(gap) < 1e-6, 1e-6, gap)
    deviance = b * np.log(b / counted) + a * np.log1p(-gap / uncounted)
    spread = np.sqrt(np.maximum(2.0 / (1.0 + 1.0 / (6.0 * trials)) * deviance, 1e-300))
    deviates: Floats = distance / np.abs(gap) * spread
    return deviates


def _mean_and_shape(mean: Floats, variance: Floats) -> tuple[Floats, Floats]:
    """(mean, shape) of the negative binomial with this mean and variance, its shape at least _LEAST_SHAPE."""
    mean = np.maximum(mean, 1e-9)
    shape = mean * mean / np.maximum(variance - mean, mean * mean / _MOST_SHAPE)
    is_wide = shape < _LEAST_SHAPE
    # The mean m of shape s with variance m + m^2/s = v.
    stand_in = _LEAST_SHAPE / 2.0 * (np.sqrt(1.0 + 4.0 * variance / _LEAST_SHAPE) - 1.0)
    return np.where(is_wide, np.maximum(stand_in, mean), mean), np.maximum(shape, _LEAST_SHAPE)
