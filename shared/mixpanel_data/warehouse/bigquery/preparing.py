"""The datasets and the declared tables: created where missing, completed where an earlier version made them."""

from collections.abc import Collection
from datetime import timedelta

from google.api_core import exceptions
from google.cloud import bigquery

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.warehouse.bigquery.dataset import Dataset, labels
from mixpanel_data.warehouse.bigquery.errors import google_errors
from mixpanel_data.warehouse.bigquery.patience import patience
from mixpanel_data.warehouse.tables import TABLES, Column, Table

STAGED_FOR = timedelta(days=1)
"""After this time a staging table that nobody has dropped expires."""

# On a table: the fingerprint of the declared columns that it was last seen to have.
_SCHEMA_LABEL = "mixpanel_data_schema"
_UPDATE_ATTEMPTS = 3


def prepare(dataset: Dataset, deadline: Deadline, tables: Collection[str] = tuple(TABLES)) -> None:
    """Create the tables that are missing, and add the columns that those of an earlier version do not have.

    Where nothing is to do, this takes three requests, whatever the number of tables: tables.list returns labels.
    """
    with google_errors("Preparing the tables"):
        deadline.check("the tables were listed")
        _create_dataset(dataset, dataset.name, None, deadline)
        _create_dataset(dataset, dataset.staging, STAGED_FOR, deadline)
        reference = bigquery.DatasetReference(dataset.project, dataset.name)
        listed = dataset.client.list_tables(reference, **patience(deadline))
        known = {table.table_id: table.labels for table in listed}
        for table in map(TABLES.__getitem__, tables):
            name = dataset.tables.get(table.name, table.name)
            deadline.check(f"the table {name} was created or completed")
            if name not in known:
                dataset.client.create_table(_resource(dataset, table, name), exists_ok=True, **patience(deadline))
            elif known[name].get(_SCHEMA_LABEL) != table.fingerprint():
                _complete(dataset, table, deadline)


def _create_dataset(dataset: Dataset, name: str, tables_expire_after: timedelta | None, deadline: Deadline) -> None:
    made = bigquery.Dataset(bigquery.DatasetReference(dataset.project, name))
    try:
        dataset.client.get_dataset(made.reference, **patience(deadline))
    except exceptions.NotFound:
        made.location = dataset.client.location
        made.labels = labels("dataset")
        if tables_expire_after:
            made.default_table_expiration_ms = int(tables_expire_after.total_seconds() * 1000)
        dataset.client.create_dataset(made, exists_ok=True, **patience(deadline))


def _resource(dataset: Dataset, table: Table, name: str) -> bigquery.Table:
    reference = {"projectId": dataset.project, "datasetId": dataset.name, "tableId": name}
    return bigquery.Table.from_api_repr(
        {**table.resource, "tableReference": reference, "labels": {_SCHEMA_LABEL: table.fingerprint()}}
    )


def _complete(dataset: Dataset, table: Table, deadline: Deadline) -> None:
    """Add the columns that are missing, and label the table so that nobody has to look at its columns again."""
    for attempt in range(1, _UPDATE_ATTEMPTS + 1):
        found = dataset.client.get_table(dataset.reference(table.name), **patience(deadline))
        missing = table.missing_from({column.name.lower() for column in found.schema})
        found.schema = [*found.schema, *map(_nullable, missing)]
        found.labels = {**found.labels, _SCHEMA_LABEL: table.fingerprint()}
        try:
            dataset.client.update_table(found, ["schema", "labels"], **patience(deadline))
        except exceptions.PreconditionFailed:
            # Another run has changed the table since it was read, most likely in the same way.
            if attempt == _UPDATE_ATTEMPTS:
                raise
        except exceptions.Forbidden:
            # An account that only reads. If a statement needs a missing column, its error says so.
            return
        else:
            return


def _nullable(column: Column) -> bigquery.SchemaField:
    # The rows that are there have no value for a new column, whatever it is declared to be.
    mode = "REPEATED" if column.is_array else "NULLABLE"
    return bigquery.SchemaField(column.name, column.type, mode=mode, description=column.description)
