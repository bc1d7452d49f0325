"""Colors of a terminal, for those who want them."""

from dataclasses import dataclass

# The terminal's own colors, which its theme makes readable on its background.
SERIES = ("36", "33", "35", "32", "31", "34")
"""The color of each line, as a parameter of SGR."""
BAR = "36"
BOLD = "1"
FAINT = "2"
SHADES = ((195, 16), (117, 16), (32, 16), (24, 231))
"""The shades of shares from little to most: background and text, as numbers of the palette of 256 colors."""


@dataclass(frozen=True, slots=True)
class Pen:
    """Writes text, with color or without."""

    is_colored: bool

    def write(self, text: str, style: str) -> str:
        """The text in this style, a parameter of SGR."""
        return f"\x1b[{style}m{text}\x1b[0m" if self.is_colored and text.strip() else text

    def shade(self, text: str, level: int) -> str:
        """The text on a shade: 1 is the lightest, 0 none."""
        if level == 0 or not self.is_colored:
            return text
        background, foreground = SHADES[level - 1]
        return f"\x1b[48;5;{background};38;5;{foreground}m{text}\x1b[0m"
