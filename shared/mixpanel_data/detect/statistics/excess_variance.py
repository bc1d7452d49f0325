"""Variance beyond the one already explained, learned from squared forecast errors by the method of moments."""

import numpy as np

from mixpanel_data.detect.statistics.tails import Floats


class ExcessVariance:
    """A ratio of fading sums for each name; `prior` is the value before anything is learned.

    The prior counts for as much as `prior_weight` additions.
    """

    def __init__(self, state: Floats, prior: float, prior_weight: float) -> None:
        """Go on from the three rows of `state`."""
        self._prior, self._prior_weight = prior, prior_weight
        self._errors, self._scale, self._weight = state

    def state(self) -> tuple[Floats, Floats, Floats]:
        """Everything learned, three figures per name: sum of excess errors, sum of their scale, weight."""
        return self._errors, self._scale, self._weight

    @property
    def value(self) -> Floats:
        """The learned excess, never below 0."""
        return self.given(self._prior)

    def given(self, prior: "Floats | float") -> Floats:
        """The learned excess with another prior."""
        share = self._weight / (self._weight + self._prior_weight)
        learned = np.maximum(self._errors, 0.0) / np.maximum(self._scale, 1e-300)
        value: Floats = np.where(self._scale > 0.0, share * learned, 0.0) + (1.0 - share) * prior
        return value

    def learn(self, errors: Floats, scale: Floats, half_life: float) -> None:
        """Add squared errors beyond the explained ones, and their scale; `half_life` is in additions."""
        kept = 0.5 ** (1.0 / half_life)
        self._errors = kept * self._errors + errors
        self._scale = kept * self._scale + scale
        self._weight = kept * self._weight + (scale > 0.0)
