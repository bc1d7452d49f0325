"""The picture of an alert: what the detector sends of the demo's traffic, and the series that it judged.

The traffic, the collector, the detector and the stand-in Slack are those of the demo; only the clock stands still, so
that the picture is always the same.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from html import escape
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.detect.study.explain import ExplainedMinute, explain
from mixpanel_data_standins.sample.traffic import DAYS, traffic
from support.collector_world import CollectorWorld as Project
from support.detector_world import START, DetectorWorld
from support.events_configs import enabled

_EVENT = "Checkout Failed"
_UTC = ZoneInfo("UTC")
_MINUTES = 60
_WIDTH, _HEIGHT = 760, 476
_LEFT, _RIGHT = 68, 32
_PLOT_TOP, _PLOT_BOTTOM = 146, 304
_TICK_MINUTES = 10
_LEVELS = 4

_STYLE = """\
  text { font-family: -apple-system, "Segoe UI", Roboto, Helvetica, Arial, sans-serif; font-size: 14px; fill: #1d1c1d; }
  .name { font-weight: 700; }
  .app { font-size: 10px; fill: #616061; }
  .title { font-size: 16px; font-weight: 700; }
  .label { font-weight: 700; }
  .axis { font-size: 11px; fill: #616061; }
  .code { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: 13px; fill: #c01343; }
  .band { fill: #cfe2f3; shape-rendering: crispEdges; }
  .usual { fill: #1d1c1d; }
  .abnormal { fill: #d72b3f; }
  .grid { stroke: #e8e8e8; }"""


@dataclass(frozen=True, slots=True)
class Alert:
    """A message's title, its facts, what rose of the properties, the next steps, and the minutes that were judged."""

    title: str
    facts: Sequence[str]
    rose: str
    steps: str
    series: Sequence[ExplainedMinute]


def picture() -> str:
    """The SVG text of the alert."""
    return draw(alert())


def alert() -> Alert:
    """The one alert that the demo's traffic leads to."""
    start, end = (START - timedelta(days=DAYS)).date(), START.date() + timedelta(days=1)
    with (
        tempfile.TemporaryDirectory() as folder,
        DetectorWorld(Path(folder) / "warehouse.duckdb", enabled(), {}) as world,
    ):
        with Project(world.engine, traffic(START), now=START) as project:
            project.collect(str(start), str(end))
        world.detect()
        (message,) = world.posts
        return Alert(*_said(message.blocks), _judged(world))


def _judged(world: DetectorWorld) -> Sequence[ExplainedMinute]:
    warehouse = world.engine.open()
    try:
        told = explain(
            warehouse, world.config, _EVENT, START, is_of_now=True, minutes=_MINUTES, zone=_UTC, deadline=Deadline()
        )
    finally:
        warehouse.close()
    return told.series


def _said(blocks: Sequence[Mapping[str, Any]]) -> tuple[str, Sequence[str], str, str]:
    """Title, facts, what rose, and the next steps, of the blocks of a message."""
    title = next(block["text"]["text"] for block in blocks if block["type"] == "header")
    texts = [block["text"]["text"] for block in blocks if block["type"] == "section"]
    facts = next(text for text in texts if "*Now:" in text).split("\n")
    rose = next(text for text in texts if "`app_version`" in text)
    return title, facts, rose, next(text for text in texts if text.startswith("*Next*"))


def draw(shown: Alert) -> str:
    """The SVG text of an alert as a message with its plot."""
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="{escape(shown.title, quote=True)}">',
        f"<style>\n{_STYLE}\n</style>",
        f'<rect x="0.5" y="0.5" width="{_WIDTH - 1}" height="{_HEIGHT - 1}" rx="8" fill="#ffffff" stroke="#dddddd"/>',
        '<rect x="16" y="18" width="36" height="36" rx="6" fill="#4a154b"/>',
        '<text x="34" y="43" text-anchor="middle" style="font-size: 20px; font-weight: 700; fill: #ffffff">M</text>',
        f'<text class="name" x="{_LEFT}" y="31">Mixpanel alerts</text><text class="app" x="180" y="31">APP</text>',
        f'<polygon points="{_LEFT},56 {_LEFT + 14},56 {_LEFT + 7},44" class="abnormal"/>',
        f'<text class="title" x="{_LEFT + 22}" y="56">{escape(_plain(shown.title))}</text>',
        f'<circle cx="{_LEFT + 7}" cy="79" r="6" class="abnormal"/>',
        *_lines([f"      {_plain(shown.facts[0])}", *shown.facts[1:3]], 84),
        *_plot(shown.series),
        *_lines([*shown.rose.split("\n"), *shown.steps.split("\n")], 348),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    """Text without the symbol in front of it, which is drawn."""
    return re.sub(r"^[^\w*]+", "", text)


def _plot(series: Sequence[ExplainedMinute]) -> Iterator[str]:
    """A bar a minute, red where it is abnormal, before the band that was expected."""
    top = max(1.0, *(max(one.count, one.high) for one in series))
    step = (_WIDTH - _LEFT - _RIGHT) / len(series)

    def y(value: float) -> float:
        return _PLOT_BOTTOM - value / top * (_PLOT_BOTTOM - _PLOT_TOP)

    for level in range(0, int(top) + 1, max(1, int(top) // _LEVELS)):
        yield f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y(level):.1f}" y2="{y(level):.1f}"/>'
        yield f'<text class="axis" x="{_LEFT - 8}" y="{y(level) + 4:.1f}" text-anchor="end">{level}</text>'
    for place, one in enumerate(series):
        x = _LEFT + place * step
        yield _bar("band", x, step, y(one.high), y(one.low))
        if one.count:
            yield _bar("abnormal" if one.rules else "usual", x + 1, step - 2, y(one.count), y(0))
        if one.minute.minute % _TICK_MINUTES == 0:
            yield f'<text class="axis" x="{x:.1f}" y="{_PLOT_BOTTOM + 18}">{one.minute:%H:%M}</text>'


def _bar(kind: str, x: float, width: float, top: float, bottom: float) -> str:
    return f'<rect class="{kind}" x="{x:.1f}" y="{top:.1f}" width="{width:.1f}" height="{bottom - top:.1f}"/>'


def _lines(lines: Sequence[str], top: int) -> Iterator[str]:
    """Lines of Slack's markup: bold and code."""
    for place, line in enumerate(lines):
        yield f'<text x="{_LEFT}" y="{top + 23 * place}" xml:space="preserve">{_spans(line)}</text>'


def _spans(line: str) -> str:
    pieces = re.split(r"(\*[^*]+\*|`[^`]+`)", line)
    kinds = {"*": "label", "`": "code"}
    return "".join(
        f'<tspan class="{kinds[piece[0]]}">{escape(piece[1:-1])}</tspan>' if piece[:1] in kinds else escape(piece)
        for piece in pieces
    )
