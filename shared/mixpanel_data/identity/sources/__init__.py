"""The sources' rows as SQL: how their ids are read, for one statement that reads several sources at once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from mixpanel_data.base.errors import ConfigError, TableNotFoundError, listed
from mixpanel_data.configuration.identity import End as ConfiguredEnd
from mixpanel_data.configuration.identity import Identity, IdentityConfig, Kind, Source
from mixpanel_data.identity.sources.ids import DEVICE_PREFIX, NOBODY
from mixpanel_data.warehouse.base import Value, Warehouse
from mixpanel_data.warehouse.statements import Statement, identifier, rendered

EVENTS = "mixpanel_events"
_EVENTS_COLUMNS: Mapping[str, str] = {
    "event_timestamp": "TIMESTAMP",
    "inserted_at": "TIMESTAMP",
    "event_name": "STRING",
    "properties": "JSON",
    "distinct_id": "STRING",
    "event_id": "STRING",
}
_TEXTS = ("STRING", "INT64", "NUMERIC", "BIGNUMERIC", "FLOAT64", "BOOL", "DATE", "JSON")
_TIMES = ("TIMESTAMP", "DATETIME", "DATE")
_NUMBERS = ("INT64", "FLOAT64", "NUMERIC", "BIGNUMERIC")


@dataclass(frozen=True, slots=True)
class Reading:
    """The rows of a source to read: all, those from a value of `new_by` on, or those of a time."""

    source: Source
    columns: Mapping[str, str]
    """The columns of its table, in lower case, with their GoogleSQL types."""
    since: str | None = None
    between: tuple[datetime, datetime] | None = None


@dataclass(frozen=True, slots=True)
class _Parameter:
    name: str
    type: str
    value: Value


@dataclass(frozen=True, slots=True)
class _End:
    """An end of a source: the column to read, and the text of its id."""

    column: str
    text: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class _Source:
    """A source as the template takes it."""

    number: int
    name: _Parameter
    relation: str
    time: str
    first: _End
    second: _End | None
    columns: tuple[str, ...]
    filters: tuple[str, ...]
    conditions: tuple[str, ...]

    @property
    def last_kind(self) -> Kind:
        return (self.second or self.first).kind


@dataclass(slots=True)
class _Writer:
    """Collects the parameters that a source's text names."""

    prefix: str
    parameters: list[_Parameter] = field(default_factory=list)

    def take(self, google_type: str, value: Value) -> str:
        """The text that names a new parameter."""
        name = f"{self.prefix}_{len(self.parameters)}"
        self.parameters.append(_Parameter(name, google_type, value))
        return f"@{name}"


def columns_of(warehouse: Warehouse, source: Source) -> Mapping[str, str]:
    """The columns of a source's table. Raises ConfigError if the table, or a column that the source names, is not
    there."""
    columns = _EVENTS_COLUMNS if source.table == EVENTS else _table_columns(warehouse, source)
    named = {
        "time": source.time,
        "new_by": source.new_by,
        **{f"ids[{number}].column": end.column or "properties" for number, end in enumerate(source.ids)},
        **({} if source.table == EVENTS else {f"where.{name}": name for name in source.where}),
    }
    for entry, column in named.items():
        if column is not None and column.lower() not in columns:
            raise ConfigError(
                f"identity: sources[{source.name}].{entry} is {column!r}, which {source.table} does not have. "
                f"It has {listed(sorted(columns))}."
            )
    _check_types(source, columns)
    return columns


def _table_columns(warehouse: Warehouse, source: Source) -> Mapping[str, str]:
    try:
        return warehouse.columns(source.table)
    except TableNotFoundError as error:
        raise ConfigError(
            f"identity: sources[{source.name}].table is {source.table!r}, which {warehouse} does not have. "
            "Create the table, or correct its name."
        ) from error


