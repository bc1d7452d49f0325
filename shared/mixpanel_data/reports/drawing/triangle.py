"""A triangle of shares, shaded."""

from mixpanel_data.reports.charts.cells import cells, cut, left, right
from mixpanel_data.reports.charts.shades import level, top_share
from mixpanel_data.reports.charts.shapes import Cell, Kind, Triangle, TriangleRow
from mixpanel_data.reports.charts.texts import figure, short_figure
from mixpanel_data.reports.drawing.pen import BOLD, FAINT, Pen

_SHADES = " ░▒▓█"
_NONE = "·"
"""Stands for a share of 0 where there is no room for figures."""
_OPEN = "~"
_MOST_ROWS = 31
_SHADE_ONLY = 2
_STEPS = (1, 2, 5, 10, 20, 50, 100)
"""Every how many columns there is room for a head."""


def drawn_triangle(chart: Triangle, width: int, pen: Pen) -> list[str]:
    """A row for each cohort: its size, and each cell's shade and share, or the shade alone where columns are many."""
    if not chart.rows:
        return ["no data"]
    rows = chart.rows[:_MOST_ROWS]
    label_width = max(cells(cut(text, width // 3)) for text in (chart.axis, *(row.label for row in rows)))
    size_width = max(cells(figure(row.size, Kind.NUMBER)) for row in rows)
    free = width - label_width - size_width - 2
    cell_width = max(7, max(map(cells, chart.columns)) + 1)
    if cell_width * len(chart.columns) > free:
        cell_width = _SHADE_ONLY
    count = min(len(chart.columns), free // cell_width)
    top = top_share(chart)
    heads = _heads(chart, cell_width, count)
    head = f"{left(chart.axis, label_width)} {right('', size_width)} {heads}"
    return [
        pen.write(head.rstrip(), BOLD),
        *(_row(row, (label_width, size_width, cell_width), count, top, pen) for row in rows),
        *_left_out(chart, count, width, pen),
        *_legend(top, width, pen),
        *_of_open_cells(chart, width),
    ]


def _heads(chart: Triangle, cell_width: int, count: int) -> str:
    if cell_width > _SHADE_ONLY:
        return "".join(right(text, cell_width) for text in chart.columns[:count])
    texts = chart.columns[:count]
    step = next((each for each in _STEPS if all(cells(text) < each * cell_width for text in texts[::each])), count)
    shown = "".join(left(text, step * cell_width) for text in texts[::step])
    return cut(shown.rstrip(), count * cell_width)


def _row(row: TriangleRow, widths: tuple[int, int, int], count: int, top: float, pen: Pen) -> str:
    label_width, size_width, cell_width = widths
    shown = "".join(_cell(cell, cell_width, top, pen) for cell in row.cells[:count])
    return f"{left(row.label, label_width)} {right(figure(row.size, Kind.NUMBER), size_width)} {shown}".rstrip()


def _cell(cell: Cell, width: int, top: float, pen: Pen) -> str:
    if cell.share is None:
        return right("–", width)
    shade = level(cell, top)
    mark = "" if cell.is_complete else _OPEN
    if width == _SHADE_ONLY:
        block = _block(shade, pen) if shade else _NONE
        return pen.shade(block + (mark or block), shade)
    text = f"{100 * cell.share:.0f}%{mark or ' '}"
    return " " + pen.shade(_block(shade, pen) + right(text, width - 2), shade)


def _block(shade: int, pen: Pen) -> str:
    """What shows a shade: a character, which a color replaces."""
    return " " if pen.is_colored else _SHADES[shade]


def _left_out(chart: Triangle, count: int, width: int, pen: Pen) -> list[str]:
    rows, columns = len(chart.rows) - _MOST_ROWS, len(chart.columns) - count
    texts = [f"and {rows} more rows"] * (rows > 0) + [f"and {columns} more columns"] * (columns > 0)
    return [pen.write(cut(text, width), FAINT) for text in texts]


def _legend(top: float, width: int, pen: Pen) -> list[str]:
    ends = [short_figure(top * quarter / 4, Kind.SHARE) for quarter in range(1, 5)]
    shades = [f"{pen.shade(_block(number, pen) * 2, number)} to {end}" for number, end in enumerate(ends, start=1)]
    plain = sum(len(f"  {end} to ") for end in ends) + 3 * 2
    return ["  ".join(shades)] if plain <= width else ["  ".join(shades[:2]), "  ".join(shades[2:])]


def _of_open_cells(chart: Triangle, width: int) -> list[str]:
    is_open = any(not cell.is_complete for row in chart.rows for cell in row.cells)
    return [cut(f"{_OPEN} not complete yet", width)] if is_open else []
