"""A part and its row become visible together or not at all, one publishing transaction of a job after the other."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest

from mixpanel_data import runs
from mixpanel_data.base.errors import QueryError
from mixpanel_data.base.window import Window
from mixpanel_data.warehouse.base import OpenWarehouse, Row
from mixpanel_data.warehouse.statements import Statement
from runs.conftest import DAY, NOON, NewRun
from support.engines import Engine

both_engines = pytest.mark.both_engines

MUTE = Statement(
    "mute",
    "INSERT INTO alert_mutes (event_name, muted_from, muted_to, reason, created_at)"
    " SELECT @event_name, @started_at, @finished_at, @run_id, @started_at FROM (SELECT 1)",
    {"event_name": "STRING", "started_at": "TIMESTAMP", "finished_at": "TIMESTAMP", "run_id": "STRING"},
)
NUMBER = Statement(
    "number",
    "INSERT INTO alert_mutes (event_name, muted_from, muted_to, reason, created_at)"
    " SELECT CAST(COUNT(*) + 1 AS STRING), @started_at, @finished_at, @run_id, @started_at FROM alert_mutes",
    {"started_at": "TIMESTAMP", "finished_at": "TIMESTAMP", "run_id": "STRING"},
)
MUTED = Statement("muted", "SELECT event_name FROM alert_mutes ORDER BY event_name")
COUNT = Statement("count", "SELECT JSON_OBJECT('mutes', COUNT(*)) AS figures FROM alert_mutes", creates="part_figures")
FAIL = Statement("fail", "INSERT INTO alert_mutes (event_name) SELECT ERROR('broken') FROM (SELECT 1)")
PARTS = Statement(
    "parts",
    "SELECT * FROM job_runs WHERE part > 0 AND started_at >= TIMESTAMP '1900-01-01 00:00:00+00' ORDER BY part",
)
GUARDS = Statement("guards", "SELECT job, n, holder FROM job_locks ORDER BY job, n")


def muted(warehouse: OpenWarehouse) -> list[str]:
    return [row["event_name"] for row in warehouse.rows(MUTED)]


def parts(warehouse: OpenWarehouse) -> list[Row]:
    return warehouse.rows(PARTS)


def publish_a_mute(run: runs.Run) -> None:
    runs.publish(run, [MUTE], window=DAY, figures={}, event_name="a")


def write_a_mute(run: runs.Run) -> None:
    runs.write(run, "note", [MUTE], event_name="a", started_at=NOON, finished_at=NOON)


@both_engines
def test_a_part_is_recorded_with_its_effect(warehouse: OpenWarehouse, new_run: NewRun) -> None:
    run = new_run()
    with runs.begin(run):
        figures = runs.publish(run, [MUTE], window=DAY, figures={"mutes": 1}, event_name="a")
    assert figures == {"mutes": 1}
    assert muted(warehouse) == ["a"]
    (row,) = parts(warehouse)
    expected: dict[str, Any] = {
        "run_id": run.run_id,
        "part": 1,
        "job": "collector",
        "status": "ok",
        "started_at": NOON,
        "finished_at": NOON + timedelta(minutes=1),
        "window_from": DAY.start,
        "window_to": DAY.end,
        "figures": {"mutes": 1},
        "arrivals_up_to": None,
        "read_until": None,
        "watermark": None,
        "calls": 0,
    }
    assert {name: row[name] for name in expected} == expected


@both_engines
def test_a_part_records_what_it_has_handled_and_read(warehouse: OpenWarehouse, new_run: NewRun) -> None:
    run = new_run()
    with runs.begin(run):
        runs.publish(
            run, [], window=DAY, figures={}, arrivals_up_to=0, read_until=DAY.end, watermark=DAY.start, calls=3
        )
    (row,) = parts(warehouse)
    told = (row["arrivals_up_to"], row["read_until"], row["watermark"], row["calls"])
    assert told == (0, DAY.end, DAY.start, 3)


@both_engines
def test_figures_are_counted_within_the_transaction(warehouse: OpenWarehouse, new_run: NewRun) -> None:
    run = new_run()
    with runs.begin(run):
        for number in (1, 2):
            counted = runs.publish(run, [MUTE], window=DAY, figures=COUNT, event_name=str(number))
            assert counted == {"mutes": number}
    assert [row["figures"] for row in parts(warehouse)] == [{"mutes": 1}, {"mutes": 2}]
    assert [row["part"] for row in parts(warehouse)] == [1, 2]


@both_engines
def test_a_part_that_fails_leaves_neither_effect_nor_row(warehouse: OpenWarehouse, new_run: NewRun) -> None:
    run = new_run()
    with runs.begin(run):
        with pytest.raises(QueryError, match="broken"):
            runs.publish(run, [MUTE, FAIL], window=DAY, figures={}, event_name="a")
        assert (muted(warehouse), parts(warehouse)) == ([], [])
        assert [row["n"] for row in warehouse.rows(GUARDS)] == [0]
        runs.publish(run, [MUTE], window=DAY, figures={}, event_name="b")
    assert muted(warehouse) == ["b"]
    assert len(parts(warehouse)) == 1


@both_engines
def test_a_write_is_guarded_and_records_no_part(warehouse: OpenWarehouse, new_run: NewRun) -> None:
    run = new_run()
    times = {"started_at": NOON, "finished_at": NOON}
    with runs.begin(run):
        runs.write(run, "note", [MUTE], event_name="a", **times)
        runs.write(run, "note", [MUTE], event_name="b", **times)
    assert muted(warehouse) == ["a", "b"]
    assert parts(warehouse) == []
    assert [(row["job"], row["n"]) for row in warehouse.rows(GUARDS)] == [("collector", 2)]


@both_engines
def test_transactions_of_overlapping_runs_of_a_job_take_place_one_after_the_other(
    engine: Engine, warehouse: OpenWarehouse, new_run: NewRun
) -> None:
    """Each reads what the ones before it have inserted: without a guard two of them would count the same."""
    each, together = 5, threading.Barrier(3)
    # The tables exist before: the emulator fails when several create its dataset at once, where BigQuery answers 409.
    with runs.begin(new_run()):
        pass

    def publish(_: int) -> None:
        with closing(engine.open()) as own:
            run = new_run(own)
            together.wait(60)
            with runs.begin(run):
                for _ in range(each):
                    runs.publish(run, [NUMBER], window=DAY, figures={})

    with ThreadPoolExecutor(3) as threads:
        list(threads.map(publish, range(3)))
    assert sorted(map(int, muted(warehouse))) == list(range(1, 3 * each + 1))
    assert len(parts(warehouse)) == 3 * each


@both_engines
def test_two_first_runs_at_once_may_add_two_guards_that_guard_as_one(warehouse: OpenWarehouse, new_run: NewRun) -> None:
    add = Statement("add", "INSERT INTO job_locks (job, n) SELECT 'collector', 0 FROM (SELECT 1)")
    warehouse.transact("add-a-guard", [add])
    warehouse.transact("add-another", [add])
    run = new_run()
    with runs.begin(run):
        runs.publish(run, [MUTE], window=DAY, figures={}, event_name="a")
    assert [row["n"] for row in warehouse.rows(GUARDS)] == [1, 1]
    assert len(parts(warehouse)) == 1


@both_engines
@pytest.mark.parametrize("change", [publish_a_mute, write_a_mute])
def test_a_run_whose_lease_was_taken_over_changes_nothing(
    warehouse: OpenWarehouse, new_run: NewRun, change: Callable[[runs.Run], None]
) -> None:
    run = new_run(job="detector")
    with runs.begin(run):
        # This run stood still for so long that another took the lease over.
        hold = Statement("hold", "UPDATE job_locks SET holder = 'another' WHERE job = 'detector'")
        warehouse.transact("hold", [hold])
        run.lease = run.run_id
        with pytest.raises(QueryError, match="lease lost: another run has taken over"):
            change(run)
    assert (muted(warehouse), parts(warehouse)) == ([], [])


def test_windows_of_parts_are_half_open_and_kept_to_the_microsecond(warehouse: OpenWarehouse, new_run: NewRun) -> None:
    run, window = new_run(), Window(DAY.start, DAY.start + timedelta(microseconds=1))
    with runs.begin(run):
        runs.publish(run, [], window=window, figures={})
    assert [(row["window_from"], row["window_to"]) for row in parts(warehouse)] == [(window.start, window.end)]
