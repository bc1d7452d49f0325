"""The contract `Warehouse` on a BigQuery dataset."""

import contextlib
import copy
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Self
from urllib.parse import urlencode

from google.api_core.client_options import ClientOptions
from google.auth.credentials import Credentials
from google.cloud import bigquery

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import MixpanelDataError, TableNotFoundError
from mixpanel_data.warehouse.base import Row, Value
from mixpanel_data.warehouse.bigquery.dataset import Dataset, quoted
from mixpanel_data.warehouse.bigquery.errors import google_errors
from mixpanel_data.warehouse.bigquery.jobs import Jobs
from mixpanel_data.warehouse.bigquery.patience import patience
from mixpanel_data.warehouse.bigquery.preparing import prepare
from mixpanel_data.warehouse.bigquery.rights import BigQueryRights
from mixpanel_data.warehouse.bigquery.snapshot import Snapshot
from mixpanel_data.warehouse.bigquery.staging import BigQueryStaging
from mixpanel_data.warehouse.bigquery.streams import BigQueryRows
from mixpanel_data.warehouse.leases import ADD_LOCK, END_LEASE, LEASE_HOLDERS, TAKE_LEASE
from mixpanel_data.warehouse.literals import google_literals, written_out
from mixpanel_data.warehouse.names import transaction_name
from mixpanel_data.warehouse.statements import Statement, identifier
from mixpanel_data.warehouse.tables import TABLES

_HOST = "https://bigquery.googleapis.com"
_LEAVE_SECONDS = 15.0


