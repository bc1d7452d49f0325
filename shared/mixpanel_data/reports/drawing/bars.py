"""Horizontal bars: of totals, of a funnel's steps, of the most frequent paths."""

from dataclasses import dataclass

from mixpanel_data.reports.charts.cells import cells, cut, folded, left, right, wrapped
from mixpanel_data.reports.charts.shapes import Bar, Bars, Flow, Group, Kind
from mixpanel_data.reports.charts.texts import figure, place_text
from mixpanel_data.reports.drawing.pen import BAR, BOLD, FAINT, Pen

_EIGHTHS = " ▏▎▍▌▋▊▉"
_REST = "░"
_MOST_BARS = 20
_MOST_OF_A_GROUP = 8
_MOST_LINES = 3
"""What a label may take above its bar, such as that of a long path."""
_SHORT_NOTE = 8
"""A note up to this long, such as a share, stands in a column of its own."""


@dataclass(frozen=True, slots=True)
class _Columns:
    """The widths of a chart's columns; `label` is 0 where labels are above their bars."""

    width: int
    label: int
    value: int
    note: int

    @property
    def bar(self) -> int:
        """What is left for the bar."""
        return self.width - sum(each + 1 for each in (self.label, self.note) if each) - self.value - 1


def drawn_bars(chart: Bars, width: int, pen: Pen) -> list[str]:
    """The bars of each group; labels are beside their bars where that leaves these half of the width, else above."""
    most = _MOST_BARS if len(chart.groups) == 1 else _MOST_OF_A_GROUP
    columns = _columns([bar for group in chart.groups for bar in group.bars[:most]], chart.kind, width)
    lines = []
    for group in chart.groups:
        lines += [pen.write(cut(group.heading, width), BOLD)] if group.heading else []
        lines += [line for bar in group.bars[:most] for line in _bar(bar, chart.kind, columns, pen)]
        lines += _more(group, most, width, pen)
    return lines


def _columns(bars: list[Bar], kind: Kind, width: int) -> _Columns:
    label = max((cells(cut(bar.label, width)) for bar in bars), default=0)
    value = max((cells(figure(bar.value, kind)) for bar in bars), default=0)
    notes = max((cells(bar.note) for bar in bars), default=0)
    columns = _Columns(width, label, value, notes if notes <= _SHORT_NOTE else 0)
    return columns if columns.bar >= width // 2 else _Columns(width, 0, value, columns.note)


def _bar(bar: Bar, kind: Kind, columns: _Columns, pen: Pen) -> list[str]:
    indent = columns.label + 1 if columns.label else 0
    start = f"{left(bar.label, columns.label)} " if indent else ""
    line = f"{start}{block(bar.share, columns.bar, pen)} {right(figure(bar.value, kind), columns.value)}"
    lines = [] if indent or not bar.label else folded(bar.label, columns.width, _MOST_LINES)
    if columns.note:
        return [*lines, f"{line} {pen.write(right(bar.note, columns.note), FAINT)}".rstrip()]
    notes = wrapped(bar.note, columns.width - indent)
    return [*lines, line, *(" " * indent + pen.write(note, FAINT) for note in notes)]


def _more(group: Group, most: int, width: int, pen: Pen) -> list[str]:
    more = len(group.bars) - most
    return [pen.write(cut(f"and {more} more", width), FAINT)] if more > 0 else []


def block(share: float, length: int, pen: Pen) -> str:
    """A bar of this share of `length` columns, to an eighth of a column, and the rest of it."""
    eighths = round(min(share, 1.0) * length * 8)
    if share > 0:
        eighths = max(eighths, 1)
    full, part = divmod(eighths, 8)
    bar = "█" * full + (_EIGHTHS[part] if part else "")
    return pen.write(bar, BAR) + pen.write(_REST * (length - len(bar)), FAINT)


def drawn_flow(chart: Flow, width: int, pen: Pen) -> list[str]:
    """The events of each place as bars, each with its share of all users."""
    groups = tuple(
        Group(place_text(place), tuple(Bar(name, users, users / chart.users) for name, users in events.items()))
        for place, events in chart.places.items()
    )
    return drawn_bars(Bars(chart.title, Kind.NUMBER, groups), width, pen)
