"""A query's answer: one value, rows, a DataFrame, or rows one batch after the other."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb
from duckdb.sqltypes import DuckDBPyType

from mixpanel_data.base.errors import QueryError
from mixpanel_data.workspace.querying.statements import check_reads_only
from mixpanel_data.workspace.storage.errors import sql_errors
from mixpanel_data.workspace.storage.file import WorkspaceFile

if TYPE_CHECKING:
    import pandas

NESTED = frozenset({"list", "array", "struct", "map"})
"""The ids of types whose values have values."""

# A vector of DuckDB's.
_ROWS_PER_BATCH = 2_048


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an answer, with the type that DuckDB gives it, such as `VARCHAR` or `DECIMAL(18,3)`.

    `nested` is that type with its parts, for a list, a struct or the like; None for all others.
    """

    name: str
    type: str
    nested: DuckDBPyType | None = None

    @classmethod
    def of(cls, name: str, kind: DuckDBPyType) -> "Column":
        """The column of this type."""
        return cls(name, str(kind), kind if kind.id in NESTED else None)


@dataclass(frozen=True, slots=True)
class Batches:
    """The rows of a query, to be read once, in bounded memory."""

    columns: tuple[Column, ...]
    _result: duckdb.DuckDBPyConnection

    def __iter__(self) -> Iterator[Sequence[tuple[Any, ...]]]:
        while True:
            with sql_errors():
                # A connection's result is fetched in batches; a relation would compute all of its rows first.
                rows = self._result.fetchmany(_ROWS_PER_BATCH)
            if not rows:
                return
            yield rows


def frame(file: WorkspaceFile, query: str) -> "pandas.DataFrame":
    """The rows as a DataFrame; JSON is text, a TIMESTAMP is in UTC."""
    with _executed(file, query) as result, sql_errors():
        return result.df()


def rows(file: WorkspaceFile, query: str) -> list[tuple[Any, ...]]:
    """All rows; JSON is text, a TIMESTAMP a datetime in UTC, a DECIMAL a Decimal."""
    with _executed(file, query) as result, sql_errors():
        return result.fetchall()


def scalar(file: WorkspaceFile, query: str) -> Any:
    """The only value of the answer; None for no row. Raises QueryError for several rows or columns."""
    return cell(file, query)[1]


def cell(file: WorkspaceFile, query: str) -> tuple[Column, Any]:
    """What `scalar` returns, and its column."""
    with _executed(file, query) as result, sql_errors():
        columns = _columns(result)
        found = result.fetchmany(2)
    if len(found) > 1 or len(columns) > 1:
        shape = f"{len(columns)} columns" if len(columns) > 1 else "several rows"
        raise QueryError(
            f"A scalar query returns one value, and this one returns {shape}. Select one column of one row."
        )
    return columns[0], found[0][0] if found else None


@contextlib.contextmanager
def batches(file: WorkspaceFile, query: str) -> Iterator[Batches]:
    """The rows batch by batch while the block lasts; other programs can read the file meanwhile, not write it."""
    with _executed(file, query) as result:
        yield Batches(_columns(result), result)


def _columns(result: duckdb.DuckDBPyConnection) -> tuple[Column, ...]:
    return tuple(Column.of(str(name), kind) for name, kind, *_ in result.description or [])


@contextlib.contextmanager
def _executed(file: WorkspaceFile, query: str) -> Iterator[duckdb.DuckDBPyConnection]:
    check_reads_only(query)
    with file.reading() as connection:
        with sql_errors():
            result = connection.execute(query)
        yield result
