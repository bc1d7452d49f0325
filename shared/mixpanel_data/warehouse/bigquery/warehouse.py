"""The contract `Warehouse` on a BigQuery dataset."""

import contextlib
import copy
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Self
from urllib.parse import urlencode

from google.api_core.client_options import ClientOptions
from google.auth.credentials import Credentials
from google.cloud import bigquery

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import MixpanelDataError, TableNotFoundError, WarehouseRefusedError
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
        max_bytes_per_day: int | None = None,
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
        self._dataset = Dataset(
            client, endpoint or _HOST, named, tables, create_tables, max_bytes_billed, max_bytes_per_day
        )
        self._jobs = Jobs(self._dataset, Deadline())
        self._snapshot: Snapshot | None = None

    def __str__(self) -> str:
        return f"BigQuery dataset {self._dataset.project}.{self._dataset.name}"

    @property
    def is_billed(self) -> bool:
        return True

    @property
    def max_bytes_per_day(self) -> int | None:
        return self._dataset.max_bytes_per_day

    @property
    def bytes_billed(self) -> int:
        return self._jobs.bill.bytes

    def within(self, deadline: Deadline, job: str = "") -> Self:
        bound = copy.copy(self)
        bound._jobs = self._jobs.within(deadline, job)
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
    def lease(self, job: str, holder: str, seconds: float, *, looks_first: bool = True) -> Iterator[str | None]:
        take = self._take_seen_lease if looks_first else self._take_lease
        if not take(job, holder, seconds):
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

    def _take_seen_lease(self, job: str, holder: str, seconds: float) -> bool:
        """Take the lease if nobody is seen to hold it, and add the job's row where it is missing."""
        # A run that waits only reads: its UPDATE would conflict with what the holder publishes meanwhile.
        seen = self._holders(job)
        if any(row["is_held"] and row["holder"] != holder for row in seen):
            return False
        if seen:
            return self._take_lease(job, holder, seconds)
        self.transact(self._lease_name(holder, "lock"), [ADD_LOCK], job=job)
        if not self._take_lease(job, holder, seconds):
            return False
        # The first runs of a job at once have added a row each, of which one alone may have been seen.
        if {row["holder"] for row in self._holders(job)} == {holder}:
            return True
        self._end_lease(job, holder)
        return False

    def _holders(self, job: str) -> list[Row]:
        return self.rows(LEASE_HOLDERS, job=job, now=datetime.now(UTC))

    def _take_lease(self, job: str, holder: str, seconds: float) -> bool:
        """Take the lease of a job whose row is there."""
        now, name = datetime.now(UTC), self._lease_name(holder, "lease")
        held_until = now + timedelta(seconds=seconds)
        try:
            self.transact(name, [TAKE_LEASE], job=job, holder=holder, now=now, held_until=held_until)
        except WarehouseRefusedError as error:
            if "lease held" not in str(error):
                raise
            return False
        return True

    def _lease_name(self, holder: str, step: str) -> str:
        return transaction_name(holder, step, next(self._dataset.leases))

    def _end_lease(self, job: str, holder: str) -> None:
        # A lease that cannot be ended expires; the error of the block matters more than one of this.
        with contextlib.suppress(MixpanelDataError):
            self.transact(
                self._lease_name(holder, "leave"), [END_LEASE], grace_seconds=_LEAVE_SECONDS, job=job, holder=holder
            )
