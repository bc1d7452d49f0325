"""The metrics of a configuration as their statements need them: columns, parameters, and the names in between.

Values travel as parameters, the names of properties and events too. What stands in the text of a statement is derived
from a metric's column or a property's name, as an identifier (the stem) and one of these words after it:

    amount_json, amount_json_type, amount_text         a property of an event
    amount_as_numeric, amount_as_string, …             the same as a type, NULL where the value is not of that type
    gold_plan_matches, gold_counts                     whether an event meets a counter's condition; all of them
    _plan_newest, _plan_value, _plan_stored_place      a metric's helpers in relations that have its column too
    _gold_step                                         how much a counter's column changes

No two names are equal: the stems of one kind differ, and the last words of two kinds do. Helpers in relations with
columns of metrics begin with `_`, and a metric begins with a letter. Parameters follow the same rule.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from mixpanel_data.base.errors import ConfigError
from mixpanel_data.configuration.events import EventsConfig
from mixpanel_data.configuration.user_metrics import VERSION_SUFFIX, UserMetrics, ValueType
from mixpanel_data.users.metrics.definitions import Definition, definitions_of, properties_of
from mixpanel_data.users.metrics.identifiers import identifiers
from mixpanel_data.warehouse.base import Value

_NUMERIC_END = 10**29


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value that a statement is given, with its name and its GoogleSQL type."""

    name: str
    type: str
    value: Value


@dataclass(frozen=True, slots=True)
class Source:
    """A property of events that metrics read: extracted once, however many of them read it.

    `types` are the GoogleSQL types that metrics read it as.
    """

    stem: str
    parameter: Parameter
    types: frozenset[str]

    @property
    def json(self) -> str:
        """The column of the value, as JSON."""
        return f"{self.stem}_json"

    @property
    def json_type(self) -> str:
        """The column of its JSON type."""
        return f"{self.stem}_json_type"

    @property
    def text(self) -> str:
        """The column of a scalar's text."""
        return f"{self.stem}_text"

    @property
    def numeric(self) -> str:
        """The column of a number as NUMERIC."""
        return self.typed(ValueType.NUMERIC)

    def typed(self, type_: str) -> str:
        """The column of the value as a GoogleSQL type."""
        return f"{self.stem}_as_{type_.lower()}"


@dataclass(frozen=True, slots=True)
class Condition:
    """A property has to have one of some values, which are given apart by JSON type; None where no value is of a type.

    A number is one of `doubles` and, where it fits into NUMERIC, one of `decimals` too: doubles do not distinguish
    integers above 2^53, and decimals do not distinguish fractions below 10^-9.
    """

    stem: str
    source: Source
    strings: Parameter | None
    booleans: Parameter | None
    doubles: Parameter | None
    decimals: Parameter | None

    @property
    def matches(self) -> str:
        """The column that tells whether an event meets it."""
        return f"{self.stem}_matches"


@dataclass(frozen=True, slots=True)
class CounterColumn:
    """A column that counts events, or adds up a number of theirs (`summed`)."""

    name: str
    stem: str
    event: Parameter
    conditions: tuple[Condition, ...]
    summed: Source | None

    @property
    def type(self) -> str:
        """The column's GoogleSQL type."""
        return ValueType.INT64 if self.summed is None else ValueType.NUMERIC

    @property
    def counts(self) -> str:
        """The column that tells whether the counter counts an event."""
        return f"{self.stem}_counts"

    @property
    def step(self) -> str:
        """The column that tells how much a day or a user adds to what is stored."""
        return f"_{self.stem}_step"


@dataclass(frozen=True, slots=True)
class PropertyColumn:
    """A column that holds a property's value in the newest event that has one.

    `events`: the names of the events that it reads, None for all. `takes_null`: a null is a value too.
    """

    name: str
    stem: str
    type: str
    source: Source
    events: Parameter | None
    takes_null: bool

    @property
    def version(self) -> str:
        """The column that orders values by their events: the time and the id of the event that has the value."""
        return f"{self.name}{VERSION_SUFFIX}"

    @property
    def typed(self) -> str:
        """The column of the property as the metric's type, for each event."""
        return self.source.typed(self.type)

    @property
    def newest(self) -> str:
        """The column of the newest version and its value, in one text."""
        return f"_{self.stem}_newest"

    @property
    def value(self) -> str:
        """The column of the newest value's text."""
        return f"_{self.stem}_value"

    @property
    def stored_version(self) -> str:
        """The column of the version that is stored, beside the new one."""
        return f"_{self.stem}_stored_place"


