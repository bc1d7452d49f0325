"""The staged data of one part: tables of its own in the staging dataset, which expire after a day at the latest."""

import contextlib
from collections.abc import Sequence
from datetime import UTC, datetime

from google.cloud import bigquery

from mixpanel_data.base.streams import ByteStream
from mixpanel_data.warehouse.base import Row, Value
from mixpanel_data.warehouse.bigquery.dataset import labels, quoted, schema_fields
from mixpanel_data.warehouse.bigquery.errors import IGNORABLE, google_errors
from mixpanel_data.warehouse.bigquery.jobs import Jobs
from mixpanel_data.warehouse.bigquery.patience import patience
from mixpanel_data.warehouse.bigquery.preparing import STAGED_FOR
from mixpanel_data.warehouse.bigquery.upload import upload
from mixpanel_data.warehouse.names import attempt_name, transaction_name
from mixpanel_data.warehouse.statements import Statement
from mixpanel_data.warehouse.tables import STAGED_LINES


class BigQueryStaging:
    """Every step is a job named after the run, the step and the number of the part."""

    def __init__(self, jobs: Jobs, run_id: str, number: int) -> None:
        self._jobs = jobs
        self._run_id = run_id
        self._number = number
        self._tables: dict[str, str] = {}
        self._attempts: dict[str, int] = {}

    def load(self, stream: ByteStream) -> None:
        table = self._table(STAGED_LINES.name)
        job_id = self._job_id("load")
        client, deadline = self._jobs.dataset.client, self._jobs.deadline
        deadline.check(f"{job_id} was sent to BigQuery")
        with google_errors(job_id):
            client.delete_table(table, not_found_ok=True, **patience(deadline))
            client.create_table(_staged_lines(table, self._jobs.job), **patience(deadline))
        if not upload(self._jobs, job_id, table, stream):
            return
        with google_errors(job_id):
            self._jobs.result(client.get_job(job_id, **patience(deadline)))

    def materialise(self, statement: Statement, **parameters: Value) -> None:
        if statement.creates is None:
            raise ValueError(f"{statement} creates nothing")
        # Without the new table: a statement that makes a relation again may read the old one.
        names = self._names()
        table = self._table(statement.creates)
        expires = f"TIMESTAMP '{_expires().isoformat()}'"
        text = f"CREATE OR REPLACE TABLE {quoted(table)} OPTIONS (expiration_timestamp = {expires}) AS"
        self._jobs.materialise(self._job_id(statement.creates), text, statement, names, parameters)

    def rows(self, statement: Statement, **parameters: Value) -> list[Row]:
        return self._jobs.rows(statement, self._names(), parameters)

    def transact(self, name: str, statements: Sequence[Statement], **parameters: Value) -> None:
        self._jobs.transaction(name, statements, self._names(), parameters)

    def close(self) -> None:
        # A table that cannot be dropped expires by itself.
        with contextlib.suppress(*IGNORABLE):
            for table in self._tables.values():
                patient = patience(self._jobs.deadline)
                self._jobs.dataset.client.delete_table(table, not_found_ok=True, **patient)

    def _names(self) -> dict[str, str]:
        staged = {name: quoted(table) for name, table in self._tables.items()}
        return {**self._jobs.dataset.tables, **staged}

    def _table(self, relation: str) -> str:
        self._tables[relation] = self._jobs.dataset.staging_table(relation, self._run_id, self._number)
        return self._tables[relation]

    def _job_id(self, step: str) -> str:
        self._attempts[step] = self._attempts.get(step, 0) + 1
        return attempt_name(transaction_name(self._run_id, step, self._number), self._attempts[step])


def _staged_lines(name: str, job: str) -> bigquery.Table:
    table = bigquery.Table(name, schema=schema_fields(STAGED_LINES.resource))
    table.expires = _expires()
    table.labels = labels("load", job)
    return table


def _expires() -> datetime:
    return datetime.now(UTC) + STAGED_FOR
