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
from mixpanel_data.registry.judging.event_days import EventDays, ObservedDay
from mixpanel_data.registry.judging.own_keys import PATTERN
from mixpanel_data.registry.judging.shapes import PropertyDay, PropertyHistory
from mixpanel_data.registry.judging.statements import CANDIDATES, LISTED_VALUES, PROPERTY_SHARES
from mixpanel_data.registry.judging.statistics.sequential import LEAST_DAYS, LEAST_VALUES, PER_HIT, PER_MISS
from mixpanel_data.registry.judging.typos import PropertySet
from mixpanel_data.warehouse.base import Row, Warehouse

_Place = tuple[str, str]
"""An event's name and one of its properties."""
_Listed = Mapping[tuple[str, date, str], Sequence[Mapping[str, Any]]]
"""The most frequent values of a property by path, day and type."""

_LAST_STEP = re.compile(r"(?:\.\w+|\[\*\]|\['(?:[^'\\]|\\.)*'\])\Z", re.DOTALL)


def property_sets(warehouse: Warehouse, names: Sequence[str], at: date) -> Mapping[str, PropertySet]:
    """The properties of some events, which decide whether one is a typo of another. Raises the warehouse's errors."""
    shares: dict[str, dict[str, float]] = {name: {} for name in names}
    for row in warehouse.rows(PROPERTY_SHARES, names=names, at=at):
        shares[row["event_name"]][row["property"]] = row["share"]
    return {name: PropertySet.of(of_name) for name, of_name in shares.items()}


def candidates(
    warehouse: Warehouse, names: Sequence[str], at: date, event_days: EventDays
) -> Iterator[PropertyHistory]:
    """The properties of some events of which there can be a change or a status other than active, by name and path.

    Memory holds one property at a time, and the days of those that may have got many new values: their values take most
    of the space that observations have, and are read for them alone. Raises the warehouse's errors.
    """
    events = {name: {one.day: one for one in event_days.up_to(name, at)} for name in names}
    crowded: dict[_Place, list[Row]] = {}
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
        for place, of_property in groupby(rows, _place):
            listed = list(of_property)
            if any(row["has_many_values"] for row in listed):
                crowded[place] = listed
            else:
                yield from _of_property(place, listed, {}, events[place[0]])
    if crowded:
        yield from _with_values(warehouse, crowded, at, events)


def _with_values(
    warehouse: Warehouse,
    crowded: Mapping[_Place, Sequence[Row]],
    at: date,
    events: Mapping[str, Mapping[date, ObservedDay]],
) -> Iterator[PropertyHistory]:
    """The histories of properties whose values matter, from their rows."""
    names, properties = sorted({name for name, _ in crowded}), sorted({key for _, key in crowded})
    with warehouse.stream(LISTED_VALUES, names=names, properties=properties, at=at) as rows:
        for place, of_property in groupby(rows, _place):
            values = {(row["path"], row["day"], row["type"]): row["top_values"] for row in of_property}
            if place in crowded:
                yield from _of_property(place, crowded[place], values, events[place[0]])


def _place(row: Row) -> _Place:
    return row["event_name"], row["property"]


@dataclass(slots=True)
class _Values:
    """What the rows of one day say of a property."""

    types: dict[str, int] = field(default_factory=dict)
    distinct: int = 0
    listed: list[str] | None = field(default_factory=list)

    def add(self, row: Row, top_values: Sequence[Mapping[str, Any]]) -> None:
        self.types[row["type"]] = self.types.get(row["type"], 0) + row["events"]
        self.distinct += row["distinct_values"]
        if self.listed is not None:
            self.listed += [str(each["value"]) for each in top_values]

    @property
    def values(self) -> frozenset[str] | None:
        return frozenset(self.listed or ()) if self.distinct <= FEW else None


def _of_property(
    place: _Place, rows: Iterable[Row], values: _Listed, events: Mapping[date, ObservedDay]
) -> Iterator[PropertyHistory]:
    containers: dict[str, dict[date, int]] = {}
    for path, of_path in groupby(rows, lambda row: row["path"]):
        listed = list(of_path)
        containers[path] = _contained(listed)
        if not listed[0]["is_judged"]:
            continue
        around = containers.get(_parent(path)) if path else None
        can_have_changed = listed[0]["can_have_changed"]
        known = _by_day(listed, values if listed[0]["has_many_values"] else {})
        days = list(_days(path, known, events if can_have_changed else _only(events, listed), around))
        yield PropertyHistory(*place, path, days, can_have_changed)


def _only(events: Mapping[date, ObservedDay], rows: Iterable[Row]) -> Mapping[date, ObservedDay]:
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


def _by_day(rows: Iterable[Row], values: _Listed) -> dict[date, _Values]:
    days: dict[date, _Values] = defaultdict(_Values)
    for row in rows:
        days[row["day"]].add(row, values.get((row["path"], row["day"], row["type"]), ()))
    return days


def _days(
    path: str, values: Mapping[date, _Values], events: Mapping[date, ObservedDay], around: Mapping[date, int] | None
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
