"""The flow of users from event to event as SVG."""

from dataclasses import dataclass

from mixpanel_data.reports.charts.cells import cut
from mixpanel_data.reports.charts.shapes import Flow, Kind
from mixpanel_data.reports.charts.texts import figure, place_text
from mixpanel_data.reports.pages.svg import Element, drawn, element, percent, stretched

_TOP, _HEIGHT, _GAP, _BELOW = 24, 300, 16, 8
_NODE = 10
"""The width of a node, in thousandths of the chart's."""
_ROOM_FOR_A_LABEL = 14
_MOST_CELLS = 16

Node = tuple[int, str]
"""A place and an event."""


@dataclass(frozen=True, slots=True)
class _Box:
    """Where a node is: across 1,000, and down in pixels."""

    left: float
    top: float
    height: float


def flow_chart(chart: Flow) -> str:
    """The events of each place as boxes, and the links between them; the text alternative has the users at each."""
    if not chart.users:
        return drawn(40, chart.title, "There is no data.", element("text", text="no data", y=24))
    boxes = _boxes(chart)
    plane = stretched(_TOP + _HEIGHT, *_links(chart, boxes), *(_node(box) for box in boxes.values()))
    said = " ".join(
        f"{place_text(place)}: {'; '.join(f'{cut(name, 80)} {users:,}' for name, users in events.items())}."
        for place, events in chart.places.items()
    )
    return drawn(_TOP + _HEIGHT + _BELOW, chart.title, said, plane, *_labels(chart, boxes))


def _boxes(chart: Flow) -> dict[Node, _Box]:
    most = max(map(len, chart.places.values()))
    gap = min(_GAP, _HEIGHT / 2 / most)
    scale = (_HEIGHT - gap * (most - 1)) / chart.users
    # The last place needs room for its labels too.
    across = 1_000 / len(chart.places)
    boxes = {}
    for number, (place, events) in enumerate(chart.places.items()):
        top = float(_TOP)
        for name, users in events.items():
            boxes[place, name] = _Box(number * across, top, users * scale)
            top += users * scale + gap
    return boxes


def _node(box: _Box) -> Element:
    return element("rect", x=box.left, y=box.top, width=_NODE, height=max(box.height, 1.0), class_="node")


def _links(chart: Flow, boxes: dict[Node, _Box]) -> list[Element]:
    """The links, one below the other where they leave a node and where they reach one."""
    out = {node: box.top for node, box in boxes.items()}
    into = dict(out)
    links = []
    for link in sorted(chart.links, key=lambda link: _order(link.place, link.source, link.target, boxes)):
        source, target = (link.place, link.source), (link.place + 1, link.target)
        height = link.users * boxes[source].height / chart.places[link.place][link.source]
        links.append(_link((boxes[source], out[source]), (boxes[target], into[target]), height))
        out[source] += height
        into[target] += height
    return links


def _order(place: int, source: str, target: str, boxes: dict[Node, _Box]) -> tuple[int, float, float]:
    return place, boxes[place, source].top, boxes[place + 1, target].top


def _link(start: tuple[_Box, float], end: tuple[_Box, float], height: float) -> Element:
    left, right = start[0].left + _NODE, end[0].left
    high, low, middle = start[1] + height / 2, end[1] + height / 2, (left + right) / 2
    curve = f"M{left:.0f} {high:.1f}C{middle:.0f} {high:.1f} {middle:.0f} {low:.1f} {right:.0f} {low:.1f}"
    return element("path", d=curve, stroke_width=round(max(height, 0.5), 1), class_="link")


def _labels(chart: Flow, boxes: dict[Node, _Box]) -> list[Element]:
    """The name of each place, and of the events that have room for a label."""
    labels = []
    for place, events in chart.places.items():
        free_from = 0.0
        for number, (name, users) in enumerate(events.items()):
            box = boxes[place, name]
            if number == 0:
                labels.append(
                    element("text", text=place_text(place), x=percent(box.left / 1_000), y=12, class_="muted")
                )
            if box.top >= free_from:
                text = f"{cut(name, _MOST_CELLS)} {figure(users, Kind.NUMBER)}"
                where = {"x": percent((box.left + 1.5 * _NODE) / 1_000), "y": round(box.top + 11, 1)}
                labels.append(element("text", text=text, class_="label", **where))
                free_from = box.top + _ROOM_FOR_A_LABEL
    return labels
