"""Which columns of a table stand side by side in a width, and how wide each of them is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mixpanel_data.cli.base.tables.layout import GAP, widths
from mixpanel_data.cli.base.tables.shown import Shown

_MOST_PLOT, _PLOT_IN_A_PIPE = 80, 40
_IN_A_PIPE = 1_000_000


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Columns side by side with their widths, those whose texts stand below their rows, and those that are left out."""

    beside: Sequence[Shown]
    widths: Sequence[int]
    below: Sequence[Shown] = ()
    left_out: Sequence[Shown] = ()


def arranged(columns: Sequence[Shown], width: int | None) -> Arrangement | None:
    """The columns in a width, None: as wide as they are; None where so many columns have no room.

    First go those without any text, then sentences go below their rows, then the last ones that can be spared go.
    """
    for beside, below in _ways(columns):
        needs = [each.need for each in beside]
        if found := widths(needs, _IN_A_PIPE if width is None else width):
            left_out = [each for each in columns if not (each in beside or each in below or each.is_empty)]
            return Arrangement(beside, _with_plots(beside, found, width), below, left_out)
    return None


def _ways(columns: Sequence[Shown]) -> Iterator[tuple[Sequence[Shown], Sequence[Shown]]]:
    yield columns, ()
    filled = [each for each in columns if not each.is_empty]
    yield filled, ()
    beside, below = [each for each in filled if not each.is_prose], [each for each in filled if each.is_prose]
    yield beside, below
    for spare in [each for each in reversed(beside) if each.column.spare]:
        beside = [each for each in beside if each is not spare]
        yield beside, below


def _with_plots(columns: Sequence[Shown], found: Sequence[int], width: int | None) -> list[int]:
    """The widths with what is left for a drawing."""
    if width is None:
        return [_PLOT_IN_A_PIPE if each.is_plot else wide for each, wide in zip(columns, found, strict=True)]
    left = width - sum(found) - GAP * (len(columns) - 1)
    return [min(wide + left, _MOST_PLOT) if each.is_plot else wide for each, wide in zip(columns, found, strict=True)]
