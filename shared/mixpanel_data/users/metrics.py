"""What the configuration wants, as columns: their names and types, and what their statements need to be told."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mixpanel_data.base.errors import ConfigError
from mixpanel_data.configuration.events import EventsConfig
from mixpanel_data.configuration.user_metrics import PLACE, Counter, Latest, UserMetrics, ValueType
from mixpanel_data.warehouse.base import Value

# What NUMERIC holds is smaller.
_NUMERIC_END = 10**29


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value that a statement is given, by its name and GoogleSQL type."""

    name: str
    type: str
    value: Value


@dataclass(frozen=True, slots=True)
class Property:
    """A property that is taken out of an event once, whatever uses it."""

    number: int
    name: Parameter


@dataclass(frozen=True, slots=True)
class Condition:
    """That a property, by its number, has one of some values, those of each JSON type apart.

    A number is one of `numbers` as a double, and as a decimal, where it fits into one, of `exact_numbers`: doubles do
    not tell large integers apart, nor decimals what is very small.
    """

    source: int
    strings: Parameter | None
    numbers: Parameter | None
    exact_numbers: Parameter | None
    booleans: Parameter | None


@dataclass(frozen=True, slots=True)
class CounterColumn:
    """A column that events are counted in, or (`summed`) a number of theirs added up."""

    name: str
    type: str
    event: Parameter
    conditions: tuple[Condition, ...]
    summed: int | None


@dataclass(frozen=True, slots=True)
class PropertyColumn:
    """A column that holds what the newest event says; `place` is the column that tells which event that is."""

    name: str
    type: str
    source: int
    events: Parameter | None
    takes_null: bool

    @property
    def place(self) -> str:
        return f"{self.name}{PLACE}"


@dataclass(frozen=True, slots=True)
class Definition:
    """A metric as it is written down when it is applied; `events` are those it looks at, None: all."""

    kind: str
    name: str
    text: str
    events: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Metrics:
    """All columns of a configuration."""

    counters: tuple[CounterColumn, ...]
    places: tuple[PropertyColumn, ...]
    properties: tuple[Property, ...]
    definitions: tuple[Definition, ...]

    @property
    def columns(self) -> dict[str, str]:
        """The GoogleSQL types of the columns that both tables have besides their own, by name."""
        counted = {column.name: column.type for column in self.counters}
        placed = {column.name: column.type for column in self.places}
        return {**counted, **placed, **{column.place: "STRING" for column in self.places}}

    @property
    def numbers(self) -> tuple[int, ...]:
        """The properties that are wanted as numbers."""
        summed = {column.summed for column in self.counters if column.summed is not None}
        placed = {column.source for column in self.places if column.type in ("INT64", "NUMERIC")}
        return tuple(sorted(summed | placed))

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """What a statement that reads events is given, in no order."""
        found: list[Parameter | None] = [one.name for one in self.properties]
        for counter in self.counters:
            found.append(counter.event)
            for each in counter.conditions:
                found += [each.strings, each.numbers, each.exact_numbers, each.booleans]
        found += [column.events for column in self.places]
        return tuple(one for one in found if one is not None)


def metrics_of(config: UserMetrics, events: EventsConfig) -> Metrics:
    """The columns of a configuration. Raises ConfigError where it counts an event that is not collected."""
    for where, name in _events_of(config):
        if name not in events.selection:
            raise ConfigError(
                f"{where} is {name!r}, which the events configuration does not enable. Enable it, or leave this out."
            )
    properties = _properties(config)
    return Metrics(
        counters=tuple(
            _counter(number, name, counter, properties)
            for number, (name, counter) in enumerate(config.counters.items())
        ),
        places=tuple(_places(config, properties)),
        properties=tuple(
            Property(number, Parameter(f"property_{number}", "STRING", name)) for name, number in properties.items()
        ),
        definitions=tuple(_definitions(config)),
    )


def _events_of(config: UserMetrics) -> Iterator[tuple[str, str]]:
    """The events that a configuration names, each with the place where it does."""
    for name, counter in config.counters.items():
        yield f"counters.{name}.event", counter.event
    for kind, name, latest in _latest_of(config):
        yield from ((f"{kind}.{name}.events", event) for event in latest.events or ())


def events_named(config: UserMetrics) -> list[str]:
    """The names of the events that the configuration asks for, in order."""
    return sorted({name for _, name in _events_of(config)})


def _latest_of(config: UserMetrics) -> Iterator[tuple[str, str, Latest]]:
    for kind, metrics in (("latest", config.latest), ("current", config.current)):
        yield from ((kind, name, latest) for name, latest in metrics.items())


def _properties(config: UserMetrics) -> dict[str, int]:
    """The properties that a configuration looks at, numbered."""
    counted = [name for counter in config.counters.values() for name in _looked_at(counter)]
    found = [*counted, *(latest.property for _, _, latest in _latest_of(config))]
    return {name: number for number, name in enumerate(dict.fromkeys(found))}


def _looked_at(counter: Counter) -> Iterator[str]:
    yield from counter.where
    if counter.sum is not None:
        yield counter.sum


def _names(parameter: str, names: Iterable[str] | None) -> Parameter | None:
    return None if names is None else Parameter(parameter, "ARRAY<STRING>", sorted(names))


def _counter(number: int, name: str, counter: Counter, properties: Mapping[str, int]) -> CounterColumn:
    return CounterColumn(
        name=name,
        type="INT64" if counter.sum is None else "NUMERIC",
        event=Parameter(f"counter_{number}_event", "STRING", counter.event),
        conditions=tuple(
            _condition(f"counter_{number}_{place}", properties[of], values)
            for place, (of, values) in enumerate(counter.conditions())
        ),
        summed=None if counter.sum is None else properties[counter.sum],
    )


def _condition(prefix: str, number: int, values: Sequence[str | bool | int | float]) -> Condition:
    strings = [value for value in values if isinstance(value, str)]
    booleans = [json.dumps(value) for value in values if isinstance(value, bool)]
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    exact = [round(Decimal(str(value)), 9) for value in numbers if abs(value) < _NUMERIC_END]
    return Condition(
        number,
        strings=Parameter(f"{prefix}_strings", "ARRAY<STRING>", strings) if strings else None,
        numbers=Parameter(f"{prefix}_numbers", "ARRAY<FLOAT64>", [float(one) for one in numbers]) if numbers else None,
        exact_numbers=Parameter(f"{prefix}_exact_numbers", "ARRAY<NUMERIC>", exact) if numbers else None,
        booleans=Parameter(f"{prefix}_booleans", "ARRAY<STRING>", booleans) if booleans else None,
    )


def _places(config: UserMetrics, properties: Mapping[str, int]) -> Iterator[PropertyColumn]:
    for number, (kind, name, latest) in enumerate(_latest_of(config)):
        yield PropertyColumn(
            name=name,
            type=str(ValueType(latest.type)),
            source=properties[latest.property],
            events=_names(f"place_{number}_events", latest.events),
            takes_null=kind == "current",
        )


def _definitions(config: UserMetrics) -> Iterator[Definition]:
    for name, counter in config.counters.items():
        yield Definition("counters", name, _text(counter.model_dump(mode="json")), (counter.event,))
    for kind, name, latest in _latest_of(config):
        yield Definition(kind, name, _text(latest.model_dump(mode="json")), latest.events)


def _text(definition: Mapping[str, Any]) -> str:
    return json.dumps(definition, sort_keys=True)
