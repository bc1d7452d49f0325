"""The score of one point of a series, in the terms that both models share."""

from dataclasses import dataclass

ABNORMAL_SCORE = 0.5
"""Scores from here on are abnormal: both models scale theirs so that the cut-off they ship with is this."""


@dataclass(frozen=True, slots=True)
class PointScore:
    """The score of one point, from it and earlier points alone; low <= expected <= high, in the series' own unit.

    `score` is in [0, 1], abnormal from ABNORMAL_SCORE on. A point outside [low, high] is abnormal by itself (`values`:
    only if it is also the most unusual one for a while); a point inside can be abnormal together with those before it.
    """

    score: float
    expected: float
    low: float
    high: float
