"""The embedded engine: a dataset is a schema of one DuckDB file.

The file is attached only while it is read or written, so that other programs can have it in between; an attached
file is locked against everyone else, and a transaction waits for the lock. What is staged lies in temporary files.
"""

import contextlib
import copy
import errno
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import duckdb

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import (
    ConfigError,
    TableNotFoundError,
    WarehouseBusyError,
    WarehouseRefusedError,
    WarehouseUnavailableError,
)
from mixpanel_data.base.streams import ByteStream
from mixpanel_data.warehouse.base import Row, Value
from mixpanel_data.warehouse.dialect import FUNCTIONS, MACROS, decoded, duckdb_type, google_type, to_duckdb
from mixpanel_data.warehouse.statements import Statement, identifier
from mixpanel_data.warehouse.tables import TABLES, Column, check_columns

_FOLDERS = "mixpanel_data_staging_"
_MEMORY_LIMIT = "400MB"
# Kept once it was used, so that the system need not clear the same pages again and again; the peak does not grow by it.
_KEPT_MEMORY = "300MB"
_THREADS = 4
_POLL_SECONDS = 0.05
# A quarter of the default: what a part adds fills several, so that all threads pack, and little is packed again when
# the next part comes.
_ROWS_PER_GROUP = 30_720
# By its type: DuckDB would take a file of another kind for a database of another engine.
_ATTACH = f"ATTACH ? AS warehouse (TYPE duckdb, ROW_GROUP_SIZE {_ROWS_PER_GROUP})"
# For a call without a deadline: another run keeps the file for seconds, a forgotten program for hours.
_PATIENCE_SECONDS = 300.0
# Above the longest line; larger buffers alone would break the memory limit.
_LINE_BYTES = 2 * 1024 * 1024
# Of pieces of some 40 KB each: fewer calls of the system's.
_WRITE_BYTES = 1024 * 1024
_DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@dataclass(slots=True)
class _State:
    """What is known of the file, to the warehouses that share a connection."""

    is_prepared: bool = False
    is_cleaned: bool = False