def _check_types(source: Source, columns: Mapping[str, str]) -> None:
    """Raise ConfigError for a column that cannot hold what the source says it does."""
    wanted: list[tuple[str, str, Sequence[str]]] = []
    for number, end in enumerate(source.ids):
        kinds: Sequence[str] = ("JSON",) if end.property is not None else _TEXTS
        wanted.append((f"ids[{number}].column", end.column or "properties", kinds))
    if source.time is not None:
        wanted.append(("time", source.time, _TIMES))
    for entry, column, fitting in wanted:
        if columns[column.lower()] not in fitting:
            raise ConfigError(
                f"identity: sources[{source.name}].{entry} is {column!r}, whose type is {columns[column.lower()]}. "
                f"Name a column of type {' or '.join(fitting)}."
            )


def candidates(
    readings: Sequence[Reading], config: IdentityConfig, days: Sequence[date], now: datetime
) -> tuple[Statement, dict[str, Value]]:
    """The statement that finds the pairs of ids in the rows to read, and its parameters."""
    sources, parameters = [], _common(config, now)
    for number, reading in enumerate(readings):
        writer = _Writer(f"s{number}")
        sources.append(_written(number, reading, writer, has_days=bool(days)))
        parameters += writer.parameters
    if days:
        parameters += [_Parameter("days", "ARRAY<DATE>", list(days)), *_bounds(days)]
    statement = rendered(
        "identity/reading/candidates.sql.jinja",
        {each.name: each.type for each in parameters},
        creates="candidates",
        undeclared={
            each.relation: reading.source.table
            for each, reading in zip(sources, readings, strict=True)
            if each.relation != EVENTS
        },
        sources=sources,
        devices_a=_numbers(each for each in sources if each.first.kind is Kind.DEVICE),
        devices_b=_numbers(each for each in sources if each.second and each.second.kind is Kind.DEVICE),
        alone=_numbers(each for each, reading in zip(sources, readings, strict=True) if reading.source.alone),
        prefix=config.identity is Identity.SIMPLIFIED,
    )
    values = {each.name: each.value for each in parameters}
    return statement, {name: values[name] for name in statement.parameters}


def _common(config: IdentityConfig, now: datetime) -> list[_Parameter]:
    return [
        _Parameter("nobody", "STRING", NOBODY),
        _Parameter("ignored", "ARRAY<STRING>", list(config.ignore)),
        _Parameter("prefix", "STRING", DEVICE_PREFIX),
        _Parameter("now", "TIMESTAMP", now),
    ]


def _bounds(days: Sequence[date]) -> list[_Parameter]:
    first = datetime.combine(min(days), time(), UTC)
    end = datetime.combine(max(days), time(), UTC) + timedelta(days=1)
    return [_Parameter("first_time", "TIMESTAMP", first), _Parameter("end_time", "TIMESTAMP", end)]


def _numbers(sources: Iterator[_Source]) -> str:
    return ", ".join(str(each.number) for each in sources)


def _written(number: int, reading: Reading, writer: _Writer, *, has_days: bool) -> _Source:
    source, is_events = reading.source, reading.source.table == EVENTS
    seen_at = "event_timestamp" if is_events else source.time
    conditions, columns = [], []
    for position, (name, values) in enumerate(source.conditions()):
        column = f"condition_{position}"
        columns.append(f"{_column(name, reading, writer)} AS {column}")
        kind = "JSON" if is_events else reading.columns[name.lower()]
        conditions.append(_condition(column, kind, values, writer))
    return _Source(
        number=number,
        name=_named(writer, source.name),
        relation=EVENTS if is_events else f"source_{_letters(number)}",
        time="@now" if seen_at is None else f"COALESCE(CAST(rows_of_source.{identifier(seen_at)} AS TIMESTAMP), @now)",
        first=_end(source.ids[0], "raw_a", reading, writer),
        second=_end(source.ids[1], "raw_b", reading, writer) if len(source.ids) > 1 else None,
        columns=tuple(columns),
        filters=tuple(_filters(reading, seen_at, writer, has_days=has_days)),
        conditions=tuple(conditions),
    )


