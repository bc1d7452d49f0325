"""A warehouse on DuckDB that notes every statement as BigQuery would run it: with its parameters and what it reads."""

import contextlib
import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.streams import ByteStream
from mixpanel_data.costs.references import Reference, references
from mixpanel_data.warehouse.base import Row, RowStream, Staging, Value, Warehouse
from mixpanel_data.warehouse.leases import END_LEASE, LEASE_HOLDERS, TAKE_LEASE
from mixpanel_data.warehouse.statements import Statement
from mixpanel_data.warehouse.tables import TABLES

_PROBED = "recorded_rows"
_LOOKED, _LEASED = (LEASE_HOLDERS,), (TAKE_LEASE,)
"""What a lease takes on BigQuery, where it looks first and where not; on DuckDB the operating system has a lock."""


@dataclass(frozen=True, slots=True)
class Execution:
    """One statement that ran. `part`: the number of the part that staged for it; None outside a part.

    `rows`: how many rows each table had that it reads, in the partitions that its bounds leave.
    """

    statement: Statement
    parameters: Mapping[str, Value]
    part: int | None
    rows: Mapping[str, int]


@dataclass(slots=True)
class Recording:
    """What ran, in order."""

    executions: list[Execution] = field(default_factory=list)
    _tokens: Iterator[int] = field(default_factory=itertools.count)

    def token(self) -> str:
        """A name that no probe had before."""
        return f"probe{next(self._tokens)}"


class RecordingWarehouse:
    """A warehouse that notes what runs."""

    def __init__(self, warehouse: Warehouse, recording: Recording) -> None:
        self._warehouse = warehouse
        self._recording = recording
        warehouse.create_table(_PROBED, {"token": "STRING", "relation": "STRING", "counted": "INT64"})

    def __str__(self) -> str:
        return str(self._warehouse)

    @property
    def is_billed(self) -> bool:
        return True

    @property
    def max_bytes_per_day(self) -> int | None:
        return None

    @property
    def bytes_billed(self) -> int:
        return 0

    def within(self, deadline: Deadline, job: str = "") -> "RecordingWarehouse":
        return RecordingWarehouse(self._warehouse.within(deadline, job), self._recording)

    @contextlib.contextmanager
    def snapshot(self) -> Iterator["RecordingWarehouse"]:
        with self._warehouse.snapshot() as fixed:
            yield RecordingWarehouse(fixed, self._recording)

    def rows(self, statement: Statement, **parameters: Value) -> list[Row]:
        self._note(statement, parameters)
        return self._warehouse.rows(statement, **parameters)

    def stream(self, statement: Statement, **parameters: Value) -> contextlib.AbstractContextManager[RowStream]:
        self._note(statement, parameters)
        return self._warehouse.stream(statement, **parameters)

    def transact(
        self, name: str, statements: Sequence[Statement], *, grace_seconds: float = 0.0, **parameters: Value
    ) -> None:
        stored = [stored_rows(self._warehouse, each, parameters) for each in statements]
        token = self._recording.token()
        self._warehouse.transact(name, probed(statements, token), grace_seconds=grace_seconds, **parameters)
        made = probes(self._warehouse, token)
        self._recording.executions += executed(statements, parameters, None, stored, made)

    def tables(self) -> list[str]:
        return self._warehouse.tables()

    def columns(self, table: str) -> Mapping[str, str]:
        return self._warehouse.columns(table)

    def make_declared(self, tables: Collection[str]) -> None:
        self._warehouse.make_declared(tables)

    def create_table(self, table: str, columns: Mapping[str, str]) -> None:
        self._warehouse.create_table(table, columns)

    def add_columns(self, table: str, columns: Mapping[str, str]) -> None:
        self._warehouse.add_columns(table, columns)

    def pasteable(self, statement: Statement, **parameters: Value) -> str:
        return self._warehouse.pasteable(statement, **parameters)

    def console_url(self, table: str) -> str | None:
        return self._warehouse.console_url(table)

    @contextlib.contextmanager
    def lease(self, job: str, holder: str, seconds: float, *, looks_first: bool = True) -> Iterator[str | None]:
        for each in (*(_LOOKED if looks_first else ()), *_LEASED):
            self._note(each, {})
        with self._warehouse.lease(job, holder, seconds, looks_first=looks_first) as token:
            yield token
        self._note(END_LEASE, {})

    def staging(self, run_id: str, number: int) -> Staging:
        return RecordingStaging(self._warehouse, self._warehouse.staging(run_id, number), self._recording, number)

    def _note(self, statement: Statement, parameters: Mapping[str, Value]) -> None:
        rows = stored_rows(self._warehouse, statement, parameters)
        self._recording.executions += executed([statement], parameters, None, [rows], {})


