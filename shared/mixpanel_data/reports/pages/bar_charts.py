"""Bars as SVG."""

from mixpanel_data.reports.charts.cells import cut, folded
from mixpanel_data.reports.charts.parts import joined
from mixpanel_data.reports.charts.shapes import Bar, Bars, Group
from mixpanel_data.reports.charts.texts import figure
from mixpanel_data.reports.pages.svg import Element, drawn, element, percent

MOST_BARS = 20
_MOST_GROUPS = 20
_MOST_OF_A_GROUP = 8
_HEADING, _LABEL, _BAR, _NOTE, _GAP = 26, 18, 10, 18, 12
_MOST_CELLS = 40
"""What a line of a narrow page has room for, in characters, beside the figure."""
_SHORT_NOTE = 8
"""A note up to this long, such as a share, stands beside the figure."""


def bar_chart(chart: Bars) -> str:
    """Each bar under its label and figure; the text alternative has the figures."""
    groups = chart.groups[:_MOST_GROUPS]
    most = MOST_BARS if len(groups) == 1 else _MOST_OF_A_GROUP
    if not any(group.bars for group in groups):
        return drawn(40, chart.title, "There is no data.", element("text", text="no data", y=24))
    made: list[Element] = []
    height = 0
    for group in groups:
        height = _add_group(made, group, most, chart, height)
    said = " ".join(_told(group, most, chart) for group in groups)
    return drawn(height, chart.title, said, *made)


def _add_group(made: list[Element], group: Group, most: int, chart: Bars, top: int) -> int:
    """Add a group's elements below `top`, and return where they end."""
    if group.heading:
        made.append(element("text", text=cut(group.heading, _MOST_CELLS), x=0, y=top + _HEADING - 8, class_="heading"))
        top += _HEADING
    for number, bar in enumerate(group.bars[:most], start=1):
        made += _bar(bar, number if len(chart.groups) > 1 else 1, chart, top)
        top += len(_lines(bar)) * _LABEL + _BAR + (_NOTE if len(bar.note) > _SHORT_NOTE else 0) + _GAP
    more = len(group.bars) - most
    if more > 0:
        made.append(element("text", text=f"and {more} more", x=0, y=top + 12, class_="muted"))
        top += _LABEL + _GAP
    return top


def _bar(bar: Bar, number: int, chart: Bars, top: int) -> list[Element]:
    lines = _lines(bar)
    middle = top + len(lines) * _LABEL
    width = max(bar.share, 0.002) if bar.share > 0 else 0.0
    said = joined([figure(bar.value, chart.kind), bar.note if len(bar.note) <= _SHORT_NOTE else ""])
    parts = [
        *(element("text", text=line, x=0, y=top + (place + 1) * _LABEL - 5) for place, line in enumerate(lines)),
        element("text", text=said, x="100%", y=middle - 5, text_anchor="end"),
        element("rect", x=0, y=middle, width="100%", height=_BAR, class_="track"),
        element("rect", x=0, y=middle, width=percent(min(width, 1.0)), height=_BAR, class_=f"bar series-{number}"),
    ]
    if len(bar.note) > _SHORT_NOTE:
        parts.append(element("text", text=bar.note, x=0, y=middle + _BAR + 13, class_="muted"))
    return parts


def _lines(bar: Bar) -> list[str]:
    return folded(bar.label, _MOST_CELLS, 2)


def _told(group: Group, most: int, chart: Bars) -> str:
    bars = "; ".join(
        f"{cut(bar.label, 80)} {figure(bar.value, chart.kind)}{f' ({bar.note})' if bar.note else ''}".strip()
        for bar in group.bars[:most]
    )
    return f"{cut(group.heading, 80)}: {bars}." if group.heading else f"{bars}."
