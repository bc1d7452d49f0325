"""BigQuery: a dataset, and beside it `<dataset>_staging`, where each part of a run has tables of its own.

Every job has labels, a ceiling on billed bytes where one is set, and, where it has an effect, an id of its own
(`run_id-step-part`): a request whose answer was lost is sent again and meets its own job, so that nothing runs twice.
"""

import concurrent.futures
import contextlib
import copy
import itertools
import math
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import requests
from google.api_core import exceptions
from google.api_core.client_options import ClientOptions
from google.auth.credentials import Credentials
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import AuthorizedSession
from google.cloud import bigquery
from google.resumable_media import InvalidResponse
from google.resumable_media.common import RetryStrategy
from google.resumable_media.requests import ResumableUpload

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import (
    AuthenticationError,
    DeadlineError,
    MixpanelDataError,
    TableNotFoundError,
    UnavailableError,
    WarehouseBusyError,
    WarehouseRefusedError,
    WarehouseUnavailableError,
)
from mixpanel_data.base.streams import ByteStream
from mixpanel_data.warehouse.base import Row, Value
from mixpanel_data.warehouse.leases import ADD_LOCK, END_LEASE, LEASE_HOLDERS, TAKE_LEASE
from mixpanel_data.warehouse.statements import Statement, identifier
from mixpanel_data.warehouse.tables import STAGED_LINES, TABLES, Column, Table, check_columns

_HOST = "https://bigquery.googleapis.com"
_CHUNK_BYTES = 8 * 1024 * 1024
_REQUEST_SECONDS = 60.0
# The time-out of what is begun just before the deadline: 0 is none that the library takes.
_LEAST_SECONDS = 1.0
_CANCEL_SECONDS = 5.0
_LEAVE_SECONDS = 15.0
_RETRY_SECONDS = 120.0
_JOB_SECONDS = 3600.0
_STAGED_FOR = timedelta(days=1)
_LONGEST_PAUSE_SECONDS = 8.0
_UPDATE_ATTEMPTS = 3
# On a table: the fingerprint of the declared columns that it was last seen to have.
_SCHEMA_LABEL = "mixpanel_data_schema"


