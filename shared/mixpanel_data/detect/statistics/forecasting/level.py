"""The level: how the counts of now relate to those that the seasons expect. It follows trends, and steps that last.

1. A trend moves the level a little each hour: recent counts relative to expected ones, with a half-life of days.
2. A step is a level that has been off, to the same side, for a day and a quarter: the level is then set to what came
   since. One day that is unlike others is no step, as the hours after it lie much nearer to the former level.
3. For two weeks after a step the former level stays possible: where a campaign ends, or an outage is mended, the
   return is no news.
"""

import numpy as np

from mixpanel_data.detect.statistics.tails import Bools, Floats

ROWS = 9
"""Figures for each name: counted and expected; the same of the last hours; hours off in a row, negative where counts
are low; counted and expected since then; the level before the last step, and the hours since that step."""

_HALF_LIFE_HOURS = 24 * 5.0
_PRIOR_EVENTS = 200.0
# A young level is worth more events, which fade: else one unlike day would be most of what it knows.
_FIRST_EVENTS = 1000.0
_RECENT_HALF_LIFE_HOURS = 6.0
_OFF_DEVIATIONS = 2.5
# Twice the log likelihood ratio from which an hour speaks for the former level, and the hours that it takes back.
_LEAST_CONTRADICTION, _HOURS_TAKEN_BACK = 6.0, 6.0
HOURS_OFF_FOR_A_STEP = 30
"""Hours in a row that the level has to be off for a step."""

_HOURS_OF_FORMER_LEVEL = 24 * 14.0
_NEVER = 1e6


class Level:
    """The level of each name; 1 is the average of the time that the seasons were learned from."""

    def __init__(self, rows: Floats) -> None:
        """Go on from `rows`, ROWS x names, and learn into them."""
        self._counted, self._expected = rows[0:2]
        self._recent_counted, self._recent_expected = rows[2:4]
        self._hours_off, self._off_counted, self._off_expected = rows[4:7]
        self._former, self._hours_since_step = rows[7:9]

    @staticmethod
    def fresh(rows: Floats) -> None:
        """Set `rows` to a level of which nothing is known."""
        rows[0:2] = _FIRST_EVENTS
        rows[7] = 1.0
        rows[8] = _NEVER

    @property
    def value(self) -> Floats:
        """The level."""
        value: Floats = self._counted / self._expected
        return value

    def possible(self) -> tuple[Floats, Floats]:
        """(least, most): the levels that are no news, relative to the present one: with the one before a step."""
        is_possible = self._hours_since_step < _HOURS_OF_FORMER_LEVEL
        former = np.where(is_possible, self._former / self.value, 1.0)
        return np.minimum(former, 1.0), np.maximum(former, 1.0)

    def variance(self, dispersion: Floats) -> Floats:
        """The relative variance that the level's own uncertainty leaves."""
        learned = np.maximum(self._counted - _FIRST_EVENTS, 0.0)
        variance: Floats = dispersion * learned / self._counted**2
        return variance

    def follow(self, counted: Floats, expected: Floats, weight: Floats) -> None:
        """Follow the trend: add an hour's counts, and the counts expected at a level of 1."""
        kept = 0.5 ** (1.0 / _HALF_LIFE_HOURS)
        prior = (1.0 - kept) * _PRIOR_EVENTS
        self._counted[:] = kept * self._counted + prior + weight * counted
        self._expected[:] = kept * self._expected + prior + weight * expected
        self._hours_since_step += 1.0

    def step(self, counted: Floats, expected: Floats, dispersion: Floats, relative: Floats, can_step: Floats) -> None:
        """Take a step where the level has been off for long enough.

        `expected` are the counts that the forecast expected, `relative` is the relative variance of its sum. Names that
        are too young for a step have a `can_step` of 0.
        """
        kept = 0.5 ** (1.0 / _RECENT_HALF_LIFE_HOURS)
        self._recent_counted[:] = kept * self._recent_counted + counted
        self._recent_expected[:] = kept * self._recent_expected + expected
        # Fading sums have less variance than plain ones: the weights add up to 1 / (1 - kept), their squares to less.
        chance = dispersion * self._recent_expected / (1.0 + kept)
        deviation = np.sqrt(chance + relative * self._recent_expected**2)
        off = (self._recent_counted - self._recent_expected) / np.maximum(deviation, 1e-9)
        side = np.where(np.abs(off) > _OFF_DEVIATIONS, np.sign(off), 0.0) * can_step
        side[self._contradicts(counted, expected, dispersion, relative)] = 0.0
        self._count_hours(side)
        self._off_counted += counted * (self._hours_off != 0.0)
        self._off_expected += expected * (self._hours_off != 0.0)
        self._take_steps(np.abs(self._hours_off) >= HOURS_OFF_FOR_A_STEP)

    def _contradicts(self, counted: Floats, expected: Floats, dispersion: Floats, relative: Floats) -> Bools:
        """True of names whose hour is far likelier at the former level than at the one that has been off."""
        ratio = np.where(self._off_expected > 0.0, self._off_counted / np.maximum(self._off_expected, 1e-9), 1.0)
        shifted = ratio * expected
        variance, shifted_variance = (
            np.maximum(dispersion * mean + relative * mean**2, 1e-9) for mean in (expected, np.maximum(shifted, 0.5))
        )
        likelier: Floats = (counted - shifted) ** 2 / shifted_variance - (counted - expected) ** 2 / variance
        contradicts: Bools = likelier > _LEAST_CONTRADICTION
        return contradicts

    def _count_hours(self, side: Floats) -> None:
        is_other_side = side * self._hours_off < 0.0
        begins = is_other_side | (self._hours_off == 0.0)
        for sums in (self._off_counted, self._off_expected):
            sums[begins] = 0.0
        calmer = np.sign(self._hours_off) * np.maximum(np.abs(self._hours_off) - _HOURS_TAKEN_BACK, 0.0)
        self._hours_off[:] = np.where(side == 0.0, calmer, np.where(is_other_side, side, self._hours_off + side))

    def _take_steps(self, steps: Bools) -> None:
        if not steps.any():
            return
        ratio = (self._off_counted[steps] + 0.5) / (self._off_expected[steps] + 0.5)
        self._former[steps] = self.value[steps]
        self._hours_since_step[steps] = 0.0
        self._counted[steps] *= ratio
        for row in (
            self._hours_off,
            self._off_counted,
            self._off_expected,
            self._recent_counted,
            self._recent_expected,
        ):
            row[steps] = 0.0
