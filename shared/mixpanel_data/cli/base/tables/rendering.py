"""Tables as text of a terminal: columns side by side where there is room, else a line for each value."""

import io
import sys
from collections.abc import Iterator, Sequence

from rich import box
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from mixpanel_data.cli.base.tables.arrangement import Arrangement, arranged
from mixpanel_data.cli.base.tables.columns import Column, Record
from mixpanel_data.cli.base.tables.layout import GAP, folded
from mixpanel_data.cli.base.tables.shown import Shown, of_records

_UNCUT = 1_000_000
_INDENT = 2


def table_text(records: Sequence[Record], columns: Sequence[Column], width: int | None, legend: str = "") -> str:
    """The records in lines of at most `width` columns (None: as long as they are), with color where Rich has it.

    Where the columns have no room beside each other, each record is a list. The legend tells of a drawing.
    """
    shown = of_records(records, columns)
    found = arranged(shown, width)
    if found is None:
        return _printed(_lists(shown, len(records), width or _UNCUT), width)
    has_plot = any(each.is_plot for each in found.beside)
    left_out = ", ".join(each.title for each in found.left_out)
    below = [legend if has_plot else "", f"No room for {left_out}; --wide shows all." if left_out else ""]
    return _printed([*_table(found, len(records)), *(Text(each, style="dim") for each in below if each)], width)


def record_text(record: Record, columns: Sequence[Column], width: int | None) -> str:
    """One record: its columns beside each other where all of them fit, else a line for each."""
    shown = of_records([record], columns)
    needed = sum(each.need.ample for each in shown) + GAP * (len(shown) - 1)
    if width is None or needed <= width:
        return table_text([record], columns, width)
    return _printed([_list(shown, 0)], width)


def _table(found: Arrangement, count: int) -> Iterator[RenderableType]:
    """The rows; a row with a sentence below it ends a table, which the next one goes on with."""
    cells = [column.cells(width) for column, width in zip(found.beside, found.widths, strict=True)]
    table = _empty(found, has_head=True)
    for row in range(count):
        table.add_row(*(Text(each[row]) for each in cells))
        if below := [text for column in found.below if (text := column.texts[row])]:
            yield table
            yield from (Padding(Text(text), (0, 0, 0, _INDENT)) for text in below)
            table = _empty(found, has_head=False)
    if table.rows or not count:
        yield table


def _empty(found: Arrangement, *, has_head: bool) -> Table:
    # The gap is a column of padding and one of the box.
    table = Table(
        box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, GAP - 1, 0, 0), show_header=has_head
    )
    for column, width in zip(found.beside, found.widths, strict=True):
        head = Text(folded(column.title, width))
        table.add_column(head, width=width, justify="right" if column.has_numbers else "left", overflow="fold")
    return table


def _lists(shown: Sequence[Shown], count: int, width: int) -> Iterator[RenderableType]:
    """Each record under a rule with its number; members without a value are left out but for a query's."""
    filled = [each for each in shown if not each.is_plot]
    for row in range(count):
        if count > 1:
            head = f"─ {row + 1} "
            yield Text(head + "─" * (min(width, 80) - len(head)), style="dim")
        yield _list([each for each in filled if each.texts[row] or each.is_exact], row)


def _list(shown: Sequence[Shown], row: int) -> Table:
    """A record, a line for each member."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, GAP, 0, 0))
    table.add_column(style="bold", overflow="fold")
    table.add_column(overflow="fold")
    for each in shown:
        table.add_row(Text(each.title), Text(each.texts[row]))
    return table


def _printed(parts: Iterator[RenderableType] | Sequence[RenderableType], width: int | None) -> str:
    # Into a text, because Rich would end the process when the reader leaves, and because marks that the stream lacks
    # are replaced afterwards.
    text = io.StringIO()
    is_terminal = True if sys.stdout.isatty() else None
    # Without a height, Rich takes 80 columns for a dumb terminal, whatever the width is.
    console = Console(file=text, width=width or _UNCUT, height=_UNCUT, force_terminal=is_terminal, highlight=False)
    for part in parts:
        console.print(part)
    return "".join(f"{line.rstrip()}\n" for line in text.getvalue().splitlines())
