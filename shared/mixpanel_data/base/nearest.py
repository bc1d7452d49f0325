"""The answer to a name that nothing has: the nearest of the names that there are."""

import difflib
from collections.abc import Collection

from mixpanel_data.base.errors import listed

_MOST_SHOWN = 5


def nearest(name: str, known: Collection[str], none: str = "There are none.") -> str:
    """A sentence with the names that resemble `name`, whatever their case; where none does, with all names.

    `none` is the answer where nothing is known.
    """
    if not known:
        return none
    found = near(name, known)
    return f"Nearest: {listed(found)}." if found else f"There are {listed(sorted(known))}."


def near(name: str, known: Collection[str]) -> list[str]:
    """The names that resemble `name`, whatever their case, the nearest first; at most five spellings of them.

    Likeness is that of `difflib.get_close_matches` (Ratcliff and Metzener, Pattern Matching: The Gestalt Approach,
    Dr. Dobb's Journal 1988).
    """
    folded: dict[str, list[str]] = {}
    for each in sorted(known):
        folded.setdefault(each.casefold(), []).append(each)
    return [each for fold in difflib.get_close_matches(name.casefold(), folded, n=_MOST_SHOWN) for each in folded[fold]]
