"""Query jobs: started once under an id of their own, waited for until the deadline, cancelled when nobody waits."""

import concurrent.futures
import contextlib
import math
import random
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from google.api_core import exceptions
from google.cloud import bigquery

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import (
    DeadlineError,
    MixpanelDataError,
    UnavailableError,
    WarehouseBusyError,
    WarehouseRefusedError,
)
from mixpanel_data.warehouse.base import Row, Value
from mixpanel_data.warehouse.bigquery.bill import Bill
from mixpanel_data.warehouse.bigquery.dataset import Dataset, labels
from mixpanel_data.warehouse.bigquery.errors import IGNORABLE, google_errors, is_conflict
from mixpanel_data.warehouse.bigquery.kept import kept
from mixpanel_data.warehouse.bigquery.patience import LEAST_SECONDS, LONGEST_PAUSE_SECONDS, patience, retry
from mixpanel_data.warehouse.bigquery.preparing import prepare
from mixpanel_data.warehouse.names import attempt_name, step_of
from mixpanel_data.warehouse.statements import Statement, identifier
from mixpanel_data.warehouse.tables import TABLES, check_columns

_JOB_SECONDS = 3600.0
_CANCEL_SECONDS = 5.0
_CANCEL_AT_ONCE_SECONDS = 1.0
_ADD_COLUMNS = (
    "If Terraform creates the tables, run terraform -chdir=infra apply; "
    "without Terraform set CREATE_TABLES=true, and the next run adds it."
)


@dataclass(frozen=True, slots=True)
class Jobs:
    """The jobs of one call on a dataset.

    Every job has labels, a ceiling on billed bytes where one is set, and, where it has an effect, an id of its own: a
    request whose answer was lost is sent again and finds its job, so that nothing runs twice.
    """

    dataset: Dataset
    deadline: Deadline
    job: str = "mp"
    """The job that the call is of; `mp` for a person's own queries."""
    bill: Bill = field(default_factory=Bill)

    def within(self, deadline: Deadline, job: str) -> "Jobs":
        """The jobs of one call, with a bill of their own."""
        return replace(self, deadline=deadline, job=job or self.job, bill=Bill(self.bill))

    def with_grace(self, seconds: float) -> "Jobs":
        """Jobs that get at least so much time, however near or past the deadline is."""
        return replace(self, deadline=Deadline.after(max(seconds, self.deadline.left(math.inf))))

    def prepare(self) -> None:
        """Make the tables ready where that is ours to do; once for all calls on the dataset."""
        if self.dataset.create_tables and not self.dataset.is_prepared:
            prepare(self.dataset, self.deadline)
            self.dataset.is_prepared = True

    def select(
        self,
        statement: Statement,
        tables: Mapping[str, str],
        parameters: Mapping[str, Value],
        behind: Mapping[str, str] | None = None,
    ) -> bigquery.table.RowIterator:
        """The rows of a SELECT, which has no id: repeating it does no harm. `behind` is that of `Statement.on`."""
        self.prepare()
        self.deadline.check(f"{statement.name} was sent to BigQuery")
        with self._missing_columns([statement]), google_errors(statement.name):
            job = self.dataset.client.query(
                kept(statement.on(tables, behind=behind)),
                job_config=self.config(statement.name, [statement], parameters),
                # A failed query would be repeated with a patience of the client's own, which knows no deadline.
                job_retry=None,
                **patience(self.deadline),
            )
            found: bigquery.table.RowIterator = self.result(job)
            return found

    def rows(
        self,
        statement: Statement,
        tables: Mapping[str, str],
        parameters: Mapping[str, Value],
        behind: Mapping[str, str] | None = None,
    ) -> list[Row]:
        """All rows of a SELECT. `behind` is that of `Statement.on`."""
        found = self.select(statement, tables, parameters, behind)
        with google_errors(statement.name):
            return [dict(row.items()) for row in found]

    def transaction(
        self,
        name: str,
        statements: Sequence[Statement],
        tables: Mapping[str, str],
        parameters: Mapping[str, Value],
    ) -> None:
        """Run the statements as one script, and again when another transaction was faster, until the deadline.

        Raises WarehouseBusyError when no attempt got through.
        """
        self.prepare()
        script = _transaction_script(statements, tables)
        config = self.config(step_of(name), statements, parameters)
        attempt = 1
        while True:
            try:
                with self._missing_columns(statements):
                    self.query(attempt_name(name, attempt), script, config)
                return
            except UnavailableError as error:
                if not is_conflict(error):
                    raise
                attempt += 1
                pause = random.uniform(0.0, min(LONGEST_PAUSE_SECONDS, 2.0**attempt / 4))  # noqa: S311 - no secret
                if pause >= self.deadline.left(_JOB_SECONDS):
                    raise WarehouseBusyError(
                        f"{name}: other runs kept changing the same tables: {error}. Run this again later."
                    ) from error
                time.sleep(pause)

    def materialise(
        self, job_id: str, text: str, statement: Statement, tables: Mapping[str, str], parameters: Mapping[str, Value]
    ) -> None:
        """Run a SELECT as the source of a CREATE TABLE, whose text ends where the SELECT starts."""
        with self._missing_columns([statement]):
            config = self.config(statement.name, [statement], parameters)
            self.query(job_id, f"{text}\n{statement.on(tables)}", config)

    def query(self, job_id: str, sql: str, config: bigquery.QueryJobConfig) -> None:
        """Run a query under this id, or wait for the one that was started under it already."""
        self.deadline.check(f"{job_id} was sent to BigQuery")
        client = self.dataset.client
        with google_errors(job_id):
            try:
                job = client.query(sql, job_config=config, job_id=job_id, job_retry=None, **patience(self.deadline))
            except exceptions.Conflict:
                self.result(client.get_job(job_id, **patience(self.deadline)))
            else:
                self.result(job)

    def define(self, step: str, doing: str, sql: str) -> None:
        """Run a statement that defines a table or its columns; a repeat of it changes nothing."""
        self.deadline.check(f"{doing} was sent to BigQuery")
        with google_errors(doing):
            job = self.dataset.client.query(sql, job_config=self.config(step, [], {}), **patience(self.deadline))
            self.result(job)

    def result(self, job: Any) -> Any:
        """The result of a job. Raises DeadlineError at the deadline; then, and at Ctrl-C, it cancels the job."""
        seconds = max(LEAST_SECONDS, self.deadline.left(_JOB_SECONDS))
        try:
            return job.result(timeout=seconds, retry=retry(self.deadline), **_no_job_retry(job))
        except (concurrent.futures.TimeoutError, exceptions.RetryError) as error:
            if isinstance(error, exceptions.RetryError) and self.deadline.left(1.0) > 0.0:
                raise
            _cancel(job, _CANCEL_SECONDS)
            raise DeadlineError(
                f"The BigQuery job {job.job_id} did not finish before this call's deadline. Repeat the call, or raise "
                "CALL_DEADLINE_SECONDS."
            ) from error
        except KeyboardInterrupt:
            _cancel(job, _CANCEL_AT_ONCE_SECONDS)
            raise
        finally:
            self.bill.add(job)

    def config(
        self, step: str, statements: Sequence[Statement], parameters: Mapping[str, Value]
    ) -> bigquery.QueryJobConfig:
        """The settings of a job of these statements."""
        types = {name: google_type for statement in statements for name, google_type in statement.parameters.items()}
        config = bigquery.QueryJobConfig(
            default_dataset=f"{self.dataset.project}.{self.dataset.name}",
            query_parameters=[_parameter(name, google_type, parameters[name]) for name, google_type in types.items()],
            labels=labels(step, self.job),
            use_query_cache=False,
        )
        if self.dataset.max_bytes_billed is not None:
            config.maximum_bytes_billed = self.dataset.max_bytes_billed
        return config

    def columns(self, table: str) -> Mapping[str, str]:
        """The columns of a table of the dataset, in lower case, with their GoogleSQL types."""
        found = self.described(table, f"Reading the columns of {table}")
        return {column.name.lower(): google_type(column) for column in found.schema}

    def described(self, table: str, doing: str) -> bigquery.Table:
        """What BigQuery knows of a table of the dataset; `doing` says in errors what it is asked for."""
        with google_errors(doing):
            return self.dataset.client.get_table(self.dataset.reference(table), **patience(self.deadline))

    @contextlib.contextmanager
    def _missing_columns(self, statements: Sequence[Statement]) -> Iterator[None]:
        """If a statement fails because a table is of an earlier version, name the columns that it lacks."""
        try:
            yield
        except WarehouseRefusedError:
            for statement in statements:
                check_columns(statement, self._existing(statement.tables() & TABLES.keys()), _ADD_COLUMNS)
            raise

    def _existing(self, tables: Collection[str]) -> dict[str, Collection[str]]:
        found: dict[str, Collection[str]] = {}
        for table in tables:
            # A table that cannot be looked at leaves the first error as it is.
            with contextlib.suppress(MixpanelDataError):
                found[table] = self.columns(table).keys()
        return found


