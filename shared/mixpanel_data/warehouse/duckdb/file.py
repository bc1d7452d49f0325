"""The file of a dataset: attached while it is read or written, and what runs in it meanwhile."""

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import ConfigError, TableNotFoundError
from mixpanel_data.warehouse.base import Row, Value
from mixpanel_data.warehouse.dialect import decoded, to_duckdb
from mixpanel_data.warehouse.duckdb.attaching import attach
from mixpanel_data.warehouse.duckdb.catalog import existing_columns, has_schema, search_path
from mixpanel_data.warehouse.duckdb.errors import duckdb_errors, not_opened
from mixpanel_data.warehouse.duckdb.preparing import delete_expired, prepare
from mixpanel_data.warehouse.statements import Statement, identifier
from mixpanel_data.warehouse.tables import check_columns

# How long a call without a deadline waits: another run holds the file for seconds, a forgotten program for hours.
_PATIENCE_SECONDS = 300.0
# A quarter of the default: the rows of one part then fill several groups, so that all threads compress, and few groups
# are compressed again when the next part comes.
ROWS_PER_GROUP = 30_720
# With its type: DuckDB would take a file of another format for a database of another engine.
_ATTACH = f"ATTACH ? AS warehouse (TYPE duckdb, ROW_GROUP_SIZE {ROWS_PER_GROUP})"
_ATTACH_READ_ONLY = "ATTACH ? AS warehouse (TYPE duckdb, READ_ONLY)"


