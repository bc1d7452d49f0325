"""An answer as text."""

from collections.abc import Sequence

from mixpanel_data.reports.charts.cells import cut, folded, wrapped
from mixpanel_data.reports.charts.of_answer import charts_of
from mixpanel_data.reports.charts.parts import days_of
from mixpanel_data.reports.charts.shapes import Bars, Chart, Description, Flow, Lines, Listing, Part, Table, Triangle
from mixpanel_data.reports.drawing.bars import drawn_bars, drawn_flow
from mixpanel_data.reports.drawing.lines import drawn_lines
from mixpanel_data.reports.drawing.listing import drawn_listing
from mixpanel_data.reports.drawing.pen import BOLD, FAINT, Pen
from mixpanel_data.reports.drawing.triangle import drawn_triangle

LEAST_WIDTH, MOST_WIDTH = 40, 200
_MOST_TRIANGLES = 3
_MOST_CHARTS = 12
_SOURCE_LINES = 2


def drawing(description: Description, parts: Sequence[Part], *, width: int, is_colored: bool) -> str:
    """The charts of an answer, in lines of at most `width` columns, taken as 40 to 200; each line ends with a newline.

    Equal input gives equal text. Without color the only characters beside names are those of blocks, boxes and ASCII.
    """
    across = min(max(width, LEAST_WIDTH), MOST_WIDTH)
    pen = Pen(is_colored)
    charts = [chart for chart in charts_of(description, parts) if not isinstance(chart, Table)]
    shown = _few(charts)
    lines = [
        pen.write(cut(description.title, across), BOLD),
        cut(", ".join(filter(None, [days_of(parts), description.timezone])), across),
        *folded(description.source, across, _SOURCE_LINES),
        *(line for chart in shown for line in _chart(chart, across, pen)),
    ]
    if len(shown) < len(charts):
        lines += ["", pen.write(cut(f"and {len(charts) - len(shown)} more charts", across), FAINT)]
    return "".join(f"{line}\n" for line in lines)


def _few(charts: Sequence[Chart]) -> list[Chart]:
    """The first charts, and of triangles those of the largest segments."""
    places = [number for number, chart in enumerate(charts) if isinstance(chart, Triangle)]
    too_many = set(places[_MOST_TRIANGLES:])
    return [chart for number, chart in enumerate(charts) if number not in too_many][:_MOST_CHARTS]


def _chart(chart: Chart, width: int, pen: Pen) -> list[str]:
    title = ["", pen.write(cut(chart.title, width), BOLD)]
    match chart:
        case Lines():
            return title + drawn_lines(chart, width, pen) + _note(chart.note, width, pen)
        case Bars():
            return title + (drawn_bars(chart, width, pen) or ["no data"]) + _note(chart.note, width, pen)
        case Triangle():
            return title + drawn_triangle(chart, width, pen)
        case Listing():
            return title + (drawn_listing(chart, width, pen) or ["no data"]) + _note(chart.note, width, pen)
        case Flow():
            return title + (drawn_flow(chart, width, pen) or ["no data"])
    raise TypeError(f"{type(chart).__name__} is not drawn")


def _note(note: str, width: int, pen: Pen) -> list[str]:
    return [pen.write(line, FAINT) for line in wrapped(note, width)]