def _named(writer: _Writer, name: str) -> _Parameter:
    writer.take("STRING", name)
    return writer.parameters[-1]


def _letters(number: int) -> str:
    """A number in letters: names of relations have no digits."""
    return "".join("abcdefghij"[int(digit)] for digit in str(number))


def _column(name: str, reading: Reading, writer: _Writer) -> str:
    """The property or column of a condition."""
    if reading.source.table == EVENTS:
        return f"rows_of_source.properties[{writer.take('STRING', name)}]"
    return f"rows_of_source.{identifier(name)}"


def _end(end: ConfiguredEnd, raw: str, reading: Reading, writer: _Writer) -> _End:
    column = identifier(end.column or "properties")
    if end.property is not None:
        member = f"rows_of_source.{column}[{writer.take('STRING', end.property)}]"
        return _End(f"{member} AS {raw}", f"JSON_VALUE({raw}, '$')", end.kind)
    is_json = reading.columns[column.lower()] == "JSON"
    return _End(
        f"rows_of_source.{column} AS {raw}",
        f"JSON_VALUE({raw}, '$')" if is_json else f"CAST({raw} AS STRING)",
        end.kind,
    )


def _filters(reading: Reading, seen_at: str | None, writer: _Writer, *, has_days: bool) -> Iterator[str]:
    source = reading.source
    if source.table == EVENTS and has_days:
        yield "rows_of_source.event_timestamp >= @first_time"
        yield "rows_of_source.event_timestamp < @end_time"
        yield "DATE(rows_of_source.event_timestamp) IN UNNEST(@days)"
    if source.events:
        yield f"rows_of_source.event_name IN UNNEST({writer.take('ARRAY<STRING>', list(source.events))})"
    if reading.since is not None and source.new_by is not None:
        kind = reading.columns[source.new_by.lower()]
        since = writer.take("STRING", reading.since)
        yield f"rows_of_source.{identifier(source.new_by)} >= CAST({since} AS {kind})"
    if reading.between is not None and seen_at is not None:
        start, end = (writer.take("TIMESTAMP", instant) for instant in reading.between)
        yield f"CAST(rows_of_source.{identifier(seen_at)} AS TIMESTAMP) >= {start}"
        yield f"CAST(rows_of_source.{identifier(seen_at)} AS TIMESTAMP) < {end}"


def _condition(column: str, kind: str, values: Sequence[Any], writer: _Writer) -> str:
    """Whether a column has one of the values, each compared within its own type."""
    texts = [each for each in values if isinstance(each, str)]
    flags = [str(each).lower() for each in values if isinstance(each, bool)]
    numbers = [float(each) for each in values if isinstance(each, int | float) and not isinstance(each, bool)]
    if kind == "JSON":
        return _json_condition(column, texts, flags, numbers, writer)
    if kind in _NUMBERS:
        return f"CAST({column} AS FLOAT64) IN UNNEST({writer.take('ARRAY<FLOAT64>', numbers)})"
    if kind == "BOOL":
        return f"CAST({column} AS STRING) IN UNNEST({writer.take('ARRAY<STRING>', flags)})"
    return f"CAST({column} AS STRING) IN UNNEST({writer.take('ARRAY<STRING>', texts)})"


def _json_condition(column: str, texts: list[str], flags: list[str], numbers: list[float], writer: _Writer) -> str:
    text = f"JSON_VALUE({column}, '$')"
    cases = [
        *([f"WHEN 'string' THEN {text} IN UNNEST({writer.take('ARRAY<STRING>', texts)})"] if texts else []),
        *([f"WHEN 'boolean' THEN {text} IN UNNEST({writer.take('ARRAY<STRING>', flags)})"] if flags else []),
        *(
            [f"WHEN 'number' THEN SAFE_CAST({text} AS FLOAT64) IN UNNEST({writer.take('ARRAY<FLOAT64>', numbers)})"]
            if numbers
            else []
        ),
    ]
    return f"CASE JSON_TYPE({column}) {' '.join(cases)} ELSE FALSE END"
