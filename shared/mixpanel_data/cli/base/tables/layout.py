"""How wide the columns of a table are, and how its head is folded."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

GAP = 2
"""The columns of the terminal between two columns of a table."""


@dataclass(frozen=True, slots=True)
class Need:
    """What a column needs, in columns of a terminal.

    `least` to be read at all, `most` for its cells in one line, and `ample` for its title in one line, too.
    """

    least: int
    most: int
    ample: int


def widths(needs: Sequence[Need], width: int) -> list[int] | None:
    """The width of each column; None where there is not even room for the least of all.

    Room beyond that goes to all columns alike that have use for it, for cells before titles.
    """
    given = [each.least for each in needs]
    free = width - sum(given) - GAP * (len(needs) - 1)
    if free < 0:
        return None
    for wanted in ([each.most for each in needs], [each.ample for each in needs]):
        free = _fill(given, wanted, free)
    return given


def _fill(given: list[int], wanted: Sequence[int], free: int) -> int:
    """Give each column of what is free until it has what it wants; returns what is left."""
    while free and (growing := [place for place, most in enumerate(wanted) if given[place] < most]):
        share = max(free // len(growing), 1)
        for place in growing[:free]:
            more = min(share, wanted[place] - given[place])
            given[place] += more
            free -= more
    return free


def pieces(text: str) -> list[str]:
    """The parts between which a text may be broken."""
    return re.findall(r"[^ _./-]*[ _./-]?", text)[:-1]


def folded(text: str, width: int) -> str:
    """The text with words longer than `width` characters broken behind one of `_.-/`, where they have one."""
    return " ".join(word if len(word) <= width else _broken(word, width) for word in text.split(" "))


def _broken(word: str, width: int) -> str:
    lines = [""]
    for piece in pieces(word):
        # A piece that is too long itself is broken anywhere, and begins where there is room.
        if lines[-1] and len(piece) <= width < len(lines[-1] + piece):
            lines.append("")
        lines[-1] += piece
    return "\n".join(lines)
