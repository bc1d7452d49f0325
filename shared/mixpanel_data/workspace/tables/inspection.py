"""The tables of a workspace's file, and their columns."""

from collections.abc import Sequence

import duckdb

from mixpanel_data.base.errors import TableNotFoundError, listed
from mixpanel_data.base.nearest import near, nearest
from mixpanel_data.workspace.results.tables import ColumnInfo, TableInfo, TableSchema
from mixpanel_data.workspace.storage.file import WorkspaceFile
from mixpanel_data.workspace.tables.metadata import Metadata, all_metadata
from mixpanel_data.workspace.tables.names import BOOKKEEPING, MAIN, UNFINISHED, TableName

_LISTED = """
SELECT schema_name, table_name, 'table' FROM duckdb_tables() WHERE database_name = 'workspace'
UNION ALL
SELECT schema_name, view_name, 'view' FROM duckdb_views() WHERE database_name = 'workspace' AND NOT internal
"""
_COLUMNS = """
SELECT column_name, data_type, is_nullable FROM duckdb_columns()
WHERE database_name = 'workspace' AND schema_name = ? AND table_name = ?
ORDER BY column_index
"""


def tables(file: WorkspaceFile) -> list[TableInfo]:
    """The tables and views, those of `main` first, each group by name, without the tables that fetches work on."""
    with file.reading() as connection:
        known = all_metadata(connection)
        return [
            _info(connection, name, kind, known) for name, kind in sorted(relations(connection).items(), key=_order)
        ]


def names(file: WorkspaceFile) -> list[str]:
    """The names of `tables`, in the same order; it counts no rows."""
    with file.reading() as connection:
        return [str(name) for name, _ in sorted(relations(connection).items(), key=_order)]


def schema(file: WorkspaceFile, table: str) -> TableSchema:
    """The columns of a table or view. Raises TableNotFoundError."""
    with file.reading() as connection:
        name = found(connection, table)
        rows = connection.execute(_COLUMNS, [name.schema, name.name]).fetchall()
    return TableSchema(str(name), tuple(ColumnInfo(column, kind, nullable) for column, kind, nullable in rows))


def relations(connection: duckdb.DuckDBPyConnection) -> dict[TableName, str]:
    """The tables and views that people see, each with `table` or `view`."""
    rows = connection.execute(_LISTED).fetchall()
    everything = {TableName(schema_name, name): kind for schema_name, name, kind in rows}
    return {name: kind for name, kind in everything.items() if not _is_of_fetches(name)}


def found(connection: duckdb.DuckDBPyConnection, table: str) -> TableName:
    """The table that people mean by a name: letter by letter, or else in any case, as a statement would find it.

    Raises TableNotFoundError, with a name that is close to it.
    """
    known = list(relations(connection))
    same = [name for name in known if str(name) == table] or [
        name for name in known if str(name).lower() == table.lower()
    ]
    if not same:
        raise TableNotFoundError(f"There is no table {table!r}. {_hint(table, [str(name) for name in known])}")
    return same[0]


def _info(connection: duckdb.DuckDBPyConnection, name: TableName, kind: str, known: dict[str, Metadata]) -> TableInfo:
    fetched = known.get(name.name) if name.schema == MAIN else None
    return TableInfo(
        name=str(name),
        type=fetched.type if fetched else kind,
        row_count=None if kind == "view" else _count(connection, name),
        fetched_at=fetched.fetched_at if fetched else None,
        from_date=str(fetched.from_date) if fetched and fetched.from_date else None,
        to_date=str(fetched.to_date) if fetched and fetched.to_date else None,
    )


def _count(connection: duckdb.DuckDBPyConnection, name: TableName) -> int:
    (row,) = connection.execute(f"SELECT count(*) FROM {name.quoted}").fetchall()  # noqa: S608 - quoted
    return int(row[0])


def _order(item: tuple[TableName, str]) -> tuple[bool, TableName]:
    return item[0].schema != MAIN, item[0]


def _is_of_fetches(name: TableName) -> bool:
    return name.schema == MAIN and (name.name in BOOKKEEPING or name.name.startswith(UNFINISHED))


def _hint(table: str, known: Sequence[str]) -> str:
    # Whoever leaves out the schema means a table by its own name.
    full = {name if "." in table else name.rpartition(".")[2]: name for name in known}
    close = [full[name] for name in near(table, full)]
    if close:
        return f"Nearest: {listed(close)}."
    return nearest(table, known, "The file has no tables yet; `mp fetch events` makes one.")
