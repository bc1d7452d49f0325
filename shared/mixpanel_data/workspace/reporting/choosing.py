"""The warehouses that a workspace's reports read."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace

from mixpanel_data.base.errors import TableNotFoundError, WarehouseBusyError
from mixpanel_data.base.extras import extra
from mixpanel_data.base.memory import half_of_memory
from mixpanel_data.configuration.settings import Settings
from mixpanel_data.reports.relations.sources import Source, chosen
from mixpanel_data.warehouse.base import OpenWarehouse, Warehouse
from mixpanel_data.workspace.storage.file import WorkspaceFile


@contextlib.contextmanager
def source_of(file: WorkspaceFile, settings: Settings, table: str | None) -> Iterator[Source]:
    """The table that a report reads: `table` if it is given, else collected events, else fetched ones.

    Everything that the block reads is as of one moment. Raises TableNotFoundError where there are none,
    WarehouseBusyError while `Workspace.connection` is open or another program holds the file, and ConfigError without
    Google's library for BigQuery.
    """
    with warehouses_of(file, settings) as warehouses:
        if not warehouses:
            raise TableNotFoundError(
                f"There are no events: the DuckDB file {file.path} does not exist. "
                "`mp collect` or `mp fetch events` brings events."
            )
        yield chosen(warehouses, table)


@contextlib.contextmanager
def warehouses_of(file: WorkspaceFile, settings: Settings) -> Iterator[list[Warehouse]]:
    """The warehouses that can have events, each as of one moment: that of the settings, and the workspace's file.

    Raises WarehouseBusyError while `Workspace.connection` is open, and ConfigError without Google's library for
    BigQuery.
    """
    if file.is_held:
        raise WarehouseBusyError(
            f"Workspace.connection holds {file.path}, and a report opens it by itself. Call close() first."
        )
    with contextlib.ExitStack() as stack:
        opened = [stack.enter_context(contextlib.closing(warehouse)) for warehouse in _warehouses(file, settings)]
        yield [stack.enter_context(warehouse.snapshot()) for warehouse in opened]


def _warehouses(file: WorkspaceFile, settings: Settings) -> Iterator[OpenWarehouse]:
    # Only where nothing chose the file: a file that somebody chose holds the events that they mean.
    if settings.duckdb_path is None and file.place.makes_folder:
        yield _bigquery(settings)
    if file.exists:
        yield _duckdb(file, settings)


def _bigquery(settings: Settings) -> OpenWarehouse:
    with extra("bigquery", "A warehouse on BigQuery"):
        from mixpanel_data.warehouse.bigquery.opening import opened
    # A report makes no tables.
    return opened(replace(settings, create_tables=False))


def _duckdb(file: WorkspaceFile, settings: Settings) -> OpenWarehouse:
    from mixpanel_data.warehouse.duckdb import DuckDBWarehouse

    return DuckDBWarehouse(
        file.path,
        dataset=settings.bigquery_dataset,
        events_table=settings.bigquery_table,
        create_tables=False,
        memory_limit=settings.duckdb_memory_limit or half_of_memory(),
    )
