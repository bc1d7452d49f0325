"""Every step on BigQuery is a job that can be recognised, billed and repeated."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.warehouse.base import Staging
from mixpanel_data.warehouse.names import transaction_name
from support.engines import (
    EMULATOR_HOST,
    PROJECT,
    BigQuery,
)
from warehouse.locks import (
    INSERT,
    KEEP,
    LOCKS,
    PUBLISH,
    Lines,
    a_run,
    locks,
)


class Emulated:
    """A dataset of the emulator, with a client beside it to look at jobs and tables."""

    def __init__(self) -> None:
        from google.api_core.client_options import ClientOptions
        from google.auth.credentials import AnonymousCredentials
        from google.cloud import bigquery

        self.engine = BigQuery()
        self.client: Any = bigquery.Client(
            project=PROJECT,
            location="US",
            credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]
            client_options=ClientOptions(api_endpoint=EMULATOR_HOST),
        )
        self.warehouse = self.engine.open()

    def close(self) -> None:
        self.warehouse.close()
        self.client.close()


@pytest.fixture
def emulated() -> Iterator[Emulated]:
    made = Emulated()
    yield made
    made.close()


def published_by(emulated: Emulated, run: str, number: int) -> Staging:
    """Staging that has gone through every step, and is still open."""
    staging = emulated.warehouse.staging(run, number)
    staging.load(Lines(b"a\n"))
    staging.materialise(KEEP)
    staging.transact(transaction_name(run, "publish", number), [PUBLISH])
    return staging


class TestJobs:
    pytestmark = [pytest.mark.bigquery, pytest.mark.skipif(not EMULATOR_HOST, reason="there is no emulator")]  # noqa: RUF012

    def test_each_step_of_a_part_is_a_job_with_a_name_of_its_own_and_labels(self, emulated: Emulated) -> None:
        run = a_run()
        staging = published_by(emulated, run, 3)
        for step in ("load", "kept", "publish"):
            job = emulated.client.get_job(f"{run}-{step}-3")
            assert job.labels["app"] == "mixpanel_data", step
            assert job.labels["step"] == {"kept": "what_is_kept"}.get(step, step)
        staging.close()

    def test_every_job_of_a_call_names_the_job_that_it_is_of(self, emulated: Emulated) -> None:
        run, own = a_run(), emulated.warehouse
        emulated.warehouse = own.within(Deadline(), "incremental-user-sync")  # type: ignore[assignment]
        staging = published_by(emulated, run, 1)
        staging.close()
        emulated.warehouse.rows(LOCKS)
        labels = [emulated.client.get_job(f"{run}-{step}-1").labels["job"] for step in ("load", "kept", "publish")]
        assert set(labels) == {"incremental-user-sync"}
        own.rows(LOCKS)
        newest = [job.labels["job"] for job in emulated.client.list_jobs(max_results=2)]
        assert newest == ["mp", "incremental-user-sync"]

    def test_one_statement_alone_is_no_script(self, emulated: Emulated) -> None:
        run = a_run()
        emulated.warehouse.transact(f"{run}-one-0", [INSERT], job="a", n=1)
        emulated.warehouse.transact(f"{run}-two-0", [INSERT, INSERT], job="b", n=1)
        queries = [emulated.client.get_job(f"{run}-{step}-0").query for step in ("one", "two")]
        assert ["BEGIN TRANSACTION" in query for query in queries] == [False, True]

    def test_what_is_billed_counts_for_the_call_and_for_the_warehouse_that_it_was_made_from(
        self, emulated: Emulated
    ) -> None:
        one, other = (emulated.warehouse.within(Deadline(), job) for job in ("detector", "collector"))
        one.rows(LOCKS)
        billed = [warehouse.bytes_billed for warehouse in (emulated.warehouse, one, other)]
        assert billed == [0, 0, 0]

    def test_a_step_that_is_repeated_is_another_job(self, emulated: Emulated) -> None:
        run = a_run()
        staging = published_by(emulated, run, 1)
        staging.load(Lines(b"b\n"))
        assert emulated.client.get_job(f"{run}-load-1-a2").state == "DONE"
        staging.close()

    def test_a_transaction_takes_effect_once_per_name(self, emulated: Emulated) -> None:
        name = f"{a_run()}-begin-0"
        for _ in range(2):
            emulated.warehouse.transact(name, [INSERT], job="a", n=1)
        assert locks(emulated.warehouse) == [("a", 1)]
        assert emulated.client.get_job(name).labels["app"] == "mixpanel_data"

    def test_staging_tables_expire_by_themselves(self, emulated: Emulated) -> None:
        staging = published_by(emulated, a_run(), 1)
        dataset = f"{PROJECT}.{emulated.engine.dataset}_staging"
        tables = [emulated.client.get_table(table.reference) for table in emulated.client.list_tables(dataset)]
        assert len(tables) == 2
        assert {timedelta(hours=23) < table.expires - datetime.now(UTC) <= timedelta(days=1) for table in tables} == {
            True
        }
        staging.close()
        assert list(emulated.client.list_tables(dataset)) == []

    def test_the_ceiling_on_billed_bytes_goes_with_every_query(self, emulated: Emulated) -> None:
        opened = emulated.engine.open(max_bytes_billed=10**9)
        name = f"{a_run()}-begin-0"
        opened.transact(name, [INSERT], job="a", n=1)
        assert emulated.client.get_job(name).maximum_bytes_billed == 10**9
        opened.close()
