"""Drops tables: all of those that are named, or none."""

from collections.abc import Sequence

import duckdb

from mixpanel_data.base.errors import RequestError
from mixpanel_data.workspace.storage.file import WorkspaceFile
from mixpanel_data.workspace.tables.inspection import found, relations
from mixpanel_data.workspace.tables.metadata import Kind, all_metadata, forget
from mixpanel_data.workspace.tables.names import MAIN, TableName


def drop(file: WorkspaceFile, names: Sequence[str]) -> list[str]:
    """Drop tables and views of `main`, and return their names.

    Raises TableNotFoundError for the first that does not exist, and RequestError for a table of the jobs; then nothing
    is dropped.
    """
    if not names:
        raise RequestError("No table is named. Name at least one, or use drop_all().")
    if not file.exists:
        # Writing would make a file. An empty one reads the same, so `found` raises.
        with file.reading() as connection:
            found(connection, names[0])
    with file.writing() as connection:
        kinds = relations(connection)
        dropped = list(dict.fromkeys(found(connection, name) for name in names))
        for name in dropped:
            _check_droppable(name)
        for name in dropped:
            _drop(connection, name, kinds[name])
    return [str(name) for name in dropped]


def drop_all(file: WorkspaceFile, kind: Kind | None = None) -> list[str]:
    """Drop all tables and views of `main`, or all that hold fetched events or profiles; return their names.

    Tables of the jobs lie in other schemas, and stay.
    """
    if kind not in (None, "events", "profiles"):
        raise RequestError(f"type is {kind!r}. Give 'events', 'profiles', or nothing for all tables.")
    if not file.exists:
        return []
    with file.writing() as connection:
        known = all_metadata(connection)
        kinds = relations(connection)
        dropped = [
            name
            for name in sorted(kinds)
            if name.schema == MAIN and (kind is None or (name.name in known and known[name.name].type == kind))
        ]
        for name in dropped:
            _drop(connection, name, kinds[name])
    return [str(name) for name in dropped]


def _drop(connection: duckdb.DuckDBPyConnection, name: TableName, kind: str) -> None:
    connection.execute(f"DROP {'VIEW' if kind == 'view' else 'TABLE'} {name.quoted}")
    forget(connection, name.name)


def _check_droppable(name: TableName) -> None:
    if name.schema != MAIN:
        raise RequestError(
            f"{name} is not in the schema main: it belongs to the jobs or to another program. "
            "Drop it through Workspace.connection if you are sure."
        )
