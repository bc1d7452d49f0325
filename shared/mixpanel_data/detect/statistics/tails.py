"""The standard normal deviate of a count's tail: how unusual the count is, for whole arrays at once.

Counts whose rate is itself uncertain are negative binomial: Poisson counts with a gamma rate. A deviate z stands for
the probability p that a standard normal exceeds it: z 4.5 is p 3e-6. Deviates keep their precision where
probabilities would vanish.
"""

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Bools: TypeAlias = NDArray[np.bool_]

LEAST_DEVIATE = 2.0
"""Smaller deviates only keep their order: they are a straight line from here to 0 in the logarithm of p."""

# From here on the negative binomial is Poisson for all counts that a warehouse has.
_MOST_SHAPE = 1e9
_LOG_ROOT_TWO_PI = 0.5 * math.log(2.0 * math.pi)
# log P(Z > 2) of a standard normal Z.
_LOG_TAIL_OF_LEAST = math.log(0.5 * math.erfc(LEAST_DEVIATE / math.sqrt(2.0)))
_MILLS_TERMS = 40
_NEWTON_STEPS = 5
_FRACTION_STEPS, _FRACTION_PRECISION = 400, 1e-10


def deviates_above(count: Floats, mean: Floats, variance: Floats) -> Floats:
    """Deviates of P(N >= count) for counts of the given mean and variance; 0 where count is at most the mean."""
    return _beyond(count > np.maximum(mean, 0.0), count, mean, variance, is_above=True)


def deviates_below(count: Floats, mean: Floats, variance: Floats) -> Floats:
    """Deviates of P(N <= count) for counts of the given mean and variance; 0 where count is at least the mean.

    Counts need not be whole: between whole numbers the incomplete beta function goes on.
    """
    return _beyond(count < mean, count, mean, variance, is_above=False)


def greatest_usual(mean: Floats, variance: Floats, deviate: float) -> Floats:
    """The greatest counts whose upper tail stays below the deviate, by bisection."""
    low, high = np.zeros_like(mean), mean + (deviate + 3.0) ** 2 * (1.0 + np.sqrt(variance) + variance / (mean + 1.0))
    while np.any(high - low > 1.0):
        middle = np.floor((low + high) / 2.0)
        is_usual = deviates_above(middle, mean, variance) < deviate
        low, high = np.where(is_usual, middle, low), np.where(is_usual, high, middle)
    return np.maximum(low, np.ceil(mean))


def least_usual(mean: Floats, variance: Floats, deviate: float) -> Floats:
    """The least counts whose lower tail stays below the deviate, by bisection."""
    low, high = np.full_like(mean, -1.0), np.ceil(mean)
    while np.any(high - low > 1.0):
        middle = np.floor((low + high) / 2.0)
        is_usual = deviates_below(np.maximum(middle, 0.0), mean, variance) < deviate
        is_usual &= middle >= 0.0
        low, high = np.where(is_usual, low, middle), np.where(is_usual, middle, high)
    return np.minimum(high, np.floor(mean))


def _beyond(is_beyond: NDArray[np.bool_], count: Floats, mean: Floats, variance: Floats, *, is_above: bool) -> Floats:
    deviates = np.zeros(np.broadcast_shapes(count.shape, mean.shape, variance.shape))
    at = np.broadcast_to(is_beyond, deviates.shape)
    beyond, means, variances = (np.broadcast_to(each, deviates.shape)[at] for each in (count, mean, variance))
    means = np.maximum(means, 1e-9)
    shape = means * means / np.maximum(variances - means, means * means / _MOST_SHAPE)
    share, rest = means / (shape + means), shape / (shape + means)
    if is_above:
        log_p = _log_incomplete_beta(beyond, shape, share, rest)
    else:
        log_p = _log_incomplete_beta(shape, beyond + 1.0, rest, share)
    deviates[at] = _deviates_of(np.minimum(log_p, 0.0))
    return deviates


