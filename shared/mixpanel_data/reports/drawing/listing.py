"""Lines to read, in columns."""

import re
from collections.abc import Sequence

from mixpanel_data.reports.charts.cells import cells, cut, left
from mixpanel_data.reports.charts.shapes import Entry, Listing
from mixpanel_data.reports.drawing.pen import BOLD, FAINT, Pen

_GAP = 2
_MORE = " …"
"""What stands for the parts of a detail that have no room."""
_LONGEST = 1000
_LEAST_DETAIL = 10
"""What a detail needs to tell something; narrower, it is left out."""


def drawn_listing(chart: Listing, width: int, pen: Pen) -> list[str]:
    """The lines of each group under its heading; what is longer than its column is cut."""
    widths = _widths([entry for group in chart.groups for entry in group.entries], width)
    lines = []
    for group in chart.groups:
        lines += [pen.write(cut(group.heading, width), BOLD)] if group.heading else []
        lines += [_line(entry, widths, pen) for entry in group.entries]
    return lines


def _widths(entries: Sequence[Entry], width: int) -> tuple[int, int, int]:
    """The columns of lead, text and detail; 0 for none. The text gives way to the detail but for a third."""
    lead = _longest([entry.lead for entry in entries], width // 2)
    rest = width - lead - _GAP
    text = _longest([entry.text for entry in entries], rest)
    needed = _longest([entry.detail for entry in entries], rest)
    if not needed:
        return lead, text, 0
    text = min(text, max(rest - _GAP - needed, rest // 3))
    detail = rest - text - _GAP
    return (lead, text, detail) if detail >= _LEAST_DETAIL else (lead, rest, 0)


def _longest(texts: Sequence[str], most: int) -> int:
    return min(max((cells(cut(text, most)) for text in texts), default=0), most)


def _line(entry: Entry, widths: tuple[int, int, int], pen: Pen) -> str:
    lead, text, detail = widths
    start = f"{left(entry.lead, lead)}{' ' * _GAP}"
    if not detail or not entry.detail:
        return f"{start}{cut(entry.text, text) if text else ''}".rstrip()
    return f"{start}{left(entry.text, text)}{' ' * _GAP}{pen.write(_whole_parts(entry.detail, detail), FAINT)}"


def _whole_parts(detail: str, width: int) -> str:
    """As many parts of a detail, from its first one on, as have room: a number cut short would be a wrong one."""
    line = cut(detail, _LONGEST)
    if cells(line) <= width:
        return line
    ends = [found.start() for found in re.finditer(r", | · ", line)]
    fitting = [line[:end] for end in ends if cells(line[:end]) + cells(_MORE) <= width]
    return f"{fitting[-1]}{_MORE}" if fitting else cut(detail, width)
