"""BigQuery: a dataset, and beside it `<dataset>_staging`, where each part of a run has tables of its own."""

from mixpanel_data.warehouse.bigquery.warehouse import BigQueryWarehouse

__all__ = ["BigQueryWarehouse"]
