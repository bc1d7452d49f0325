"""The embedded engine: a dataset is a schema of one DuckDB file."""

from mixpanel_data.warehouse.duckdb.warehouse import DuckDBWarehouse

__all__ = ["DuckDBWarehouse"]
