"""The embedded engine: a dataset is a schema of one DuckDB file."""

from mixpanel_data.warehouse.duckdb.folders import temporary_folder
from mixpanel_data.warehouse.duckdb.warehouse import DuckDBWarehouse

__all__ = ["DuckDBWarehouse", "temporary_folder"]
