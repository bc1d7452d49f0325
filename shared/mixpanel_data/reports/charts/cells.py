"""Text by the columns that it takes in a terminal."""

import textwrap
import unicodedata

from mixpanel_data.base.visible_text import visible

_ELLIPSIS = "…"


def cells(text: str) -> int:
    """The columns that a terminal gives a text: two for a wide character, none for a mark on the one before."""
    return len(text) if text.isascii() else sum(map(_cells_of, text))


def _cells_of(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def cut(text: str, width: int) -> str:
    """The text in one line of at most `width` columns; an ellipsis stands for what is left out.

    Characters that do not print are escaped, so that no name moves the cursor or changes a color.
    """
    # Each character is a column or a mark, and more marks than these are there to fill the screen.
    line = visible(text[: 4 * width + 1])
    if cells(line) <= width and len(text) <= 4 * width:
        return line
    kept, left = "", width - 1
    for character in line:
        left -= _cells_of(character)
        if left < 0:
            break
        kept += character
    return kept.rstrip() + _ELLIPSIS


def folded(text: str, width: int, most: int) -> list[str]:
    """The text in up to `most` lines of `width` columns, broken at spaces; an ellipsis stands for what is left out."""
    lines = [""]
    for word in cut(text, most * width).split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if cells(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(cut(word, width))
    if len(lines) <= most:
        return lines
    return [*lines[: most - 1], cut(" ".join(lines[most - 1 :]), width)]


def wrapped(text: str, width: int) -> list[str]:
    """A sentence of ours in lines of at most `width` columns."""
    return textwrap.wrap(text, width)


def left(text: str, width: int) -> str:
    """The text at the left of `width` columns."""
    line = cut(text, width)
    return line + " " * (width - cells(line))


def right(text: str, width: int) -> str:
    """The text at the right of `width` columns."""
    line = cut(text, width)
    return " " * (width - cells(line)) + line
