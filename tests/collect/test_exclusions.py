"""Lines that a run leaves out or rejects."""

import math

import pytest

from collect.some_events import WEEK, many
from mixpanel_data_standins.mixpanel import Behaviour
from support.collected_tables import assert_tables_hold
from support.collector_world import CollectorWorld
from support.engines import Engine
from support.events_configs import enabled
from support.export_lines import event

pytestmark = pytest.mark.sequences


@pytest.mark.parametrize("padding", [0, 6000], ids=["asked of Mixpanel", "chosen in SQL"])
def test_events_that_are_not_enabled_are_left_out(engine: Engine, padding: int) -> None:
    config = enabled("Purchase", *(["x" * 250 + str(n) for n in range(padding // 250)]))
    with CollectorWorld(engine, many()) as world:
        result = world.collect(*WEEK, config=config)
        assert_tables_hold(world.tables(), many(), is_enabled=lambda name: name == "Purchase")
        assert result.inserted == 28
        assert result.filtered == (14 if padding else 0)


def test_a_call_for_some_events_brings_no_others(engine: Engine) -> None:
    with CollectorWorld(engine, many()) as world:
        result = world.collect(*WEEK, request={"events": ["Signup"]})
        assert_tables_hold(world.tables(), many(), is_enabled=lambda name: name == "Signup")
        assert (result.received, result.inserted) == (14, 14)


@pytest.mark.both_engines
def test_rows_of_a_warehouse_connector_are_not_collected_back(engine: Engine) -> None:
    lines = [event(mark="own"), event(mark="from us", **{"$warehouse_import_id": "w1", "$warehouse_type": "bigquery"})]
    with CollectorWorld(engine, lines) as world:
        result = world.collect(*WEEK)
        assert (result.received, result.inserted, result.filtered) == (2, 1, 1)
        assert_tables_hold(world.tables(), lines)


@pytest.mark.both_engines
def test_lines_that_are_not_events_are_rejected_once_with_their_reason(engine: Engine) -> None:
    broken = [b"42", b'{"event":"Purchase"}', b'{"event":"Purchase","properties":{"time":"soon"}}', b"{broken", b"42"]
    with CollectorWorld(engine, [event(), *broken]) as world:
        first = world.collect(*WEEK, run_id="first")
        assert (first.received, first.inserted, first.rejected) == (6, 1, 5)
        assert_tables_hold(world.tables(), [event(), *broken])
        before = world.tables().lasting()
        world.pass_time(hours=1)
        second = world.collect(*WEEK)
        assert (second.rejected, second.duplicates) == (5, 1)
        assert world.tables().lasting() == before
        (row,) = [row for row in world.tables().rejected_events if row["line"] == "42"]
        assert (row["reason"], row["run_id"]) == ("event is not a name", "first")


@pytest.mark.parametrize("number", ["NaN", "nan", "-nan", "Infinity", "-Infinity", "inf", "-INF"])
def test_a_run_stores_events_with_nan_and_infinity(engine: Engine, number: str) -> None:
    """DuckDB accepts these numbers as JSON; BigQuery rejects the line."""
    odd = [
        event(name, mark=mark, a=[0.5], text='a "nan" inf').replace(b"0.5", number.encode())
        for name, mark in (("Bare", None), ("Marked", "m"))
    ]
    with CollectorWorld(engine, [event(mark="1"), *odd, event(mark="2")]) as world:
        first = world.collect(*WEEK)
        assert (first.received, first.inserted) == (4, 4)
        before = world.tables().lasting()
        world.mixpanel.behaviour = Behaviour(shuffle_seed=3)
        world.pass_time(hours=1)
        assert world.collect(*WEEK).duplicates == 4
        assert world.tables().lasting() == before
        found = [row["properties"] for row in world.tables().mixpanel_events if row["event_name"] != "Purchase"]
        assert [one["text"] for one in found] == ['a "nan" inf'] * 2
        assert not any(math.isfinite(one["a"][0]) for one in found)
