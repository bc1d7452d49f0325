"""A run over a window stores every event of it once, and no other."""

import pytest

from mixpanel_data.base.window import Window
from support import export_history
from support.collected_tables import COLLECTED_TABLES, assert_tables_hold
from support.collector_world import CollectorWorld, adds_up
from support.engines import Engine
from support.export_lines import event, utc


@pytest.mark.both_engines
@pytest.mark.sequences
def test_years_of_events_are_stored_once_and_as_exported(engine: Engine) -> None:
    """Two years, or one on the emulator, which is slow."""
    end = 2007 if engine.name == "duckdb" else 2006
    lines = [line for year in range(2005, end) for line in export_history.lines_of_year(year)]
    with CollectorWorld(engine, lines) as world:
        result = world.collect("2005-01-01", f"{end}-01-01")
        assert_tables_hold(world.tables(), lines, window=(utc("2005-01-01"), utc(f"{end}-01-01")))
        assert adds_up(result)
        assert len(world.calls) < 20


@pytest.mark.both_engines
def test_a_window_brings_its_events_and_no_others(engine: Engine) -> None:
    lines = [
        event("Early", "2040-03-08 09:59:59"),
        event("First", "2040-03-08 10:00:00"),
        event("Last", "2040-03-10 09:59:59"),
        event("Late", "2040-03-10 10:00:00"),
    ]
    with CollectorWorld(engine, lines) as world:
        result = world.collect("2040-03-08T10:00:00", "2040-03-10T12:00:00+02:00")
        window = utc("2040-03-08 10:00"), utc("2040-03-10 10:00")
        assert_tables_hold(world.tables(), lines, window=window)
        assert result.window == Window(*window)
        assert (result.received, result.inserted, result.filtered) == (4, 2, 2)
        assert world.calls == [("2040-03-08", "2040-03-10")]


def test_days_without_events_are_read_and_leave_no_row(engine: Engine) -> None:
    with CollectorWorld(engine, [event(at="2040-03-10 10:00:00")]) as world:
        result = world.collect("2040-03-11", "2040-03-13")
        assert (result.received, result.bytes) == (0, 0)
        assert world.tables().lasting() == {name: [] for name in COLLECTED_TABLES}
        assert [row["status"] for row in world.tables().runs()] == ["ok", "ok"]
