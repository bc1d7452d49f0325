"""The parts of Cloud Logging and Cloud Monitoring that our metrics and policies use: entries, filters, extractors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_COMPARISON = re.compile(r'\s*([a-zA-Z_.]+)\s*(>=|=)\s*("(?:[^"\\]|\\.)*"|[0-9.]+)\s*')
_EXTRACTOR = re.compile(r"EXTRACT\(([a-zA-Z_.]+)\)")
# Cloud Logging moves these out of a line, into fields of its own.
_SPECIAL = ("severity", "time", "logging.googleapis.com/trace")

Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Point:
    """A metric's value for one entry: 1, or the value that it extracts. Policies filter by `series`."""

    series: Mapping[str, Any]
    value: float


def entry(line: Mapping[str, Any], service: str) -> Entry:
    """The log entry that a function's line becomes, by
    https://cloud.google.com/run/docs/logging#using-json.
    """
    return {
        "resource": {"type": "cloud_run_revision", "labels": {"service_name": service}},
        "severity": line["severity"],
        "jsonPayload": {name: value for name, value in line.items() if name not in _SPECIAL},
    }


def matches(filter_text: str, one: Entry) -> bool:
    """Whether an entry, or a series, matches a filter of comparisons joined by AND.

    A missing field equals nothing. Raises ValueError for any other kind of filter.
    """
    held = [_holds(comparison, one) for comparison in filter_text.split(" AND ")]
    return all(held)


def _holds(comparison: str, one: Entry) -> bool:
    found = _COMPARISON.fullmatch(comparison)
    if found is None:
        raise ValueError(f"{comparison!r} is not a comparison that is known here")
    path, operator, written = found.groups()
    value = _field(one, path)
    if written.startswith('"'):
        if operator != "=":
            raise ValueError(f"{comparison!r} compares texts by their order")
        return bool(value == written[1:-1])
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and (value >= float(written) if operator == ">=" else value == float(written))


def points(metric: Mapping[str, Any], entries: Iterable[Entry]) -> Iterator[Point]:
    """The points that a metric, as Terraform plans it, makes of the entries."""
    for one in entries:
        if not matches(metric["filter"], one):
            continue
        labels = {name: _extracted(text, one) for name, text in (metric["label_extractors"] or {}).items()}
        value = _extracted(metric["value_extractor"], one) if metric["value_extractor"] else 1.0
        kind = f"logging.googleapis.com/user/{metric['name']}"
        yield Point({"resource": one["resource"], "metric": {"type": kind, "labels": labels}}, value)


def _extracted(text: str, one: Entry) -> Any:
    found = _EXTRACTOR.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not an extractor that is known here")
    return _field(one, found[1])


def _field(one: Entry, path: str) -> Any:
    value: Any = one
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
