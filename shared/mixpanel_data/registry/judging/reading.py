"""The observations of events and properties as the verdicts take them, from the warehouse.

SQL leaves out the properties of which there can be nothing to say, so that reading costs what changed and not what is
there.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Any

from mixpanel_data.registry.judging.cardinality import FEW
from mixpanel_data.registry.judging.own_keys import PATTERN
from mixpanel_data.registry.judging.shapes import EventDay, PropertyDay, PropertyHistory
from mixpanel_data.registry.judging.statements import CANDIDATES, EVENT_DAYS_OF, EVENT_HISTORIES, PROPERTY_SHARES
from mixpanel_data.registry.judging.statistics.sequential import LEAST_DAYS, LEAST_VALUES, PER_HIT, PER_MISS
from mixpanel_data.registry.judging.typos import PropertySet
from mixpanel_data.warehouse.base import Row, Warehouse

_LAST_STEP = re.compile(r"(?:\.\w+|\[\*\]|\['(?:[^'\\]|\\.)*'\])\Z", re.DOTALL)


def event_histories(warehouse: Warehouse, at: date) -> Mapping[str, list[EventDay]]:
    """The days up to `at` on which each event was seen, oldest first. Raises the warehouse's errors."""
    histories: dict[str, list[EventDay]] = defaultdict(list)
    with warehouse.stream(EVENT_HISTORIES, at=at) as rows:
        for row in rows:
            histories[row["event_name"]].append(EventDay(row["day"], row["events"]))
    return dict(histories)


def property_sets(warehouse: Warehouse, names: Sequence[str], at: date) -> Mapping[str, PropertySet]:
    """The properties of some events, which decide whether one is a typo of another. Raises the warehouse's errors."""
    shares: dict[str, dict[str, float]] = {name: {} for name in names}
    for row in warehouse.rows(PROPERTY_SHARES, names=names, at=at):
        shares[row["event_name"]][row["property"]] = row["share"]
    return {name: PropertySet.of(of_name) for name, of_name in shares.items()}


def candidates(warehouse: Warehouse, names: Sequence[str], at: date) -> Iterator[PropertyHistory]:
    """The properties of some events of which there can be a change or a status other than active, by name and path.

    Memory holds the days of these events and one property at a time. Raises the warehouse's errors.
    """
    events = _event_days(warehouse, names, at)
    with warehouse.stream(
        CANDIDATES,
        names=names,
        at=at,
        mixpanels_keys=PATTERN,
        per_hit=PER_HIT,
        per_miss=PER_MISS,
        least_days=LEAST_DAYS,
        least_values=LEAST_VALUES,
        few=FEW,
    ) as rows:
        for (name, key), of_property in groupby(rows, lambda row: (row["event_name"], row["property"])):
            yield from _of_property(name, key, of_property, events[name])


@dataclass(frozen=True, slots=True)
class _Day:
    """How many events there were on a day, how many are in the sample, and whether a property may go unlisted."""

    events: int
    sampled: int
    has_others: bool


@dataclass(slots=True)
class _Values:
    """What the rows of one day say of a property."""

    types: dict[str, int] = field(default_factory=dict)
    distinct: int = 0
    listed: list[str] | None = field(default_factory=list)

    def add(self, row: Row) -> None:
        self.types[row["type"]] = self.types.get(row["type"], 0) + row["events"]
        self.distinct += row["distinct_values"]
        if self.listed is not None and row["top_values"] is not None:
            self.listed += [_text(each) for each in row["top_values"]]

    @property
    def values(self) -> frozenset[str] | None:
        return frozenset(self.listed or ()) if self.distinct <= FEW else None


def _text(value: Mapping[str, Any]) -> str:
    return str(value["value"])


def _event_days(warehouse: Warehouse, names: Sequence[str], at: date) -> Mapping[str, dict[date, _Day]]:
    days: dict[str, dict[date, _Day]] = defaultdict(dict)
    for row in warehouse.rows(EVENT_DAYS_OF, names=names, at=at):
        days[row["event_name"]][row["day"]] = _Day(row["events"], row["sampled"], row["has_others"])
    return days


def _of_property(name: str, key: str, rows: Iterable[Row], events: Mapping[date, _Day]) -> Iterator[PropertyHistory]:
    containers: dict[str, dict[date, int]] = {}
    for path, of_path in groupby(rows, lambda row: row["path"]):
        listed = list(of_path)
        containers[path] = _contained(listed)
        if not listed[0]["is_judged"]:
            continue
        around = containers.get(_parent(path)) if path else None
        can_have_changed = listed[0]["can_have_changed"]
        days = list(_days(path, _by_day(listed), events if can_have_changed else _only(events, listed), around))
        yield PropertyHistory(name, key, path, days, can_have_changed)


def _only(events: Mapping[date, _Day], rows: Iterable[Row]) -> Mapping[date, _Day]:
    return {row["day"]: events[row["day"]] for row in rows}


def _contained(rows: Iterable[Row]) -> dict[date, int]:
    """How many sampled events have an array or object there, by day."""
    counts: dict[date, int] = defaultdict(int)
    for row in rows:
        if row["type"] in ("array", "object"):
            counts[row["day"]] += row["sampled"]
    return counts


def _parent(path: str) -> str:
    """The path without its last step: `[*]` of `[*].sku`."""
    return _LAST_STEP.sub("", path)


def _by_day(rows: Iterable[Row]) -> dict[date, _Values]:
    days: dict[date, _Values] = defaultdict(_Values)
    for row in rows:
        days[row["day"]].add(row)
    return days


def _days(
    path: str, values: Mapping[date, _Values], events: Mapping[date, _Day], around: Mapping[date, int] | None
) -> Iterator[PropertyDay]:
    """The days of a property: those of its event; below a property, those on which there is something it can be in."""
    for day, event in events.items():
        known = values.get(day)
        if known is None and event.has_others:
            continue
        of = event.events if not path else event.sampled if around is None else around.get(day, 0)
        if known is not None:
            yield PropertyDay(day, max(of, 1), known.types, known.values, known.distinct)
        elif of:
            yield PropertyDay(day, of, {}, frozenset(), 0)
