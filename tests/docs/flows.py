"""Pictures of how data flows: boxes on a grid, and arrows between them that say what goes along."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

_BOX_WIDTH, _BOX_HEIGHT = 176, 56
_COLUMN, _ROW = 268, 108
_MARGIN = 20
_HEAD = 7

_STYLE = """\
  text { font-family: -apple-system, "Segoe UI", Roboto, Helvetica, Arial, sans-serif; text-anchor: middle; }
  .name { font-size: 17px; font-weight: 600; fill: #1d1c1d; }
  .label { font-size: 15px; fill: #455a64; stroke: #ffffff; stroke-width: 4px; paint-order: stroke; }
  .outside { fill: #fff8e1; stroke: #ffa000; }
  .step { fill: #e8eaf6; stroke: #3f51b5; }
  .table { fill: #e0f2f1; stroke: #00796b; }
  rect { rx: 6px; stroke-width: 1.5px; }
  .arrow { fill: none; stroke: #607d8b; stroke-width: 1.5; }
  .head { fill: #607d8b; }"""


@dataclass(frozen=True, slots=True)
class Node:
    """A box at a column and row, from 0; `kind` is `outside` (another system), `step` (of a run) or `table`."""

    text: str
    kind: str
    column: float
    row: float

    @property
    def x(self) -> float:
        """The middle, in pixels."""
        return _MARGIN + _BOX_WIDTH / 2 + self.column * _COLUMN

    @property
    def y(self) -> float:
        """The middle, in pixels."""
        return _MARGIN + _BOX_HEIGHT / 2 + self.row * _ROW


@dataclass(frozen=True, slots=True)
class Arrow:
    """From one node to another, by their texts; `label` says what goes along."""

    start: str
    end: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Flow:
    """A picture: what it shows, its nodes, and the arrows between them."""

    title: str
    nodes: Sequence[Node]
    arrows: Sequence[Arrow]


OVERVIEW = Flow(
    "Mixpanel's events go through the collector into the warehouse, and from there to the detector, the identity "
    "transition, the user sync and the registry updater",
    [
        Node("Mixpanel", "outside", 0, 0),
        Node("collector", "step", 1, 0),
        Node("mixpanel_events", "table", 2, 0),
        Node("event_minutes", "table", 2, 1),
        Node("event_arrivals", "table", 2, 2),
        Node("detector", "step", 3, 0.5),
        Node("identity transition", "step", 3, 1.5),
        Node("user sync", "step", 3, 2.5),
        Node("Slack", "outside", 4, 0.5),
        Node("identity graph", "table", 4, 1.5),
        Node("user_insights", "table", 4, 2.5),
        Node("other destinations", "outside", 4, 3.5),
        Node("registry updater", "step", 3, 4.5),
        Node("event_registry", "table", 4, 4.5),
        Node("Scheduler, mp", "outside", 0, 1),
    ],
    [
        Arrow("Mixpanel", "collector", "export"),
        Arrow("Scheduler, mp", "collector", "calls"),
        Arrow("collector", "mixpanel_events"),
        Arrow("collector", "event_minutes"),
        Arrow("collector", "event_arrivals"),
        Arrow("event_minutes", "detector", "counts"),
        Arrow("mixpanel_events", "detector", "samples"),
        Arrow("event_arrivals", "identity transition", "days"),
        Arrow("event_arrivals", "user sync", "days"),
        Arrow("event_arrivals", "registry updater", "days"),
        Arrow("registry updater", "event_registry", "types"),
        Arrow("identity transition", "identity graph", "links"),
        Arrow("detector", "Slack", "alerts"),
        Arrow("user sync", "user_insights", "totals"),
        Arrow("user_insights", "other destinations", "on request"),
    ],
)

COLLECTOR = Flow(
    "The collector stages an export, proves that it is complete, types its lines and publishes them in one transaction",
    [
        Node("Mixpanel", "outside", 0, 1),
        Node("staged_lines", "table", 1, 1),
        Node("incoming", "table", 2, 1),
        Node("one transaction", "step", 3, 1),
        Node("mixpanel_events", "table", 4, -0.5),
        Node("event_minutes", "table", 4, 0.25),
        Node("event_arrivals", "table", 4, 1),
        Node("rejected_events", "table", 4, 1.75),
        Node("job_runs", "table", 4, 2.5),
    ],
    [
        Arrow("Mixpanel", "staged_lines", "raw bytes"),
        Arrow("staged_lines", "incoming", "SQL: typed"),
        Arrow("incoming", "one transaction", "compared"),
        Arrow("one transaction", "mixpanel_events"),
        Arrow("one transaction", "event_minutes"),
        Arrow("one transaction", "event_arrivals"),
        Arrow("one transaction", "rejected_events"),
        Arrow("one transaction", "job_runs"),
    ],
)

DETECTOR = Flow(
    "The detector judges counts, decides about incidents, keeps messages and delivers them",
    [
        Node("event_minutes", "table", 0, 0),
        Node("detector_baselines", "table", 0, 1),
        Node("detector_delays", "table", 1, 1),
        Node("judge", "step", 1, 0),
        Node("decide", "step", 2, 0),
        Node("alerts", "table", 2, 1),
        Node("alert_messages", "table", 3, 0),
        Node("mixpanel_events", "table", 3, 1),
        Node("deliver", "step", 4, 0),
        Node("Slack", "outside", 4, 1),
    ],
    [
        Arrow("event_minutes", "judge", "counts"),
        Arrow("detector_baselines", "judge", "usual"),
        Arrow("detector_delays", "judge", "arrived"),
        Arrow("judge", "decide", "abnormal"),
        Arrow("decide", "alerts", "opens, ends"),
        Arrow("decide", "alert_messages", "kept first"),
        Arrow("mixpanel_events", "alert_messages", "samples"),
        Arrow("alert_messages", "deliver", "by key"),
        Arrow("deliver", "Slack", "once"),
    ],
)

IDENTITY = Flow(
    "The identity transition numbers new links, judges them, and publishes the pairs that join clusters",
    [
        Node("mixpanel_events", "table", 0, 0),
        Node("other tables", "outside", 0, 1),
        Node("identity_links", "table", 1, 0.5),
        Node("judge", "step", 2, 0.5),
        Node("identity_decisions", "table", 2, 1.5),
        Node("join clusters", "step", 3, 0.5),
        Node("identity pairs", "table", 4, -0.25),
        Node("identity graph", "table", 4, 0.5),
        Node("associations", "table", 4, 1.25),
        Node("Mixpanel", "outside", 5, 0.5),
    ],
    [
        Arrow("mixpanel_events", "identity_links", "new pairs"),
        Arrow("other tables", "identity_links"),
        Arrow("identity_links", "judge", "by number"),
        Arrow("identity_decisions", "judge", "splits"),
        Arrow("judge", "join clusters", "linked ones"),
        Arrow("join clusters", "identity pairs"),
        Arrow("join clusters", "identity graph"),
        Arrow("join clusters", "associations"),
        Arrow("identity pairs", "Mixpanel"),
        Arrow("identity graph", "Mixpanel", "mirrors"),
        Arrow("associations", "Mixpanel"),
    ],
)

USER_SYNC = Flow(
    "The user sync computes marked days again and changes the totals by the difference",
    [
        Node("event_arrivals", "table", 0, 0),
        Node("mixpanel_events", "table", 1, 1),
        Node("user_pending_days", "table", 1, 0),
        Node("user_daily_metrics", "table", 2, 0),
        Node("user_insights", "table", 3, 0),
        Node("user_sync_queue", "table", 3, 1),
        Node("PostgreSQL", "outside", 4, 0.5),
        Node("Mixpanel profiles", "outside", 4, 1.5),
    ],
    [
        Arrow("event_arrivals", "user_pending_days", "marks days"),
        Arrow("user_pending_days", "user_daily_metrics", "computed"),
        Arrow("mixpanel_events", "user_daily_metrics", "events"),
        Arrow("user_daily_metrics", "user_insights", "difference"),
        Arrow("user_insights", "user_sync_queue", "changed users"),
        Arrow("user_sync_queue", "PostgreSQL", "totals"),
        Arrow("user_sync_queue", "Mixpanel profiles", "totals"),
    ],
)

REGISTRY = Flow(
    "The registry updater counts the days and events that changed, judges all counts, and publishes what follows",
    [
        Node("event_arrivals", "table", 0, 0),
        Node("mixpanel_events", "table", 0, 1),
        Node("observe", "step", 1, 0.5),
        Node("event_observations", "table", 2, 0.5),
        Node("tracking plan", "outside", 1, 1.5),
        Node("schema_violations", "table", 2, 1.5),
        Node("judge", "step", 3, 0.5),
        Node("event_registry", "table", 4, -0.25),
        Node("event_properties", "table", 4, 0.5),
        Node("schema_changes", "table", 4, 1.25),
        Node("alert_messages", "table", 5, 1.25),
    ],
    [
        Arrow("event_arrivals", "observe", "days"),
        Arrow("mixpanel_events", "observe", "events"),
        Arrow("observe", "event_observations", "counts"),
        Arrow("observe", "schema_violations"),
        Arrow("tracking plan", "schema_violations", "rules"),
        Arrow("event_observations", "judge", "histories"),
        Arrow("judge", "event_registry"),
        Arrow("judge", "event_properties"),
        Arrow("judge", "schema_changes"),
        Arrow("schema_changes", "alert_messages", "breaking"),
    ],
)

FLOWS = {
    "overview": OVERVIEW,
    "collector": COLLECTOR,
    "detector": DETECTOR,
    "identity": IDENTITY,
    "user-sync": USER_SYNC,
    "registry": REGISTRY,
}
"""The flows by the names of their pictures."""


def draw(flow: Flow) -> str:
    """The SVG text of a flow."""
    nodes = {node.text: node for node in flow.nodes}
    top = min(node.y for node in flow.nodes) - _BOX_HEIGHT / 2 - _MARGIN
    width = max(node.x for node in flow.nodes) + _BOX_WIDTH / 2 + _MARGIN
    height = max(node.y for node in flow.nodes) + _BOX_HEIGHT / 2 + _MARGIN - top
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 {top:g} {width:g} {height:g}" role="img" '
        f'aria-label="{escape(flow.title, quote=True)}">',
        f"<style>\n{_STYLE}\n</style>",
        f'<rect y="{top:g}" width="{width:g}" height="{height:g}" fill="#ffffff"/>',
        *(line for arrow in flow.arrows for line in _arrow(nodes, arrow)),
        *(line for node in flow.nodes for line in _node(node)),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _node(node: Node) -> Iterator[str]:
    left, top = node.x - _BOX_WIDTH / 2, node.y - _BOX_HEIGHT / 2
    yield f'<rect class="{node.kind}" x="{left:g}" y="{top:g}" width="{_BOX_WIDTH}" height="{_BOX_HEIGHT}"/>'
    yield f'<text class="name" x="{node.x:g}" y="{node.y + 6:g}">{escape(node.text)}</text>'


def _arrow(nodes: Mapping[str, Node], arrow: Arrow) -> Iterator[str]:
    """From the right edge to a left one, or within a column from the lower edge to an upper one."""
    first, last = nodes[arrow.start], nodes[arrow.end]
    if first.column == last.column:
        yield from _down(first, last, arrow.label)
        return
    x0, y0 = first.x + _BOX_WIDTH / 2, first.y
    x1, y1 = last.x - _BOX_WIDTH / 2, last.y
    bend = (x1 - x0) / 2
    yield (f'<path class="arrow" d="M{x0:g} {y0:g} C{x0 + bend:g} {y0:g} {x1 - bend:g} {y1:g} {x1 - _HEAD:g} {y1:g}"/>')
    yield f'<polygon class="head" points="{x1 - _HEAD - 2:g},{y1 - 5:g} {x1 - _HEAD - 2:g},{y1 + 5:g} {x1:g},{y1:g}"/>'
    if arrow.label:
        yield f'<text class="label" x="{(x0 + x1) / 2 - 3:g}" y="{(y0 + y1) / 2 - 7:g}">{escape(arrow.label)}</text>'


def _down(first: Node, last: Node, label: str) -> Iterator[str]:
    sign = 1 if last.y > first.y else -1
    y0, y1 = first.y + sign * _BOX_HEIGHT / 2, last.y - sign * _BOX_HEIGHT / 2
    x, back = first.x, y1 - sign * (_HEAD + 2)
    yield f'<path class="arrow" d="M{x:g} {y0:g} L{x:g} {y1 - sign * _HEAD:g}"/>'
    yield f'<polygon class="head" points="{x - 5:g},{back:g} {x + 5:g},{back:g} {x:g},{y1:g}"/>'
    if label:
        yield f'<text class="label" x="{x:g}" y="{(y0 + y1) / 2 + 2:g}">{escape(label)}</text>'
