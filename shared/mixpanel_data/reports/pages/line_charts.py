"""Lines as SVG."""

import math
from collections.abc import Callable

from mixpanel_data.reports.charts.cells import cells, cut
from mixpanel_data.reports.charts.shapes import Lines, Series
from mixpanel_data.reports.charts.texts import ends_of_axis, figure, short_figure
from mixpanel_data.reports.pages.svg import Element, drawn, element, percent, stretched

MOST_SERIES = 8
_TOP, _BOTTOM, _HEIGHT = 8, 216, 240
_MOST_POINTS = 400
_WIDE_ONLY = "wide"
"""The class of what a narrow page has no room for."""

Point = tuple[float, float]


def line_chart(chart: Lines) -> str:
    """The first series over their axes; the text alternative has the ends and the greatest value of each."""
    shown = chart.series[:MOST_SERIES]
    values = [value for each in shown for value in _finite(each) if value is not None]
    if not values:
        return drawn(40, chart.title, "There is no data.", element("text", text="no data", y=24))
    low, high = ends_of_axis(values, chart.kind)

    def height_of(value: float) -> float:
        return _BOTTOM - (value - low) / (high - low) * (_BOTTOM - _TOP)

    lines = [_line(each, number, height_of) for number, each in enumerate(shown, start=1)]
    ticks = [tick for value in (low, (low + high) / 2, high) for tick in _tick(value, height_of(value), chart)]
    said = " ".join(_told(each, chart) for each in shown)
    return drawn(_HEIGHT, chart.title, said, *ticks, stretched(_HEIGHT, *reversed(lines)), *_places(chart))


def _finite(series: Series) -> list[float | None]:
    return [value if value is not None and math.isfinite(value) else None for value in series.values]


def _line(series: Series, number: int, height_of: Callable[[float], float]) -> Element:
    return element("path", d=_path(_points(series), height_of), class_=f"line series-{number}")


def _points(series: Series) -> list[Point | None]:
    """The place of each value across a width of 1,000, and the value; of many, the ends of each group."""
    values = _finite(series)
    last = max(len(values) - 1, 1)
    points = [None if value is None else (1_000 * number / last, value) for number, value in enumerate(values)]
    if len(points) <= _MOST_POINTS:
        return points
    size = math.ceil(2 * len(points) / _MOST_POINTS)
    groups = [points[begin : begin + size] for begin in range(0, len(points), size)]
    return [point for group in groups for point in _ends(group)]


def _ends(group: list[Point | None]) -> list[Point | None]:
    some = [point for point in group if point is not None]
    if not some:
        return [None]
    least, greatest = (choose(some, key=lambda point: point[1]) for choose in (min, max))
    return list(dict.fromkeys(sorted((least, greatest))))


def _path(points: list[Point | None], height_of: Callable[[float], float]) -> str:
    steps, is_down = [], False
    for number, point in enumerate(points):
        if point is None:
            is_down = False
            continue
        place = f"{point[0]:.0f} {height_of(point[1]):.1f}"
        is_alone = not is_down and (number + 1 == len(points) or points[number + 1] is None)
        # Round ends make a dot of a line that has no length.
        steps.append(f"{'L' if is_down else 'M'}{place}{'h0' if is_alone else ''}")
        is_down = True
    return "".join(steps)


def _tick(value: float, height: float, chart: Lines) -> list[Element]:
    rule = element("line", x1=0, x2="100%", y1=height, y2=height, class_="rule")
    return [
        rule,
        element("text", text=short_figure(value, chart.kind), x=-8, y=height + 4, text_anchor="end", class_="tick"),
    ]


def _places(chart: Lines) -> list[Element]:
    """The first and the last place, and those between them that the width has room for."""
    last = len(chart.places) - 1
    if last == 0:
        return [element("text", text=_short(chart.places[0]), x=0, y=_HEIGHT - 4, class_="tick")]
    if last <= 12 and all(cells(place) <= 3 for place in chart.places):
        return [_place(chart, place, last, "") for place in range(last + 1)]
    quarters = {0: "", round(last / 2): "", last: ""}
    quarters |= {place: _WIDE_ONLY for place in (round(last / 4), round(last * 3 / 4)) if place not in quarters}
    # Three long labels do not fit a narrow page.
    if max(cells(_short(chart.places[place])) for place in quarters) > 12:
        quarters[round(last / 2)] = _WIDE_ONLY if last > 1 else ""
    return [_place(chart, place, last, shown) for place, shown in sorted(quarters.items())]


def _place(chart: Lines, place: int, last: int, shown: str) -> Element:
    anchor = "start" if place == 0 else "end" if place == last else "middle"
    where = {"x": percent(place / last), "y": _HEIGHT - 4, "text_anchor": anchor}
    return element("text", text=_short(chart.places[place]), class_=f"tick {shown}".rstrip(), **where)


def _short(place: str) -> str:
    return cut(place, 24)


def _told(series: Series, chart: Lines) -> str:
    known = [(place, value) for place, value in zip(chart.places, series.values, strict=True) if value is not None]
    if not known:
        return f"{cut(series.label, 80)}: no data."
    (first, begin), (last, end), (top, most) = known[0], known[-1], max(known, key=lambda pair: pair[1])
    begin_text, end_text, most_text = (figure(value, chart.kind) for value in (begin, end, most))
    return (
        f"{cut(series.label, 80)}: {begin_text} ({chart.axis} {first}) to {end_text} ({chart.axis} {last}), "
        f"the most {most_text} ({chart.axis} {top})."
    )
