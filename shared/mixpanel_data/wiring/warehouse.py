"""The only place that knows both engines: settings in, a warehouse out."""

from contextlib import AbstractContextManager
from pathlib import Path

from mixpanel_data.base.errors import ConfigError
from mixpanel_data.base.extras import extra
from mixpanel_data.configuration.settings import Settings
from mixpanel_data.warehouse.base import OpenWarehouse
from mixpanel_data.warehouse.tables import TABLES


def open_warehouse(settings: Settings) -> OpenWarehouse:
    """The dataset that the settings name, for the caller to close.

    Raises ConfigError if the events table has the name of another table, or the warehouse cannot be opened.
    """
    if settings.bigquery_table.lower() in TABLES.keys() - {"mixpanel_events"}:
        raise ConfigError(
            f"BIGQUERY_TABLE is {settings.bigquery_table!r}, but another table already has that name. "
            "Choose a different name."
        )
    return _bigquery(settings) if settings.duckdb_path is None else _duckdb(settings)


def temporary_duckdb_folder() -> AbstractContextManager[Path]:
    """A folder for a DuckDB file, removed when the block ends; that of a killed process by the next one that stages."""
    from mixpanel_data.warehouse.duckdb import temporary_folder

    return temporary_folder()


def _duckdb(settings: Settings) -> OpenWarehouse:
    from mixpanel_data.warehouse.duckdb import DuckDBWarehouse

    assert settings.duckdb_path is not None  # noqa: S101 - the caller has checked
    return DuckDBWarehouse(
        settings.duckdb_path,
        dataset=settings.bigquery_dataset,
        events_table=settings.bigquery_table,
        create_tables=settings.create_tables,
        memory_limit=settings.duckdb_memory_limit,
    )


def _bigquery(settings: Settings) -> OpenWarehouse:
    with extra("bigquery", "A warehouse on BigQuery"):
        from mixpanel_data.warehouse.bigquery.opening import opened
    return opened(settings)
