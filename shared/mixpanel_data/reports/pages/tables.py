"""The data of each chart as a table, and triangles as tables with shades."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mixpanel_data.reports.charts.cells import cut
from mixpanel_data.reports.charts.shades import level, top_share
from mixpanel_data.reports.charts.shapes import Bars, Cell, Chart, Entry, Flow, Kind, Lines, Listing, Table, Triangle
from mixpanel_data.reports.charts.texts import NOTHING, figure, place_text
from mixpanel_data.reports.pages.html import escaped

MOST_COLUMNS = 120
_LONGEST_TEXT = 160


@dataclass(frozen=True, slots=True)
class Made:
    """HTML, empty where nothing fits, and a sentence about what it leaves out."""

    html: str
    note: str = ""


def table_of(chart: Chart) -> Table | None:
    """The chart's figures as a table; None for a triangle and a listing, which are tables already."""
    match chart:
        case Lines():
            return _table_of_lines(chart)
        case Bars():
            return _table_of_bars(chart)
        case Flow():
            rows = tuple(
                (place_text(link.place), link.source, place_text(link.place + 1), link.target, f"{link.users:,}")
                for link in chart.links
            )
            return Table(chart.title, ("place", "event", "next place", "next event", "users"), rows, labels=4)
        case Table():
            return chart
        case Triangle() | Listing():
            return None


def _table_of_lines(chart: Lines) -> Table:
    """Places down and series across, or the other way round where there are more series."""
    has_totals = any(each.total is not None for each in chart.series)
    columns = [[figure(value, chart.kind) for value in each.values] for each in chart.series]
    totals = [figure(each.total, chart.kind) for each in chart.series]
    labels = tuple(each.label for each in chart.series)
    ahead = [("whole range", *totals)] if has_totals else []
    if not chart.series:
        return Table(chart.title, (chart.axis,), ())
    if len(chart.series) <= len(chart.places):
        rows = [(place, *some) for place, some in zip(chart.places, zip(*columns, strict=True), strict=True)]
        return Table(chart.title, (chart.axis, *labels), (*ahead, *rows))
    heads = ("name", *(["whole range"] if has_totals else []), *chart.places)
    across = [
        (label, *([total] if has_totals else []), *some)
        for label, total, some in zip(labels, totals, columns, strict=True)
    ]
    return Table(chart.title, heads, tuple(across))


def _table_of_bars(chart: Bars) -> Table:
    has_notes = any(bar.note for group in chart.groups for bar in group.bars)
    has_headings = any(group.heading for group in chart.groups)
    rows = tuple(
        (
            *([group.heading] if has_headings else []),
            bar.label,
            figure(bar.value, chart.kind),
            *([bar.note] if has_notes else []),
        )
        for group in chart.groups
        for bar in group.bars
    )
    columns = (*(["group"] if has_headings else []), "name", "value", *(["note"] if has_notes else []))
    return Table(chart.title, columns, rows, labels=2 if has_headings else 1)


def table_html(table: Table, budget: int) -> Made:
    """The table in at most `budget` bytes, without the last rows and columns where they do not fit."""
    columns = table.columns[:MOST_COLUMNS]
    head = "".join(_head(text, is_label=number < table.labels) for number, text in enumerate(columns))
    rows = (
        "".join(
            f'<th scope="row">{_text(text)}</th>' if number < table.labels else f"<td>{_text(text)}</td>"
            for number, text in enumerate(row[:MOST_COLUMNS])
        )
        for row in table.rows
    )
    return _within(table.title, head, rows, (len(table.rows), len(table.columns)), budget)


def _head(text: str, *, is_label: bool) -> str:
    side = ' class="label"' if is_label else ""
    return f'<th scope="col"{side}>{_text(text)}</th>'


def triangle_html(triangle: Triangle, budget: int) -> Made:
    """A row for each cohort, with each cell's share, users and shade, in at most `budget` bytes."""
    top = top_share(triangle)
    columns = triangle.columns[: MOST_COLUMNS - 2]
    head = "".join(f'<th scope="col">{escaped(text)}</th>' for text in (triangle.axis, "users", *columns))
    rows = (
        f'<th scope="row">{escaped(row.label)}</th><td>{row.size:,}</td>'
        + "".join(_cell(cell, top) for cell in row.cells[: len(columns)])
        for row in triangle.rows
    )
    return _within(triangle.title, head, rows, (len(triangle.rows), len(triangle.columns) + 2), budget)


def _cell(cell: Cell, top: float) -> str:
    if cell.share is None:
        return f"<td>{NOTHING}</td>"
    mark = "" if cell.is_complete else "~"
    share = figure(cell.share, Kind.SHARE)
    return f'<td class="s{level(cell, top)}">{share}{mark}<i>{cell.users:,}</i></td>'


def listing_html(listing: Listing, budget: int) -> Made:
    """A row for each line, and one for the heading of each group, in at most `budget` bytes."""
    columns = len(listing.columns)
    head = "".join(_head(text, is_label=True) for text in listing.columns)
    rows = [
        row
        for group in listing.groups
        for row in (
            *([f'<th scope="rowgroup" colspan="{columns}">{_text(group.heading)}</th>'] if group.heading else []),
            *(_entry(entry, columns) for entry in group.entries),
        )
    ]
    return _within(listing.title, head, iter(rows), (len(rows), columns), budget)


def _entry(entry: Entry, columns: int) -> str:
    cells = [entry.text, entry.detail][: columns - 1]
    return f'<th scope="row">{_text(entry.lead)}</th>' + "".join(f"<td>{_text(text)}</td>" for text in cells)


def _text(text: str) -> str:
    return escaped(cut(text, _LONGEST_TEXT))


def _within(title: str, head: str, rows: Iterator[str], size: tuple[int, int], budget: int) -> Made:
    start = f"<table><caption>{_text(title)}</caption><thead><tr>{head}</tr></thead><tbody>"
    end = "</tbody></table>"
    left = budget - len((start + end).encode())
    kept: Sequence[str] = list(_fitting(rows, left))
    if left < 0 or (size[0] and not kept):
        return Made("")
    return Made(start + "".join(kept) + end, _left_out(cut(title, _LONGEST_TEXT), size, len(kept)))


def _fitting(rows: Iterator[str], left: int) -> Iterator[str]:
    for row in rows:
        line = f"<tr>{row}</tr>"
        left -= len(line.encode())
        if left < 0:
            return
        yield line


def _left_out(title: str, size: tuple[int, int], kept: int) -> str:
    rows, columns = size
    texts = [f"the first {kept:,} of {rows:,} rows"] * (kept < rows)
    texts += [f"the first {MOST_COLUMNS} of {columns:,} columns"] * (columns > MOST_COLUMNS)
    return f"{title}: {' and '.join(texts)}." if texts else ""
