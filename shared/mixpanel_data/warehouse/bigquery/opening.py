"""The dataset that the settings name."""

from google.auth.credentials import AnonymousCredentials

from mixpanel_data.configuration.settings import Settings
from mixpanel_data.warehouse.bigquery.warehouse import BigQueryWarehouse


def opened(settings: Settings) -> BigQueryWarehouse:
    """A warehouse on BigQuery, or on the emulator that the settings name, which asks for no credentials."""
    assert settings.gcp_project_id is not None  # noqa: S101 - Settings refuses BigQuery without it
    return BigQueryWarehouse(
        project=settings.gcp_project_id,
        location=settings.bigquery_location,
        dataset=settings.bigquery_dataset,
        events_table=settings.bigquery_table,
        create_tables=settings.create_tables,
        max_bytes_billed=settings.bigquery_max_bytes_billed,
        max_bytes_per_day=settings.bigquery_max_bytes_per_day,
        credentials=AnonymousCredentials() if settings.bigquery_emulator_host else None,
        endpoint=settings.bigquery_emulator_host,
    )