class File:
    """A DuckDB file and the connection that attaches it under the name `warehouse`.

    It is attached only while it is read or written, so that other programs can have it in between: an attached file is
    locked against every other process. Not for several threads at once.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        path: Path,
        schema: str,
        tables: Mapping[str, str],
        *,
        create_tables: bool,
        is_read_only: bool = False,
    ) -> None:
        """`schema` and the declared `tables` have physical names, which begin with `warehouse.`."""
        self.connection = connection
        self.path = path
        self.schema = schema
        self.tables = tables
        self._create_tables = create_tables
        self._is_read_only = is_read_only
        self._attachments = 0
        self._is_attached = False
        self._is_kept = False
        self._prepared: tuple[int, int] | None = None
        self._cleaned_on: date | None = None

    @contextlib.contextmanager
    def attached(self, deadline: Deadline, grace_seconds: float = 0.0) -> Iterator[None]:
        """Attach the file, with its tables in place, and detach it after the block; blocks can be nested.

        Raises WarehouseBusyError if another program holds the file until the deadline, and for at least the grace;
        TableNotFoundError if the file does not exist and may not be made; ConfigError if it cannot be opened.
        """
        if not self._is_attached:
            self.check_path()
            self._attach(max(grace_seconds, deadline.left(_PATIENCE_SECONDS)))
        self._attachments += 1
        try:
            self._prepare()
            yield
        finally:
            self._attachments -= 1
            self._detach_if_unused()

    @contextlib.contextmanager
    def kept(self) -> Iterator[None]:
        """Keep the file attached from the first use within the block to its end; blocks can be nested."""
        was_kept, self._is_kept = self._is_kept, True
        try:
            yield
        finally:
            self._is_kept = was_kept
            self._detach_if_unused()

    def check_path(self) -> None:
        """Raise TableNotFoundError or ConfigError if the file can neither be attached nor made."""
        try:
            if not self._create_tables and not self.path.exists():
                raise TableNotFoundError(
                    f"The DuckDB file {self.path} does not exist. "
                    "Run `mp collect` with CREATE_TABLES=true to create it, or name another file in WAREHOUSE."
                )
            has_folder = self.path.parent.is_dir()
        except OSError as error:
            raise ConfigError(f"WAREHOUSE: {self.path} is not accessible: {error.strerror}.") from error
        if not has_folder:
            raise ConfigError(
                f"WAREHOUSE: the folder {self.path.parent} does not exist. Create it, or name another file."
            )

    def rows(self, statement: Statement, tables: Mapping[str, str], parameters: Mapping[str, Value]) -> list[Row]:
        """The rows of a SELECT; `tables` are the physical names of the relations that it reads."""
        result = self.execute(statement, tables, parameters)
        described = result.description or []
        names = [column[0] for column in described]
        is_json = [column[1] == "JSON" for column in described]
        return [
            {name: plain(cell, json_cell) for name, cell, json_cell in zip(names, row, is_json, strict=True)}
            for row in result.fetchall()
        ]

    def execute(
        self, statement: Statement, tables: Mapping[str, str], parameters: Mapping[str, Value], into: str | None = None
    ) -> duckdb.DuckDBPyConnection:
        """Run a statement; `into` names the table that keeps its rows, in place of what the statement creates."""
        with self.errors(statement):
            undeclared = {name: f"{self.schema}.{identifier(own)}" for name, own in statement.undeclared.items()}
            sql = to_duckdb(statement.on({**undeclared, **tables}), statement.parameters)
            if into:
                sql = f"CREATE OR REPLACE TABLE {into} AS {sql}"
            elif statement.creates:
                sql = f"CREATE OR REPLACE TEMP TABLE {identifier(statement.creates)} AS {sql}"
            return self.connection.execute(sql, {name: parameters[name] for name in statement.parameters})

    def transaction(
        self, statements: Sequence[Statement], tables: Mapping[str, str], parameters: Mapping[str, Value]
    ) -> None:
        """Run the statements in one transaction; the first of a day also deletes rows that have expired."""
        today = datetime.now(UTC).date()
        self.connection.begin()
        try:
            if self._cleaned_on != today:
                delete_expired(self.connection, self.schema, self.tables)
            for statement in statements:
                self.execute(statement, tables, parameters)
            with duckdb_errors("Committing"):
                self.connection.commit()
            self._cleaned_on = today
        except BaseException:
            # A commit that fails has rolled back already.
            with contextlib.suppress(duckdb.TransactionException):
                self.connection.rollback()
            raise
        finally:
            for statement in statements:
                if statement.creates:
                    self.connection.execute(f"DROP TABLE IF EXISTS temp.{identifier(statement.creates)}")

    @contextlib.contextmanager
    def errors(self, statement: Statement) -> Iterator[None]:
        """Raise the errors of a statement as ours; where this run may not change tables, name missing columns."""
        with duckdb_errors(statement.name):
            try:
                yield
            except duckdb.BinderException:
                if not self._create_tables:
                    # By a cursor: the error has aborted the transaction of the connection.
                    with contextlib.closing(self.connection.cursor()) as cursor:
                        existing = existing_columns(cursor, self.schema)
                    known = {
                        name: existing[own.lower()] for name, own in self.tables.items() if own.lower() in existing
                    }
                    check_columns(statement, known, "Set CREATE_TABLES=true, and the next run adds it.")
                raise

    @contextlib.contextmanager
    def reading_cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A second connection to what is attached, which finds tables of the dataset and of `main` by bare names."""
        with contextlib.closing(self.connection.cursor()) as cursor:
            cursor.execute(f"SET search_path = '{search_path(cursor, self.schema)}'")
            yield cursor

    def _attach(self, patience_seconds: float) -> None:
        # Without a right to write the file, what only reads it goes on, and a change is refused by its own name.
        is_writable = not self._is_read_only and (self._create_tables or os.access(self.path, os.W_OK))
        attach(
            self.connection,
            _ATTACH if is_writable else _ATTACH_READ_ONLY,
            self.path,
            patience_seconds,
            partial(not_opened, self.path),
        )
        self._is_attached = True

    def _detach_if_unused(self) -> None:
        if self._is_attached and not self._is_kept and self._attachments == 0:
            self._is_attached = False
            with duckdb_errors(f"Writing {self.path}"):
                self.connection.execute("DETACH warehouse")

    def _prepare(self) -> None:
        if not self._create_tables:
            return
        # Somebody may have removed the file or put another in its place; a new file often gets the inode of the old.
        found = self.path.stat()
        if self._prepared != (found.st_dev, found.st_ino) or not has_schema(self.connection, self.schema):
            prepare(self.connection, self.schema, self.tables)
            self._prepared = found.st_dev, found.st_ino


def plain(cell: Any, is_json: bool) -> Any:
    """A cell as a row has it: times in UTC, JSON decoded."""
    if isinstance(cell, datetime):
        return cell.astimezone(UTC)
    return decoded(cell) if is_json and cell is not None else cell