@dataclass(slots=True)
class _State:
    """What the warehouses that share a client have done."""

    is_prepared: bool = False
    # Numbers the jobs of leases: a holder may take its lease again, which is another job.
    leases: Iterator[int] = field(default_factory=lambda: itertools.count(1))


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
        """`credentials` None: the account that runs this; `endpoint` a base URL in place of Google's."""
        with _google_errors("connecting"):
            self._client = bigquery.Client(
                project=project,
                credentials=credentials,
                location=location,
                client_options=ClientOptions(api_endpoint=endpoint) if endpoint else None,
            )
        self._endpoint = endpoint or _HOST
        self._dataset = identifier(dataset)
        self._staging = f"{self._dataset}_staging"
        self._tables = {"mixpanel_events": identifier(events_table)}
        self._create_tables = create_tables
        self._max_bytes_billed = max_bytes_billed
        self._deadline = Deadline()
        self._state = _State()

    def within(self, deadline: Deadline) -> Self:
        bound = copy.copy(self)
        bound._deadline = deadline
        return bound

    def pasteable(self, statement: Statement, **parameters: Value) -> str:
        from mixpanel_data.warehouse.pasting import google_literal, pasted

        names = {name: self._reference(name).replace("`", "") for name in statement.tables()}
        return pasted(statement.on(names), google_literal, parameters)

    def console_url(self, table: str) -> str | None:
        return "https://console.cloud.google.com/bigquery?page=table"

    def close(self) -> None:
        """Let go of the connections; neither this warehouse nor one that shares them can be used afterwards."""
        self._client.close()

    def rows(self, statement: Statement, **parameters: Value) -> list[Row]:
        return self._rows(statement, self._tables, parameters)

    def transact(
        self, name: str, statements: Sequence[Statement], *, grace_seconds: float = 0.0, **parameters: Value
    ) -> None:
        deadline = Deadline.after(max(grace_seconds, self._deadline.left(math.inf)))
        self._transaction(name, statements, self._tables, parameters, deadline)

    def columns(self, table: str) -> Mapping[str, str]:
        self._prepare()
        with _google_errors(f"looking at {table}"):
            found = self._client.get_table(self._reference(table), **_patience(self._deadline))
        return {column.name.lower(): _google_type(column) for column in found.schema}

    def add_columns(self, table: str, columns: Mapping[str, str]) -> None:
        self._prepare()
        added = ", ".join(f"ADD COLUMN IF NOT EXISTS {identifier(name)} {column}" for name, column in columns.items())
        if not added:
            return
        name = f"adding columns to {table}"
        self._deadline.check(name)
        with _google_errors(name):
            job = self._client.query(
                f"ALTER TABLE `{self._reference(table)}` {added}",
                job_config=self._config("add_columns", [], {}),
                **_patience(self._deadline),
            )
            self._result(job, self._deadline)

    def _reference(self, table: str) -> str:
        return f"{self._client.project}.{self._dataset}.{self._tables.get(table, table)}"

    @contextlib.contextmanager
    def lease(self, job: str, holder: str, seconds: float) -> Iterator[str | None]:
        if not self._take_lease(job, holder, seconds):
            yield None
            return
        try:
            yield holder
        finally:
            self._end_lease(job, holder)

    def _take_lease(self, job: str, holder: str, seconds: float) -> bool:
        now = datetime.now(UTC)
        # A run that waits only reads: its UPDATE would conflict with what the holder publishes meanwhile.
        if any(row["is_held"] and row["holder"] != holder for row in self.rows(LEASE_HOLDERS, job=job, now=now)):
            return False
        self.transact(
            f"{holder}-lease-{next(self._state.leases)}",
            [ADD_LOCK, TAKE_LEASE],
            job=job,
            holder=holder,
            now=now,
            held_until=now + timedelta(seconds=seconds),
        )
        holders = {row["holder"] for row in self.rows(LEASE_HOLDERS, job=job, now=now)}
        if holder in holders and len(holders) > 1:
            # The first runs of a job at once have added a row each, and neither has both.
            self._end_lease(job, holder)
        return holders == {holder}

    def _end_lease(self, job: str, holder: str) -> None:
        # A lease that cannot be ended expires; an error of the block is worth more than one of this.
        with contextlib.suppress(MixpanelDataError):
            name = f"{holder}-leave-{next(self._state.leases)}"
            self.transact(name, [END_LEASE], grace_seconds=_LEAVE_SECONDS, job=job, holder=holder)

    def staging(self, run_id: str, number: int) -> "BigQueryStaging":
        self._prepare()
        return BigQueryStaging(self, run_id, number)

    def _rows(self, statement: Statement, tables: Mapping[str, str], parameters: Mapping[str, Value]) -> list[Row]:
        self._prepare()
        self._deadline.check(f"{statement.name} was asked of BigQuery")
        with self._missing_columns([statement]), _google_errors(statement.name):
            job = self._client.query(
                statement.on(tables),
                job_config=self._config(statement.name, [statement], parameters),
                # A whole query would be repeated with a patience of the library's own, which knows no deadline.
                job_retry=None,
                **_patience(self._deadline),
            )
            return [dict(row.items()) for row in self._result(job, self._deadline)]

    def _transaction(
        self,
        name: str,
        statements: Sequence[Statement],
        tables: Mapping[str, str],
        parameters: Mapping[str, Value],
        deadline: Deadline,
    ) -> None:
        """The statements as one script; it begins again when another transaction was faster."""
        self._prepare()
        script = _transaction_script(statements, tables)
        attempt = 1
        while True:
            try:
                with self._missing_columns(statements):
                    self._query(_attempt(name, attempt), script, self._config(name, statements, parameters), deadline)
                return
            except UnavailableError as error:
                if not _is_conflict(error):
                    raise
                attempt += 1
                pause = random.uniform(0.0, min(_LONGEST_PAUSE_SECONDS, 2.0**attempt / 4))  # noqa: S311 - no secret
                if pause >= deadline.left(_JOB_SECONDS):
                    raise WarehouseBusyError(
                        f"{name}: other runs changed the same tables all the time: {error}. Run this again later."
                    ) from error
                time.sleep(pause)

    def _query(self, job_id: str, sql: str, config: bigquery.QueryJobConfig, deadline: Deadline) -> None:
        """Run a query under this id, or wait for the one that runs or ran under it already."""
        deadline.check(f"{job_id} was sent to BigQuery")
        with _google_errors(job_id):
            try:
                job = self._client.query(sql, job_config=config, job_id=job_id, job_retry=None, **_patience(deadline))
            except exceptions.Conflict:
                self._result(self._client.get_job(job_id, **_patience(deadline)), deadline)
            else:
                self._result(job, deadline)

    @contextlib.contextmanager
    def _missing_columns(self, statements: Sequence[Statement]) -> Iterator[None]:
        """Where tables are not ours to change, a column that a table does not have yet is an error of its own."""
        try:
            yield
        except WarehouseRefusedError:
            if not self._create_tables:
                for statement in statements:
                    check_columns(statement, self._existing(statement.tables() & TABLES.keys()), _ADD_COLUMNS)
            raise

    def _existing(self, tables: Iterable[str]) -> dict[str, set[str]]:
        """The columns of these tables, in lower case, of those that can be looked at."""
        found = {}
        for table in tables:
            with contextlib.suppress(MixpanelDataError):
                found[table] = set(self.columns(table))
        return found

    def _result(self, job: Any, deadline: Deadline) -> Any:
        seconds = max(_LEAST_SECONDS, deadline.left(_JOB_SECONDS))
        try:
            return job.result(timeout=seconds, retry=_retry(deadline), **_no_job_retry(job))
        except (concurrent.futures.TimeoutError, exceptions.RetryError) as error:
            if isinstance(error, exceptions.RetryError) and deadline.left(1.0) > 0.0:
                raise
            self._cancel(job)
            raise DeadlineError(
                f"The BigQuery job {job.job_id} took longer than this call may. Run it again."
            ) from error

    def _cancel(self, job: Any) -> None:
        """Ask for the end of a job that nobody waits for any more.

        That saves what it would cost and no more: a publish may commit all the same, and the row of its part says so.
        """
        with contextlib.suppress(exceptions.GoogleAPICallError, requests.RequestException, GoogleAuthError):
            job.cancel(retry=None, timeout=_CANCEL_SECONDS)

    def _config(
        self, step: str, statements: Sequence[Statement], parameters: Mapping[str, Value]
    ) -> bigquery.QueryJobConfig:
        types = {name: google_type for statement in statements for name, google_type in statement.parameters.items()}
        config = bigquery.QueryJobConfig(
            default_dataset=f"{self._client.project}.{self._dataset}",
            query_parameters=[_parameter(name, google_type, parameters[name]) for name, google_type in types.items()],
            labels=_labels(step),
            use_query_cache=False,
        )
        if self._max_bytes_billed is not None:
            config.maximum_bytes_billed = self._max_bytes_billed
        return config

    def _prepare(self) -> None:
        """Make the tables that are missing, and add the columns that tables of an earlier version do not have."""
        if self._state.is_prepared or not self._create_tables:
            return
        with _google_errors("preparing the tables"):
            self._deadline.check("the tables were looked for")
            self._make_dataset(self._dataset, None)
            self._make_dataset(self._staging, _STAGED_FOR)
            dataset = bigquery.DatasetReference(self._client.project, self._dataset)
            labels = {
                table.table_id: table.labels for table in self._client.list_tables(dataset, **_patience(self._deadline))
            }
            for table in TABLES.values():
                if self._name(table) not in labels:
                    self._client.create_table(self._resource(table), exists_ok=True, **_patience(self._deadline))
                elif labels[self._name(table)].get(_SCHEMA_LABEL) != table.fingerprint():
                    self._add_declared_columns(table)
        self._state.is_prepared = True

    def _add_declared_columns(self, table: Table) -> None:
        """Add what is missing, and label the table, so that its columns need not be looked up again."""
        for attempt in itertools.count(1):
            found = self._client.get_table(self._reference(table.name), **_patience(self._deadline))
            missing = table.missing_from({column.name.lower() for column in found.schema})
            found.schema = [*found.schema, *map(_nullable, missing)]
            found.labels = {**found.labels, _SCHEMA_LABEL: table.fingerprint()}
            try:
                self._client.update_table(found, ["schema", "labels"], **_patience(self._deadline))
            except exceptions.PreconditionFailed:
                # Another run has changed the table since it was read, most likely in the same way.
                if attempt == _UPDATE_ATTEMPTS:
                    raise
            else:
                return

    def _make_dataset(self, name: str, tables_expire_after: timedelta | None) -> None:
        dataset = bigquery.Dataset(bigquery.DatasetReference(self._client.project, name))
        try:
            self._client.get_dataset(dataset.reference, **_patience(self._deadline))
        except exceptions.NotFound:
            dataset.location = self._client.location
            dataset.labels = _labels("dataset")
            if tables_expire_after:
                dataset.default_table_expiration_ms = int(tables_expire_after.total_seconds() * 1000)
            self._client.create_dataset(dataset, exists_ok=True, **_patience(self._deadline))

    def _name(self, table: Table) -> str:
        return self._tables.get(table.name, table.name)

    def _resource(self, table: Table) -> bigquery.Table:
        reference = {"projectId": self._client.project, "datasetId": self._dataset, "tableId": self._name(table)}
        labels = {_SCHEMA_LABEL: table.fingerprint()}
        return bigquery.Table.from_api_repr({**table.resource, "tableReference": reference, "labels": labels})