class BigQueryWarehouse:
    """A dataset of a Google Cloud project, in one location."""

    def __init__(
        self,
        *,
        project: str,
        location: str,
        dataset: str,
        events_table: str,
        create_tables: bool,
        max_bytes_billed: int | None,
        credentials: Credentials | None = None,
        endpoint: str | None = None,
    ) -> None:
        """`credentials` None: those of the account that runs this; `endpoint`: a base URL in place of Google's."""
        named, tables = identifier(dataset), {"mixpanel_events": identifier(events_table)}
        with google_errors("Connecting"):
            client = bigquery.Client(
                project=project,
                credentials=credentials,
                location=location,
                client_options=ClientOptions(api_endpoint=endpoint) if endpoint else None,
            )
        self._dataset = Dataset(client, endpoint or _HOST, named, tables, create_tables, max_bytes_billed)
        self._jobs = Jobs(self._dataset, Deadline())
        self._snapshot: Snapshot | None = None

    def __str__(self) -> str:
        return f"BigQuery dataset {self._dataset.project}.{self._dataset.name}"

    @property
    def is_billed(self) -> bool:
        return True

    def within(self, deadline: Deadline) -> Self:
        bound = copy.copy(self)
        bound._jobs = replace(self._jobs, deadline=deadline)
        return bound

    def close(self) -> None:
        """Close the connections; what shares them through `within` ends with it."""
        self._dataset.client.close()

    def rights(self) -> BigQueryRights:
        """What the account that runs this may do here."""
        return BigQueryRights(self._dataset, self._jobs.deadline)

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[Self]:
        bound = copy.copy(self)
        bound._snapshot = self._snapshot or Snapshot(self._jobs)
        yield bound

    def rows(self, statement: Statement, **parameters: Value) -> list[Row]:
        return self._jobs.rows(statement, self._names(statement), parameters, self._behind(statement))

    @contextlib.contextmanager
    def stream(self, statement: Statement, **parameters: Value) -> Iterator[BigQueryRows]:
        found = self._jobs.select(statement, self._names(statement), parameters, self._behind(statement))
        with contextlib.closing(BigQueryRows(found, statement.name, self._jobs.deadline)) as rows:
            yield rows

    def transact(
        self, name: str, statements: Sequence[Statement], *, grace_seconds: float = 0.0, **parameters: Value
    ) -> None:
        self._jobs.with_grace(grace_seconds).transaction(name, statements, self._dataset.tables, parameters)

    def tables(self) -> list[str]:
        self._jobs.prepare()
        declared = {own: name for name, own in self._dataset.tables.items()}
        self._jobs.deadline.check("the tables were listed")
        with google_errors("Listing the tables"):
            listed = self._dataset.client.list_tables(
                f"{self._dataset.project}.{self._dataset.name}", **patience(self._jobs.deadline)
            )
            return sorted(declared.get(table.table_id, table.table_id) for table in listed)

    def columns(self, table: str) -> Mapping[str, str]:
        self._jobs.prepare()
        return self._jobs.columns(table)

    def make_declared(self, tables: Collection[str]) -> None:
        prepare(self._dataset, self._jobs.deadline, tables)

    def create_table(self, table: str, columns: Mapping[str, str]) -> None:
        self._jobs.prepare()
        name = quoted(self._dataset.reference(identifier(table)))
        defined = ", ".join(f"{identifier(column)} {google}" for column, google in columns.items())
        try:
            self._jobs.columns(table)
        except TableNotFoundError:
            self._jobs.define("create_table", f"Creating {table}", f"CREATE TABLE IF NOT EXISTS {name} ({defined})")

    def add_columns(self, table: str, columns: Mapping[str, str]) -> None:
        self._jobs.prepare()
        name = quoted(self._dataset.reference(table))
        added = ", ".join(
            f"ADD COLUMN IF NOT EXISTS {identifier(column)} {google}" for column, google in columns.items()
        )
        if added:
            self._jobs.define("add_columns", f"Adding columns to {table}", f"ALTER TABLE {name} {added}")

    def pasteable(self, statement: Statement, **parameters: Value) -> str:
        names = {table: self._dataset.unquoted(table) for table in TABLES}
        return written_out(statement.on(names), google_literals(statement, parameters))

    def console_url(self, table: str) -> str:
        # No documented address opens the console with a query in it.
        dataset = self._dataset
        own = dataset.tables.get(table, table)
        page = {"project": dataset.project, "p": dataset.project, "d": dataset.name, "t": own, "page": "table"}
        return f"https://console.cloud.google.com/bigquery?{urlencode(page)}"

    @contextlib.contextmanager
    def lease(self, job: str, holder: str, seconds: float) -> Iterator[str | None]:
        if not self._take_lease(job, holder, seconds):
            yield None
            return
        try:
            yield holder
        finally:
            self._end_lease(job, holder)

    def staging(self, run_id: str, number: int) -> BigQueryStaging:
        self._jobs.prepare()
        return BigQueryStaging(self._jobs, run_id, number)

    def _names(self, statement: Statement) -> Mapping[str, str]:
        """The full names of the tables: a bare one in a recursive statement would be the relation of that name."""
        declared = {name: name for name in statement.tables() & TABLES.keys()}
        named = {**statement.undeclared, **declared}
        return {name: quoted(self._dataset.reference(table)) for name, table in named.items()}

    def _behind(self, statement: Statement) -> Mapping[str, str]:
        return {} if self._snapshot is None else self._snapshot.behind(statement)

    def _take_lease(self, job: str, holder: str, seconds: float) -> bool:
        now = datetime.now(UTC)
        # A run that waits only reads: its UPDATE would conflict with what the holder publishes meanwhile.
        if any(row["is_held"] and row["holder"] != holder for row in self.rows(LEASE_HOLDERS, job=job, now=now)):
            return False
        self.transact(
            transaction_name(holder, "lease", next(self._dataset.leases)),
            [ADD_LOCK, TAKE_LEASE],
            job=job,
            holder=holder,
            now=now,
            held_until=now + timedelta(seconds=seconds),
        )
        holders = {row["holder"] for row in self.rows(LEASE_HOLDERS, job=job, now=now)}
        if holder in holders and len(holders) > 1:
            # The first runs of a job at once have added a row each, and neither holds both.
            self._end_lease(job, holder)
        return holders == {holder}

    def _end_lease(self, job: str, holder: str) -> None:
        # A lease that cannot be ended expires; the error of the block matters more than one of this.
        with contextlib.suppress(MixpanelDataError):
            name = transaction_name(holder, "leave", next(self._dataset.leases))
            self.transact(name, [END_LEASE], grace_seconds=_LEAVE_SECONDS, job=job, holder=holder)
