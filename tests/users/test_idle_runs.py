"""What a run of the sync reads: one question where there is nothing to do, and large parts where reading is billed."""

from datetime import date

import pytest

from mixpanel_data.warehouse.base import Warehouse
from support.fatal_steps import Steps
from support.mortal_warehouse import MortalWarehouse
from support.published_events import visit
from support.user_sync_world import METRICS, UserSyncWorld

JOB = "incremental-user-sync"


class BilledWarehouse(MortalWarehouse):
    """An engine that bills what it reads."""

    @property
    def is_billed(self) -> bool:
        return True


def steps_of(world: UserSyncWorld) -> list[str]:
    """What a run asks, and the statements of its transactions."""
    steps = Steps()
    with world.opened() as warehouse:
        world.sync(warehouse=MortalWarehouse(warehouse, steps))
    return [step for step in steps.passed if "before" in step and "commit" not in step]


def windows(world: UserSyncWorld, warehouse: Warehouse) -> list[tuple[date, int]]:
    """The first day of each part that a run over marked days publishes, and how many days it spans."""
    earlier = {row["run_id"] for row in world.table("job_runs")}
    world.sync(warehouse=warehouse)
    # The first part marks the days.
    rows = [row for row in world.table("job_runs") if row["run_id"] not in earlier and row["part"] > 1]
    return sorted((row["window_from"].date(), (row["window_to"] - row["window_from"]).days) for row in rows)


@pytest.mark.both_engines
def test_a_run_with_nothing_to_do_asks_once_and_writes_one_row(world: UserSyncWorld) -> None:
    world.bring(visit("ann"), visit("bob", "2040-03-15 09:00:00"))
    world.sync()
    before = world.contents()
    assert [step.rpartition("before ")[2] for step in steps_of(world)] == [
        "users/state.sql.jinja",
        "runs/record_whole.sql",
    ]
    assert world.contents() == before
    run = max((row for row in world.table("job_runs") if row["job"] == JOB), key=lambda row: row["run_id"])
    assert (run["status"], run["part"], run["figures"]["pending"]) == ("ok", 0, 1)
    world.assert_settled()


def test_arrivals_of_a_run_that_began_long_ago_are_followed(world: UserSyncWorld) -> None:
    world.clock.advance(days=-20)
    world.bring(visit("zoe", "2040-02-01 10:00:00"))
    world.clock.advance(days=20)
    world.bring(visit("ann", "2040-03-12 10:00:00"))
    assert world.sync().days == 2
    world.assert_settled()


def test_an_event_that_arrived_long_ago_is_no_unseen_one(world: UserSyncWorld) -> None:
    world.pass_time(days=40)
    world.metrics = {**METRICS, "counters": {**METRICS["counters"], "none": {"event": "Never"}}}
    assert world.sync().unseen_events == ["Never"]


def test_where_reading_is_billed_a_part_takes_many_days_and_spans_no_long_gap(
    world: UserSyncWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mixpanel_data.users.days._EVENTS_PER_PART", 1)
    monkeypatch.setattr("mixpanel_data.users.days._EVENTS_BETWEEN", 1)
    world.bring(
        *(visit("eve", f"2040-{day} 08:00:00") for day in ("01-01", "01-02", "03-09", "03-10", "03-12", "03-14"))
    )
    with world.opened() as warehouse:
        # Between the 12th and the 14th happened one event; on the 11th two, which nobody has to read.
        found = windows(world, BilledWarehouse(warehouse, Steps()))
    assert found == [(date(2040, 1, 1), 2), (date(2040, 3, 9), 2), (date(2040, 3, 12), 3)]
    world.assert_settled()
