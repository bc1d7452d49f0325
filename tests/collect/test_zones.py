"""A project whose time zone or basis is corrected in the middle: every event moves to its right time, none doubles."""

import contextlib
from pathlib import Path

import pytest

from mixpanel_data.base.errors import WarehouseRefusedError
from mixpanel_data.runs import Origin
from mixpanel_data.warehouse.duckdb import DuckDBWarehouse
from mixpanel_data_standins.mixpanel import Behaviour
from support.collected_tables import assert_tables_hold
from support.collector_world import CollectorWorld
from support.engines import DuckDB, Engine
from support.export_lines import event
from support.fatal_steps import InterruptedSteps
from support.mortal_warehouse import MortalWarehouse

DAYS = ("2040-01-05", "2040-01-20")
UTC, WEST, EAST = (
    Behaviour(),
    *(Behaviour(time_basis="project", timezone=name) for name in ("America/New_York", "Pacific/Kiritimati")),
)


def at_the_edges() -> list[bytes]:
    """Events right before and after the midnights of some days."""
    times = [f"2040-01-1{day} {clock}" for day in range(3) for clock in ("00:00:00", "12:00:00", "23:59:59")]
    return [event("Purchase", time, mark=time) for time in times]


@pytest.mark.parametrize("order", [(UTC, WEST, EAST, UTC), (EAST, UTC, WEST)], ids=["westwards", "eastwards"])
def test_a_zone_that_changes_again_and_again_doubles_no_event(engine: Engine, order: tuple[Behaviour, ...]) -> None:
    with CollectorWorld(engine, lines := at_the_edges()) as world:
        for number, behaviour in enumerate(order):
            world.mixpanel.behaviour = behaviour
            world.pass_time(minutes=15)
            result = world.collect(*DAYS)
            assert (result.inserted, result.updated) == ((9, 0) if number == 0 else (0, 9))
            assert world.collect(*DAYS).updated == 0
            assert_tables_hold(world.tables(), lines, zone=behaviour.zone.key)


def test_late_copies_find_the_events_that_were_read_in_the_zone_before(engine: Engine) -> None:
    with CollectorWorld(engine, at_the_edges(), behaviour=WEST) as world:
        world.collect(*DAYS)
        world.collect()
        world.mixpanel.behaviour = EAST
        world.mixpanel.add(
            [event("Purchase", "2040-01-10 00:00:00", mark="2040-01-10 00:00:00", stored="2040-03-15 12:05")]
        )
        world.pass_time(minutes=15)
        result = world.collect()
        assert (result.inserted, result.updated) == (0, 1)


def test_a_run_of_the_zone_before_publishes_nothing_more(tmp_path: Path) -> None:
    """It has begun before the zone was corrected, and wants to publish after a run has begun in the new one."""
    engine = DuckDB(tmp_path)
    with CollectorWorld(engine, lines := at_the_edges()) as world:

        def correct() -> None:
            world.mixpanel.behaviour = WEST
            world.collect(*DAYS)

        steps = InterruptedSteps(0, correct)
        steps._at = _first(engine.fresh(), lines, "publish, before runs/guard.sql")
        warehouse = engine.open()
        with pytest.raises(WarehouseRefusedError, match="another time zone"):
            world.collect(*DAYS, warehouse=MortalWarehouse(warehouse, steps))
        warehouse.close()
        assert_tables_hold(world.tables(), lines, zone="America/New_York")
        assert {row["status"] for row in world.tables().runs(part=0)} == {"ok", "failed"}


def _first(engine: DuckDB, lines: list[bytes], point: str) -> int:
    """The number of the point in an undisturbed run."""
    steps = InterruptedSteps(0, lambda: None)
    with CollectorWorld(engine, lines) as world:
        warehouse = engine.open()
        world.collect(*DAYS, warehouse=MortalWarehouse(warehouse, steps))
        warehouse.close()
    return steps.passed.index(point) + 1


def test_a_newer_copy_of_an_event_in_a_repeated_hour_at_midnight_moves_it(engine: Engine) -> None:
    """On Troll, clocks go back from 3:00, which is 1:00 UTC, to 1:00: 1:30 is 23:30 UTC, and then 1:30."""
    troll = Behaviour(time_basis="project", timezone="Antarctica/Troll")
    first = event("Purchase", "2039-10-30 01:30:00", mark="m", stored="2039-10-29 23:31:00")
    second = event("Purchase", "2039-10-30 01:30:00", mark="m", stored="2039-10-30 09:00:00")
    with CollectorWorld(engine, [first], behaviour=troll) as world:
        world.collect("2039-10-25", "2039-11-05")
        assert [row["event_timestamp"].day for row in world.tables().mixpanel_events] == [29]
        world.mixpanel.add(second)
        world.pass_time(minutes=15)
        result = world.collect("2039-10-25", "2039-11-05")
        assert (result.inserted, result.updated) == (0, 1)
        assert_tables_hold(world.tables(), [first, second], zone="Antarctica/Troll")


AT_MIDNIGHT = [event("Purchase", f"2040-01-{day} 23:59:59", mark=day) for day in ("06", "10", "14")]
"""Events that another zone puts on another day, on which no other event looks for them."""


def test_a_run_at_work_while_the_zone_goes_there_and_back_doubles_no_event(tmp_path: Path) -> None:
    engine = DuckDB(tmp_path)
    with CollectorWorld(engine, AT_MIDNIGHT) as world:

        def there_and_back() -> None:
            world.mixpanel.behaviour = WEST
            world.collect(*DAYS)
            world.mixpanel.behaviour = UTC
            world.collect("2040-01-01", "2040-01-02")

        steps = InterruptedSteps(_first(engine.fresh(), AT_MIDNIGHT, "publish, before runs/guard.sql"), there_and_back)
        warehouse = engine.open()
        world.collect(*DAYS, warehouse=MortalWarehouse(warehouse, steps))
        warehouse.close()
        assert_tables_hold(world.tables(), AT_MIDNIGHT)


def test_a_table_that_an_earlier_state_read_in_another_zone_is_remembered(tmp_path: Path) -> None:
    engine = DuckDB(tmp_path)
    with CollectorWorld(engine, AT_MIDNIGHT) as world:

        def collect(table: str, *window: str) -> None:
            warehouse = DuckDBWarehouse(engine.path, dataset="mixpanel_data", events_table=table, create_tables=True)
            with contextlib.closing(warehouse):
                request = {"new_state": True, "from": window[0], "to": window[1]}
                world.collect(warehouse=warehouse, origin=Origin("1", table), request=request)
                world.pass_time(minutes=15)

        collect("mixpanel_events", *DAYS)
        world.mixpanel.behaviour = WEST
        collect("others", "2040-01-01", "2040-01-02")
        collect("mixpanel_events", *DAYS)
        assert_tables_hold(world.tables(), AT_MIDNIGHT, zone="America/New_York")