class BigQueryStaging:
    """What is staged for one part: tables of its own in the staging dataset, which expire after a day at the latest."""

    def __init__(self, warehouse: BigQueryWarehouse, run_id: str, number: int) -> None:
        self._warehouse = warehouse
        self._run_id = run_id
        self._number = number
        self._tables: dict[str, str] = {}
        self._attempts: dict[str, int] = {}

    def load(self, stream: ByteStream) -> None:
        table = self._table("staged_lines")
        job_id = self._job_id("load")
        client, deadline = self._warehouse._client, self._warehouse._deadline
        deadline.check(f"{job_id} was sent to BigQuery")
        with _google_errors(job_id):
            client.delete_table(table, not_found_ok=True, **_patience(deadline))
            client.create_table(self._staged_lines(table), **_patience(deadline))
        if not self._upload(job_id, table, stream):
            return
        with _google_errors(job_id):
            self._warehouse._result(client.get_job(job_id, **_patience(deadline)), deadline)

    def materialise(self, statement: Statement, **parameters: Value) -> None:
        if statement.creates is None:
            raise ValueError(f"{statement} creates nothing")
        names = self._names()
        table = self._table(statement.creates)
        with self._warehouse._missing_columns([statement]):
            self._warehouse._query(
                self._job_id(statement.creates),
                f"CREATE OR REPLACE TABLE {_in_dataset(table)}"
                f" OPTIONS (expiration_timestamp = TIMESTAMP '{_expires().isoformat()}') AS\n{statement.on(names)}",
                self._warehouse._config(statement.name, [statement], parameters),
                self._warehouse._deadline,
            )

    def rows(self, statement: Statement, **parameters: Value) -> list[Row]:
        return self._warehouse._rows(statement, self._names(), parameters)

    def transact(self, name: str, statements: Sequence[Statement], **parameters: Value) -> None:
        warehouse = self._warehouse
        warehouse._transaction(name, statements, self._names(), parameters, warehouse._deadline)

    def close(self) -> None:
        with contextlib.suppress(exceptions.GoogleAPIError, requests.RequestException, GoogleAuthError):
            # A table that is left expires by itself.
            for table in self._tables.values():
                patience = _patience(self._warehouse._deadline)
                self._warehouse._client.delete_table(table, not_found_ok=True, **patience)

    def _names(self) -> dict[str, str]:
        staged = {name: _in_dataset(table) for name, table in self._tables.items()}
        return {**self._warehouse._tables, **staged}

    def _table(self, name: str) -> str:
        """The full name of a staging table of this part."""
        own = f"{identifier(name)}_{self._run_id}_{self._number}".replace("-", "_")
        self._tables[name] = f"{self._warehouse._client.project}.{self._warehouse._staging}.{identifier(own)}"
        return self._tables[name]

    def _job_id(self, step: str) -> str:
        self._attempts[step] = self._attempts.get(step, 0) + 1
        return _attempt(f"{self._run_id}-{step}-{self._number}", self._attempts[step])

    def _staged_lines(self, name: str) -> bigquery.Table:
        table = bigquery.Table(name, schema=[bigquery.SchemaField.from_api_repr(f) for f in _fields(STAGED_LINES)])
        table.expires = _expires()
        table.labels = _labels("load")
        return table

    def _upload(self, job_id: str, table: str, stream: ByteStream) -> bool:
        """Send the bytes as they come; the load job begins only with the last of them, when the stream is whole.

        Returns False for a stream without bytes, which needs no job. The upload protocol is that of
        https://cloud.google.com/bigquery/docs/reference/api-uploads.
        """
        body = _Body(stream)
        if body.is_empty():
            return False
        warehouse = self._warehouse
        url = f"{warehouse._endpoint}/upload/bigquery/v2/projects/{warehouse._client.project}/jobs?uploadType=resumable"
        upload = ResumableUpload(url, _CHUNK_BYTES)
        with _session(warehouse._client) as session, _google_errors(job_id):
            metadata = _load_job(warehouse._client, job_id, table)
            timeout = _bound(upload, warehouse._deadline)
            upload.initiate(session, body, metadata, "application/octet-stream", stream_final=False, timeout=timeout)
            while not upload.finished:
                if body.ends_within(_CHUNK_BYTES):
                    # The library takes a chunk that is not full for the last one; a full one it has to be told.
                    upload._total_bytes = body.size
                upload.transmit_next_chunk(session, timeout=_bound(upload, warehouse._deadline))
        return True


