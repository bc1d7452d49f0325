"""A part that changes no table costs no transaction of its own, and is recorded with the next one at the latest."""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta

import pytest

from mixpanel_data import runs
from mixpanel_data.base.errors import DeadlineError, QueryError, WarehouseRefusedError
from mixpanel_data.base.window import Window
from mixpanel_data.warehouse.base import OpenWarehouse, Row
from mixpanel_data.warehouse.statements import Statement
from runs.conftest import DAY, NOON, NewRun
from support.fatal_steps import Killed, Steps
from support.mortal_warehouse import MortalWarehouse
from support.settable_clock import SettableClock

both_engines = pytest.mark.both_engines

HOUR = timedelta(hours=1)
PARTS = Statement(
    "parts",
    "SELECT part, window_from, watermark, read_until, calls, narrowed, TO_JSON_STRING(figures) AS figures"
    " FROM job_runs WHERE part > 0 AND started_at >= TIMESTAMP '1900-01-01 00:00:00+00' ORDER BY part",
)
FAIL = Statement("fail", "INSERT INTO alert_mutes (event_name) SELECT ERROR('broken') FROM (SELECT 1)")


def note(run: runs.Run, hour: int = 0) -> None:
    runs.note(
        run,
        window=Window(NOON + hour * HOUR, NOON + (hour + 1) * HOUR),
        figures={"same": hour},
        watermark=NOON + timedelta(microseconds=hour + 1),
        calls=1,
    )


def parts(warehouse: OpenWarehouse) -> list[int]:
    return [row["part"] for row in warehouse.rows(PARTS)]


def status(warehouse: OpenWarehouse) -> str:
    (row,) = runs.recent(warehouse, NOON - timedelta(days=1), 10, job=None, with_parts=False)
    return str(row["status"])


@both_engines
def test_what_was_noted_is_recorded_with_the_next_part(warehouse: OpenWarehouse, new_run: NewRun) -> None:
    run = new_run()
    with runs.begin(run):
        note(run, 0)
        note(run, 1)
        assert parts(warehouse) == []
        runs.publish(run, (), window=DAY, figures={"inserted": 1}, narrowed=2)
        assert parts(warehouse) == [1, 2, 3]
    rows = warehouse.rows(PARTS)
    assert rows[1] == Row_of(
        part=2,
        window_from=NOON + HOUR,
        watermark=NOON + timedelta(microseconds=2),
        read_until=None,
        calls=1,
        narrowed=0,
        figures='{"same":1}',
    )
    assert (rows[2]["watermark"], rows[2]["narrowed"], rows[2]["figures"]) == (None, 2, '{"inserted":1}')


def Row_of(**columns: object) -> Row:  # noqa: N802
    return columns


@both_engines
@pytest.mark.parametrize("ending", [None, QueryError("no")], ids=["ok", "failed"])
def test_what_was_noted_is_recorded_with_the_end_of_the_run(
    ending: Exception | None, warehouse: OpenWarehouse, new_run: NewRun
) -> None:
    run = new_run(origin=runs.Origin("1", "events"))
    with contextlib.suppress(QueryError), runs.begin(run):
        note(run)
        if ending:
            raise ending
    assert (status(warehouse), parts(warehouse)) == ("failed" if ending else "ok", [1])


def test_what_was_noted_a_minute_ago_is_recorded_at_once(warehouse: OpenWarehouse, new_run: NewRun) -> None:
    clock, run = SettableClock(), new_run()
    run.clock = clock
    with runs.begin(run):
        note(run, 0)
        clock.advance(seconds=59)
        note(run, 1)
        assert parts(warehouse) == []
        clock.advance(seconds=1)
        note(run, 2)
        assert parts(warehouse) == [1, 2, 3]
        note(run, 3)
        assert parts(warehouse) == [1, 2, 3]


def test_what_was_noted_outlives_a_part_that_fails(warehouse: OpenWarehouse, new_run: NewRun) -> None:
    run = new_run()
    with runs.begin(run):
        note(run)
        with pytest.raises(QueryError, match="broken"):
            runs.publish(run, [FAIL], window=DAY, figures={})
        runs.publish(run, (), window=DAY, figures={})
    assert parts(warehouse) == [1, 3]


def test_what_may_be_recorded_already_is_not_recorded_twice(
    warehouse: OpenWarehouse, new_run: NewRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """BigQuery may have committed a transaction whose answer the deadline cut off."""
    run, transact = new_run(), warehouse.transact

    def cut_off(name: str, *arguments: object, **parameters: object) -> None:
        transact(name, *arguments, **parameters)  # type: ignore[arg-type]
        if "publish" in name:
            raise DeadlineError("no answer")

    with contextlib.suppress(DeadlineError), runs.begin(run):
        note(run)
        monkeypatch.setattr(warehouse, "transact", cut_off)
        runs.publish(run, (), window=DAY, figures={})
    assert (status(warehouse), parts(warehouse)) == ("failed", [1, 2])


@both_engines
def test_what_was_noted_of_a_state_that_was_replaced_counts_for_nothing(
    warehouse: OpenWarehouse, new_run: NewRun
) -> None:
    with runs.begin(before := new_run(origin=runs.Origin("1", "events"))):
        runs.publish(before, (), window=DAY, figures={})
    late, guarded = (new_run(origin=runs.Origin("1", "events")) for _ in range(2))
    with runs.begin(late), runs.begin(guarded):
        runs.publish(guarded, (), window=DAY, figures={})
        for run in (late, guarded):
            note(run, 1)
        runs.begin_anew(warehouse, f"anew-{late.run_id}", "collector", runs.Origin("2", "events"), ())
    assert [row["watermark"] for row in warehouse.rows(PARTS)] == [None, None]
    found = runs.recent(warehouse, NOON - timedelta(days=1), 10, job=None, with_parts=False)
    assert [(row["status"], row["error"]) for row in found] == [("ok", None)] * 3


def test_a_run_that_dies_anywhere_records_each_noted_part_once_or_not_at_all(
    warehouse: OpenWarehouse, new_run: NewRun
) -> None:
    def run_through(fatal: int, at: datetime) -> tuple[Steps, runs.Run]:
        steps = Steps(fatal)
        run = new_run(MortalWarehouse(warehouse, steps), at=at)
        with contextlib.suppress(Killed), runs.begin(run):
            note(run, 0)
            runs.publish(run, (), window=DAY, figures={})
            note(run, 1)
        return steps, run

    # The first run of a job also adds its guard.
    run_through(0, NOON - HOUR)
    steps, _ = run_through(0, NOON)
    for fatal in range(1, len(steps.passed) + 1):
        at = NOON + fatal * HOUR
        died, run = run_through(fatal, at)
        assert len(died.passed) == fatal
        rows = runs.recent(warehouse, at, 1, job=None, with_parts=True)
        recorded = {row["part"]: row["status"] for row in rows if row["run_id"] == run.run_id}
        assert recorded in ({}, {0: "running"}, {0: "running", 1: "ok", 2: "ok"}, {0: "ok", 1: "ok", 2: "ok", 3: "ok"})


def test_what_was_noted_needs_the_lease_that_its_run_held(warehouse: OpenWarehouse, new_run: NewRun) -> None:
    run = new_run()
    with runs.begin(run):
        note(run)
        run.lease = "another"
        with pytest.raises(WarehouseRefusedError, match="lease lost"):
            runs.write(run, "notes", ())
        run.lease = ""
    assert parts(warehouse) == [1]
