"""`/segmentation`, and `numeric`, `sum` and `average` below it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TypeGuard

from mixpanel_data_standins.mixpanel.answers import RefusalError
from mixpanel_data_standins.mixpanel.project import Project
from mixpanel_data_standins.mixpanel.querying.counts.series import TYPES, grouped, largest, series, spans_of, table
from mixpanel_data_standins.mixpanel.querying.reading.buckets import Buckets
from mixpanel_data_standins.mixpanel.querying.reading.expressions import event_test, event_value, text_of
from mixpanel_data_standins.mixpanel.querying.reading.occurrences import Occurrence, occurrences
from mixpanel_data_standins.mixpanel.querying.reading.parameters import Parameters

UNITS = ("minute", "hour", "day", "month")
SHORT_UNITS = ("hour", "day")
MOST_SEGMENTS = 10_000
MOST_RANGES = 10


def counts(project: Project, given: Parameters) -> dict[str, object]:
    """The counts of an event over time, by the values of `on` where it is given; a missing value is `undefined`."""
    given.choice("format", ("json",), "json")
    kind, spans = _kind_and_spans(project, given, UNITS)
    event, found = _events(project, given, spans)
    groups = {event: found}
    if on := given.text("on"):
        value = event_value(project, on)
        groups = largest(grouped(found, lambda one: text_of(value(one))), given.number("limit", 60, MOST_SEGMENTS))
    return series(project, table(groups, spans, kind), spans)


def numeric(project: Project, given: Parameters) -> dict[str, object]:
    """The counts of an event over time by ranges of a number, at most about ten; other values are left out."""
    kind, spans = _kind_and_spans(project, given, SHORT_UNITS)
    _, found = _events(project, given, spans)
    numbers = _numbers(project, given, found)
    width = _width([number for _, number in numbers])
    floors: dict[float, list[Occurrence]] = {}
    for one, number in numbers:
        floors.setdefault(math.floor(number / width) * width, []).append(one)
    groups = {f"{floor:,.10g} - {floor + width:,.10g}": floors[floor] for floor in sorted(floors)}
    return series(project, table(groups, spans, kind), spans)


def sums(project: Project, given: Parameters) -> dict[str, object]:
    """The sum of a number over the events of each bucket; another value counts as 0."""
    results = {key: math.fsum(numbers) for key, numbers in _numbers_by_key(project, given).items()}
    computed_at = project.now().astimezone(UTC).isoformat(timespec="seconds")
    return {"status": "ok", "computed_at": computed_at, "results": results}


def averages(project: Project, given: Parameters) -> dict[str, object]:
    """The mean of a number over all events of each bucket, 0 without any; another value counts as 0."""
    by_key = _numbers_by_key(project, given)
    results = {key: math.fsum(numbers) / len(numbers) if numbers else 0.0 for key, numbers in by_key.items()}
    return {"status": "ok", "results": results}


def _kind_and_spans(project: Project, given: Parameters, units: tuple[str, ...]) -> tuple[str, Buckets]:
    kind, spans = given.choice("type", TYPES, "general"), spans_of(project, given, units, "day")
    if kind != "general" and spans.unit in ("minute", "hour"):
        raise RefusalError(400, f"type {kind} cannot be counted by {spans.unit}")
    return kind, spans


def _events(project: Project, given: Parameters, spans: Buckets) -> tuple[str, list[Occurrence]]:
    event, test = given.required("event"), event_test(project, given.text("where"))
    found = [one for one in occurrences(project, spans.days, [event]) if spans.holding(one.at) is not None]
    return event, [one for one in found if test(one)]


def _numbers(project: Project, given: Parameters, found: Iterable[Occurrence]) -> list[tuple[Occurrence, float]]:
    value = event_value(project, given.required("on"))
    pairs = ((one, value(one)) for one in found)
    return [(one, number) for one, number in pairs if _is_number(number)]


def _numbers_by_key(project: Project, given: Parameters) -> dict[str, list[float]]:
    spans = spans_of(project, given, SHORT_UNITS, "day")
    _, found = _events(project, given, spans)
    value = event_value(project, given.required("on"))
    cells: dict[datetime, list[float]] = {start: [] for start in spans.starts}
    for one in found:
        start = spans.holding(one.at)
        if start is not None:
            number = value(one)
            cells[start].append(number if _is_number(number) else 0.0)
    return {spans.key(start): numbers for start, numbers in cells.items()}


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, float) and math.isfinite(value)


def _width(numbers: list[float]) -> float:
    """The smallest of …, 0.2, 0.5, 1, 2, 5, 10, … that divides the numbers into at most about ten ranges."""
    spread = max(numbers) - min(numbers) if numbers else 0.0
    if spread == 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(spread / MOST_RANGES))
    return next(step * power for step in (1, 2, 5, 10) if spread / (step * power) <= MOST_RANGES)
