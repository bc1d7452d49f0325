"""Figures, periods and names as text."""

import json
import math
from collections import Counter
from datetime import date, datetime
from zoneinfo import ZoneInfo

from mixpanel_data.reports.charts.shapes import Kind

NOTHING = "–"
"""Stands where a figure does not exist."""

_THOUSAND = 1_000
_SIZES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
_LENGTHS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def figure(value: float | None, kind: Kind) -> str:
    """A figure for a table or a label, of four digits at least."""
    if value is None:
        return NOTHING
    if not math.isfinite(value):
        return str(value)
    match kind:
        case Kind.SHARE:
            return f"{100 * value:.1f}%"
        case Kind.SECONDS:
            return _length(value)
        case Kind.NUMBER:
            return f"{value:,}" if isinstance(value, int) else _number(value)


def short_figure(value: float, kind: Kind) -> str:
    """A figure for the scale of an axis."""
    if kind is not Kind.NUMBER:
        return f"{100 * value:.4g}%" if kind is Kind.SHARE else _length(value)
    size, letter = next(((size, letter) for size, letter in _SIZES if abs(value) >= size), (1, ""))
    return f"{value / size:.4g}{letter}"


def _number(value: float) -> str:
    if value.is_integer() or abs(value) >= 1e15:
        return f"{value:,.0f}" if abs(value) < 1e15 else f"{value:.4g}"
    return f"{value:,.1f}" if abs(value) >= _THOUSAND else f"{value:.4g}"


def _length(seconds: float) -> str:
    size, unit = next(((size, unit) for size, unit in _LENGTHS if abs(seconds) >= size), (1, "s"))
    return f"{_number(round(seconds / size, 1))} {unit}"


def period_texts(periods: list[date | datetime], timezone: str) -> list[str]:
    """Days as they are, instants as the clock of the zone has them; with its offset where two would look alike."""
    zone = ZoneInfo(timezone)
    texts = [_period(period, zone, "%Y-%m-%d %H:%M") for period in periods]
    counts = Counter(texts)
    return [
        _period(period, zone, "%Y-%m-%d %H:%M%z") if counts[text] > 1 else text
        for period, text in zip(periods, texts, strict=True)
    ]


def _period(period: date | datetime, zone: ZoneInfo, form: str) -> str:
    return period.astimezone(zone).strftime(form) if isinstance(period, datetime) else period.isoformat()


def moment_text(moment: datetime, timezone: str) -> str:
    """An instant, to the second, as the clock of the zone has it."""
    return moment.astimezone(ZoneInfo(timezone)).strftime("%Y-%m-%d %H:%M:%S")


def value_text(value: object) -> str:
    """The value of a property: text as it is, but the empty one in quotation marks; anything else as JSON."""
    if isinstance(value, str):
        return value or '""'
    return json.dumps(value, ensure_ascii=False)


def place_text(place: int) -> str:
    """What a place of a path is called: the anchor, or how many events it is after or before."""
    return "anchor" if place == 0 else f"{place} after" if place > 0 else f"{-place} before"


def ends_of_axis(values: list[float], kind: Kind) -> tuple[float, float]:
    """The least and the greatest value of an axis that has these values and 0."""
    low = -_end_of_scale([-value for value in values], kind) if min(values) < 0 else 0.0
    return low, 0.0 if low < 0 and max(values) <= 0 else _end_of_scale(values, kind)


def _end_of_scale(values: list[float], kind: Kind) -> float:
    """The end of an axis for these values: 1, 2, 2.5 or 5 times a power of ten, at least the greatest; 1 of nothing.

    Of lengths of time it is so many of their largest unit.
    """
    greatest = max(values, default=0)
    if greatest <= 0:
        return 1.0
    if kind is Kind.SECONDS:
        size = next((size for size, _ in _LENGTHS if greatest >= size), 1)
        return size * _round_number(greatest / size)
    return _round_number(greatest)


def _round_number(greatest: float) -> float:
    power = 10.0 ** math.floor(math.log10(greatest))
    return next((step * power for step in (1, 2, 2.5, 5) if step * power >= greatest), 10 * power)
