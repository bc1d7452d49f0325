"""The size of the collector's parts, and the portions of days that fill them."""

from collections.abc import Sequence

from mixpanel_data.exports.portions import LINES_PER_PORTION, Days, Portions, days_of, left_of

__all__ = ["LINES_PER_PART", "TOO_MANY_LINES", "Days", "Portions", "days_of", "left_of", "portions_of"]

LINES_PER_PART = LINES_PER_PORTION
"""Lines that one part should hold: a transaction of this size takes seconds and stays within a function's memory."""

TOO_MANY_LINES = 4 * LINES_PER_PART
"""Lines above which a call over several days is given up for one over fewer."""


def portions_of(left: Sequence[Days]) -> Portions:
    """Portions of these days that fill parts of LINES_PER_PART lines."""
    return Portions(list(left), lines_per_portion=LINES_PER_PART)
