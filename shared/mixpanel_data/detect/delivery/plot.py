"""A picture of a series against its expected band, as PNG: counts, expectation, and where the two part."""

import io
import math
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont, ImageFont

# A telephone shows it less than half as wide, so that its letters are large.
_WIDTH, _HEIGHT = 800, 450
# Drawn at twice the size and scaled down: Pillow draws lines without anti-aliasing.
_SCALE = 2
_LEFT, _RIGHT, _TOP, _BOTTOM = 84, 24, 112, 52
_TITLE_SIZE, _LABEL_SIZE = 30, 25
_MOST_POINTS = 2 * (_WIDTH - _LEFT - _RIGHT)
# With more points than these a line of full width would be one dark mass.
_MOST_APART = 300

_PAPER, _INK, _SOFT, _GRID = "#ffffff", "#1d1c1d", "#616061", "#e8e8e8"
_BAND, _EXPECTED, _COUNT, _DENSE = "#cfe2f3", "#2f74b5", "#1d1c1d", "#616061"
_ABNORMAL, _SHADE = "#d72b3f", "#fdeced"

_MINUTE = timedelta(minutes=1)
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 7 * 1440, 14 * 1440, 28 * 1440)
_MOST_TICKS = 5
_MOST_LEVELS = 4
_MOST_TITLE = 400


@dataclass(frozen=True, slots=True)
class PlotPoint:
    """One step of a series, mostly a minute: `at` is its start; `low` and `high` are the band around `expected`."""

    at: datetime
    count: float
    expected: float
    low: float
    high: float
    is_abnormal: bool


