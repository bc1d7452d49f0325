"""Quotas: Mixpanel's own, which ends a run, and the ceiling that the settings put on the calls of an hour."""

import contextlib
import json
from datetime import datetime, timedelta

import pytest

from collect.ten_weeks import PARTS, WEEKS, assert_whole_parts, comparable, days_read, ten_weeks_of_lines
from mixpanel_data.base.errors import (
    AuthenticationError,
    RateLimitError,
)
from mixpanel_data.warehouse.statements import Statement
from mixpanel_data_standins.mixpanel import Quotas, faults
from support.collected_tables import assert_tables_hold
from support.collector_world import CollectorWorld
from support.engines import Engine
from support.events_configs import ALL_EVENTS, enabled
from support.export_lines import event
from support.fatal_steps import Killed, Steps
from support.mortal_warehouse import MortalWarehouse
from support.settable_clock import SettableClock
from support.stored_rows import all_rows_of

pytestmark = pytest.mark.sequences

PUBLISHED = "publish, after the commit"
WITHOUT_ZONE = Statement("no zone", "UPDATE job_locks SET zone = NULL, mixed_until = NULL WHERE TRUE")
AS_VERSION_0_1_0 = Statement(
    "as version 0.1.0",
    "UPDATE job_runs SET figures = PARSE_JSON(@figures), request = NULL, watermark = NULL, watermark_from = NULL,"
    " narrowed = NULL, calls = NULL WHERE run_id = @run_id AND part = @part",
    {"figures": "STRING", "run_id": "STRING", "part": "INT64"},
)


def run_into_the_quota(world: CollectorWorld) -> None:
    """A run that Mixpanel answers one call of; the quota is over with the run."""
    world.mixpanel.faults.extend([None])
    world.mixpanel.faults.permanent = faults.Status(429)
    with pytest.raises(RateLimitError):
        world.collect(*WEEKS)
    world.mixpanel.faults.clear()


def write_as_version_0_1_0(world: CollectorWorld) -> None:
    """Move what that version kept in `figures` back from the columns."""
    with contextlib.closing(world.engine.open()) as warehouse:
        for row in warehouse.rows(all_rows_of("job_runs")):
            own = {"calls_without_part": row["calls"]} if row["part"] == 0 else {"calls": row["calls"]}
            figures = {**row["figures"], **own, "arrived_until_ms": 0}
            if row["request"] is not None:
                figures["request"] = row["request"]
            values = {"run_id": row["run_id"], "part": row["part"], "figures": json.dumps(figures)}
            warehouse.transact(f"{row['run_id']}-{row['part']}-old", [AS_VERSION_0_1_0], **values)
        warehouse.transact("no-zone", [WITHOUT_ZONE])


# The quota


def test_a_run_that_exhausts_the_quota_publishes_whole_parts_and_names_the_rest(world: CollectorWorld) -> None:
    world.mixpanel.faults.extend([None])
    world.mixpanel.faults.permanent = faults.Status(429, retry_after="60")
    with pytest.raises(RateLimitError, match="2040-01-08 to 2040-03-03, 2040-03-04 to 2040-03-10") as raised:
        world.collect(*WEEKS)
    assert raised.value.retry_after_seconds == 60
    assert_whole_parts(world)
    assert len(world.tables().runs()) == 2


@pytest.mark.both_engines
def test_a_repeated_call_reads_only_the_rest_and_after_that_everything_again(world: CollectorWorld) -> None:
    run_into_the_quota(world)
    for rest in (PARTS[1:], PARTS):
        before = len(world.calls)
        world.pass_time(minutes=15)
        world.collect(*WEEKS)
        assert days_read(world.calls[before:]) == days_read(rest)
        assert_tables_hold(world.tables(), ten_weeks_of_lines())


@pytest.mark.parametrize("other", ["window", "events", "age", "configuration"])
def test_a_different_call_takes_over_nothing(world: CollectorWorld, other: str) -> None:
    run_into_the_quota(world)
    before = len(world.calls)
    world.pass_time(hours=25 if other == "age" else 1)
    end = "2040-03-12" if other == "window" else WEEKS[1]
    asked = {"events": ["Purchase"]} if other == "events" else {}
    config = enabled("Purchase") if other == "configuration" else ALL_EVENTS
    world.collect(WEEKS[0], end, request=asked, config=config)
    assert days_read(world.calls[before:])[:70] == days_read(PARTS)


def test_a_call_without_an_event_takes_over_nothing_from_a_call_for_it_alone(engine: Engine) -> None:
    given = [event(name, f"2040-{month:02d}-02 10:00", mark=f"{name}{month}") for name in "XY" for month in (1, 2, 3)]
    all_but_x = enabled("*", {"name": "X", "enabled": False})
    with CollectorWorld(engine, given) as world:
        world.mixpanel.faults.extend([None, None])
        world.mixpanel.faults.permanent = faults.Status(401)
        with pytest.raises(AuthenticationError):
            world.collect(*WEEKS, config=all_but_x)
        world.mixpanel.faults.clear()
        world.pass_time(minutes=5)
        assert world.collect(*WEEKS, config=enabled("X")).inserted == 3


