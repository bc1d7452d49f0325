"""The only place that knows both engines: settings in, a warehouse out."""

from dataclasses import replace
from pathlib import Path

from mixpanel_data.base.errors import ConfigError
from mixpanel_data.base.extras import extra
from mixpanel_data.configuration.settings import Settings
from mixpanel_data.warehouse.base import OpenWarehouse, Warehouse
from mixpanel_data.warehouse.rights import Rights
from mixpanel_data.warehouse.tables import TABLES


def open_warehouse(settings: Settings, *, is_read_only: bool = False) -> OpenWarehouse:
    """The dataset that the settings name, for the caller to close. `is_read_only`: nothing in it can change.

    Raises ConfigError if the events table has the name of another table, or the warehouse cannot be opened.
    """
    if settings.bigquery_table.lower() in TABLES.keys() - {"mixpanel_events"}:
        raise ConfigError(
            f"BIGQUERY_TABLE is {settings.bigquery_table!r}, but another table already has that name. "
            "Choose a different name."
        )
    own = replace(settings, create_tables=settings.create_tables and not is_read_only)
    return _bigquery(own) if own.duckdb_path is None else _duckdb(own, is_read_only=is_read_only)


def rights_on_bigquery(warehouse: Warehouse) -> Rights:
    """What the account that runs this may do in a dataset that `open_warehouse` opened on BigQuery."""
    from mixpanel_data.warehouse.bigquery import BigQueryWarehouse

    assert isinstance(warehouse, BigQueryWarehouse)  # noqa: S101 - the settings have said so
    return warehouse.rights()


def holder_of(path: Path) -> str | None:
    """Another program that keeps a writer from a DuckDB file, with its PID; None where none is known.

    Not while this process holds the file.
    """
    from mixpanel_data.warehouse.duckdb.holders import other_holder

    return other_holder(path)


def _duckdb(settings: Settings, *, is_read_only: bool) -> OpenWarehouse:
    from mixpanel_data.warehouse.duckdb import DuckDBWarehouse

    assert settings.duckdb_path is not None  # noqa: S101 - the caller has checked
    return DuckDBWarehouse(
        settings.duckdb_path,
        dataset=settings.bigquery_dataset,
        events_table=settings.bigquery_table,
        create_tables=settings.create_tables,
        memory_limit=settings.duckdb_memory_limit,
        is_read_only=is_read_only,
    )


def _bigquery(settings: Settings) -> OpenWarehouse:
    with extra("bigquery", "A warehouse on BigQuery"):
        from mixpanel_data.warehouse.bigquery.opening import opened
    return opened(settings)