def png(points: Sequence[PlotPoint], title: str) -> bytes:
    """The picture of points in the order of their times, 800 x 450 pixels, on white. Raises ValueError without a point.

    The title is cut to one line. The font has little more than ASCII: of any other character the plain letter is drawn,
    or nothing. Whoever sees the picture has the message beside it.

    Series longer than the picture has room for are drawn with several steps as one: their greatest count, the widest
    band, abnormal if one of them is.
    """
    if not points:
        raise ValueError("there is nothing to draw: give at least one point")
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (_WIDTH * _SCALE, _HEIGHT * _SCALE), _PAPER)
    _Plot(ImageDraw.Draw(image), _thinned(points)).draw(title)
    small = image.resize((_WIDTH, _HEIGHT), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    small.save(file, "PNG", optimize=True)
    return file.getvalue()


class _Plot:
    """Draws one series; positions are in pixels of the finished picture."""

    def __init__(self, draw: "ImageDraw", points: Sequence[PlotPoint]) -> None:
        self._draw = draw
        self._points = points
        self._start = points[0].at
        step = min((after.at - before.at for before, after in pairwise(points)), default=_MINUTE)
        self._step = max(step, timedelta(microseconds=1))
        self._span = points[-1].at - self._start + self._step
        self._levels = _levels(
            max(_finite(value) for point in points for value in (point.count, point.high, point.expected))
        )

    def draw(self, title: str) -> None:
        for start, end in self._abnormal():
            self._box(start, end, _SHADE)
        self._grid()
        self._band()
        self._counts()
        self._line([point.expected for point in self._points], _EXPECTED, 2.5)
        self._times()
        self._head(title)

    def _x(self, at: datetime) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * ((at - self._start) / self._span)

    def _y(self, value: float) -> float:
        room = _HEIGHT - _TOP - _BOTTOM
        return _HEIGHT - _BOTTOM - room * min(1.0, max(0.0, _finite(value)) / self._levels[-1])

    def _abnormal(self) -> Iterator[tuple[datetime, datetime]]:
        """The runs of abnormal steps, each from the start of its first step to the end of its last."""
        for is_abnormal, run in groupby(self._points, lambda point: point.is_abnormal):
            steps = list(run)
            if is_abnormal:
                yield steps[0].at, steps[-1].at + self._step

    def _box(self, start: datetime, end: datetime, colour: str) -> None:
        left = self._x(start)
        right = max(self._x(end), left + 2)
        self._draw.rectangle(_scaled([(left, _TOP), (right, _HEIGHT - _BOTTOM)]), fill=colour)

    def _grid(self) -> None:
        for level in self._levels:
            y = self._y(level)
            self._draw.line(_scaled([(_LEFT, y), (_WIDTH - _RIGHT, y)]), fill=_GRID, width=_SCALE)
            self._text((_LEFT - 10, y), _short(level), _LABEL_SIZE, _SOFT, "rm")

    def _band(self) -> None:
        upper = self._steps([point.high for point in self._points])
        lower = self._steps([point.low for point in self._points])
        self._draw.polygon(_scaled([*upper, *reversed(lower)]), fill=_BAND)

    def _counts(self) -> None:
        """The counts, and the abnormal ones again on top, in red."""
        is_dense = len(self._points) > _MOST_APART
        self._line([point.count for point in self._points], _DENSE if is_dense else _COUNT, 1.0 if is_dense else 2.5)
        for is_abnormal, run in groupby(self._points, lambda point: point.is_abnormal):
            steps = list(run)
            if is_abnormal:
                path = self._steps([point.count for point in steps], steps)
                self._draw.line(_scaled(path), fill=_ABNORMAL, width=5 * _SCALE, joint="curve")

    def _line(self, values: Sequence[float], colour: str, width: float) -> None:
        self._draw.line(_scaled(self._steps(values)), fill=colour, width=round(width * _SCALE), joint="curve")

    def _steps(self, values: Sequence[float], points: Sequence[PlotPoint] = ()) -> list[tuple[float, float]]:
        """A line that stays level over each step, because a count belongs to the whole step."""
        path = []
        for point, value in zip(points or self._points, values, strict=True):
            y = self._y(value)
            path += [(self._x(point.at), y), (self._x(point.at + self._step), y)]
        return path

    def _times(self) -> None:
        step = _tick_step(self._span)
        midnight = self._start.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        tick = midnight + step * math.ceil((self._start - midnight) / step)
        bottom = _HEIGHT - _BOTTOM
        while tick < self._start + self._span:
            x = self._x(tick)
            self._draw.line(_scaled([(x, bottom), (x, bottom + 5)]), fill=_SOFT, width=_SCALE)
            is_midnight = tick.hour == tick.minute == 0
            at = f"{tick.day} {tick:%b}" if is_midnight else f"{tick:%H:%M}"
            # The first and the last are moved into the picture where they would stick out of it.
            half = _font(_LABEL_SIZE).getlength(at) / _SCALE / 2
            self._text((min(max(x, half), _WIDTH - half), bottom + 12), at, _LABEL_SIZE, _SOFT, "ma")
            tick += step
        self._draw.line(_scaled([(_LEFT, bottom), (_WIDTH - _RIGHT, bottom)]), fill=_SOFT, width=_SCALE)

    def _head(self, title: str) -> None:
        font = _font(_TITLE_SIZE)
        shown = _cut(_drawable(title, font), font, (_WIDTH - 2 * _RIGHT) * _SCALE)
        self._text((_RIGHT, 12), shown, _TITLE_SIZE, _INK, "la")
        self._legend(f"{_per(self._step)}, UTC")

    def _legend(self, unit: str) -> None:
        x, y = float(_RIGHT), 76.0
        keys = [("counted", _COUNT, 4), ("usual", _BAND, 20)]
        if any(point.is_abnormal for point in self._points):
            keys.append(("abnormal", _ABNORMAL, 6))
        for name, colour, height in keys:
            box = [(x, y - height / 2), (x + 24, y + height / 2)]
            self._draw.rectangle(_scaled(box), fill=colour)
            self._text((x + 32, y), name, _LABEL_SIZE, _SOFT, "lm")
            x += 32 + _font(_LABEL_SIZE).getlength(name) / _SCALE + 24
        self._text((_WIDTH - _RIGHT, y), unit, _LABEL_SIZE, _SOFT, "rm")

    def _text(self, position: tuple[float, float], text: str, size: int, colour: str, anchor: str) -> None:
        self._draw.text(_scaled([position])[0], text, fill=colour, font=_font(size), anchor=anchor)


def _font(size: int) -> "FreeTypeFont | ImageFont":
    """Pillow's own font, which comes with Pillow."""
    from PIL import ImageFont

    return ImageFont.load_default(size * _SCALE)


_ALIKE = str.maketrans({"×": "x", "−": "-", "–": "-", "→": "->"})


def _drawable(text: str, font: "FreeTypeFont | ImageFont") -> str:
    """The text on one line, without characters that would be drawn as an empty box."""
    missing = bytes(font.getmask("\U0010ffff"))

    @cache
    def drawable(character: str) -> str:
        if bytes(font.getmask(character)) != missing:
            return character
        plain = unicodedata.normalize("NFKD", character)[0]
        return plain if bytes(font.getmask(plain)) != missing else " "

    return " ".join("".join(map(drawable, text[:_MOST_TITLE].translate(_ALIKE))).split())


def _cut(text: str, font: "FreeTypeFont | ImageFont", most_pixels: float) -> str:
    if font.getlength(text) <= most_pixels:
        return text
    while text and font.getlength(f"{text}…") > most_pixels:
        text = text[:-1]
    return f"{text.rstrip()}…"


def _scaled(path: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    return [(x * _SCALE, y * _SCALE) for x, y in path]


def _finite(value: float) -> float:
    return value if math.isfinite(value) else 0.0


def _levels(most: float) -> list[float]:
    """The levels of the grid: 0 and round numbers above it, the last of them at least `most`."""
    rough = max(most, 1.0) / (_MOST_LEVELS - 1)
    size = 10.0 ** math.floor(math.log10(rough))
    step = max(1.0, next(size * factor for factor in (1.0, 2.0, 2.5, 5.0, 10.0) if size * factor >= rough * 0.999))
    step = math.ceil(step) if step < 10 else step
    return [number * step for number in range(max(1, math.ceil(most / step)) + 1)]


def _short(level: float) -> str:
    """`0`, `2,500`, `25k`, `1.5M`: a label that fits beside the picture."""
    for size, unit in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if level >= max(size, 10_000):
            return f"{level / size:.4g}{unit}"
    return f"{level:,.10g}"


def _tick_step(span: timedelta) -> timedelta:
    minutes = span / _MINUTE
    fitting = (step for step in _STEPS if minutes / step <= _MOST_TICKS)
    return next(fitting, math.ceil(minutes / _MOST_TICKS / 1440) * 1440) * _MINUTE


def _per(step: timedelta) -> str:
    minutes = step / _MINUTE
    if minutes == 1:
        return "per minute"
    return f"per {minutes:g} minutes" if minutes < 60 or minutes % 60 else f"per {minutes / 60:g} h"


def _thinned(points: Sequence[PlotPoint]) -> Sequence[PlotPoint]:
    """At most as many steps as the picture can show."""
    width = math.ceil(len(points) / _MOST_POINTS)
    if width == 1:
        return points
    return [_as_one(points[start : start + width]) for start in range(0, len(points), width)]


def _as_one(points: Sequence[PlotPoint]) -> PlotPoint:
    return PlotPoint(
        at=points[0].at,
        count=max(point.count for point in points),
        expected=max(point.expected for point in points),
        low=min(point.low for point in points),
        high=max(point.high for point in points),
        is_abnormal=any(point.is_abnormal for point in points),
    )
