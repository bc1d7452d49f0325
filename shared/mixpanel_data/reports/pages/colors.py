"""The colors of a page, in light and in dark.

Lines and bars have a contrast of 3 at least to the background, text one of 4.5 at least to what is behind it (WCAG 2.2,
1.4.11 and 1.4.3).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shade:
    """The background and the text of a cell."""

    background: str
    text: str


@dataclass(frozen=True, slots=True)
class Colors:
    """The colors of one mode, each as #rrggbb; `series` and `shades` in their order, shades from none to most."""

    background: str
    text: str
    muted: str
    rule: str
    series: tuple[str, ...]
    shades: tuple[Shade, ...]


LIGHT = Colors(
    background="#ffffff",
    text="#1b1f24",
    muted="#57606a",
    rule="#d0d7de",
    series=("#0b62b8", "#b8500b", "#127a4a", "#8b3fb0", "#a3195b", "#5c6b00", "#0e7490", "#6b4f3a"),
    shades=(
        Shade("#ffffff", "#1b1f24"),
        Shade("#dbeafc", "#1b1f24"),
        Shade("#a9cdf6", "#1b1f24"),
        Shade("#2f73bd", "#ffffff"),
        Shade("#0b3f7d", "#ffffff"),
    ),
)
DARK = Colors(
    background="#14181d",
    text="#e6e9ec",
    muted="#a2abb5",
    rule="#3a424b",
    series=("#6cb3ff", "#ff9e57", "#5fd39a", "#cf9bf0", "#ff86b8", "#c6d65a", "#5fd0e6", "#d3b59c"),
    shades=(
        Shade("#14181d", "#e6e9ec"),
        Shade("#1b3350", "#e6e9ec"),
        Shade("#245083", "#ffffff"),
        Shade("#6aaaf0", "#14181d"),
        Shade("#c4e0ff", "#14181d"),
    ),
)


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colors, from 1 to 21, as WCAG 2.2 defines it."""
    low, high = sorted(map(_luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(color: str) -> float:
    red, green, blue = (_linear(int(color[place : place + 2], 16) / 255) for place in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(share: float) -> float:
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4
