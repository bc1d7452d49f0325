"""The picture of the architecture, drawn from the imports: floors as rows, rooms as boxes, imports as arrows down.

An arrow that a longer way replaces is left out (the transitive reduction), so that the picture stays legible: who
imports `runs` may import the `warehouse` below it as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from support.imports import FLOORS, LIBRARY, arrows_of_rooms, without_shortcuts

_WIDTH, _MARGIN = 960, 24
_BOX_HEIGHT, _ROW_HEIGHT = 58, 100
_LABEL_WIDTH = 150
# Arial's letters are 0.55 of their size wide on average; a box has room for the wider ones.
_LETTER = 8.1
_SMALL_LETTER = 6.6
_PADDING = 22
_HEAD = 7
_MOST_A_LINE = 3
_PORT = 14.0

_STYLE = """\
  text { font-family: -apple-system, "Segoe UI", Roboto, Helvetica, Arial, sans-serif; }
  .room { font-size: 15px; font-weight: 600; fill: #1a237e; text-anchor: middle; }
  .within { font-size: 12.5px; fill: #455a64; text-anchor: middle; }
  .floor { font-size: 13px; fill: #607d8b; }
  .box { rx: 6px; fill: #ffffff; stroke: #3f51b5; stroke-width: 1.5; }
  .row { fill: #f3f5fa; }
  .arrow { fill: none; stroke: #5c6bc0; stroke-width: 1.5; }
  .head { fill: #5c6bc0; }"""

FLOOR_NAMES: Mapping[int, str] = {
    0: "vocabulary",
    1: "configuration",
    2: "outside systems",
    3: "record of runs",
    4: "export reading",
    5: "jobs",
    6: "wiring",
    7: "calls",
    8: "interfaces",
}
"""What a floor is for, by its number from the ground up."""


@dataclass(frozen=True, slots=True)
class Box:
    """A room's place in the picture, in pixels; `within` are the rooms in its folder."""

    name: str
    within: Sequence[str]
    row: int
    left: float
    width: float

    @property
    def middle(self) -> float:
        """Where arrows start and end."""
        return self.left + self.width / 2

    @property
    def top(self) -> float:
        """The upper edge."""
        return _top(self.row)

    @property
    def bottom(self) -> float:
        """The lower edge."""
        return self.top + _BOX_HEIGHT


def picture() -> str:
    """The SVG text of the library as it stands."""
    return draw(without_shortcuts(arrows_of_rooms()))


def draw(graph: Mapping[str, frozenset[str]]) -> str:
    """The SVG text of rooms by name and the rooms that each imports from; floors without a room are left out."""
    floors = [(number, [room for room in floor if room in graph]) for number, floor in enumerate(FLOORS)]
    rows = [(number, rooms) for number, rooms in reversed(floors) if rooms]
    boxes = {box.name: box for row, (_, rooms) in enumerate(rows) for box in _row_of_boxes(row, rooms)}
    height = _top(len(rows)) - (_ROW_HEIGHT - _BOX_HEIGHT) + _MARGIN
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" '
        'aria-label="Rooms of the library by floor, and the imports between them">',
        f"<style>\n{_STYLE}\n</style>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        *(_floor(row, FLOOR_NAMES[number]) for row, (number, _) in enumerate(rows)),
        *_arrows(boxes, graph),
        *(_box(box) for box in boxes.values()),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _top(row: int) -> int:
    return _MARGIN + row * _ROW_HEIGHT


def _rooms_within(room: str) -> list[str]:
    return sorted(path.parent.name for path in (LIBRARY / room).glob("*/__init__.py"))


def _row_of_boxes(row: int, rooms: Sequence[str]) -> Iterator[Box]:
    """Boxes side by side, with equal gaps at either end and between them."""
    within = {room: _rooms_within(room) for room in rooms}
    widths = [max(96.0, _PADDING + _text_width(room, within[room])) for room in rooms]
    gap = (_WIDTH - _LABEL_WIDTH - _MARGIN - sum(widths)) / (len(rooms) + 1)
    left = _LABEL_WIDTH + gap
    for room, width in zip(rooms, widths, strict=True):
        yield Box(room, within[room], row, left, width)
        left += width + gap


def _text_width(room: str, within: Sequence[str]) -> float:
    return max(len(room) * _LETTER, *(len(line) * _SMALL_LETTER for line in ("", *_lines(within))))


def _lines(within: Sequence[str]) -> list[str]:
    """The names of a room's own rooms, a few a line."""
    starts = range(0, len(within), _MOST_A_LINE)
    return [" · ".join(within[start : start + _MOST_A_LINE]) for start in starts]


def _floor(row: int, name: str) -> str:
    top, middle = _top(row) - 8, _top(row) + _BOX_HEIGHT / 2 + 4
    return (
        f'<rect class="row" x="0" y="{top}" width="{_WIDTH}" height="{_BOX_HEIGHT + 16}"/>\n'
        f'<text class="floor" x="{_MARGIN}" y="{middle:g}">{escape(name)}</text>'
    )


def _box(box: Box) -> str:
    lines = _lines(box.within)
    name_y = box.top + _BOX_HEIGHT / 2 + 5 - 7.5 * len(lines)
    texts = [("room", box.name), *(("within", line) for line in lines)]
    return "\n".join(
        [
            f'<rect class="box" x="{box.left:.1f}" y="{box.top}" width="{box.width:.1f}" height="{_BOX_HEIGHT}"/>',
            *(
                f'<text class="{kind}" x="{box.middle:.1f}" y="{name_y + 15 * number:g}">{escape(text)}</text>'
                for number, (kind, text) in enumerate(texts)
            ),
        ]
    )


def _arrows(boxes: Mapping[str, Box], graph: Mapping[str, frozenset[str]]) -> Iterator[str]:
    """All arrows; those that meet at a box stand side by side there, in the order of the boxes at their other end."""
    arrows = [(start, end) for start in boxes for end in sorted(graph[start])]
    for start, end in arrows:
        ends = sorted((other for name, other in arrows if name == start), key=lambda name: (boxes[name].middle, name))
        starts = sorted((name for name, other in arrows if other == end), key=lambda name: (boxes[name].middle, name))
        first = boxes[start].middle + _port(ends.index(end), len(ends))
        last = boxes[end].middle + _port(starts.index(start), len(starts))
        yield _arrow(boxes, (start, first), (end, last))


def _port(number: int, count: int) -> float:
    return (number - (count - 1) / 2) * _PORT


def _arrow(boxes: Mapping[str, Box], start: tuple[str, float], end: tuple[str, float]) -> str:
    """A curve between two rooms, each with the x at its edge, through the gaps of the rows in between."""
    (first, first_x), (last, last_x) = (boxes[start[0]], start[1]), (boxes[end[0]], end[1])
    points = [(first_x, first.bottom)]
    for row in range(first.row + 1, last.row):
        share = (row - first.row) / (last.row - first.row)
        x = _gap([box for box in boxes.values() if box.row == row], first_x + (last_x - first_x) * share)
        points += [(x, _top(row) - 8.0), (x, _top(row) + _BOX_HEIGHT + 8.0)]
    points.append((last_x, last.top - _HEAD))
    x, y = last_x, last.top
    head = f"{x - _HEAD / 1.5:.1f},{y - _HEAD - 2:g} {x + _HEAD / 1.5:.1f},{y - _HEAD - 2:g} {x:.1f},{y:g}"
    return f'<path class="arrow" d="{_path(points)}"/>\n<polygon class="head" points="{head}"/>'


def _gap(boxes: Sequence[Box], wanted: float) -> float:
    """The place nearest to the wanted one at which a line passes between the boxes of a row, or beside them."""
    edges = [_LABEL_WIDTH, *(edge for box in boxes for edge in (box.left, box.left + box.width)), _WIDTH - _MARGIN]
    gaps = [(left + 10, right - 10) for left, right in zip(edges[::2], edges[1::2], strict=True)]
    return min((min(max(wanted, left), right) for left, right in gaps), key=lambda x: abs(x - wanted))


def _path(points: Sequence[tuple[float, float]]) -> str:
    (x, y), *_ = points
    steps = [f"M{x:.1f} {y:g}"]
    for (x0, y0), (x1, y1) in pairwise(points):
        bend = (y1 - y0) / 2
        steps.append(f"C{x0:.1f} {y0 + bend:g} {x1:.1f} {y1 - bend:g} {x1:.1f} {y1:g}")
    return " ".join(steps)
