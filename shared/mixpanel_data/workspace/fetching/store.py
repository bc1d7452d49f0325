"""Where a fetch stages an export, and how it stores portions in the file."""

import contextlib
import fcntl
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import duckdb

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import ConfigError, WarehouseBusyError
from mixpanel_data.warehouse.duckdb.connection import MEMORY_LIMIT, connected
from mixpanel_data.warehouse.duckdb.errors import duckdb_errors
from mixpanel_data.warehouse.duckdb.file import File
from mixpanel_data.warehouse.duckdb.folders import TemporaryFolder
from mixpanel_data.warehouse.duckdb.staging import DuckDBStaging
from mixpanel_data.workspace.storage.file import WorkspaceFile

_NO_DEADLINE = Deadline()


class FetchStore:
    """Stages the portions of a fetch, and stores them in the file, which it attaches only meanwhile.

    A context manager that removes what it staged.
    """

    def __init__(self, path: Path, memory_limit: str | None) -> None:
        self._folder = TemporaryFolder()
        self._connection = connected(self._folder.path, memory_limit or MEMORY_LIMIT)
        # Only tables of `main` are written, and none of those that the jobs declare.
        self._file = File(self._connection, path, "warehouse.main", {}, create_tables=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()
        self._folder.remove()

    def staging(self) -> DuckDBStaging:
        """A place to stage one portion, empty; its relations are in the database `staging`."""
        return DuckDBStaging(self._file, _NO_DEADLINE, Path(tempfile.mkdtemp(prefix="portion_", dir=self._folder.path)))

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The connection that sees staged relations."""
        return self._connection

    @contextlib.contextmanager
    def storing(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A transaction on the file, which is attached as `warehouse` meanwhile.

        Raises WarehouseBusyError if another program holds the file for too long, and WarehouseUnavailableError if the
        disk is full.
        """
        with self._file.attached(_NO_DEADLINE), duckdb_errors("Storing what was fetched"):
            self._connection.begin()
            try:
                yield self._connection
                self._connection.commit()
            except BaseException:
                # A commit that fails has rolled back already.
                with contextlib.suppress(duckdb.Error):
                    self._connection.rollback()
                raise


@contextlib.contextmanager
def only_fetch_into(file: WorkspaceFile) -> Iterator[None]:
    """Keep other fetches out of the file while the block runs, and make the file if there is none.

    Raises WarehouseBusyError at once if another fetch runs, or if the workspace's own connection holds the file.
    """
    if file.is_held:
        raise WarehouseBusyError(
            f"Workspace.connection holds {file.path}. Call close() first; a fetch opens the file by itself."
        )
    file.make()
    # The operating system lets go of the lock when the process ends, however it ends.
    with _opened(Path(f"{file.path}.fetch.lock")) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise WarehouseBusyError(
                f"Another fetch into {file.path} is running. Wait for its end, or fetch into another file."
            ) from error
        yield


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[int]:
    try:
        file = path.open("a", encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"{path.parent} cannot be written to: {error.strerror}. Make it writable, or name another file."
        ) from error
    with file:
        yield file.fileno()
