"""The contract `Warehouse` on a DuckDB file."""

import contextlib
import copy
import fcntl
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Self

import duckdb

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import TableNotFoundError, listed
from mixpanel_data.warehouse.base import Row, Value
from mixpanel_data.warehouse.dialect import duckdb_type, to_duckdb, to_plain_duckdb
from mixpanel_data.warehouse.duckdb.catalog import existing_columns, readable
from mixpanel_data.warehouse.duckdb.connection import MEMORY_LIMIT, connected
from mixpanel_data.warehouse.duckdb.errors import duckdb_errors
from mixpanel_data.warehouse.duckdb.file import File
from mixpanel_data.warehouse.duckdb.folders import TemporaryFolder
from mixpanel_data.warehouse.duckdb.preparing import prepare
from mixpanel_data.warehouse.duckdb.staging import DuckDBStaging
from mixpanel_data.warehouse.duckdb.streams import DuckDBRows
from mixpanel_data.warehouse.literals import duckdb_literals, written_out
from mixpanel_data.warehouse.statements import Statement, identifier
from mixpanel_data.warehouse.tables import TABLES


class DuckDBWarehouse:
    """A dataset in a DuckDB file.

    With `create_tables` a missing file is made, its folder is not. `memory_limit` is a size such as 1GB, 400MB without
    it. With `is_read_only`, and without `create_tables`, no byte of the file changes. Not for several threads at once;
    two warehouses of one file are safe, in one process or in several.
    """

    def __init__(
        self,
        path: Path,
        *,
        dataset: str,
        events_table: str,
        create_tables: bool,
        memory_limit: str | None = None,
        is_read_only: bool = False,
    ) -> None:
        schema = f"warehouse.{identifier(dataset)}"
        named = {name: name for name in TABLES} | {"mixpanel_events": identifier(events_table)}
        tables = {name: f"{schema}.{own}" for name, own in named.items()}
        self._folder = TemporaryFolder()
        self._memory_limit = memory_limit or MEMORY_LIMIT
        self._file = File(
            self._connected(), path, schema, tables, create_tables=create_tables, is_read_only=is_read_only
        )
        self._deadline = Deadline()

    def __str__(self) -> str:
        return f"DuckDB file {self._file.path}"

    @property
    def is_billed(self) -> bool:
        return False

    @property
    def max_bytes_per_day(self) -> int | None:
        return None

    @property
    def bytes_billed(self) -> int:
        return 0

    def within(self, deadline: Deadline, job: str = "") -> Self:
        bound = copy.copy(self)
        bound._deadline = deadline
        return bound

    def close(self) -> None:
        """Close the connection and remove staged data; what shares them through `within` ends with it."""
        self._file.connection.close()
        self._folder.remove()

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[Self]:
        # Whoever holds the file is alone with it.
        with self._file.kept():
            yield self

    def rows(self, statement: Statement, **parameters: Value) -> list[Row]:
        with self._file.attached(self._deadline):
            return self._file.rows(statement, self._file.tables, parameters)

    @contextlib.contextmanager
    def stream(self, statement: Statement, **parameters: Value) -> Iterator[DuckDBRows]:
        with self._file.attached(self._deadline), self._file.reading_cursor() as cursor:
            with self._file.errors(statement):
                sql = to_duckdb(statement.on(self._file.tables), statement.parameters)
                given = {name: parameters[name] for name in statement.parameters}
                rows = DuckDBRows(cursor, statement.name, sql, given, self._deadline)
            with contextlib.closing(rows):
                yield rows

    def transact(
        self, name: str, statements: Sequence[Statement], *, grace_seconds: float = 0.0, **parameters: Value
    ) -> None:
        with self._file.attached(self._deadline, grace_seconds):
            self._file.transaction(statements, self._file.tables, parameters)

    def tables(self) -> list[str]:
        with self._file.attached(self._deadline), duckdb_errors("Listing the tables"):
            return sorted(readable(self._file.connection, self._file.schema, self._file.tables))

    def columns(self, table: str) -> Mapping[str, str]:
        with self._file.attached(self._deadline), duckdb_errors(f"Reading the columns of {table}"):
            found = readable(self._file.connection, self._file.schema, self._file.tables)
        if table not in found:
            raise TableNotFoundError(f"{self} has no table {table!r}. It has {listed(sorted(found))}.")
        return found[table]

    def make_declared(self, tables: Collection[str]) -> None:
        with self._file.attached(self._deadline):
            prepare(self._file.connection, self._file.schema, self._file.tables, tables)

    def create_table(self, table: str, columns: Mapping[str, str]) -> None:
        physical = self._file.tables.get(table) or f"{self._file.schema}.{identifier(table)}"
        defined = ", ".join(f"{identifier(name)} {duckdb_type(google)}" for name, google in columns.items())
        with self._file.attached(self._deadline), duckdb_errors(f"Creating {table}"):
            if physical.lower() not in existing_columns(self._file.connection, self._file.schema):
                self._file.connection.execute(f"CREATE TABLE {physical} ({defined})")

    def add_columns(self, table: str, columns: Mapping[str, str]) -> None:
        with self._file.attached(self._deadline), duckdb_errors(f"Adding columns to {table}"):
            for name, google in columns.items():
                added = f"{identifier(name)} {duckdb_type(google)}"
                self._file.connection.execute(
                    f"ALTER TABLE {self._file.tables[table]} ADD COLUMN IF NOT EXISTS {added}"
                )

    def pasteable(self, statement: Statement, **parameters: Value) -> str:
        # With the name of the database, which is the file's up to the first point: where the dataset has the same
        # name, as it has by default, DuckDB finds a table by no shorter one.
        database = self._file.path.name.partition(".")[0]
        catalog = database if database.isascii() and database.isidentifier() else f"`{database}`"
        names = {name: own.replace("warehouse", catalog, 1) for name, own in self._file.tables.items()}
        return written_out(to_plain_duckdb(statement.on(names)), duckdb_literals(statement, parameters))

    def console_url(self, table: str) -> str | None:
        return None

    @contextlib.contextmanager
    def lease(self, job: str, holder: str, seconds: float, *, looks_first: bool = True) -> Iterator[str | None]:
        self._file.check_path()
        # An operating system lock on a file beside the database ends with its process, however that ends.
        with Path(f"{self._file.path}.{job}.lock").open("a", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield None
            else:
                yield ""

    def staging(self, run_id: str, number: int) -> DuckDBStaging:
        folder = Path(tempfile.mkdtemp(prefix=f"part{number}_", dir=self._folder.path))
        return DuckDBStaging(self._file, self._deadline, folder)

    def _connected(self) -> duckdb.DuckDBPyConnection:
        return connected(self._folder.path, self._memory_limit)
