"""DuckDB's errors and those of the disk, raised as ours."""

import contextlib
import errno
import re
from collections.abc import Iterator
from pathlib import Path

import duckdb

from mixpanel_data.base.errors import (
    ConfigError,
    TableNotFoundError,
    WarehouseRefusedError,
    WarehouseUnavailableError,
)
from mixpanel_data.warehouse.dialect import TranslationError

_PUT_BACK = "Put a copy of it back, or name another file in WAREHOUSE and collect anew."
_DAMAGE = ("Corrupt database file", "Could not read enough bytes", "Could not read all bytes")
_NO_DATABASE = ("not a valid duckdb", "corrupt", "checksum", *(sign.lower() for sign in _DAMAGE))
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
        raise _missing(doing, error) from error
    except duckdb.Error as error:
        raise _other(doing, error) from error


def _other(doing: str, error: duckdb.Error) -> Exception:
    if is_damage(error):
        return WarehouseRefusedError(
            f"{doing}: {first_line(error).rstrip('. ')}. The file of WAREHOUSE is damaged or was cut off. {_PUT_BACK}"
        )
    if isinstance(error, duckdb.OutOfMemoryException):
        return WarehouseRefusedError(
            f"{doing}: the work does not fit into DuckDB's memory limit: {first_line(error)}. "
            "Raise DUCKDB_MEMORY_LIMIT, or give the job less at a time: a shorter window or fewer events."
        )
    if isinstance(error, duckdb.IOException | duckdb.TransactionException) and _is_disk_error(error):
        return WarehouseUnavailableError(
            f"{doing}: {first_line(error).rstrip('. ')}. "
            "Make sure that the disk has free space and is writable, then run this again."
        )
    return WarehouseRefusedError(f"{doing}: {error}")


def not_opened(path: Path, error: duckdb.Error) -> ConfigError:
    """The error of a file that cannot be attached, with what to do about one that is damaged or too new."""
    # A path can have any word in it.
    text = " ".join(str(error).replace(str(path), "").lower().split())
    if "newer version" in text or "version number" in text:
        return ConfigError(
            f"WAREHOUSE: {path} was written by a newer version of DuckDB. "
            "Run pip install --upgrade mixpanel-data duckdb"
        )
    if any(sign in text for sign in _NO_DATABASE):
        return ConfigError(f"WAREHOUSE: {path} is no DuckDB file, or a damaged one. {_PUT_BACK}")
    return ConfigError(f"WAREHOUSE: {path} cannot be opened: {error}")


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


def _missing(doing: str, error: duckdb.CatalogException) -> TableNotFoundError:
    named = re.match(r'Catalog Error: Table with name "?(?P<table>[^" ]+)"? does not exist', str(error))
    what = f"There is no table {named['table']}" if named else f"{doing}: {first_line(error).rstrip('.')}"
    return TableNotFoundError(
        f"{what}. The jobs create their tables: run `mp collect`, with CREATE_TABLES=true if it is false, or name "
        "another file in WAREHOUSE."
    )


def first_line(error: Exception) -> str:
    """The first line of a message; what follows in DuckDB's quotes the statement."""
    return str(error).partition("\n")[0]


def is_damage(error: duckdb.Error) -> bool:
    """Whether the file lacks blocks, or has others than were written."""
    # The message of a mistake in a statement quotes the statement.
    is_mistake = isinstance(error, duckdb.ProgrammingError | duckdb.DataError)
    return not is_mistake and any(sign in str(error) for sign in _DAMAGE)


def _is_disk_error(error: duckdb.Error) -> bool:
    # A commit that fails for the disk raises a TransactionException, with the reason in its text.
    return isinstance(error, duckdb.IOException) or "No space left" in str(error) or "IO Error" in str(error)
