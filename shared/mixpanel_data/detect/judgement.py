"""What both models say about a point."""

from dataclasses import dataclass

CUT = 0.5
"""Scores from here on are abnormal: both models scale theirs so that the shipped cut-off is this."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """About one point, from it and earlier ones alone; low <= expected <= high, in the series' own unit.

    `score` is in [0, 1], abnormal from CUT on. A point outside of [low, high] would by itself be abnormal (`values`:
    if it is also the most unusual for a while); one inside may be, together with those before it.
    """

    score: float
    expected: float
    low: float
    high: float
