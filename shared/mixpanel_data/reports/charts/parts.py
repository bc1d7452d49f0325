"""The parts of an answer by name: which period and segment each of them is of."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from mixpanel_data.configuration.base import Configuration
from mixpanel_data.configuration.reports.definitions import Report
from mixpanel_data.configuration.reports.segments import Named
from mixpanel_data.reports.charts.cells import cut
from mixpanel_data.reports.charts.shapes import Description, Part
from mixpanel_data.reports.charts.texts import period_texts

_LONGEST = 80
"""What a label has of a segment without a name, which may list thousands of ids."""


def days_of(parts: Sequence[Part]) -> str:
    """The days asked for, which the first part has; nothing without days."""
    return _days(parts[0]) if parts and parts[0]["from_date"] is not None else ""


def labels_of(description: Description, parts: Sequence[Part]) -> list[str]:
    """What tells each part from the others: its segment, its days, both, or nothing."""
    several_periods = len({_days(part) for part in parts}) > 1
    return [joined([_segment(description, part), _days(part) if several_periods else ""]) for part in parts]


def joined(labels: Iterable[str | None]) -> str:
    """Labels side by side, without the empty ones."""
    return " · ".join(label for label in labels if label)


def segment_text(segment: str | None) -> str | None:
    """A segment of a breakdown; the empty text is one too, and is seen."""
    return '""' if segment == "" else segment


def left_out(limit: int, segments: Iterable[int]) -> str:
    """A note if a breakdown has more segments than its answer."""
    most = max(segments, default=0)
    return f"The {limit} largest of {most} segments." if most > limit else ""


def grouped(rows: Iterable[Part], *names: str) -> dict[Any, list[Part]]:
    """Rows by their values of these columns, in the order of the rows."""
    groups: dict[Any, list[Part]] = {}
    for row in rows:
        groups.setdefault(tuple(row[name] for name in names), []).append(row)
    return groups


def titled(title: str, label: str) -> str:
    """A title, and which part of the answer it is about."""
    return f"{title}: {label}" if label else title


def distinct_periods(rows: Iterable[Part], name: str, description: Description) -> dict[date | datetime, str]:
    """The periods that rows have under this name, in order, each with its text."""
    periods = sorted({row[name] for row in rows})
    return dict(zip(periods, period_texts(periods, description.timezone), strict=True))


def _days(part: Part) -> str:
    return f"{part['from_date']} to {part['to_date']}"


def _segment(description: Description, part: Part) -> str:
    if part["segment"] is None or not isinstance(description.definition, Report):
        return ""
    segment = description.definition.segments[part["segment"]]
    return segment.segment if isinstance(segment, Named) else cut(_short_form(segment), _LONGEST)


def _short_form(segment: Configuration) -> str:
    return segment.model_dump_json(by_alias=True, exclude_defaults=True)
