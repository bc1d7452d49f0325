"""What a run finds when it opens the dataset, and what it may publish into."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest

from mixpanel_data import runs
from mixpanel_data.base.errors import ConfigError, UnavailableError, WarehouseRefusedError
from mixpanel_data.warehouse.base import OpenWarehouse
from mixpanel_data.warehouse.statements import Statement
from runs.conftest import DAY, NOON, NewRun
from support.fatal_steps import Steps
from support.mortal_warehouse import MortalWarehouse

both_engines = pytest.mark.both_engines

MINUTE = Statement(
    "minute",
    "INSERT INTO event_minutes (minute, event_name, events, last_changed) SELECT @at, 'a', 1, @at FROM (SELECT 1)",
    {"at": "TIMESTAMP"},
)
LOCKS = Statement("locks", "SELECT n, zone, mixed_until FROM job_locks WHERE job = 'collector'")


def publish(run: runs.Run, published: int = -1) -> None:
    runs.publish(run, (), window=DAY, figures={}, published=published)


def add_minute(run: runs.Run) -> None:
    runs.publish(run, [MINUTE], window=DAY, figures={}, at=NOON)


@both_engines
def test_before_the_first_run_there_is_nothing(warehouse: OpenWarehouse) -> None:
    assert runs.read_opening(warehouse, "collector") == runs.Opening()


@both_engines
def test_an_opening_tells_what_the_guards_of_all_jobs_say(warehouse: OpenWarehouse, new_run: NewRun) -> None:
    with runs.begin(run := new_run(origin=runs.Origin("1", "events"), zone="Europe/Berlin")):
        add_minute(run)
        publish(run)
    with runs.begin(new_run(job="detector")):
        pass
    assert runs.read_opening(warehouse, "collector") == runs.Opening(
        origin=runs.Origin("1", "events"), published=2, zone="Europe/Berlin"
    )
    assert runs.read_opening(warehouse, "detector") == runs.Opening(origin=runs.Origin("1", "events"), zone="")


def test_a_run_with_an_opening_asks_nothing_before_it_begins(warehouse: OpenWarehouse, new_run: NewRun) -> None:
    with runs.begin(new_run(zone="UTC")):
        pass
    with runs.begin(run := new_run(zone="UTC")):
        publish(run)
    steps = Steps()
    with runs.begin(new_run(MortalWarehouse(warehouse, steps), zone="UTC"), runs.read_opening(warehouse, "collector")):
        pass
    assert [step for step in steps.passed if "before runs" in step or "before warehouse" in step] == [
        step for step in steps.passed if step.endswith(("runs/begin_run.sql", "runs/end_unguarded_run.sql"))
    ]


def test_two_states_that_a_race_left_agree_with_no_run(warehouse: OpenWarehouse, new_run: NewRun) -> None:
    with runs.begin(one := new_run(origin=runs.Origin("1"))), runs.begin(other := new_run(job="detector")):
        other.origin = runs.Origin("2")
        publish(one)
        publish(other)
    with (
        pytest.raises(ConfigError, match="has that of Mixpanel project 1 and 2"),
        runs.begin(new_run(origin=runs.Origin("1"))),
    ):
        pass


def test_a_run_that_found_nothing_to_do_is_one_row(warehouse: OpenWarehouse, new_run: NewRun) -> None:
    steps = Steps()
    run = new_run(MortalWarehouse(warehouse, steps), request="everything")
    runs.record_whole(run, {"found": 0})
    assert [step for step in steps.passed if "before runs" in step] == [
        f"{run.run_id}-whole-0, before runs/record_whole.sql"
    ]
    (row,) = runs.recent(warehouse, NOON - timedelta(days=1), 10, job=None, with_parts=True)
    assert (row["part"], row["status"], row["figures"], row["error"]) == (0, "ok", {"found": 0}, None)
    assert (row["started_at"], row["finished_at"]) == (NOON, NOON + timedelta(minutes=1))
    assert runs.read_opening(warehouse, "collector") == runs.Opening()


# What was compared.


@both_engines
def test_a_part_goes_only_into_the_state_that_was_compared(warehouse: OpenWarehouse, new_run: NewRun) -> None:
    with runs.begin(mine := new_run()), runs.begin(other := new_run()):
        publish(mine, mine.published)
        publish(mine, mine.published)
        with pytest.raises(runs.StateMovedError, match="another run of collector has published since"):
            publish(other, other.published)
        other.published = runs.read_opening(warehouse, "collector").published
        publish(other, other.published)
        publish(mine)
        assert (mine.published, other.published) == (3, 3)
        with pytest.raises(UnavailableError):
            publish(mine, mine.published)
    assert [row["n"] for row in warehouse.rows(LOCKS)] == [4]


# The zone.


@both_engines
def test_the_zone_of_the_first_run_is_recorded_and_mixes_nothing(warehouse: OpenWarehouse, new_run: NewRun) -> None:
    with runs.begin(run := new_run(zone="Europe/Berlin")):
        assert run.mixed_until is None
        add_minute(run)
    with runs.begin(run := new_run(zone="Europe/Berlin")):
        assert run.mixed_until is None
    assert [(row["zone"], row["mixed_until"]) for row in warehouse.rows(LOCKS)] == [("Europe/Berlin", None)]


@both_engines
@pytest.mark.parametrize("before", ["Europe/Berlin", ""], ids=["another zone", "a version that recorded none"])
def test_a_new_zone_says_up_to_when_stored_events_may_have_a_time_of_the_old_one(
    before: str, warehouse: OpenWarehouse, new_run: NewRun, caplog: pytest.LogCaptureFixture
) -> None:
    with runs.begin(run := new_run(zone=before)):
        add_minute(run)
    until = NOON + timedelta(days=3)
    with caplog.at_level(logging.WARNING), runs.begin(run := new_run(zone="Asia/Tokyo")):
        assert run.mixed_until == until
    assert "Asia/Tokyo" in caplog.text
    assert until.isoformat() in caplog.text
    caplog.clear()
    with runs.begin(run := new_run(zone="Asia/Tokyo")):
        assert run.mixed_until == until
    assert caplog.text == ""
    assert [(row["zone"], row["mixed_until"]) for row in warehouse.rows(LOCKS)] == [("Asia/Tokyo", until)]


@both_engines
def test_of_two_runs_in_two_zones_the_later_one_publishes(warehouse: OpenWarehouse, new_run: NewRun) -> None:
    with runs.begin(old := new_run(zone="Europe/Berlin")):
        add_minute(old)
        with runs.begin(new := new_run(zone="Asia/Tokyo")):
            with pytest.raises(WarehouseRefusedError, match=r"another time zone. Run this again"):
                publish(old)
            publish(new)
            assert new.mixed_until == NOON + timedelta(days=3)
    with runs.begin(unconcerned := new_run(zone="")):
        publish(unconcerned)
    assert [row["zone"] for row in warehouse.rows(LOCKS)] == ["Asia/Tokyo"]
