"""The answer to a name that nothing has: the nearest of the names that there are."""

import difflib
from collections.abc import Collection

from mixpanel_data.base.errors import listed

_MOST_SHOWN = 5


def nearest(name: str, known: Collection[str], none: str = "There are none.") -> str:
    """A sentence with the names that resemble `name`, whatever their case; where none does, with all names.

    `none` is the answer where nothing is known. Likeness is that of `difflib.get_close_matches` (Ratcliff and
    Metzener, Pattern Matching: The Gestalt Approach, Dr. Dobb's Journal 1988).
    """
    if not known:
        return none
    folded: dict[str, list[str]] = {}
    for each in sorted(known):
        folded.setdefault(each.casefold(), []).append(each)
    near = [each for fold in difflib.get_close_matches(name.casefold(), folded, n=_MOST_SHOWN) for each in folded[fold]]
    return f"Nearest: {listed(near)}." if near else f"There are {listed(sorted(known))}."
