"""What a run leaves for later where BigQuery bills each reading of a day, and how soon links are in the graph."""

from typing import Any

import pytest

from identity.seen_events import linked, seen, with_events
from support.engines import Engine
from support.identity_world import EVENTS, LOGINS, IdentityWorld, configured
from support.settable_clock import SettableClock


@pytest.fixture(autouse=True)
def large_days(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading is billed, and no day is so small that it is read at once."""
    monkeypatch.setattr("mixpanel_data.warehouse.duckdb.warehouse.DuckDBWarehouse.is_billed", True)
    monkeypatch.setattr("mixpanel_data.identity.opening.SMALL_DAY", -1)


@pytest.fixture
def read(engine: Engine) -> IdentityWorld:
    """A link of an event was read at 12:01 UTC."""
    world = with_events(engine)
    world.bring(seen("ann", "phone"))
    assert (world.follow().links, world.clock().hour) == (1, 12)
    return world


@pytest.mark.both_engines
def test_links_wait_until_a_reading_is_due(read: IdentityWorld) -> None:
    read.pass_time(hours=1)
    read.bring(seen("bob", "tablet"), seen("eve", "old", "2040-02-01 10:00:00"))
    waiting = read.follow()
    assert (waiting.links, waiting.ids, waiting.pending) == (0, 2, 2)
    assert read.rows_of("job_runs")[-1]["status"] == "ok"
    read.pass_time(hours=2)
    found = read.follow()
    assert (found.links, found.pending, read.clock().hour) == (1, 0, 15)
    read.pass_time(hours=12)
    assert (read.follow().links, read.clock().hour) == (1, 3)
    assert linked(read) == {"ann phone", "bob tablet", "eve old"}


@pytest.mark.parametrize(
    "change", [{"max_partners": {"device": 5, "user": None, "other": None}}, {"sources": [EVENTS, LOGINS]}]
)
def test_a_changed_configuration_waits_for_nothing(read: IdentityWorld, change: dict[str, Any]) -> None:
    read.bring(seen("bob", "tablet"))
    read.document = {**read.document, **change}
    assert read.follow().links == 1


def test_a_call_with_a_window_waits_for_nothing(read: IdentityWorld) -> None:
    read.bring(seen("bob", "tablet"))
    assert read.follow(start="2040-03-15", end="2040-03-16").links == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [("identity.opening.SMALL_DAY", 2), ("warehouse.duckdb.warehouse.DuckDBWarehouse.is_billed", False)],
)
def test_small_days_and_an_engine_that_bills_nothing_wait_for_nothing(
    read: IdentityWorld, monkeypatch: pytest.MonkeyPatch, name: str, value: object
) -> None:
    read.bring(seen("bob", "tablet"))
    assert read.follow().pending == 1
    monkeypatch.setattr(f"mixpanel_data.{name}", value)
    assert read.follow().links == 1


def test_tables_beside_events_wait_with_them(engine: Engine) -> None:
    world = IdentityWorld(engine, configured(EVENTS, LOGINS), clock=SettableClock())
    world.bring(seen("ann", "phone"))
    world.follow()
    world.login("bob tablet")
    assert world.follow().links == 0
    world.pass_time(hours=3)
    assert world.follow().links == 1
