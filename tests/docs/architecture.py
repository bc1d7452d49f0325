"""The picture of the architecture, drawn from the imports: floors as rows, rooms as boxes, imports as arrows down.

An arrow that a longer way replaces is left out (the transitive reduction), so that the picture stays legible: who
imports `runs` may import the `warehouse` below it as well.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from support.imports import FLOORS, LIBRARY, arrows_of_rooms, without_shortcuts

_WIDTH, _MARGIN = 960, 24
_NAME_HEIGHT, _LINE_HEIGHT, _FEWEST_LINES = 28, 15, 2
_BETWEEN_ROWS, _BETWEEN_BOXES = 42, 16
_LABEL_WIDTH = 150
# Arial's letters are 0.55 of their size wide on average; a box has room for the wider ones.
_LETTER = 8.1
_SMALL_LETTER = 6.6
_PADDING = 22
_HEAD = 7
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
    4: "reading events",
    5: "jobs",
    6: "wiring",
    7: "calls",
    8: "interfaces",
}
"""What a floor is for, by its number from the ground up."""


@dataclass(frozen=True, slots=True)
class Box:
    """A room's place in the picture, in pixels; `lines` name the rooms in its folder."""

    name: str
    lines: Sequence[str]
    row: int
    left: float
    width: float
    top: int
    height: int

    @property
    def middle(self) -> float:
        """Where arrows start and end."""
        return self.left + self.width / 2

    @property
    def bottom(self) -> int:
        """The lower edge."""
        return self.top + self.height


def picture() -> str:
    """The SVG text of the library as it stands."""
    return draw(without_shortcuts(arrows_of_rooms()))


def draw(graph: Mapping[str, frozenset[str]]) -> str:
    """The SVG text of rooms by name and the rooms that each imports from; floors without a room are left out."""
    floors = [(number, [room for room in floor if room in graph]) for number, floor in enumerate(FLOORS)]
    rows = [(number, rooms) for number, rooms in reversed(floors) if rooms]
    boxes = {box.name: box for box in _all_boxes([rooms for _, rooms in rows])}
    height = max(box.bottom for box in boxes.values()) + _MARGIN
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" '
        'aria-label="Rooms of the library by floor, and the imports between them">',
        f"<style>\n{_STYLE}\n</style>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        *(_floor(boxes[rooms[0]], FLOOR_NAMES[number]) for number, rooms in rows),
        *_arrows(boxes, graph),
        *(_box(box) for box in boxes.values()),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _rooms_within(room: str) -> list[str]:
    return sorted(path.parent.name for path in (LIBRARY / room).glob("*/__init__.py"))


def _all_boxes(rows: Sequence[Sequence[str]]) -> Iterator[Box]:
    top = _MARGIN
    for row, rooms in enumerate(rows):
        lines = _lines({room: _rooms_within(room) for room in rooms})
        height = _NAME_HEIGHT + _LINE_HEIGHT * max(_FEWEST_LINES, *map(len, lines.values()))
        yield from _row_of_boxes(row, lines, top, height)
        top += height + _BETWEEN_ROWS


def _row_of_boxes(row: int, lines: Mapping[str, Sequence[str]], top: int, height: int) -> Iterator[Box]:
    """Boxes side by side, with equal gaps at either end and between them."""
    gap = (_room_for_boxes() - _width_of(lines)) / (len(lines) + 1)
    left = _LABEL_WIDTH + gap
    for room, within in lines.items():
        width = _box_width(room, within)
        yield Box(room, within, row, left, width, top, height)
        left += width + gap


def _lines(within: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """The names of each room's own rooms in lines: in as few as let the boxes of the row stand side by side."""
    for count in range(_FEWEST_LINES, 1 + max(_FEWEST_LINES, *map(len, within.values()))):
        lines = {room: _in_lines(names, count) for room, names in within.items()}
        if _width_of(lines) + _BETWEEN_BOXES * (len(lines) + 1) <= _room_for_boxes():
            break
    return lines


def _in_lines(names: Sequence[str], count: int) -> list[str]:
    a_line = max(1, -(-len(names) // count))
    return [" · ".join(names[start : start + a_line]) for start in range(0, len(names), a_line)]


def _room_for_boxes() -> float:
    return _WIDTH - _LABEL_WIDTH - _MARGIN


def _width_of(lines: Mapping[str, Sequence[str]]) -> float:
    return sum(_box_width(room, within) for room, within in lines.items())


def _box_width(room: str, lines: Sequence[str]) -> float:
    text = max(len(room) * _LETTER, *(len(line) * _SMALL_LETTER for line in ("", *lines)))
    return max(96.0, _PADDING + text)


def _floor(box: Box, name: str) -> str:
    """The stripe of a row, by one of its boxes."""
    return (
        f'<rect class="row" x="0" y="{box.top - 8}" width="{_WIDTH}" height="{box.height + 16}"/>\n'
        f'<text class="floor" x="{_MARGIN}" y="{box.top + box.height / 2 + 4:g}">{escape(name)}</text>'
    )


def _box(box: Box) -> str:
    name_y = box.top + box.height / 2 + 5 - _LINE_HEIGHT / 2 * len(box.lines)
    texts = [("room", box.name), *(("within", line) for line in box.lines)]
    return "\n".join(
        [
            f'<rect class="box" x="{box.left:.1f}" y="{box.top}" width="{box.width:.1f}" height="{box.height}"/>',
            *(
                f'<text class="{kind}" x="{box.middle:.1f}" y="{y:g}">{escape(text)}</text>'
                for y, (kind, text) in zip(itertools.count(name_y, _LINE_HEIGHT), texts, strict=False)
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
    points: list[tuple[float, float]] = [(first_x, first.bottom)]
    for row in range(first.row + 1, last.row):
        share = (row - first.row) / (last.row - first.row)
        between = [box for box in boxes.values() if box.row == row]
        x = _gap(between, first_x + (last_x - first_x) * share)
        points += [(x, between[0].top - 8.0), (x, between[0].bottom + 8.0)]
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
