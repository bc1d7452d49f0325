"""The user sync over HTTP: a DuckDB file with events of some days ago, by the real clock."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from functions.conftest import assert_refused
from support.engines import DuckDB
from support.published_events import purchase, visit
from support.settable_clock import SettableClock
from support.user_sync_world import UserSyncWorld

if TYPE_CHECKING:
    from pathlib import Path

    from functions.conftest import Function

FIGURES = ["days", "users", "events", "changed", "pending", "skipped_values", "unseen_events"]
TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
METRICS = {
    "counters": {"visits": {"event": "Visit"}, "spent": {"event": "Purchase", "sum": "amount"}},
    "latest": {"plan": {"property": "plan", "type": "STRING"}},
}


def days_ago(days: int) -> str:
    return f"{TODAY - timedelta(days=days):%Y-%m-%d}"


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> UserSyncWorld:
    """A warehouse with events that no run has counted yet."""
    monkeypatch.setenv("WAREHOUSE", f"duckdb:///{tmp_path}/warehouse0.duckdb")
    monkeypatch.setenv("EVENTS_CONFIG", '{"events": [{"name": "Visit"}, {"name": "Purchase"}, {"name": "Never"}]}')
    configure(monkeypatch, METRICS)
    world = UserSyncWorld(DuckDB(tmp_path), METRICS)
    world.clock = SettableClock(datetime.now(UTC))
    world.bring(
        visit("ann", f"{days_ago(3)} 10:00:00", plan="free"),
        visit("bob", f"{days_ago(2)} 10:00:00"),
        purchase("ann", f"{days_ago(2)} 11:00:00", amount="1"),
        purchase("ann", f"{days_ago(1)} 11:00:00", amount=2.5, plan="gold"),
    )
    return world


def configure(monkeypatch: pytest.MonkeyPatch, metrics: dict[str, Any]) -> None:
    monkeypatch.setenv("USER_METRICS_CONFIG", json.dumps(metrics))


@pytest.mark.parametrize("how", ["get", "post"])
def test_the_days_that_changed_are_counted_once(function: Function, world: UserSyncWorld, how: str) -> None:
    status, document = function.get() if how == "get" else function.post()
    assert status == 200
    assert [*document][:4] == ["status", "job", "run_id", "seconds"]
    assert (document["status"], document["job"]) == ("ok", "incremental-user-sync")
    assert [document[name] for name in FIGURES] == [3, 2, 4, 2, 0, 1, []]
    assert sorted(document["added"]) == ["plan", "spent", "visits"]
    world.assert_true()
    status, again = function.get()
    assert (status, again["days"], again["changed"], again["added"]) == (200, 0, 0, [])


def test_a_call_can_ask_for_the_days_of_a_window(function: Function, world: UserSyncWorld) -> None:
    status, document = function.get(**{"from": days_ago(2), "to": days_ago(1)})
    assert (status, document["days"], document["events"], document["pending"]) == (200, 1, 2, 2)
    assert {name: row["visits"] for name, row in world.insights().items()} == {"ann": 0, "bob": 1}
    status, document = function.post(**{"from": days_ago(1), "to": days_ago(0)})
    assert (status, document["days"], document["events"], document["pending"]) == (200, 1, 1, 1)


def test_job_runs_has_a_row_for_the_run_and_for_each_part(function: Function, world: UserSyncWorld) -> None:
    run_id = function.get()[1]["run_id"]
    rows = [row for row in world.table("job_runs") if row["run_id"] == run_id]
    (run,) = (row for row in rows if row["part"] == 0)
    assert (run["job"], run["status"]) == ("incremental-user-sync", "ok")
    assert [run["figures"][name] for name in FIGURES[:5]] == [3, 2, 4, 2, 0]
    assert sum(row["figures"].get("changed", 0) for row in rows if row["part"]) == 2


@pytest.mark.usefixtures("world")
def test_a_wrong_request_is_refused_and_named(function: Function) -> None:
    assert_refused(function.get(since="2026-01-01"), "RequestError", "since")
    assert_refused(function.get(**{"from": "2026-01-01"}), "RequestError", "from and to")
    assert_refused(function.get(**{"from": "March", "to": "2026-01-01"}), "RequestError", "from", "ISO 8601")
    assert_refused(function.get(**{"from": "2026-01-02", "to": "2026-01-01"}), "RequestError", "to is 2026-01-01")
    assert_refused(
        function.post(**{"from": "2026-01-01T06:00:00", "to": "2026-01-03"}), "RequestError", "from", "not a date"
    )


def test_a_wrong_configuration_is_refused_and_changes_nothing(
    function: Function, world: UserSyncWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = world.contents()
    for metrics, words in (
        ({"counters": {"a": {"event": "Unknown"}}}, ["counters.a.event", "'Unknown'"]),
        ({"counters": {"a": {"event": "Visit", "sums": "x"}}}, ["USER_METRICS_CONFIG", "counters.a.sums"]),
        ({"counters": {"a": {"event": "Visit", "sum": "plan"}}}, ["counters.a.sum", "'plan'"]),
        ({"counters": {"distinct_id": {"event": "Visit"}}}, ["counters.distinct_id"]),
    ):
        configure(monkeypatch, metrics)
        assert_refused(function.get(), "ConfigError", *words)
    assert world.contents() == before


def test_the_answer_names_configured_events_that_never_came(
    function: Function, world: UserSyncWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, {"counters": {"never": {"event": "Never"}, "visits": {"event": "Visit"}}})
    assert function.get()[1]["unseen_events"] == ["Never"]
    assert {row["never"] for row in world.insights().values()} == {0}


@pytest.mark.usefixtures("world")
def test_a_missing_configuration_is_named(function: Function, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("USER_METRICS_CONFIG")
    assert_refused(function.get(), "ConfigError", "user_metrics.json", "USER_METRICS_CONFIG")


def test_an_empty_warehouse_is_answered_with_zeros(
    function: Function, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAREHOUSE", f"duckdb:///{tmp_path}/new.duckdb")
    monkeypatch.setenv("EVENTS_CONFIG", '{"events": [{"name": "*"}]}')
    configure(monkeypatch, METRICS)
    status, document = function.get()
    assert (status, document["days"], document["unseen_events"]) == (200, 0, ["Purchase", "Visit"])
