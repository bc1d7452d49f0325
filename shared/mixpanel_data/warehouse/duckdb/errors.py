"""DuckDB's errors and those of the disk, raised as ours."""

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path

import duckdb

from mixpanel_data.base.errors import TableNotFoundError, WarehouseRefusedError, WarehouseUnavailableError
from mixpanel_data.warehouse.dialect import TranslationError

_DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextlib.contextmanager
def duckdb_errors(doing: str) -> Iterator[None]:
    """Raise DuckDB's errors as ours; `doing` names the statement that failed.

    Raises TableNotFoundError, WarehouseUnavailableError if the disk is full or cannot be read, KeyboardInterrupt, and
    WarehouseRefusedError for everything else.
    """
    try:
        yield
    except (duckdb.InterruptException, RuntimeError) as error:
        # What Ctrl-C raises while DuckDB executes a statement, in place of the KeyboardInterrupt of its handler.
        if "interrupted" not in str(error).lower():
            raise
        raise KeyboardInterrupt from error
    except TranslationError as error:
        raise WarehouseRefusedError(f"{doing}: {error}") from error
    except duckdb.CatalogException as error:
        raise TableNotFoundError(
            f"{doing}: {first_line(error)}. Set CREATE_TABLES=true to create missing tables, or name another dataset."
        ) from error
    except (duckdb.IOException, duckdb.TransactionException) as error:
        if not _is_disk_error(error):
            raise WarehouseRefusedError(f"{doing}: {error}") from error
        raise WarehouseUnavailableError(
            f"{doing}: {first_line(error).rstrip('. ')}. "
            "Make sure that the disk has free space and is writable, then run this again."
        ) from error
    except duckdb.OutOfMemoryException as error:
        raise WarehouseRefusedError(
            f"{doing}: the work does not fit into DuckDB's memory limit: {first_line(error)}. "
            "Raise DUCKDB_MEMORY_LIMIT, or give the job less at a time: a shorter window or fewer events."
        ) from error
    except duckdb.Error as error:
        raise WarehouseRefusedError(f"{doing}: {error}") from error


@contextlib.contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Raise WarehouseUnavailableError if the disk of this path is full.

    Other OSErrors go on as they are: a stream that is written there raises its own.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in _DISK_FULL:
            raise
        raise WarehouseUnavailableError(
            f"Staging in {path.parent}: {error.strerror}. Free some space there, or set TMPDIR to another folder."
        ) from error


def is_locked(error: duckdb.Error) -> bool:
    """Whether another process holds the file, or another warehouse of this process has attached it."""
    text = str(error)
    return "Could not set lock" in text or "already attached" in text or "file handle conflict" in text


def first_line(error: Exception) -> str:
    """The first line of a message; what follows in DuckDB's quotes the statement."""
    return str(error).partition("\n")[0]


def _is_disk_error(error: duckdb.Error) -> bool:
    # A commit that fails for the disk raises a TransactionException, with the reason in its text.
    return isinstance(error, duckdb.IOException) or "No space left" in str(error) or "IO Error" in str(error)
