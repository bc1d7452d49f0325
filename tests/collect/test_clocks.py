"""A collector whose clock is wrong, and events whose devices' clocks are."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from mixpanel_data.warehouse.statements import Statement
from mixpanel_data_standins.mixpanel import Behaviour
from support.collected_tables import assert_tables_hold
from support.collector_world import CollectorWorld
from support.engines import Engine, opened
from support.export_lines import event, utc
from support.settable_clock import SettableClock

AHEAD = timedelta(hours=5)
POISON = Statement("poison", "UPDATE job_runs SET watermark = @at WHERE watermark IS NOT NULL", {"at": "TIMESTAMP"})


@contextmanager
def collector_clock(world: CollectorWorld, shift: timedelta) -> Iterator[None]:
    """Set the collector's clock, and not Mixpanel's, by this much while the block runs."""
    true = world.clock
    world.clock = SettableClock(true.at + shift)
    try:
        yield
    finally:
        world.clock = true


def test_a_call_with_the_clock_ahead_keeps_no_later_call_from_what_arrives(engine: Engine) -> None:
    lines = [event("Now", "2040-03-15 11:59", mark="n")]
    with CollectorWorld(engine, lines) as world:
        with collector_clock(world, AHEAD):
            world.collect()
        for number in range(3):
            lines.append(
                event("Later", "2040-03-15 12:10", mark=f"l{number}", stored=f"{world.clock():%Y-%m-%d %H:%M}")
            )
            world.mixpanel.add(lines[-1])
            world.pass_time(minutes=15)
            assert world.collect().inserted == 1
        assert_tables_hold(world.tables(), lines)


@pytest.mark.both_engines
def test_a_call_with_the_clock_ahead_has_read_no_further_than_mixpanels_clock(engine: Engine) -> None:
    with CollectorWorld(engine, [event("Now", "2040-03-15 11:59", mark="n")]) as world:
        with collector_clock(world, AHEAD):
            world.collect()
            world.collect("2040-03-15", "2040-03-16")
        runs = world.tables().runs()
        assert {row["read_until"] for row in runs} == {world.clock()}


def test_without_a_date_header_the_newest_event_is_the_clock(engine: Engine) -> None:
    lines = [event("Now", "2040-03-15 11:59", mark="n", stored="2040-03-15 11:59:30")]
    with CollectorWorld(engine, lines, behaviour=Behaviour(sends_date=False)) as world:
        with collector_clock(world, AHEAD):
            world.collect()
        assert [row["watermark"] for row in world.tables().job_runs if row["part"]] == [utc("2040-03-15 11:59:30")]


def test_a_watermark_in_the_future_is_passed_over(engine: Engine) -> None:
    """As a version left it that trusted its own clock."""
    late = event("Late", "2040-03-15 12:10", mark="l")
    with CollectorWorld(engine, [event("Now", "2040-03-15 11:59", mark="n")]) as world:
        world.collect()
        with opened(engine) as warehouse:
            warehouse.transact("poison", [POISON], at=world.clock() + AHEAD)
        world.mixpanel.add(late)
        world.pass_time(minutes=15)
        assert world.collect().inserted == 1