class _Body:
    """A stream as a file to read from, which knows a chunk ahead whether it ends."""

    def __init__(self, stream: ByteStream) -> None:
        self._chunks = iter(stream)
        self._ahead = bytearray()
        self._position = 0
        self._is_at_end = False

    @property
    def size(self) -> int:
        """Bytes in all; known once `ends_within` was true."""
        return self._position + len(self._ahead)

    def is_empty(self) -> bool:
        """Whether there is not a single byte."""
        return self.ends_within(0)

    def ends_within(self, size: int) -> bool:
        """Whether at most that many bytes are left; raises what the stream raises, so that its end is its proof."""
        while len(self._ahead) <= size and not self._is_at_end:
            chunk = next(self._chunks, None)
            self._is_at_end = chunk is None
            self._ahead += chunk or b""
        return len(self._ahead) <= size

    def read(self, size: int) -> bytes:
        """The next bytes: as many, or all that are left."""
        self.ends_within(size)
        taken = bytes(memoryview(self._ahead)[:size])
        del self._ahead[:size]
        self._position += len(taken)
        return taken

    def tell(self) -> int:
        """How many bytes were read."""
        return self._position


def _transaction_script(statements: Sequence[Statement], tables: Mapping[str, str]) -> str:
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


def _load_job(client: bigquery.Client, job_id: str, table: str) -> dict[str, Any]:
    """The load job of one-column text: no quotes, and a delimiter that no line holds (see `mixpanel/lines.py`)."""
    config = bigquery.LoadJobConfig(
        source_format=bigquery.SourceFormat.CSV,
        schema=[bigquery.SchemaField.from_api_repr(column) for column in _fields(STAGED_LINES)],
        field_delimiter="\x01",
        quote_character="",
        preserve_ascii_control_characters=True,
        max_bad_records=0,
        create_disposition=bigquery.CreateDisposition.CREATE_NEVER,
        write_disposition=bigquery.WriteDisposition.WRITE_TRUNCATE,
        labels=_labels("load"),
    ).to_api_repr()
    config["load"]["destinationTable"] = bigquery.TableReference.from_string(table).to_api_repr()
    reference = {"projectId": client.project, "jobId": job_id, "location": client.location}
    return {"jobReference": reference, "configuration": config}


