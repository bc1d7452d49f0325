"""What fetches note about their tables: the table `_metadata`, one row per fetched table."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal

import duckdb

Kind = Literal["events", "profiles"]

_CREATE = """
CREATE TABLE IF NOT EXISTS workspace.main._metadata (
  table_name VARCHAR, type VARCHAR, fetched_at TIMESTAMP, from_date DATE, to_date DATE, row_count INTEGER,
  project_id VARCHAR, filter_events VARCHAR[], filter_where VARCHAR, rejected BIGINT
)
"""
_COLUMNS = (
    "table_name, type, fetched_at, from_date, to_date, row_count, project_id, filter_events, filter_where, rejected"
)


@dataclass(frozen=True, slots=True)
class Metadata:
    """A row of `_metadata`.

    `fetched_at` is aware and in UTC; the days are inclusive. `filter_events` None means all events. `rejected` counts
    exported lines that are not events.
    """

    table_name: str
    type: Kind
    fetched_at: datetime
    from_date: date | None
    to_date: date | None
    row_count: int
    project_id: str | None
    filter_events: tuple[str, ...] | None
    filter_where: str | None
    rejected: int


def all_metadata(connection: duckdb.DuckDBPyConnection) -> dict[str, Metadata]:
    """Every row by its table's name; none before the first fetch."""
    if not _exists(connection):
        return {}
    rows = connection.execute(f"SELECT {_COLUMNS} FROM workspace.main._metadata").fetchall()  # noqa: S608
    return {row[0]: _metadata(row) for row in rows}


def write(connection: duckdb.DuckDBPyConnection, metadata: Metadata) -> None:
    """Store the row of a table in place of the one that is there."""
    connection.execute(_CREATE)
    forget(connection, metadata.table_name)
    connection.execute(
        f"INSERT INTO workspace.main._metadata ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
        [
            metadata.table_name,
            metadata.type,
            metadata.fetched_at.astimezone(UTC).replace(tzinfo=None),
            metadata.from_date,
            metadata.to_date,
            metadata.row_count,
            metadata.project_id,
            None if metadata.filter_events is None else list(metadata.filter_events),
            metadata.filter_where,
            metadata.rejected,
        ],
    )


def forget(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    """Delete the row of a table, if there is one."""
    if _exists(connection):
        connection.execute("DELETE FROM workspace.main._metadata WHERE table_name = ?", [table])


def _exists(connection: duckdb.DuckDBPyConnection) -> bool:
    found = connection.execute(
        "SELECT 1 FROM duckdb_tables()"
        " WHERE database_name = 'workspace' AND schema_name = 'main' AND table_name = '_metadata'"
    ).fetchall()
    return bool(found)


def _metadata(row: tuple[object, ...]) -> Metadata:
    name, kind, fetched_at, first, last, count, project, events, where, rejected = row
    assert isinstance(fetched_at, datetime)  # noqa: S101 - for mypy; the columns are ours
    return Metadata(
        str(name),
        "profiles" if kind == "profiles" else "events",
        fetched_at.replace(tzinfo=UTC),
        first if isinstance(first, date) else None,
        last if isinstance(last, date) else None,
        count if isinstance(count, int) else 0,
        None if project is None else str(project),
        tuple(map(str, events)) if isinstance(events, list) else None,
        None if where is None else str(where),
        rejected if isinstance(rejected, int) else 0,
    )
