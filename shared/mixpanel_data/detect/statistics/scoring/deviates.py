"""The deviate of each window: how unusual its count is, above or below what is expected of it."""

import numpy as np

from mixpanel_data.detect.statistics.scoring.windows import Expected, Windows
from mixpanel_data.detect.statistics.tails import (
    Bools,
    Floats,
    deviates_above,
    deviates_below,
    greatest_usual,
    least_usual,
)

LEAST_BURST_EVENTS = 3
"""Fewer events are not a burst, however rare the name: one event after a month without any deserves no alert."""

SCREEN = 2.5
"""Below, a deviate is only estimated: no cut is as low, and most minutes lie there."""


def deviates_of(window: Windows) -> Floats:
    """The deviate of each window, negative where counts are low; to full precision only beyond the screen."""
    deviates = np.zeros_like(window.count)
    is_high = (window.count > window.most.mean) & (window.count >= LEAST_BURST_EVENTS)
    is_high[is_high] = _estimate(window.count[is_high], window.most, is_high) > SCREEN
    most = window.most
    deviates[is_high] = deviates_above(window.count[is_high], most.mean[is_high], most.variance[is_high])
    is_low = window.count < window.least.mean
    is_low[is_low] = _estimate(window.count[is_low], window.least, is_low) < -SCREEN
    deviates[is_low] = -_in_batches_below(window.count[is_low], window.least, is_low)
    return deviates


def _in_batches_below(count: Floats, expected: Expected, at: Bools) -> Floats:
    """Deviates of windows with too few events, counted in batches: so long a time without any is that much likelier."""
    mean, batch = expected.mean[at], expected.batch[at]
    batches, beyond_chance = mean / batch, (expected.variance[at] - expected.chance[at]) / batch**2
    return deviates_below(count / batch, batches, batches + beyond_chance)


def _estimate(count: Floats, expected: Expected, at: Bools) -> Floats:
    """Deviates good enough to tell which windows need a closer look, negative where counts are low.

    Square roots of counts are nearly normal with variance 1/4 (Anscombe, Biometrika 35, 1948).
    """
    mean, variance = expected.mean[at], expected.variance[at]
    roots = np.sqrt(np.where(count > mean, count + 0.75, count)) - np.sqrt(mean)
    estimate: Floats = 2.0 * roots * np.sqrt(mean / np.maximum(variance, 1e-300))
    return estimate


def band(expected: Floats, variance: Floats, cut: float) -> tuple[Floats, Floats]:
    """(low, high) around the counts expected of single minutes: between them, a minute is not abnormal by itself."""
    mean, flat = expected.ravel(), variance.ravel()
    low = np.minimum(least_usual(mean, flat, cut), mean)
    high = np.maximum(greatest_usual(mean, flat, cut), mean)
    return low.reshape(expected.shape), high.reshape(expected.shape)
