"""DuckDB's errors on a workspace's file, raised as ours, with what to do instead."""

import contextlib
import re
from collections.abc import Iterator

import duckdb

from mixpanel_data.base.errors import MixpanelDataError, QueryError, TableNotFoundError, WarehouseUnavailableError

_MISSING_TABLE = re.compile(r'Catalog Error: Table with name "?(.+?)"? does not exist')
_CLOSE_TABLE = re.compile(r'Did you mean "(.+?)"\?')
_QUOTED = re.compile(r"""(["']).*?\1""")
_OF_DUCKDB = ("pg_", "duckdb_", "sqlite_", "pragma_", "information_schema.", "system.")

_NO_WRITING = (
    "A query only reads. Remove tables with `mp drop` or Workspace.drop(); change anything else through "
    "Workspace.connection."
)
_NO_FILES = (
    "A query reads the tables of this workspace and nothing else. Load other files through Workspace.connection; "
    "save rows with `mp sql --format csv` or `mp export`."
)
_NO_EXTENSIONS = "A query loads no extensions. Load them on Workspace.connection."
_NO_SETTINGS = "The settings of a query are fixed. Change them on Workspace.connection."


@contextlib.contextmanager
def sql_errors() -> Iterator[None]:
    """Raise DuckDB's errors as ours.

    Raises TableNotFoundError for a table that does not exist, WarehouseUnavailableError if the disk is full or cannot
    be read, KeyboardInterrupt, and QueryError for everything else.
    """
    try:
        yield
    except (duckdb.InterruptException, RuntimeError) as error:
        # What Ctrl-C raises while DuckDB executes a statement, in place of the KeyboardInterrupt of its handler.
        if "interrupted" not in str(error).lower():
            raise
        raise KeyboardInterrupt from error
    except duckdb.Error as error:
        raise _ours(error) from error


def _ours(error: duckdb.Error) -> MixpanelDataError:
    text = str(error)
    missing = _MISSING_TABLE.match(text)
    if missing:
        return TableNotFoundError(f"There is no table {missing[1]!r}. {_instead_of(missing[1], text)}{_position(text)}")
    if isinstance(error, duckdb.OutOfMemoryException):
        return QueryError(f"{_brief(text)} Read fewer rows or columns at once, or raise DUCKDB_MEMORY_LIMIT.")
    # The message of a mistake in the query quotes the query, whose words say nothing of the disk.
    is_mistake = isinstance(error, duckdb.ProgrammingError | duckdb.DataError)
    if not is_mistake and ("Could not read" in text or "Corrupt" in text):
        return WarehouseUnavailableError(
            f"{_brief(text)} The file is damaged or was cut off. Put a copy of it back, or fetch into another file."
        )
    if not is_mistake and _is_of_disk(error):
        return WarehouseUnavailableError(
            f"{_brief(text)} Make sure that the disk has free space and is writable, then run this again."
        )
    return QueryError(f"{text.rstrip()}{_advice(text)}")


def _is_of_disk(error: duckdb.Error) -> bool:
    text = str(error)
    return isinstance(error, duckdb.IOException) or "No space left" in text or "Failed to commit" in text


def _instead_of(table: str, text: str) -> str:
    """What to do about a table that does not exist. It never suggests DuckDB's own tables, which nobody means."""
    if "/" in table:
        return _NO_FILES
    close = _CLOSE_TABLE.search(text)
    if close and not close[1].startswith(_OF_DUCKDB):
        return f"Did you mean {close[1]!r}?"
    return "`mp tables` and Workspace.tables() list the tables."


def _position(text: str) -> str:
    """The line of the query that the message quotes, with the mark below it; empty if it quotes none."""
    start = text.find("\nLINE ")
    return "" if start < 0 else text[start:].rstrip()


def _advice(text: str) -> str:
    """What to do instead, if the message says that something is not allowed; empty for a plain mistake."""
    words = _QUOTED.sub("", text.partition("\nLINE ")[0])
    if "read-only" in words or "READ ONLY" in words:
        return f"\n{_NO_WRITING}"
    if "configuration has been locked" in words:
        return f"\n{_NO_SETTINGS}"
    if re.search(r"\bextensions?\b", words):
        return f"\n{_NO_EXTENSIONS}"
    if "disabled" in words and text.startswith("Permission Error"):
        return f"\n{_NO_FILES}"
    return ""


def _brief(text: str) -> str:
    """The first line of a message as a sentence; what follows quotes the statement."""
    return f"{text.partition(chr(10))[0].rstrip('. ')}."
