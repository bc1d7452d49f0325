"""What was ever seen of the events, as the schemas state it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from mixpanel_data.warehouse.base import Row, Warehouse
from mixpanel_data.warehouse.statements import statement

_MOST_CHOICES = 20
OBSERVED_TYPES = statement("registry/exporting/observed_types.sql", most_choices="INT64")


@dataclass(frozen=True, slots=True)
class ObservedProperty:
    """A property of an event: `types` has the events by type; none is known where some of them may not be listed.

    `choices` are all values of a string or an integer, by type, where every one was looked at and they are few.
    """

    name: str
    types: Mapping[str, int]
    is_in_all: bool
    choices: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class ObservedEvent:
    """An event by its raw name, with its properties by name."""

    name: str
    properties: Sequence[ObservedProperty]


def observed_events(warehouse: Warehouse) -> Iterator[ObservedEvent]:
    """All events that the registry has, by name, in bounded memory. Raises the warehouse's errors."""
    with warehouse.stream(OBSERVED_TYPES, most_choices=_MOST_CHOICES) as rows:
        for name, of_event in groupby(rows, lambda row: str(row["event_name"])):
            yield ObservedEvent(name, list(_properties(of_event)))


def _properties(rows: Iterator[Row]) -> Iterator[ObservedProperty]:
    for name, grouped in groupby(rows, lambda row: row["property"]):
        of_property = list(grouped)
        if name is not None:
            yield _property(name, of_property)


def _property(name: str, rows: Sequence[Row]) -> ObservedProperty:
    first = rows[0]
    types = {row["type"]: row["events"] for row in rows}
    return ObservedProperty(
        name,
        types if first["is_listed"] else {},
        is_in_all=sum(types.values()) == first["of_event"],
        choices={row["type"]: row["choices"] for row in rows if row["choices"]},
    )
