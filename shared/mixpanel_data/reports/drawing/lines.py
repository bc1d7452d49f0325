"""Lines over a sequence of places: one as an area of blocks, several as strokes with letters."""

import math
from itertools import pairwise

from mixpanel_data.reports.charts.cells import cells, cut, left, right, wrapped
from mixpanel_data.reports.charts.shapes import Lines, Series
from mixpanel_data.reports.charts.texts import ends_of_axis, figure, short_figure
from mixpanel_data.reports.drawing.pen import FAINT, SERIES, Pen

_EIGHTHS = " ▁▂▃▄▅▆▇█"
_LETTERS = "abcdef"
_HEIGHT = 11

Columns = list[float | None]
"""A value for each column of the plot; None: a gap."""
Grid = list[list[str]]
"""The characters of the plot, the top row first, each with its style."""


def drawn_lines(chart: Lines, width: int, pen: Pen) -> list[str]:
    """A plot over its axes, and a legend. One series without values below 0 is an area."""
    shown = chart.series[: len(_LETTERS)]
    values = [value for each in shown for value in each.values if value is not None and math.isfinite(value)]
    if not values:
        return ["no data"]
    low, high = ends_of_axis(values, chart.kind)
    ticks = [short_figure(tick, chart.kind) for tick in (high, (high + low) / 2, low)]
    margin = max(map(cells, ticks))
    across = width - margin - 2
    columns = [scaled(each, across, low, high) for each in shown]
    grid = _area(columns[0], pen) if len(shown) == 1 and low == 0 else _strokes(columns, across, pen)
    return [
        *_with_scale(grid, ticks, margin),
        " " * (margin + 1) + "└" + "─" * across,
        " " * (margin + 2) + _axis(chart, across),
        *_legend(chart, width, pen),
        *_of_means(chart, across, width, pen),
    ]


def scaled(series: Series, across: int, low: float, high: float) -> Columns:
    """The values by column, from 0 to 1: spread where there are fewer than columns, means where there are more."""
    values = [value if value is not None and math.isfinite(value) else None for value in series.values]
    count = len(values)
    columns: Columns = []
    for column in range(across):
        begin = column * count // across
        some = [value for value in values[begin : max(begin + 1, (column + 1) * count // across)] if value is not None]
        columns.append((sum(some) / len(some) - low) / (high - low) if some else None)
    return columns


def _area(columns: Columns, pen: Pen) -> list[str]:
    rows = []
    for row in reversed(range(_HEIGHT)):
        line = "".join(_EIGHTHS[_eighths(value, row)] for value in columns)
        rows.append(pen.write(line, SERIES[0]))
    return rows


def _eighths(value: float | None, row: int) -> int:
    """How full a row is, in eighths; any value above 0 is seen."""
    if value is None:
        return 0
    eighths = round(value * _HEIGHT * 8)
    return min(max((eighths or 1 if value > 0 else 0) - row * 8, 0), 8)


def _strokes(columns: list[Columns], across: int, pen: Pen) -> list[str]:
    grid: Grid = [[" "] * across for _ in range(_HEIGHT)]
    for number, values in reversed(list(enumerate(columns))):
        _stroke(grid, [None if value is None else round((1 - value) * (_HEIGHT - 1)) for value in values], number, pen)
    for number, values in enumerate(columns):
        _letter(grid, values, number, len(columns), pen)
    return ["".join(row) for row in grid]


def _stroke(grid: Grid, rows: list[int | None], number: int, pen: Pen) -> None:
    """Draw a line; where it changes its row, the later column has the way up or down."""

    def put(row: int, column: int, character: str) -> None:
        grid[row][column] = pen.write(character, SERIES[number])

    for column, (before, row) in enumerate(pairwise([None, *rows])):
        if row is None:
            continue
        if before is None or before == row:
            put(row, column, "─")
            continue
        put(before, column, "╮" if row > before else "╯")
        put(row, column, "╰" if row > before else "╭")
        for between in range(min(before, row) + 1, max(before, row)):
            put(between, column, "│")


def _letter(grid: Grid, values: Columns, number: int, lines: int, pen: Pen) -> None:
    """Write the letter of a line on it from time to time, where no other line has its own."""
    apart = 4 * lines
    for column, value in enumerate(values):
        if value is not None and column % apart == 4 * number + 2:
            grid[round((1 - value) * (_HEIGHT - 1))][column] = pen.write(_LETTERS[number], SERIES[number])


def _with_scale(grid: list[str], ticks: list[str], margin: int) -> list[str]:
    at_row = {0: ticks[0], _HEIGHT // 2: ticks[1], _HEIGHT - 1: ticks[2]}
    return [
        f"{right(at_row.get(number, ''), margin)} {'┤' if number in at_row else '│'}{row}"
        for number, row in enumerate(grid)
    ]


def _axis(chart: Lines, across: int) -> str:
    """Every place below its part of the plot; without room for that the first and the last, and one between them."""
    places = chart.places
    spans = [(number * across // len(places), (number + 1) * across // len(places)) for number in range(len(places))]
    if all(cells(place) < end - start for place, (start, end) in zip(places, spans, strict=True)):
        return "".join(
            _centered(place, end - start) for place, (start, end) in zip(places, spans, strict=True)
        ).rstrip()
    number = (len(places) - 1) // 2
    first, middle, last = places[0], places[number], places[-1] if len(places) > 1 else ""
    begin = (sum(spans[number]) - cells(middle)) // 2
    end = across - cells(last)
    if len(places) < 3 or begin <= cells(first) or begin + cells(middle) >= end:
        return (left(first, end - 1) + " " + last)[:across].rstrip()
    return left(first, begin) + left(middle, end - begin) + last


def _centered(text: str, width: int) -> str:
    return left(" " * ((width - cells(text)) // 2) + text, width)


def _of_means(chart: Lines, across: int, width: int, pen: Pen) -> list[str]:
    if len(chart.places) <= across:
        return []
    text = f"each column is the mean of about {len(chart.places) / across:.1f} {chart.axis}s"
    return [pen.write(line, FAINT) for line in wrapped(text, width)]


def _legend(chart: Lines, width: int, pen: Pen) -> list[str]:
    lines = []
    for number, series in enumerate(chart.series[: len(_LETTERS)]):
        letter = f"{_LETTERS[number]} " if len(chart.series) > 1 else ""
        total = f"  {figure(series.total, chart.kind)}" if series.total is not None else ""
        label = cut(series.label, width - cells(letter) - cells(total))
        lines.append(pen.write(letter, SERIES[number]) + label + total)
    more = len(chart.series) - len(_LETTERS)
    lines += [pen.write(f"and {more} more", FAINT)] if more > 0 else []
    return lines