def test_a_run_takes_over_from_a_run_of_version_0_1_0(world: CollectorWorld) -> None:
    run_into_the_quota(world)
    write_as_version_0_1_0(world)
    before = len(world.calls)
    world.pass_time(minutes=15)
    world.collect(*WEEKS)
    assert world.calls[before:] == PARTS[1:]


def test_a_run_that_takes_over_reads_in_the_portions_of_the_run_before(world: CollectorWorld) -> None:
    run_into_the_quota(world)
    before = len(world.calls)
    world.pass_time(minutes=15)
    world.collect(*WEEKS)
    assert world.calls[before:] == PARTS[1:]


def test_a_project_with_an_hourly_quota_is_read_hour_by_hour(engine: Engine, undisturbed: dict[str, list[str]]) -> None:
    quotas = Quotas(per_hour=1, per_second=None)
    with CollectorWorld(engine, ten_weeks_of_lines(), quotas=quotas) as world:
        hours = 0
        while not any(row["status"] == "ok" for row in world.tables().runs(part=0)):
            hours += 1
            with contextlib.suppress(RateLimitError):
                world.collect(*WEEKS)
            assert_whole_parts(world)
            world.pass_time(minutes=61)
        assert comparable(world) == undisturbed
        assert 3 <= hours <= 10


# A ceiling of one's own


def test_a_run_makes_no_more_calls_than_the_ceiling_allows(world: CollectorWorld) -> None:
    with pytest.raises(RateLimitError, match="MIXPANEL_CALLS_PER_HOUR") as raised:
        world.collect(*WEEKS, calls_per_hour=2)
    assert "2040-03-04 to 2040-03-10" in str(raised.value)
    assert world.calls == PARTS[:2]
    assert_whole_parts(world)
    assert len(world.tables().runs()) == 3


def test_the_ceiling_counts_the_calls_of_all_runs_of_an_hour(
    world: CollectorWorld, undisturbed: dict[str, list[str]]
) -> None:
    with pytest.raises(RateLimitError):
        world.collect(*WEEKS, calls_per_hour=2)
    world.pass_time(minutes=30)
    with pytest.raises(RateLimitError):
        world.collect(*WEEKS, calls_per_hour=2)
    assert len(world.calls) == 2
    world.pass_time(minutes=31)
    world.collect(*WEEKS, calls_per_hour=2)
    assert comparable(world) == undisturbed


def test_the_ceiling_counts_the_calls_of_version_0_1_0(world: CollectorWorld) -> None:
    with pytest.raises(RateLimitError):
        world.collect(*WEEKS, calls_per_hour=2)
    write_as_version_0_1_0(world)
    world.pass_time(minutes=30)
    with pytest.raises(RateLimitError, match="MIXPANEL_CALLS_PER_HOUR"):
        world.collect(*WEEKS, calls_per_hour=2)
    assert len(world.calls) == 2


def test_failed_calls_count_towards_the_ceiling(world: CollectorWorld) -> None:
    world.mixpanel.faults.extend([faults.Status(503), faults.Reset(900)])
    with pytest.raises(RateLimitError):
        world.collect(*WEEKS, calls_per_hour=2)
    assert len(world.calls) == 2
    assert [row["figures"]["calls"] for row in world.tables().runs(part=0)] == [2]


def test_the_calls_of_a_running_or_killed_run_count_towards_the_ceiling(world: CollectorWorld) -> None:
    class Dying(Steps):
        """Dies right after its second part is published."""

        def is_next_fatal(self, name: str) -> bool:
            super().is_next_fatal(name)
            return self.passed[-1] == PUBLISHED and self.passed.count(PUBLISHED) == 2

    with contextlib.closing(world.engine.open()) as warehouse, pytest.raises(Killed):
        world.collect(*WEEKS, warehouse=MortalWarehouse(warehouse, Dying()))
    before = len(world.calls)
    world.pass_time(minutes=15)
    with pytest.raises(RateLimitError):
        world.collect(*WEEKS, calls_per_hour=2)
    assert len(world.calls) == before


def test_the_calls_of_a_long_run_count_at_the_time_they_were_made(world: CollectorWorld) -> None:
    begun = world.clock.at
    ticks = iter([begun])

    class Slow(SettableClock):
        def __call__(self) -> datetime:
            return next(ticks, begun + timedelta(hours=2))

    world.clock = Slow()
    world.collect(*WEEKS)
    world.clock = SettableClock(begun + timedelta(hours=2, minutes=30))
    with pytest.raises(RateLimitError):
        world.collect(*WEEKS, calls_per_hour=3)
    assert len(world.calls) == 3


def test_a_ceiling_that_is_high_enough_changes_nothing(world: CollectorWorld, waits: list[float]) -> None:
    world.collect(*WEEKS, calls_per_hour=3)
    assert_tables_hold(world.tables(), ten_weeks_of_lines())
    assert waits == []