def _fields(table: Table) -> list[dict[str, Any]]:
    fields: list[dict[str, Any]] = table.resource["schema"]["fields"]
    return fields


def _session(client: bigquery.Client) -> AuthorizedSession:
    return AuthorizedSession(client._credentials)


def _labels(step: str) -> dict[str, str]:
    value = "".join(letter if letter.isalnum() else "_" for letter in step.lower())
    return {"app": "mixpanel_data", "step": value[:63]}


def _nullable(column: Column) -> bigquery.SchemaField:
    """A column to add to a table, whose rows have no value for it."""
    mode = "REPEATED" if column.is_array else "NULLABLE"
    return bigquery.SchemaField(column.name, column.type, mode=mode, description=column.description)


def _google_type(column: bigquery.SchemaField) -> str:
    """A column's type by its name in GoogleSQL, which the API calls otherwise."""
    name = {"INTEGER": "INT64", "FLOAT": "FLOAT64", "BOOLEAN": "BOOL"}.get(column.field_type, column.field_type)
    return f"ARRAY<{name}>" if column.mode == "REPEATED" else name


def _in_dataset(table: str) -> str:
    return f"`{table}`"


def _attempt(name: str, attempt: int) -> str:
    """A job id; one that failed is used up for good."""
    return name if attempt == 1 else f"{name}-a{attempt}"


def _expires() -> datetime:
    return datetime.now(UTC) + _STAGED_FOR


def _patience(deadline: Deadline) -> dict[str, Any]:
    """How long a request is waited for, and how long it is tried again."""
    return {"retry": _retry(deadline), "timeout": _request_seconds(deadline)}