class DuckDBWarehouse:
    """A dataset in a DuckDB file; the file is made if it is missing, its folder is not.

    Not for several threads at once; two warehouses of one file are safe, in one process or in several.
    """

    def __init__(self, path: Path, *, dataset: str, events_table: str, create_tables: bool) -> None:
        self._path = path
        self._schema = f"warehouse.{identifier(dataset)}"
        self._tables = {name: f"{self._schema}.{name}" for name in TABLES}
        self._tables["mixpanel_events"] = f"{self._schema}.{identifier(events_table)}"
        self._create_tables = create_tables
        self._deadline = Deadline()
        self._state = _State()
        self._folder = _Folder()
        self._connection = self._connected()

    def within(self, deadline: Deadline) -> Self:
        bound = copy.copy(self)
        bound._deadline = deadline
        return bound

    def _connected(self) -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect(
            ":memory:",
            config={
                "memory_limit": _MEMORY_LIMIT,
                "block_allocator_memory": _KEPT_MEMORY,
                "threads": min(_THREADS, os.cpu_count() or 1),
                "temp_directory": str(self._folder.path / "spilled"),
                "preserve_insertion_order": False,
            },
        )
        connection.execute("SET TimeZone = 'UTC'")
        for function in FUNCTIONS:
            connection.create_function(function.__name__, function, ["VARCHAR"], "VARCHAR")
        for macro in MACROS:
            connection.execute(macro)
        return connection

    def pasteable(self, statement: Statement, **parameters: Value) -> str:
        from mixpanel_data.warehouse.pasting import duckdb_literal, pasted

        schema = self._schema.removeprefix("warehouse.")
        names = {name: table.replace(self._schema, schema) for name, table in self._tables.items()}
        sql = (
            statement.on(names)
            .replace(" AS mixpanel_events", "")
            .replace("TO_HEX(SHA256(event_name))", "sha256(event_name)")
        )
        return pasted(sql, duckdb_literal, parameters)

    def console_url(self, table: str) -> str | None:
        return None

    def close(self) -> None:
        """Let go of everything; neither this warehouse nor one that shares its connection can be used afterwards."""
        self._connection.close()
        self._folder.remove()

    def rows(self, statement: Statement, **parameters: Value) -> list[Row]:
        with self._attached():
            return self._rows(statement, self._tables, parameters)

    def transact(
        self, name: str, statements: Sequence[Statement], *, grace_seconds: float = 0.0, **parameters: Value
    ) -> None:
        with self._attached(grace_seconds):
            self._transaction(statements, self._tables, parameters)

    def columns(self, table: str) -> Mapping[str, str]:
        with self._attached(), _duckdb_errors(f"looking at {table}"):
            rows = self._connection.execute(f"DESCRIBE {self._tables[table]}").fetchall()
        return {name.lower(): google_type(duckdb_name) for name, duckdb_name, *_ in rows}

    def add_columns(self, table: str, columns: Mapping[str, str]) -> None:
        with self._attached(), _duckdb_errors(f"adding columns to {table}"):
            for name, google in columns.items():
                added = f"{identifier(name)} {duckdb_type(google)}"
                self._connection.execute(f"ALTER TABLE {self._tables[table]} ADD COLUMN IF NOT EXISTS {added}")

    @contextlib.contextmanager
    def lease(self, job: str, holder: str, seconds: float) -> Iterator[str | None]:
        # An operating system lock on a file beside the database ends with its process, however that ends.
        self._check_folder()
        with Path(f"{self._path}.{job}.lock").open("a", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield None
            else:
                yield ""

    def staging(self, run_id: str, number: int) -> "DuckDBStaging":
        folder = Path(tempfile.mkdtemp(prefix=f"part{number}_", dir=self._folder.path))
        return DuckDBStaging(self, folder)

    def _transaction(
        self, statements: Sequence[Statement], tables: Mapping[str, str], parameters: Mapping[str, Value]
    ) -> None:
        self._connection.begin()
        try:
            if not self._state.is_cleaned:
                self._delete_expired()
            for statement in statements:
                self._execute(statement, tables, parameters)
            with _duckdb_errors("committing"):
                self._connection.commit()
            self._state.is_cleaned = True
        except BaseException:
            # A commit that failed has undone the transaction by itself.
            with contextlib.suppress(duckdb.TransactionException):
                self._connection.rollback()
            raise
        finally:
            for statement in statements:
                if statement.creates:
                    self._connection.execute(f"DROP TABLE IF EXISTS temp.{identifier(statement.creates)}")

    def _rows(self, statement: Statement, tables: Mapping[str, str], parameters: Mapping[str, Value]) -> list[Row]:
        result = self._execute(statement, tables, parameters)
        names = [column[0] for column in result.description or []]
        is_json = [column[1] == "JSON" for column in result.description or []]
        return [
            {name: _value(cell, json_cell) for name, cell, json_cell in zip(names, row, is_json, strict=True)}
            for row in result.fetchall()
        ]

    def _execute(
        self, statement: Statement, tables: Mapping[str, str], parameters: Mapping[str, Value], into: str | None = None
    ) -> duckdb.DuckDBPyConnection:
        sql = to_duckdb(statement.on(tables), statement.parameters)
        if into:
            sql = f"CREATE OR REPLACE TABLE {into} AS {sql}"
        elif statement.creates:
            sql = f"CREATE OR REPLACE TEMP TABLE {identifier(statement.creates)} AS {sql}"
        with _duckdb_errors(statement.name), self._missing_columns(statement):
            return self._connection.execute(sql, {name: parameters[name] for name in statement.parameters})

    @contextlib.contextmanager
    def _missing_columns(self, statement: Statement) -> Iterator[None]:
        """Where tables are not ours to change, a column that a table does not have yet is an error of its own."""
        try:
            yield
        except duckdb.BinderException:
            if not self._create_tables:
                existing = self._existing()
                columns = {name: existing[own.lower()] for name, own in self._tables.items() if own.lower() in existing}
                check_columns(statement, columns, "Set CREATE_TABLES=true, and the next run adds them.")
            raise

    @contextlib.contextmanager
    def _attached(self, grace_seconds: float = 0.0) -> Iterator[None]:
        """The file, attached and locked against everyone else, with its tables there."""
        self._attach(grace_seconds)
        try:
            if not self._state.is_prepared:
                self._prepare()
                self._state.is_prepared = True
            yield
        finally:
            with _duckdb_errors(f"writing {self._path}"):
                self._connection.execute("DETACH warehouse")

    def _attach(self, grace_seconds: float) -> None:
        self._check_folder()
        patience = Deadline.after(max(grace_seconds, self._deadline.left(_PATIENCE_SECONDS)))
        while True:
            try:
                self._connection.execute(_ATTACH, [str(self._path)])
                return
            except duckdb.Error as error:
                if not _is_taken(error):
                    raise ConfigError(f"WAREHOUSE: {self._path} cannot be opened: {error}") from error
                if patience.left(_POLL_SECONDS) <= 0:
                    raise WarehouseBusyError(
                        f"{self._path} is held by another program: {_first_line(error)}. "
                        "Close it there, or run this again later."
                    ) from error
            time.sleep(_POLL_SECONDS)

    def _check_folder(self) -> None:
        try:
            is_there = self._path.parent.is_dir()
        except OSError as error:
            raise ConfigError(f"WAREHOUSE: {self._path} cannot be looked at: {error.strerror}.") from error
        if not is_there:
            raise ConfigError(f"WAREHOUSE: the folder {self._path.parent} does not exist. Make it, or name another.")

    def _prepare(self) -> None:
        """Make the tables that are missing, and add the columns that tables of an earlier version do not have."""
        if not self._create_tables:
            return
        with _duckdb_errors("preparing the tables"):
            self._connection.execute(f"CREATE SCHEMA IF NOT EXISTS {self._schema}")
            existing = self._existing()
            for table in TABLES.values():
                name = self._tables[table.name]
                columns = existing.get(name.lower())
                if columns is None:
                    self._connection.execute(f"CREATE TABLE {name} ({', '.join(map(_column, table.columns))})")
                else:
                    for column in table.missing_from(columns):
                        # It has to be NULLABLE: the rows that are there have no value for it.
                        added = _column(replace(column, is_required=False))
                        self._connection.execute(f"ALTER TABLE {name} ADD COLUMN {added}")

    def _existing(self) -> dict[str, set[str]]:
        """The columns of every table of the dataset, in lower case, by the names that statements are given."""
        rows = self._connection.execute(
            "SELECT lower(table_name), list(lower(column_name)) FROM duckdb_columns()"
            " WHERE lower(database_name || '.' || schema_name) = ? GROUP BY ALL",
            [self._schema.lower()],
        ).fetchall()
        return {f"{self._schema}.{table}".lower(): set(columns) for table, columns in rows}

    def _delete_expired(self) -> None:
        """Rows of long ago go, as BigQuery drops partitions by itself: by the clock on the wall. Who only reads deletes
        nothing."""
        now = datetime.now(UTC)
        with _duckdb_errors("deleting what has expired"):
            for table in TABLES.values():
                if table.expires_after:
                    self._connection.execute(
                        f"DELETE FROM {self._tables[table.name]} WHERE {table.partition_column} < ?",  # noqa: S608
                        [now - table.expires_after],
                    )


class DuckDBStaging:
    """What is staged for one part: the export's lines as a file, the relations made of them in memory, and beyond the
    memory limit in temporary files."""

    def __init__(self, warehouse: DuckDBWarehouse, folder: Path) -> None:
        self._warehouse = warehouse
        self._folder = folder
        self._lines = "(SELECT '' AS line WHERE false)"
        self._relations: dict[str, str] = {}
        self._is_attached = False

    def close(self) -> None:
        if self._is_attached:
            self._warehouse._connection.execute("DETACH staging")
        shutil.rmtree(self._folder)

    def load(self, stream: ByteStream) -> None:
        self._lines = "(SELECT '' AS line WHERE false)"
        path = self._folder / "lines"
        # Inflated: of a gzip file, one thread reads it all, and inflates a second time what was inflated to prove it.
        with _disk_errors(path), path.open("wb", buffering=_WRITE_BYTES) as file:
            for text in stream.text():
                file.write(text)
        if stream.lines == 0:
            return
        line_bytes = max(_LINE_BYTES, 2 * stream.longest_line)
        self._lines = (
            f"read_csv('{_quoted(path)}', delim = '\x01', quote = '', escape = '', header = false, auto_detect = false,"
            f" columns = {{'line': 'VARCHAR'}}, strict_mode = false, compression = 'none',"
            f" max_line_size = {line_bytes}, buffer_size = {4 * line_bytes})"
        )

    def materialise(self, statement: Statement, **parameters: Value) -> None:
        if statement.creates is None:
            raise ValueError(f"{statement} creates nothing")
        self._attach()
        target = f"staging.{identifier(statement.creates)}"
        with self._attached_for(statement):
            self._warehouse._execute(statement, self._names(), parameters, into=target)
        self._relations[statement.creates] = target

    def rows(self, statement: Statement, **parameters: Value) -> list[Row]:
        with self._attached_for(statement):
            return self._warehouse._rows(statement, self._names(), parameters)

    def transact(self, name: str, statements: Sequence[Statement], **parameters: Value) -> None:
        with self._warehouse._attached():
            self._warehouse._transaction(statements, self._names(), parameters)

    def _attached_for(self, statement: Statement) -> contextlib.AbstractContextManager[None]:
        """The file, if the statement reads it; most of the work is done without keeping it from others."""
        return self._warehouse._attached() if statement.tables() & TABLES.keys() else contextlib.nullcontext()

    def _attach(self) -> None:
        """The database of this part and its lines, under names that are the same for every part, so that a statement is
        translated once. One part at a time is at this; others may be loading."""
        connection = self._warehouse._connection
        if not self._is_attached:
            connection.execute("ATTACH ':memory:' AS staging")
            self._is_attached = True
        connection.execute(f"CREATE OR REPLACE TEMP VIEW staged_lines AS SELECT line FROM {self._lines}")  # noqa: S608

    def _names(self) -> dict[str, str]:
        return {**self._warehouse._tables, **self._relations}


class _Folder:
    """A temporary folder. One whose process was killed is removed by the next that makes one: its lock is free."""

    def __init__(self) -> None:
        made = Path(tempfile.mkdtemp(prefix=f".{_FOLDERS}"))
        # Locked before it has the name that is looked for, so that nobody finds it free in between.
        self._lock = os.open(made, os.O_RDONLY)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self.path = made.rename(made.with_name(made.name.removeprefix(".")))
        for other in self.path.parent.glob(f"{_FOLDERS}*"):
            _remove_if_forsaken(other)

    def remove(self) -> None:
        """Remove it with all that is in it."""
        shutil.rmtree(self.path)
        os.close(self._lock)


def _remove_if_forsaken(folder: Path) -> None:
    # Not there any more, not ours, or locked by who uses it: it is left alone.
    with contextlib.suppress(OSError):
        lock = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder)
        finally:
            os.close(lock)