class RecordingStaging:
    """The staging of such a warehouse; it knows how many rows its relations have."""

    def __init__(self, warehouse: Warehouse, staging: Staging, recording: Recording, number: int) -> None:
        self._warehouse = warehouse
        self._staging = staging
        self._recording = recording
        self._number = number
        self._relations: dict[str, int] = {}

    def load(self, stream: ByteStream) -> None:
        self._staging.load(stream)
        self._relations["staged_lines"] = stream.lines

    def materialise(self, statement: Statement, **parameters: Value) -> None:
        self._note(statement, parameters)
        self._staging.materialise(statement, **parameters)
        created = str(statement.creates)
        (row,) = self._staging.rows(Statement(f"rows of {created}", f"SELECT COUNT(*) AS counted FROM {created}"))
        self._relations[created] = row["counted"]

    def rows(self, statement: Statement, **parameters: Value) -> list[Row]:
        self._note(statement, parameters)
        return self._staging.rows(statement, **parameters)

    def transact(self, name: str, statements: Sequence[Statement], **parameters: Value) -> None:
        stored = [stored_rows(self._warehouse, each, parameters) for each in statements]
        token = self._recording.token()
        self._staging.transact(name, probed(statements, token), **parameters)
        made = {**self._relations, **probes(self._warehouse, token)}
        self._recording.executions += executed(statements, parameters, self._number, stored, made)

    def close(self) -> None:
        self._staging.close()

    def _note(self, statement: Statement, parameters: Mapping[str, Value]) -> None:
        rows = stored_rows(self._warehouse, statement, parameters)
        self._recording.executions += executed([statement], parameters, self._number, [rows], self._relations)


def executed(
    statements: Sequence[Statement],
    parameters: Mapping[str, Value],
    part: int | None,
    stored: Sequence[Mapping[str, int]],
    made: Mapping[str, int],
) -> Iterator[Execution]:
    """Each statement with its own parameters and the rows of what it reads."""
    for statement, rows in zip(statements, stored, strict=True):
        own = {name: parameters[name] for name in statement.parameters if name in parameters}
        staged = {name: count for name, count in made.items() if name in statement.tables()}
        yield Execution(statement, own, part, {**rows, **staged})


def probed(statements: Sequence[Statement], token: str) -> list[Statement]:
    """The statements, each that creates a relation with one behind it that notes how many rows that has."""
    found: list[Statement] = []
    for each in statements:
        found.append(each)
        if each.creates:
            counted = f"SELECT '{token}' AS token, '{each.creates}' AS relation, COUNT(*) AS counted"
            sql = f"INSERT INTO {_PROBED} (token, relation, counted) {counted} FROM {each.creates}"
            found.append(Statement(f"probe of {each.creates}", sql, undeclared={_PROBED: _PROBED}))
    return found


def probes(warehouse: Warehouse, token: str) -> Mapping[str, int]:
    """What the probes of a transaction noted."""
    sql = f"SELECT relation, counted FROM {_PROBED} WHERE token = @token"
    noted = warehouse.rows(Statement("probes", sql, {"token": "STRING"}, undeclared={_PROBED: _PROBED}), token=token)
    return {row["relation"]: row["counted"] for row in noted}


def stored_rows(warehouse: Warehouse, statement: Statement, parameters: Mapping[str, Value]) -> dict[str, int]:
    """Rows of the declared tables that a statement reads, in the days that its bounds leave."""
    known = references().get(statement.name)
    read = known.reads if known else {}
    return {
        table: _count(warehouse, table, reference, statement, parameters)
        for table, reference in read.items()
        if table in TABLES
    }


def _count(
    warehouse: Warehouse, table: str, reference: Reference, statement: Statement, parameters: Mapping[str, Value]
) -> int:
    column = TABLES[table].partition_column
    bound = f"{column} > {'DATE' if _is_date(table) else 'TIMESTAMP'} '1900-01-01'" if column else "TRUE"
    every = " OR ".join(_within(str(column), _is_date(table), each) for each in reference.bounds or ()) or "TRUE"
    sql = f"SELECT COUNT(*) AS counted FROM {table} WHERE {bound} AND ({every})"
    types = {name: type_ for name, type_ in statement.parameters.items() if f"@{name}" in sql}
    given = {name: parameters[name] for name in types}
    (row,) = warehouse.rows(Statement(f"rows of {table} for {statement.name}", sql, types), **given)
    return int(row["counted"])


def _is_date(table: str) -> bool:
    declared = TABLES[table]
    return any(each.name == declared.partition_column and each.type == "DATE" for each in declared.columns)


_WITHIN: Mapping[str, str] = {
    "from": "{day} >= {date}",
    "before": "{start} < {value}",
    "until": "{day} <= {date}",
    "on": "{day} = {date}",
    "in": "{day} IN UNNEST({value})",
    "day from": "{day} >= {value}",
    "day before": "{day} < {value}",
    "day until": "{day} <= {value}",
    "day on": "{day} = {value}",
    "day in": "{day} IN UNNEST({value})",
}


def _within(column: str, is_date: bool, bounds: Mapping[str, Sequence[str]]) -> str:
    """The partitions that a scan's bounds leave, as a condition: whole days."""
    day, start = (column, column) if is_date else (f"DATE({column})", f"TIMESTAMP_TRUNC({column}, DAY)")
    conditions = [
        _WITHIN[sign].format(day=day, start=start, value=each, date=each if is_date else f"DATE({each})")
        for sign, values in bounds.items()
        for each in values
    ]
    return f"({' AND '.join(conditions)})"