def _log_incomplete_beta(a: Floats, b: Floats, x: Floats, y: Floats) -> Floats:
    """The logarithm of the regularised incomplete beta function I_x(a, b), y = 1 - x, for x below a / (a + b).

    1. P(N >= k) of a negative binomial of shape r and mean m is I(k, r) at m / (m + r); P(N <= k) is I(r, k + 1) at
       r / (m + r) (DLMF 8.17).
    2. The leading factor is a binomial probability, in the form that loses no digits to large numbers: Loader, Fast
       and Accurate Computation of Binomial Probabilities, 2000.
    3. The continued fraction is DLMF 8.17.22, by Lentz's algorithm (Thompson and Barnett, J. Comp. Physics 64, 1986).
    """
    n = a + b
    log_leading = _stirling_error(n) - _stirling_error(a) - _stirling_error(b)
    log_leading += 0.5 * np.log(n / a / b) - _LOG_ROOT_TWO_PI + np.log(b / n)
    log_leading -= _deviance(a, n * x) + _deviance(b, n * y)
    return log_leading + np.log(_fraction(a, b, x))


def _fraction(a: Floats, b: Floats, x: Floats) -> Floats:
    result = np.ones_like(a)
    at = np.arange(len(a))
    tiny = 1e-300
    numerators = np.ones_like(a)
    denominators = 1.0 / _away_from_zero(1.0 - (a + b) * x / (a + 1.0), tiny)
    value = denominators.copy()
    for step in range(1, _FRACTION_STEPS):
        if not len(at):
            break
        even = step * (b - step) * x / ((a + 2 * step - 1.0) * (a + 2 * step))
        odd = -(a + step) * (a + b + step) * x / ((a + 2 * step) * (a + 2 * step + 1.0))
        for coefficient in (even, odd):
            denominators = 1.0 / _away_from_zero(1.0 + coefficient * denominators, tiny)
            numerators = _away_from_zero(1.0 + coefficient / numerators, tiny)
            change = denominators * numerators
            value = value * change
        is_done = np.abs(change - 1.0) < _FRACTION_PRECISION
        if is_done.any():
            result[at[is_done]] = value[is_done]
            left = ~is_done
            at, a, b, x = at[left], a[left], b[left], x[left]
            numerators, denominators, value = numerators[left], denominators[left], value[left]
    result[at] = value
    return np.maximum(result, tiny)


def _away_from_zero(figures: Floats, tiny: float) -> Floats:
    return np.where(np.abs(figures) < tiny, tiny, figures)


def _stirling_error(z: Floats) -> Floats:
    """log(z!) less Stirling's approximation of it, for any z above 0."""
    shift = np.where(z < 16.0, 16.0, 0.0)
    far = z + shift
    squares = far * far
    series = (1.0 / 12.0 - (1.0 / 360.0 - (1.0 / 1260.0 - 1.0 / 1680.0 / squares) / squares) / squares) / far
    if not shift.any():
        return series
    # log(z!) = log((z + 16)!) - log((z + 1) ... (z + 16))
    product = sum(np.log(z + step) for step in range(1, 17))
    near = (far + 0.5) * np.log(far) - far + series - product - (z + 0.5) * np.log(z) + z
    return np.where(shift > 0.0, near, series)


def _deviance(count: Floats, mean: Floats) -> Floats:
    """count log(count / mean) + mean - count."""
    gap = np.maximum((count - mean) / mean, -0.5)
    near = mean * ((1.0 + gap) * np.log1p(gap) - gap)
    return np.where(gap > -0.5, np.maximum(near, 0.0), count * np.log(count / mean) + mean - count)


def _deviates_of(log_p: Floats) -> Floats:
    """The deviates whose upper tails have these logarithms, by Newton's method from the leading terms."""
    deviates = LEAST_DEVIATE * log_p / _LOG_TAIL_OF_LEAST
    is_far = log_p < _LOG_TAIL_OF_LEAST
    goal = log_p[is_far]
    z = np.sqrt(np.maximum(-2.0 * (goal + np.log(np.sqrt(-2.0 * goal)) + _LOG_ROOT_TWO_PI), LEAST_DEVIATE**2))
    for _ in range(_NEWTON_STEPS):
        mills = _mills_ratio(z)
        z = np.maximum(z + mills * (-0.5 * z * z - _LOG_ROOT_TWO_PI + np.log(mills) - goal), LEAST_DEVIATE)
    deviates[is_far] = z
    return deviates


def _mills_ratio(z: Floats) -> Floats:
    """P(Z > z) over the density at z, for z of at least 2 (Laplace's continued fraction, DLMF 7.9.2)."""
    fraction = np.zeros_like(z)
    for term in range(_MILLS_TERMS, 0, -1):
        fraction = term / (z + fraction)
    ratio: Floats = 1.0 / (z + fraction)
    return ratio
