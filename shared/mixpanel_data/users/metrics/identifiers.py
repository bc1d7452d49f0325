"""Identifiers in SQL text, derived from names that may have any characters."""

import re
from collections.abc import Iterable
from itertools import chain, count

# A metric's column may have 200 characters; BigQuery ends at 300, and nobody reads a name of that length.
_LONGEST = 60


def identifiers(names: Iterable[str]) -> dict[str, str]:
    """An identifier for each name, by name: lower-case ASCII, a letter first, no two of them equal.

    Letters and digits stay, `netWorth` becomes `net_worth`, and everything else becomes one underscore. Where two
    names come out alike, the later one gets a number; the same names in the same order get the same identifiers.
    """
    taken: dict[str, str] = {}
    for name in dict.fromkeys(names):
        stem = _stem(name)
        free = next(each for each in chain([stem], (f"{stem}_{n}" for n in count(2))) if each not in taken)
        taken[free] = name
    return {name: identifier for identifier, name in taken.items()}


def _stem(name: str) -> str:
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    stem = re.sub(r"[^a-z0-9]+", "_", words)[:_LONGEST].strip("_")
    return stem if stem[:1].isalpha() else f"property_{stem}".rstrip("_")
