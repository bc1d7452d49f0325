"""Where the rows of an export come from, and where its files go."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb

from mixpanel_data.base.errors import RequestError, TableNotFoundError
from mixpanel_data.base.extras import extra
from mixpanel_data.configuration.settings import Settings
from mixpanel_data.workspace.exporting.contract import Folder, Source
from mixpanel_data.workspace.exporting.folders import DiskFolder, RemoteFolder, file_name
from mixpanel_data.workspace.exporting.request import ExportRequest
from mixpanel_data.workspace.exporting.sources import EventsSource, TableSource, columns_of, event_time
from mixpanel_data.workspace.exporting.warehouse_events import EVENT_COLUMNS, WarehouseEvents
from mixpanel_data.workspace.storage.file import WorkspaceFile
from mixpanel_data.workspace.tables.inspection import found, relations
from mixpanel_data.workspace.tables.metadata import all_metadata
from mixpanel_data.workspace.tables.names import MAIN, TableName

_EVENTS = "events"


@contextlib.contextmanager
def source_of(request: ExportRequest, file: WorkspaceFile, settings: Settings) -> Iterator[Source]:
    """The rows that the request names: for `events`, those of the warehouse if it has any; else a table of the file.

    Raises TableNotFoundError with the names that exist, and RequestError where the table has no days or is in the
    workspace only.
    """
    if request.origin == "warehouse" and request.table != _EVENTS:
        raise RequestError(
            f"Only {_EVENTS!r} are exported from the warehouse. Leave the source out for the table {request.table!r}."
        )
    if request.table == _EVENTS and request.origin != "workspace":
        with _warehouse_events(request, file, settings) as events:
            if events is not None:
                yield events
                return
    if request.origin == "warehouse":
        raise TableNotFoundError("The warehouse has no events yet. `mp collect` brings them.")
    with file.reading() as connection:
        source = _table(request, file, connection)
    yield source


@contextlib.contextmanager
def folder_of(request: ExportRequest, settings: Settings) -> Iterator[Folder]:
    """The folder of the table within the place that the request names. Raises ConfigError without Google's library."""
    name = file_name(request.table)
    if not request.to.startswith("gs://"):
        yield DiskFolder(Path(request.to).expanduser() / name)
        return
    with extra("bigquery", request.to):
        from mixpanel_data.clients.google.bucket_folder import BucketFolder
    path = f"{request.to.rstrip('/')}/{name}"
    with contextlib.closing(
        BucketFolder(path, settings.gcp_project_id, emulator=settings.storage_emulator_host)
    ) as bucket:
        yield RemoteFolder(bucket)


@contextlib.contextmanager
def _warehouse_events(
    request: ExportRequest, file: WorkspaceFile, settings: Settings
) -> Iterator[WarehouseEvents | EventsSource | None]:
    # Only where nothing chose the file: a file that somebody chose holds the events that they mean.
    if settings.duckdb_path is None and file.place.makes_folder:
        with _bigquery_events(request, settings) as events:
            yield events if events.has_events() else None
        return
    table = TableName(settings.bigquery_dataset, settings.bigquery_table)
    with file.reading() as connection:
        source = _collected(request, file, table, connection)
    yield source


@contextlib.contextmanager
def _bigquery_events(request: ExportRequest, settings: Settings) -> Iterator[WarehouseEvents]:
    with extra("bigquery", "A warehouse on BigQuery"):
        from mixpanel_data.warehouse.bigquery.opening import opened
    # An export makes no tables.
    with contextlib.closing(opened(replace(settings, create_tables=False))) as warehouse:
        events = WarehouseEvents(warehouse, request.days, settings.duckdb_memory_limit)
        with contextlib.closing(events):
            yield events


def _collected(
    request: ExportRequest, file: WorkspaceFile, table: TableName, connection: duckdb.DuckDBPyConnection
) -> EventsSource | None:
    """The warehouse's events, if they are in the workspace's file and there are any."""
    same = [name for name in relations(connection) if str(name).lower() == str(table).lower()]
    if not same or not connection.execute(f"SELECT 1 FROM {same[0].quoted} LIMIT 1").fetchall():  # noqa: S608
        return None
    columns = [column for column in columns_of(connection, same[0]) if column.name in EVENT_COLUMNS]
    time = event_time(columns, "event_timestamp")
    return EventsSource(file, same[0], columns, time, request.days, "warehouse") if time else None


def _table(request: ExportRequest, file: WorkspaceFile, connection: duckdb.DuckDBPyConnection) -> TableSource:
    name = found(connection, request.table)
    columns = columns_of(connection, name)
    fetched = all_metadata(connection).get(name.name) if name.schema == MAIN else None
    time = event_time(columns, "event_time") if fetched and fetched.type == "events" else None
    if time is not None:
        return EventsSource(file, name, columns, time, request.days, "workspace")
    if not request.days.is_open:
        raise RequestError(f"The table {str(name)!r} is exported as a whole. Only fetched events have days.")
    return TableSource(file, name, columns)