def _column(column: Column) -> str:
    type_name = duckdb_type(column.type) + ("[]" if column.is_array else "")
    return f"{column.name} {type_name}{' NOT NULL' if column.is_required else ''}{_packing(column)}"


def _packing(column: Column) -> str:
    """How a column is compressed, where DuckDB's own choice takes too long."""
    if column.type == "JSON":
        # The bulk of a dataset; zstd takes half the time of the default and a third of the space.
        return " USING COMPRESSION zstd"
    if column.name == "event_id":
        # A hash, of which the default saves half, in four times the time.
        return " USING COMPRESSION uncompressed"
    return ""


def _value(cell: Any, is_json: bool) -> Any:
    if isinstance(cell, datetime):
        return cell.astimezone(UTC)
    return decoded(cell) if is_json and cell is not None else cell


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _is_taken(error: duckdb.Error) -> bool:
    """Whether the file is held by another process, or attached by another warehouse of this one."""
    text = str(error)
    return "Could not set lock" in text or "already attached" in text or "file handle conflict" in text


@contextlib.contextmanager
def _disk_errors(path: Path) -> Iterator[None]:
    """Raise as ours what a disk says that takes no more; what else is read or written meanwhile is not its fault."""
    try:
        yield
    except OSError as error:
        if error.errno not in _DISK_FULL:
            raise
        raise WarehouseUnavailableError(
            f"staging in {path.parent}: {error.strerror}. Make room there, or name another folder by TMPDIR."
        ) from error


