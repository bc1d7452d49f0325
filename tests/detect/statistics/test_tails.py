"""Deviates of negative binomial tails are those of the tails summed term by term."""

import math
from statistics import NormalDist

import numpy as np
import pytest

from mixpanel_data.detect.statistics.tails import deviates_above, deviates_below, greatest_usual, least_usual

POISSON_CUT = 4.5


def share(count: int, mean: float, shape: float) -> float:
    """P(N = count), negative binomial."""
    ways = math.lgamma(count + shape) - math.lgamma(shape) - math.lgamma(count + 1)
    return math.exp(ways + shape * math.log(shape / (shape + mean)) + count * math.log(mean / (shape + mean)))


def tails(count: int, mean: float, shape: float) -> tuple[float, float]:
    """(P(N <= count), P(N >= count)), summed."""
    below = math.fsum(share(each, mean, shape) for each in range(count + 1))
    above = math.fsum(share(each, mean, shape) for each in range(count, count + 60_000))
    return below, above


@pytest.mark.parametrize("mean", [0.05, 0.5, 3.0, 20.0, 100.0])
@pytest.mark.parametrize("shape", [0.02, 0.3, 2.0, 50.0, 1e4])
def test_deviates_are_those_of_the_summed_tails(mean: float, shape: float) -> None:
    variance = np.array([mean + mean * mean / shape])
    for count in (0, 1, 3, 10, 40, 150):
        below, above = tails(count, mean, shape)
        for probability, deviates in ((below, deviates_below), (above, deviates_above)):
            if 1e-12 < probability < 0.02:
                found = deviates(np.array([float(count)]), np.array([mean]), variance)[0]
                assert found == pytest.approx(-NormalDist().inv_cdf(probability), abs=1e-4)


def test_the_greatest_and_least_usual_counts_are_the_last_ones_below_the_deviate() -> None:
    mean = np.array([0.05, 0.5, 3.0, 20.0, 60.0, 500.0])
    variance = mean + 0.01 * mean**2
    high, low = greatest_usual(mean, variance, POISSON_CUT), least_usual(mean, variance, POISSON_CUT)
    assert np.all(deviates_above(high, mean, variance) < POISSON_CUT)
    assert np.all(deviates_above(high + 1, mean, variance) >= POISSON_CUT)
    assert np.all(deviates_below(low, mean, variance) < POISSON_CUT)
    assert np.all((low == 0) | (deviates_below(np.maximum(low - 1, 0), mean, variance) >= POISSON_CUT))


def test_extreme_counts_and_variances_give_deviates_that_are_numbers() -> None:
    count, mean, variance = (np.ravel(each) for each in np.meshgrid([0.0, 1.0, 1e9], [0.0, 1e-6, 1e9], [0.0, 1e12]))
    with np.errstate(divide="raise", invalid="raise"):
        assert not np.any(np.isnan(deviates_above(count, mean, variance)))
        assert not np.any(np.isnan(deviates_below(count, mean, variance)))