@dataclass(frozen=True, slots=True)
class Metrics:
    """All metrics of a configuration, and what they read."""

    counters: tuple[CounterColumn, ...]
    properties: tuple[PropertyColumn, ...]
    sources: tuple[Source, ...]
    definitions: tuple[Definition, ...]

    @property
    def columns(self) -> dict[str, str]:
        """The metrics' columns in user_insights and user_daily_metrics: name and GoogleSQL type."""
        counted = {column.name: column.type for column in self.counters}
        held = {column.name: column.type for column in self.properties}
        return {**counted, **held, **{column.version: "STRING" for column in self.properties}}

    @property
    def reads_names(self) -> bool:
        """Whether any metric reads some events only, by their names."""
        return bool(self.counters) or any(column.events for column in self.properties)

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The conditions of all counters."""
        return tuple(condition for counter in self.counters for condition in counter.conditions)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters of a statement that reads events, in no order."""
        found: list[Parameter | None] = [source.parameter for source in self.sources]
        found += [counter.event for counter in self.counters]
        for condition in self.conditions:
            found += [condition.strings, condition.booleans, condition.doubles, condition.decimals]
        found += [column.events for column in self.properties]
        return tuple(each for each in found if each is not None)


def metrics_of(config: UserMetrics, events: EventsConfig) -> Metrics:
    """The metrics of a configuration. Raises ConfigError for one that reads an event that is not collected."""
    for field, name in _events_by_field(config):
        if name not in events.selection:
            raise ConfigError(
                f"{field} is {name!r}, which the events configuration does not enable. "
                "Enable the event there, or remove it here."
            )
    sources = _sources(config)
    stems = identifiers([*config.counters, *(name for _, name, _ in properties_of(config))])
    return Metrics(
        counters=tuple(_counters(config, sources, stems)),
        properties=tuple(_properties(config, sources, stems)),
        sources=tuple(sources.values()),
        definitions=tuple(definitions_of(config)),
    )


def events_named(config: UserMetrics) -> list[str]:
    """The names of the events that a configuration lists, sorted."""
    return sorted({name for _, name in _events_by_field(config)})


def _events_by_field(config: UserMetrics) -> Iterator[tuple[str, str]]:
    """The events that a configuration lists, each with the field that lists it."""
    for name, counter in config.counters.items():
        yield f"counters.{name}.event", counter.event
    for kind, name, latest in properties_of(config):
        yield from ((f"{kind}.{name}.events", event) for event in latest.events or ())


def _sources(config: UserMetrics) -> dict[str, Source]:
    """The properties that a configuration reads, by name."""
    types: dict[str, set[str]] = {}
    for counter in config.counters.values():
        for name in counter.where:
            types.setdefault(name, set())
        if counter.sum is not None:
            types.setdefault(counter.sum, set()).add(ValueType.NUMERIC)
    for _, _, latest in properties_of(config):
        # INT64 is read by way of NUMERIC.
        numeric = {ValueType.NUMERIC} if latest.type is ValueType.INT64 else set()
        types.setdefault(latest.property, set()).update({latest.type, *numeric})
    stems = identifiers(types)
    return {
        name: Source(stems[name], Parameter(f"{stems[name]}_property", "STRING", name), frozenset(map(str, read_as)))
        for name, read_as in types.items()
    }


def _counters(config: UserMetrics, sources: Mapping[str, Source], stems: Mapping[str, str]) -> Iterator[CounterColumn]:
    of_conditions = identifiers(
        _condition_name(counter, name) for counter, each in config.counters.items() for name in each.where
    )
    for name, counter in config.counters.items():
        yield CounterColumn(
            name=name,
            stem=stems[name],
            event=Parameter(f"{stems[name]}_event", "STRING", counter.event),
            conditions=tuple(
                _condition(of_conditions[_condition_name(name, property_)], sources[property_], values)
                for property_, values in counter.conditions()
            ),
            summed=None if counter.sum is None else sources[counter.sum],
        )


def _condition_name(counter: str, property_: str) -> str:
    """Different for any two conditions: no counter has a space in its name."""
    return f"{counter} {property_}"


def _condition(stem: str, source: Source, values: Sequence[str | bool | int | float]) -> Condition:
    strings = [value for value in values if isinstance(value, str)]
    booleans = [json.dumps(value) for value in values if isinstance(value, bool)]
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    decimals = [round(Decimal(str(value)), 9) for value in numbers if abs(value) < _NUMERIC_END]
    return Condition(
        stem=stem,
        source=source,
        strings=Parameter(f"{stem}_strings", "ARRAY<STRING>", strings) if strings else None,
        booleans=Parameter(f"{stem}_booleans", "ARRAY<STRING>", booleans) if booleans else None,
        doubles=Parameter(f"{stem}_doubles", "ARRAY<FLOAT64>", [float(each) for each in numbers]) if numbers else None,
        decimals=Parameter(f"{stem}_decimals", "ARRAY<NUMERIC>", decimals) if numbers else None,
    )


def _properties(
    config: UserMetrics, sources: Mapping[str, Source], stems: Mapping[str, str]
) -> Iterator[PropertyColumn]:
    for kind, name, latest in properties_of(config):
        yield PropertyColumn(
            name=name,
            stem=stems[name],
            type=str(latest.type),
            source=sources[latest.property],
            events=_names(f"{stems[name]}_events", latest.events),
            takes_null=kind == "current",
        )


def _names(parameter: str, names: Iterable[str] | None) -> Parameter | None:
    return None if names is None else Parameter(parameter, "ARRAY<STRING>", sorted(names))