def google_type(column: bigquery.SchemaField) -> str:
    """A column's type by its name in GoogleSQL; the API has older names."""
    name = {"INTEGER": "INT64", "FLOAT": "FLOAT64", "BOOLEAN": "BOOL"}.get(column.field_type, column.field_type)
    return f"ARRAY<{name}>" if column.mode == "REPEATED" else str(name)


def _transaction_script(statements: Sequence[Statement], tables: Mapping[str, str]) -> str:
    if len(statements) == 1 and not statements[0].creates:
        # Alone it is a transaction already, and waits for others where a script would be cancelled.
        return statements[0].on(tables)
    lines = ["BEGIN", "BEGIN TRANSACTION;"]
    for statement in statements:
        text = statement.on(tables)
        lines.append(
            f"CREATE TEMP TABLE {identifier(statement.creates)} AS\n{text};" if statement.creates else f"{text};"
        )
    lines += ["COMMIT TRANSACTION;", "EXCEPTION WHEN ERROR THEN", "ROLLBACK TRANSACTION;", "RAISE;", "END;"]
    return "\n".join(lines)


def _parameter(
    name: str, google_type: str, value: Value
) -> bigquery.ArrayQueryParameter | bigquery.ScalarQueryParameter:
    if google_type.startswith("ARRAY<"):
        element = google_type.removeprefix("ARRAY<").removesuffix(">")
        return bigquery.ArrayQueryParameter(name, element, value)
    scalar: Any = value
    return bigquery.ScalarQueryParameter(name, google_type, scalar)


def _cancel(job: Any, seconds: float) -> None:
    # That saves the bytes of a query. A publication may still commit, and the row of its part says so.
    with contextlib.suppress(*IGNORABLE):
        job.cancel(retry=None, timeout=seconds)


def _no_job_retry(job: Any) -> dict[str, None]:
    # The client would repeat a failed query under another id, where the effect of the first is not known.
    return {"job_retry": None} if isinstance(job, bigquery.QueryJob) else {}
