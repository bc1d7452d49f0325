"""Variance beyond the one already explained, learned from squared forecast errors by the method of moments."""

import numpy as np

from mixpanel_data.detect.statistics.tails import Floats

ROWS = 4
"""Figures for each name: sum of excess errors, sum of their scale, weight, and sum of the squares of the errors."""

# The standard errors that `cautious` adds.
_DOUBT = 1.0


class ExcessVariance:
    """A ratio of fading sums for each name; `prior` is the value before anything is learned.

    The prior counts for as much as `prior_weight` additions.
    """

    def __init__(self, rows: Floats, prior: float, prior_weight: float) -> None:
        """Go on from `rows`, ROWS x names, and learn into them."""
        self._prior, self._prior_weight = prior, prior_weight
        self._errors, self._scale, self._weight, self._squares = rows

    @property
    def value(self) -> Floats:
        """The learned excess, never below 0."""
        return self.given(self._prior)

    @property
    def cautious(self) -> Floats:
        """The learned excess and its own standard errors: a few batches of events say little about the next one."""
        cautious: Floats = self.value + _DOUBT * np.sqrt(self._squares) / np.maximum(self._scale, 1e-300) * (
            self._scale > 0.0
        )
        return cautious

    def given(self, prior: "Floats | float") -> Floats:
        """The learned excess with another prior."""
        share = self._weight / (self._weight + self._prior_weight)
        learned = np.maximum(self._errors, 0.0) / np.maximum(self._scale, 1e-300)
        value: Floats = np.where(self._scale > 0.0, share * learned, 0.0) + (1.0 - share) * prior
        return value

    def learn(self, errors: Floats, scale: Floats, half_life: float) -> None:
        """Add squared errors beyond the explained ones, and their scale; `half_life` is in additions."""
        kept = 0.5 ** (1.0 / half_life)
        for rows, added in (
            (self._errors, errors),
            (self._scale, scale),
            (self._weight, scale > 0.0),
        ):
            rows *= kept
            rows += added
        self._squares *= kept * kept
        self._squares += errors * errors
