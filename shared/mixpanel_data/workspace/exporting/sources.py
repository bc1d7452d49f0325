"""The tables of the workspace's file as a source of rows."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from mixpanel_data.base.errors import QueryError
from mixpanel_data.workspace.exporting import formats
from mixpanel_data.workspace.exporting.contract import Piece
from mixpanel_data.workspace.exporting.request import DayRange, FileFormat, Origin
from mixpanel_data.workspace.querying.queries import Column
from mixpanel_data.workspace.storage.file import WorkspaceFile
from mixpanel_data.workspace.storage.quoting import quoted
from mixpanel_data.workspace.tables.names import TableName

_NAIVE, _AWARE = "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"


@dataclass(frozen=True, slots=True)
class EventTime:
    """The column with the time of events, and whether it is stored without its zone, which is UTC."""

    name: str
    is_naive: bool

    def condition(self, start: datetime, end: datetime) -> str:
        """The SQL that selects from `start` up to, not including, `end` among rows of `stored`."""
        column = f"stored.{quoted(self.name)}"
        return f"{column} >= {self._literal(start)} AND {column} < {self._literal(end)}"

    def _literal(self, instant: datetime) -> str:
        if self.is_naive:
            return f"TIMESTAMP '{instant.replace(tzinfo=None).isoformat(' ')}'"
        return f"TIMESTAMPTZ '{instant.isoformat(' ')}'"


class TableSource:
    """A table that is exported as a whole."""

    def __init__(
        self, file: WorkspaceFile, name: TableName, columns: Sequence[Column], origin: Origin = "workspace"
    ) -> None:
        self.origin = origin
        self.table = str(name)
        self.place = str(file.path.resolve())
        self._file = file
        self._name = name
        self._columns = tuple(columns)

    def pieces(self) -> Sequence[Piece]:
        """The one piece, whose state is a hash of all rows."""
        query = f"SELECT count(*), sum(hash(r)) FROM ({self._query()}) AS r"  # noqa: S608 - quoted
        with self._file.reading() as connection:
            (row,) = connection.execute(query).fetchall()
        return [Piece(None, self._state(row[0], row[1]))]

    def write(self, piece: Piece, file_format: FileFormat, path: Path) -> int:  # noqa: ARG002 - there is only one
        """Write the rows in any order."""
        return self._write(self._query(), self._columns, file_format, path)

    def _write(self, query: str, columns: Sequence[Column], file_format: FileFormat, path: Path) -> int:
        with self._file.reading(writing_to=path) as connection:
            return formats.write(connection, query, columns, file_format, path)

    def _query(self) -> str:
        names = ", ".join(quoted(column.name) for column in self._columns)
        return f"SELECT {names} FROM {self._name.quoted}"  # noqa: S608 - quoted

    def _state(self, rows: int, digest: int | None) -> str:
        described = _hash_of_columns(self._columns)
        return f"{rows} rows {digest or 0} columns {described}"


class EventsSource(TableSource):
    """A table of events, exported day by day, with the time of events as a moment in UTC."""

    def __init__(
        self,
        file: WorkspaceFile,
        name: TableName,
        columns: Sequence[Column],
        time: EventTime,
        days: DayRange,
        origin: Origin,
    ) -> None:
        super().__init__(file, name, columns, origin)
        self._time = time
        self._days = days

    def pieces(self) -> Sequence[Piece]:
        """A piece for each day that has events; its state is a hash of all rows. Raises QueryError for a NULL time."""
        time, zone = quoted(self._time.name), self._days.zone.key
        query = (
            f"SELECT CAST({time} AT TIME ZONE ? AS DATE) AS day, count(*), sum(hash(r))"  # noqa: S608 - quoted
            f" FROM ({self._events(self._days)}) AS r GROUP BY 1 ORDER BY 1"
        )
        with self._file.reading() as connection:
            rows = connection.execute(query, [zone]).fetchall()
        if any(day is None for day, _, _ in rows):
            raise QueryError(
                f"{self.table} has rows whose {self._time.name} is NULL, which belong to no day. "
                "Give them a time, or delete them."
            )
        return [Piece(day, self._state(count, digest)) for day, count, digest in rows]

    def write(self, piece: Piece, file_format: FileFormat, path: Path) -> int:
        """Write the events of the day in the order of their time, those of one moment by their id."""
        if piece.day is None:
            raise ValueError("Events are exported by day.")
        query = f"{self._events(self._days.only(piece.day))} ORDER BY {quoted(self._time.name)}, event_id"
        columns = [Column(each.name, _AWARE) if each.name == self._time.name else each for each in self._columns]
        return self._write(query, columns, file_format, path)

    def _events(self, days: DayRange) -> str:
        where = "" if days.is_open else f" WHERE {self._time.condition(days.start, days.end)}"
        names = [
            f"{quoted(each.name)} AT TIME ZONE 'UTC' AS {quoted(each.name)}"
            if each.name == self._time.name and self._time.is_naive
            else quoted(each.name)
            for each in self._columns
        ]
        # A subquery: what orders the rows is about the moments, not about the stored column of the same name.
        return f"SELECT * FROM (SELECT {', '.join(names)} FROM {self._name.quoted} AS stored{where})"  # noqa: S608


def columns_of(connection: duckdb.DuckDBPyConnection, name: TableName) -> list[Column]:
    """The columns of a table or view, in their order."""
    result = connection.execute(f"SELECT * FROM {name.quoted} LIMIT 0")  # noqa: S608 - quoted
    return [Column.of(str(each[0]), each[1]) for each in result.description or []]


def event_time(columns: Sequence[Column], name: str) -> EventTime | None:
    """The column of this name if it holds times; None if there is no such column."""
    kinds = {column.name: column.type for column in columns}
    return EventTime(name, kinds[name] == _NAIVE) if kinds.get(name) in (_NAIVE, _AWARE) else None


def _hash_of_columns(columns: Sequence[Column]) -> str:
    """A short text that differs when the columns do."""
    described = "\n".join(f"{column.name}\t{column.type}" for column in columns)
    return hashlib.sha256(described.encode()).hexdigest()[:16]
