"""A workspace's file, opened for a query, for a change, or as the raw connection that its user asks for."""

import contextlib
import weakref
from collections.abc import Iterator
from pathlib import Path

import duckdb

from mixpanel_data.base.errors import ConfigError, NotFoundError
from mixpanel_data.warehouse.duckdb.attaching import attach
from mixpanel_data.warehouse.duckdb.connection import MEMORY_LIMIT
from mixpanel_data.warehouse.duckdb.errors import first_line, is_damage
from mixpanel_data.warehouse.duckdb.file import ROWS_PER_GROUP
from mixpanel_data.warehouse.duckdb.folders import TemporaryFolder
from mixpanel_data.workspace.storage.errors import sql_errors
from mixpanel_data.workspace.storage.place import Place
from mixpanel_data.workspace.storage.quoting import literal

_PATIENCE_SECONDS = 30.0
_MEMORY_LIMIT_OF_QUERIES = "1GB"
# DuckDB keeps what it has read, up to its limit: a low one keeps rows that only pass through from piling up.
_MEMORY_LIMIT_OF_COPIES = "250MB"


class WorkspaceFile:
    """A DuckDB file, attached as `workspace` only while it is used, so that other programs can open it in between.

    The first write makes it; until then it reads as empty. Not for several threads at once.
    """

    def __init__(self, place: Place, *, memory_limit: str | None = None) -> None:
        self.place = place
        self._memory_limit = memory_limit
        self._folder: TemporaryFolder | None = None
        self._own: duckdb.DuckDBPyConnection | None = None
        self._writer: duckdb.DuckDBPyConnection | None = None

    @property
    def path(self) -> Path:
        """The path of the file."""
        return self.place.path

    @property
    def exists(self) -> bool:
        """Whether the file is there. Raises ConfigError if its folder cannot be read."""
        try:
            return self.path.exists()
        except OSError as error:
            raise ConfigError(
                f"{self.path} is not accessible: {error.strerror}. Check the path and its permissions."
            ) from error

    @property
    def is_held(self) -> bool:
        """Whether `connection` is open."""
        return self._own is not None

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """A connection that may do anything, the same until `close`; meanwhile no other process can open the file.

        Raises as `reading` does.
        """
        if self._own is None:
            self._own = self._opened(read_only=False)
        return self._own

    @contextlib.contextmanager
    def reading(self, writing_to: Path | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection that reads the file, reaches no other file but `writing_to`, and ends with the block.

        While `connection` is open, it is a read-only transaction beside that one, which may reach other files. Raises
        WarehouseBusyError if another program writes the file for longer than 30 seconds, ConfigError if the file cannot
        be opened, and the errors of `sql_errors`.
        """
        if self._own is not None:
            with self._reading_beside(self._own) as cursor, sql_errors():
                yield cursor
            return
        connection = self._opened(read_only=True)
        try:
            if writing_to is not None:
                connection.execute(f"SET allowed_paths = [{literal(writing_to)}]")
                # Rows without ORDER BY come in any order; to keep theirs, DuckDB would hold hundreds of megabytes.
                connection.execute("SET preserve_insertion_order = false")
                if self._memory_limit is None:
                    connection.execute(f"SET memory_limit = '{_MEMORY_LIMIT_OF_COPIES}'")
            connection.execute("SET enable_external_access = false")
            connection.execute("SET lock_configuration = true")
            with sql_errors():
                yield connection
        finally:
            connection.close()

    @contextlib.contextmanager
    def writing(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection whose changes become visible together at the end of the block, or not at all.

        Raises as `reading` does.
        """
        with self._writable() as connection, sql_errors():
            connection.execute("USE workspace")
            connection.begin()
            try:
                yield connection
                connection.commit()
            except BaseException:
                # A commit that fails has rolled back already.
                with contextlib.suppress(duckdb.Error):
                    connection.rollback()
                raise

    @contextlib.contextmanager
    def writing_often(self) -> Iterator[None]:
        """Let every `writing` of the block attach the file to the same DuckDB instance: to start one takes longer."""
        self._writer = self._instance(MEMORY_LIMIT)
        try:
            yield
        finally:
            self._writer.close()
            self._writer = None

    def make(self) -> None:
        """Make the file, and its folder where that is the data folder; a file that is there stays as it is."""
        if not self.exists:
            self._opened(read_only=False).close()

    def close(self) -> None:
        """Let go of the file and of temporary data. A later use opens the file again."""
        own, self._own = self._own, None
        if own is not None:
            with sql_errors():
                own.close()
        folder, self._folder = self._folder, None
        if folder is not None:
            folder.remove()

    def check_exists(self) -> None:
        """Raise NotFoundError if there is no file, and ConfigError if there is a folder in its place."""
        if not self.exists:
            raise NotFoundError(
                f"The DuckDB file {self.path} does not exist. Check the path; Workspace() and `mp fetch` make files."
            )
        if self.path.is_dir():
            raise ConfigError(f"{self.path} is a folder. Name a DuckDB file.")

    @contextlib.contextmanager
    def _reading_beside(self, own: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
        cursor = own.cursor()
        try:
            cursor.execute("USE workspace")
            cursor.execute("BEGIN TRANSACTION READ ONLY")
            yield cursor
        finally:
            cursor.close()

    @contextlib.contextmanager
    def _writable(self) -> Iterator[duckdb.DuckDBPyConnection]:
        if self._own is not None or self._writer is None:
            connection = self._own.cursor() if self._own else self._opened(read_only=False, memory_limit=MEMORY_LIMIT)
            with contextlib.closing(connection):
                yield connection
            return
        self._attach(self._writer, read_only=False)
        try:
            yield self._writer
        finally:
            with sql_errors():
                self._writer.execute("USE memory")
                self._writer.execute("DETACH workspace")

    def _opened(self, *, read_only: bool, memory_limit: str = _MEMORY_LIMIT_OF_QUERIES) -> duckdb.DuckDBPyConnection:
        if self.place.makes_folder and not read_only:
            self.place.make_folder()
        connection = self._instance(memory_limit)
        try:
            self._attach(connection, read_only=read_only)
            connection.execute("USE workspace")
        except BaseException:
            connection.close()
            raise
        return connection

    def _instance(self, memory_limit: str) -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect(
            ":memory:",
            config={
                "memory_limit": self._memory_limit or memory_limit,
                "temp_directory": str(self._temporary() / "spilled"),
                # A name in a query means a table of the file, never a variable of a Python program.
                "python_enable_replacements": False,
                "autoinstall_known_extensions": False,
            },
        )
        # Global: cursors of the connection do not inherit what is set for its session.
        connection.execute("SET GLOBAL TimeZone = 'UTC'")
        return connection

    def _attach(self, connection: duckdb.DuckDBPyConnection, *, read_only: bool) -> None:
        if read_only and not self.exists:
            connection.execute("ATTACH ':memory:' AS workspace")
            return
        # With its type: DuckDB would take a file of another format for a database of another engine.
        # With the size of the groups that fetches and jobs write: with another, DuckDB writes a table anew when it is
        # renamed.
        options = "TYPE duckdb, READ_ONLY" if read_only else f"TYPE duckdb, ROW_GROUP_SIZE {ROWS_PER_GROUP}"
        attach(
            connection,
            f"ATTACH ? AS workspace ({options})",
            self.path,
            _PATIENCE_SECONDS,
            self._not_opened,
        )

    def _not_opened(self, error: duckdb.Error) -> ConfigError:
        advice = "Check the path, its permissions, and what wrote the file."
        if is_damage(error):
            advice = "The file is damaged or was cut off. Put a copy of it back, or fetch into another file."
        return ConfigError(
            f"{self.path} cannot be opened as a DuckDB file: {first_line(error).rstrip('.! ')}. {advice}"
        )

    def _temporary(self) -> Path:
        if self._folder is None:
            self._folder = TemporaryFolder()
            weakref.finalize(self, _remove, self._folder)
        return self._folder.path


def _remove(folder: TemporaryFolder) -> None:
    if folder.path.exists():
        folder.remove()