def _is_of_the_disk(error: duckdb.Error) -> bool:
    """Whether the file could not be read or written; a commit that failed for it is told as a transaction's error."""
    return isinstance(error, duckdb.IOException) or "No space left" in str(error) or "IO Error" in str(error)


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


@contextlib.contextmanager
def _duckdb_errors(doing: str) -> Iterator[None]:
    """Raise DuckDB's errors as ours, naming the statement that failed."""
    try:
        yield
    except (duckdb.InterruptException, RuntimeError) as error:
        # In place of what the handler of Ctrl-C raised within a statement.
        if "interrupted" not in str(error).lower():
            raise
        raise KeyboardInterrupt from error
    except duckdb.CatalogException as error:
        raise TableNotFoundError(
            f"{doing}: {_first_line(error)}. Set CREATE_TABLES=true to have it made, or name another dataset."
        ) from error
    except (duckdb.IOException, duckdb.TransactionException) as error:
        if not _is_of_the_disk(error):
            raise WarehouseRefusedError(f"{doing}: {error}") from error
        raise WarehouseUnavailableError(
            f"{doing}: {_first_line(error).rstrip('. ')}. "
            "See that the disk has room and may be written, then run this again."
        ) from error
    except duckdb.OutOfMemoryException as error:
        raise WarehouseRefusedError(
            f"{doing}: the events of one reading are too large to be worked on within {_MEMORY_LIMIT}: "
            f"{_first_line(error)}. Collect a shorter window, or fewer events, at a time."
        ) from error
    except duckdb.Error as error:
        raise WarehouseRefusedError(f"{doing}: {error}") from error
