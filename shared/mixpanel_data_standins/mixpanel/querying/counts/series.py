"""Events counted by group and bucket, in the shape in which Mixpanel answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from mixpanel_data_standins.mixpanel.project import Project
from mixpanel_data_standins.mixpanel.querying.reading import buckets
from mixpanel_data_standins.mixpanel.querying.reading.buckets import Buckets
from mixpanel_data_standins.mixpanel.querying.reading.occurrences import Occurrence, local_now
from mixpanel_data_standins.mixpanel.querying.reading.parameters import Parameters

TYPES = ("general", "unique", "average")
MOST_INTERVALS = 10_000

Groups = Mapping[str, list[Occurrence]]
Number = int | float
Table = dict[str, dict[datetime, Number]]


def count(kind: str, found: Iterable[Occurrence]) -> Number:
    """How many events (`general`), how many different users (`unique`), or how many events a user (`average`)."""
    events = list(found)
    if kind == "general":
        return len(events)
    users = {one.user for one in events if one.user is not None}
    if kind == "unique":
        return len(users)
    return len(events) / len(users) if users else 0


def grouped(found: Iterable[Occurrence], key: Callable[[Occurrence], str | None]) -> dict[str, list[Occurrence]]:
    """The events by a key; those with the key None are left out."""
    groups: dict[str, list[Occurrence]] = {}
    for one in found:
        name = key(one)
        if name is not None:
            groups.setdefault(name, []).append(one)
    return groups


def table(groups: Groups, spans: Buckets, kind: str) -> Table:
    """The count of each group in each bucket, zeros included."""
    return {name: _row(found, spans, kind) for name, found in groups.items()}


def largest(groups: Groups, limit: int) -> dict[str, list[Occurrence]]:
    """The groups with the most events, at most `limit`; of equal ones the first by name."""
    ranked = sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))
    return dict(ranked[:limit])


def series(project: Project, counts: Table, spans: Buckets) -> dict[str, object]:
    """The answer with a table."""
    starts = list(spans.starts)
    is_untidy = project.queries.is_untidy
    if is_untidy:
        starts.reverse()
    values = {
        name: {spans.key(start): row[start] for start in starts if row[start] or not is_untidy}
        for name, row in counts.items()
    }
    return {"data": {"series": [spans.key(start) for start in starts], "values": values}, "legend_size": len(values)}


def spans_of(project: Project, given: Parameters, units: tuple[str, ...], otherwise: str | None = None) -> Buckets:
    """The buckets that a query asks for: those of its days, or the last `interval` ones."""
    unit = given.choice("unit", units, otherwise)
    if given.text("from_date") is None and given.text("interval") is not None:
        return buckets.latest(local_now(project), unit, given.number("interval", 1, MOST_INTERVALS))
    return buckets.between(given.days(), unit)


def _row(found: list[Occurrence], spans: Buckets, kind: str) -> dict[datetime, Number]:
    cells: dict[datetime, list[Occurrence]] = {start: [] for start in spans.starts}
    for one in found:
        start = spans.holding(one.at)
        if start is not None:
            cells[start].append(one)
    return {start: count(kind, cell) for start, cell in cells.items()}
