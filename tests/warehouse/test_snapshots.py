"""Several reads of one moment, on both engines, whatever others commit between them."""

import contextlib

import pytest
import requests

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import QueryError, TableNotFoundError, WarehouseBusyError
from mixpanel_data.warehouse.base import OpenWarehouse, Warehouse
from mixpanel_data.warehouse.statements import Statement
from support.engines import EMULATOR_HOST, PROJECT, BigQuery, Engine, opened
from warehouse.locks import INSERT, LOCKS, locks, transact

both_engines = pytest.mark.both_engines

OWN = {"own": "own_notes"}
WRITE_NOTE = Statement("a note", "INSERT INTO own (note) SELECT @note", {"note": "STRING"}, undeclared=OWN)
NOTES = Statement("the notes", "SELECT own.note FROM own ORDER BY note", undeclared=OWN)
JOINED = Statement(
    "twice",
    "SELECT a.job, b.n FROM job_locks AS a JOIN job_locks AS b ON b.job = a.job JOIN own ON TRUE",
    undeclared=OWN,
)


def publish_if_free(engine: Engine, warehouse: Warehouse, statement: Statement, **parameters: object) -> None:
    """Commit, unless a file is held: on BigQuery nobody waits for a reader."""
    deadline = Deadline.after(0.2) if engine.name == "duckdb" else Deadline()
    with contextlib.suppress(WarehouseBusyError):
        transact(warehouse.within(deadline), statement, **parameters)


def notes(warehouse: Warehouse) -> list[str]:
    with warehouse.stream(NOTES) as rows:
        return [row["note"] for row in rows]


@both_engines
def test_within_a_snapshot_nothing_is_seen_that_others_commit(engine: Engine, warehouse: OpenWarehouse) -> None:
    warehouse.create_table("own_notes", {"note": "STRING"})
    transact(warehouse, INSERT, job="before", n=1)
    transact(warehouse, WRITE_NOTE, note="before")
    with opened(engine) as other:
        with warehouse.snapshot() as fixed:
            assert locks(fixed) == [("before", 1)]
            publish_if_free(engine, other, INSERT, job="meanwhile", n=2)
            publish_if_free(engine, other, WRITE_NOTE, note="meanwhile")
            assert locks(fixed) == [("before", 1)]
            assert notes(fixed) == ["before"]
            assert fixed.rows(JOINED) == [{"job": "before", "n": 1}]
        transact(other, INSERT, job="afterwards", n=3)
    assert ("afterwards", 3) in locks(warehouse)


@both_engines
def test_the_moment_of_a_snapshot_is_that_of_the_first_read(engine: Engine, warehouse: OpenWarehouse) -> None:
    with opened(engine) as other, warehouse.snapshot() as fixed:
        transact(other, INSERT, job="before", n=1)
        assert locks(fixed) == [("before", 1)]


@both_engines
def test_a_snapshot_within_a_snapshot_is_of_the_same_moment(engine: Engine, warehouse: OpenWarehouse) -> None:
    with opened(engine) as other:
        with warehouse.snapshot() as fixed:
            assert locks(fixed) == []
            with fixed.snapshot() as inner:
                publish_if_free(engine, other, INSERT, job="first", n=1)
                assert locks(inner) == []
            publish_if_free(engine, other, INSERT, job="second", n=2)
            assert locks(fixed) == []
        transact(other, INSERT, job="afterwards", n=3)


@both_engines
def test_a_snapshot_in_which_a_statement_fails_reads_on_and_ends(engine: Engine, warehouse: OpenWarehouse) -> None:
    with opened(engine) as other:
        with pytest.raises(QueryError, match="at last"), warehouse.snapshot() as fixed:
            fail_twice(fixed)
        transact(other, INSERT, job="afterwards", n=1)
    assert locks(warehouse) == [("afterwards", 1)]


def fail_twice(fixed: Warehouse) -> None:
    with pytest.raises(QueryError, match="at first"):
        fixed.rows(Statement("dead at first", "SELECT CAST(ERROR('dead') AS INT64) AS n"))
    assert locks(fixed) == []
    fixed.rows(Statement("dead at last", "SELECT CAST(ERROR('dead') AS INT64) AS n"))


@both_engines
def test_tables_that_are_missing_stay_so_and_are_named(engine: Engine) -> None:
    nothing = engine.open(create_tables=False)
    with contextlib.closing(nothing), pytest.raises(TableNotFoundError), nothing.snapshot() as fixed:
        fixed.rows(LOCKS)


class TestOnBigQuery:
    pytestmark = [pytest.mark.bigquery, pytest.mark.skipif(not EMULATOR_HOST, reason="there is no emulator")]  # noqa: RUF012

    def test_a_view_is_read_as_it_is_and_tables_beside_it_as_they_were(self) -> None:
        engine = BigQuery()
        seen = Statement("the view", "SELECT own.job FROM own ORDER BY job", undeclared={"own": "seen"})
        with opened(engine) as warehouse, opened(engine) as other:
            transact(warehouse, INSERT, job="before", n=1)
            make_view(engine, "seen", "job_locks")
            with warehouse.snapshot() as fixed:
                assert locks(fixed) == [("before", 1)]
                transact(other, INSERT, job="meanwhile", n=2)
                assert fixed.rows(seen) == [{"job": "before"}, {"job": "meanwhile"}]
                assert locks(fixed) == [("before", 1)]

    def test_a_table_that_was_made_after_the_moment_does_not_exist(self) -> None:
        engine = BigQuery()
        with opened(engine) as warehouse, opened(engine) as other, warehouse.snapshot() as fixed:
            assert locks(fixed) == []
            other.create_table("own_notes", {"note": "STRING"})
            with pytest.raises(TableNotFoundError):
                notes(fixed)

    def test_a_snapshot_without_a_read_asks_nothing(self) -> None:
        with opened(BigQuery()) as warehouse, warehouse.within(Deadline.after(0.0)).snapshot() as fixed:
            assert fixed is not warehouse


def make_view(engine: BigQuery, name: str, table: str) -> None:
    place = f"{EMULATOR_HOST}/bigquery/v2/projects/{PROJECT}/queries"
    query = f"CREATE VIEW `{PROJECT}.{engine.dataset}.{name}` AS SELECT job FROM `{PROJECT}.{engine.dataset}.{table}`"
    requests.post(place, json={"query": query, "useLegacySql": False}, timeout=60).raise_for_status()
