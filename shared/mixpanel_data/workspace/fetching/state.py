"""How far a fetch is: the tables `_fetches` and `_fetches_portions`, and the table that it fills."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import duckdb

from mixpanel_data.base.errors import RequestError, TableExistsError
from mixpanel_data.workspace.storage.quoting import quoted
from mixpanel_data.workspace.tables.names import UNFINISHED

_CREATE = """
CREATE TABLE IF NOT EXISTS workspace.main._fetches (table_name VARCHAR, request VARCHAR, started_at TIMESTAMP);
CREATE TABLE IF NOT EXISTS workspace.main._fetches_portions (
  table_name VARCHAR, number INTEGER, first_day DATE, last_day DATE, row_count BIGINT, rejected BIGINT,
  continues_with VARCHAR
);
"""
# DuckDB takes `Events` and `events` for one table; so the fetches into them are one, too.
_SAME_NAME = "lower(table_name) = lower(?)"


@dataclass(frozen=True, slots=True)
class Portion:
    """A stored portion: days, both inclusive, or a page of profiles (`first_day` and `last_day` None).

    `row_count` counts the rows that it brought, `rejected` the lines that are not events, or the profiles without an
    id. `continues_with` is the session at Mixpanel that has the next page, as JSON; None after the last page.
    """

    number: int
    first_day: date | None
    last_day: date | None
    row_count: int
    rejected: int
    continues_with: str | None = None


@dataclass(frozen=True, slots=True)
class Begun:
    """A fetch that has begun, now or in an earlier call, with the portions that are stored."""

    table: str
    portions: tuple[Portion, ...]

    @property
    def unfinished_table(self) -> str:
        """The table that holds what is fetched so far."""
        return f"{UNFINISHED}{self.table}"


def begin(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    request: Mapping[str, Any],
    columns: str,
    *,
    append: bool,
    restart: bool,
) -> Begun:
    """Begin a fetch, or take up what the same request left. `columns` is the SQL that declares the table's columns.

    Raises TableExistsError if the table exists and is not appended to, and RequestError if another request for it is
    unfinished and `restart` is off.
    """
    connection.execute(_CREATE)
    _check_is_free(connection, table, append=append)
    text = json.dumps(dict(request), sort_keys=True, ensure_ascii=False)
    waiting = connection.execute(
        f"SELECT request FROM workspace.main._fetches WHERE {_SAME_NAME}",  # noqa: S608 - a constant
        [table],
    ).fetchall()
    if waiting and not restart and exists(connection, Begun(table, ()).unfinished_table):
        stored = _portions(connection, table)
        if waiting[0][0] == text:
            return Begun(table, stored)
        # A call that Mixpanel refused at once, such as one with a mistyped day, left nothing to lose.
        if stored:
            raise RequestError(_waiting_message(connection, table, json.loads(waiting[0][0])))
    end(connection, table)
    begun = Begun(table, ())
    connection.execute(f"CREATE OR REPLACE TABLE workspace.main.{quoted(begun.unfinished_table)} ({columns})")
    connection.execute(
        "INSERT INTO workspace.main._fetches VALUES (?, ?, ?)", [table, text, datetime.now(UTC).replace(tzinfo=None)]
    )
    return begun


def _check_is_free(connection: duckdb.DuckDBPyConnection, table: str, *, append: bool) -> None:
    if not append and exists(connection, table):
        raise TableExistsError(
            f"There is a table {table!r} already. Drop it, fetch into another name, or append to it."
        )


def exists(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Whether `main` has a table or view of this name, in any case."""
    found = connection.execute(
        "SELECT 1 FROM (SELECT database_name, schema_name, table_name FROM duckdb_tables()"
        " UNION ALL SELECT database_name, schema_name, view_name FROM duckdb_views())"
        " WHERE database_name = 'workspace' AND schema_name = 'main' AND lower(table_name) = lower(?)",
        [table],
    ).fetchall()
    return bool(found)


def count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    """The rows of a table, given by its full name, quoted."""
    (row,) = connection.execute(f"SELECT count(*) FROM {table}").fetchall()  # noqa: S608 - quoted
    return int(row[0])


def record(connection: duckdb.DuckDBPyConnection, begun: Begun, portion: Portion, catalog: str = "workspace") -> None:
    """Note a portion as stored; `catalog` is the name under which the file is attached."""
    connection.execute(
        f"INSERT INTO {catalog}.main._fetches_portions VALUES (?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - a constant
        [
            begun.table,
            portion.number,
            portion.first_day,
            portion.last_day,
            portion.row_count,
            portion.rejected,
            portion.continues_with,
        ],
    )


def end(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    """Forget a fetch; its table stays as it is."""
    connection.execute(f"DELETE FROM workspace.main._fetches WHERE {_SAME_NAME}", [table])  # noqa: S608 - a constant
    connection.execute(f"DELETE FROM workspace.main._fetches_portions WHERE {_SAME_NAME}", [table])  # noqa: S608


def _portions(connection: duckdb.DuckDBPyConnection, table: str) -> tuple[Portion, ...]:
    rows = connection.execute(
        "SELECT number, first_day, last_day, row_count, rejected, continues_with"  # noqa: S608 - a constant
        f" FROM workspace.main._fetches_portions WHERE {_SAME_NAME} ORDER BY number",
        [table],
    ).fetchall()
    return tuple(Portion(*row) for row in rows)


def _waiting_message(connection: duckdb.DuckDBPyConnection, table: str, request: Mapping[str, Any]) -> str:
    rows = sum(portion.row_count for portion in _portions(connection, table))
    given = {name: value for name, value in request.items() if value not in (None, False)}
    asked = ", ".join(name if value is True else f"{name} {value!r}" for name, value in given.items())
    return (
        f"Another fetch into {table!r} is unfinished, with {rows:,} rows so far: {asked}. "
        "Repeat that call to finish it, pass restart to throw it away, or fetch into another name."
    )