def _request_seconds(deadline: Deadline) -> float:
    return max(_LEAST_SECONDS, deadline.left(_REQUEST_SECONDS))


def _retry(deadline: Deadline) -> Any:
    """What the library tries again by itself, until the deadline: also for a request that begins long after this."""
    default = bigquery.DEFAULT_RETRY
    bounded = default.with_timeout(deadline.left(_RETRY_SECONDS)).with_delay(maximum=_LONGEST_PAUSE_SECONDS)
    return bounded.with_predicate(lambda error: deadline.left(1.0) > 0.0 and default._predicate(error))


def _bound(upload: ResumableUpload, deadline: Deadline) -> tuple[float, float]:
    """The time-outs of the upload's next request, which is tried again no longer than until the deadline."""
    upload._retry_strategy = RetryStrategy(max_cumulative_retry=deadline.left(_RETRY_SECONDS))
    seconds = _request_seconds(deadline)
    return seconds, seconds


def _no_job_retry(job: Any) -> dict[str, None]:
    """The client would repeat a failed query under another id, where the effect of the first is not known."""
    return {"job_retry": None} if isinstance(job, bigquery.QueryJob) else {}


@contextlib.contextmanager
def _google_errors(doing: str) -> Iterator[None]:
    """Raise the Google clients' errors as ours, naming the statement or job that failed."""
    try:
        yield
    except (exceptions.GoogleAPICallError, exceptions.RetryError, InvalidResponse) as error:
        raise _ours(doing, error) from error
    except GoogleAuthError as error:
        raise AuthenticationError(
            f"{doing}: Google refuses the credentials: {error}. Check the account that runs this."
        ) from error
    except requests.RequestException as error:
        raise WarehouseUnavailableError(f"{doing}: BigQuery did not answer: {error}") from error


def _ours(doing: str, error: Exception) -> Exception:
    text = getattr(error, "message", None) or str(error)
    reasons = {str(found.get("reason")) for found in getattr(error, "errors", ()) or () if isinstance(found, dict)}
    said = f"{doing}: BigQuery answered: {text.strip().removesuffix('.')}"
    if _is_conflict(error):
        return WarehouseUnavailableError(said)
    if "bytesBilledLimitExceeded" in reasons or "bytes billed" in text.lower():
        return WarehouseRefusedError(f"{said}. BIGQUERY_MAX_BYTES_BILLED sets the ceiling.")
    if any(f"not found: {what}" in text.lower() for what in ("table", "dataset")):
        return _missing(said)
    for kinds, make in _KINDS:
        if isinstance(error, kinds) and not (reasons & _PASSING_REASONS):
            return make(said)
    status = error.response.status_code if isinstance(error, InvalidResponse) else 0
    if reasons & _PASSING_REASONS or status >= 500 or status == 429:
        return WarehouseUnavailableError(said)
    return WarehouseRefusedError(said)


def _is_conflict(error: Exception) -> bool:
    """Whether another transaction changed the same rows first."""
    return "concurrent update" in str(error).lower()


_ADD_COLUMNS = (
    "Where Terraform makes the tables, run terraform -chdir=infra apply; "
    "without Terraform set CREATE_TABLES=true, and the next run adds them."
)


def _missing(said: str) -> TableNotFoundError:
    return TableNotFoundError(
        f"{said}. Where Terraform makes the tables, run terraform -chdir=infra apply; "
        "without Terraform set CREATE_TABLES=true, and a run makes them."
    )


def _forbidden(said: str) -> AuthenticationError:
    if "does not exist" not in said:
        return AuthenticationError(f"{said}. Check the roles of the account that runs this.")
    # Who may not see a table is not told whether it is there.
    return AuthenticationError(
        f"{said}. Either it is missing, or the account that runs this lacks its role on it. Where Terraform makes the "
        "tables, terraform -chdir=infra apply mends both; without Terraform check the account's roles."
    )


# A quota answers 403, as a missing role does.
_PASSING_REASONS = {
    "backendError",
    "internalError",
    "jobBackendError",
    "jobInternalError",
    "jobRateLimitExceeded",
    "quotaExceeded",
    "rateLimitExceeded",
}
_KINDS: tuple[tuple[tuple[type[Exception], ...], Callable[[str], Exception]], ...] = (
    ((exceptions.NotFound,), _missing),
    ((exceptions.Forbidden, exceptions.Unauthorized), _forbidden),
    ((exceptions.ServerError, exceptions.TooManyRequests, exceptions.RetryError), WarehouseUnavailableError),
)
