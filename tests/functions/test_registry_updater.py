"""The registry updater over HTTP: a DuckDB file with events, by the real clock."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from functions.conftest import assert_refused
from mixpanel_data.base.redaction import REDACTED
from support.engines import DuckDB
from support.published_events import PublishedEvent
from support.registry_world import RegistryWorld
from support.settable_clock import SettableClock

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from functions.conftest import Answer, Function

pytestmark = pytest.mark.sequences

COUNTS = ["events", "properties", "retracted", "violations", "pending"]
ANN = "ann@example.com"
PLAN = {"events": {"Purchase": {"owner": "shop", "schema": {"properties": {"amount": {"type": "number"}}}}}}
LISTS = ["/events", "/properties", "/changes", "/violations"]


def events_of(day: datetime) -> list[PublishedEvent]:
    """Two purchases, one with an amount that is no number, and a mail to somebody."""
    at = f"{day:%Y-%m-%d} 10:00:00"
    return [
        PublishedEvent("Purchase", at, "a", properties={"amount": 1, "note": f"for {ANN}"}),
        PublishedEvent("Purchase", at, "b", properties={"amount": "2", "plan": "pro"}),
        PublishedEvent(f"Mail to {ANN}", at, "c", properties={"plan": "free"}),
    ]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RegistryWorld:
    """A warehouse with three events of yesterday that no run has observed yet, and a plan for one of their names."""
    monkeypatch.setenv("WAREHOUSE", f"duckdb:///{tmp_path}/warehouse0.duckdb")
    configure(monkeypatch, PLAN)
    now = datetime.now(UTC)
    return RegistryWorld(DuckDB(tmp_path), *events_of(now - timedelta(days=1)), plan=PLAN, clock=SettableClock(now))


def configure(monkeypatch: pytest.MonkeyPatch, plan: dict[str, Any]) -> None:
    monkeypatch.setenv("TRACKING_PLAN", json.dumps(plan))


@pytest.fixture
def updated(function: Function, world: RegistryWorld) -> RegistryWorld:
    """The function has run once."""
    assert function.get()[0] == 200
    return world


def names(answer: Answer, column: str = "event_name") -> list[Any]:
    status, document = answer
    assert status == 200
    return [item[column] for item in document["items"]]


# The job


@pytest.mark.parametrize("how", ["get", "post"])
def test_events_are_observed_once(function: Function, world: RegistryWorld, how: str) -> None:
    status, document = function.get() if how == "get" else function.post()
    assert status == 200
    assert [*document][:4] == ["status", "job", "run_id", "seconds"]
    assert (document["status"], document["job"]) == ("ok", "registry-updater")
    assert [document[name] for name in COUNTS] == [2, 4, 0, 2, 0]
    assert document["changes"] == []
    before, published = world.contents(), world.published()
    assert_nothing_new(function.get())
    assert world.contents() == before
    assert_nothing_new(function.post(full=True))
    assert world.published() == published


def assert_nothing_new(answer: Answer) -> None:
    status, document = answer
    assert status == 200
    assert [document[name] for name in COUNTS] == [2, 4, 0, 2, 0]
    assert (document["new_events"], document["new_properties"], document["changes"]) == (0, 0, [])


def test_the_changes_in_the_answer_are_redacted(function: Function, world: RegistryWorld) -> None:
    long_ago = f"{world.clock() - timedelta(days=200):%Y-%m-%d} 10:00:00"
    world.bring(PublishedEvent(f"Note to {ANN}", long_ago, "d"))
    _, document = function.get()
    assert [(each["kind"], each["event_name"]) for each in document["changes"]] == [
        ("became_dormant", f"Note to {REDACTED}")
    ]
    assert "@" not in json.dumps(document)


def test_the_registry_can_be_judged_as_of_a_day(function: Function, world: RegistryWorld) -> None:
    day = (world.clock() - timedelta(days=1)).date()
    assert function.get(at=day.isoformat())[0] == 200
    (judged,) = world.table("registry_judged")
    assert judged["as_of"] == day


@pytest.mark.usefixtures("world")
def test_a_wrong_request_is_refused_and_named(function: Function) -> None:
    assert_refused(function.get(at="yesterday"), "RequestError", "at", "2026-01-31")
    assert_refused(function.get(full="perhaps"), "RequestError", "full")
    assert_refused(function.post(event="Purchase"), "RequestError", "event")


def test_a_wrong_plan_is_refused_and_named(
    function: Function, world: RegistryWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = world.contents()
    for entry, word in (
        ({"status": "retired"}, "status"),
        ({"schema": {"properties": {"amount": {"type": "decimal"}}}}, "amount"),
        ({"schema": {"properties": {"amount": {"multipleOf": 2}}}}, "multipleOf"),
        ({"schema": {"properties": {"amount": {"pattern": "(?=x)"}}}}, "pattern"),
    ):
        configure(monkeypatch, {"events": {"Purchase": entry}})
        assert_refused(function.get(), "ConfigError", "TRACKING_PLAN", "Purchase", word)
    monkeypatch.setenv("TRACKING_PLAN", '{"events": {"A": {}, "A": {}}}')
    assert_refused(function.get(), "ConfigError", "'A'", "twice")
    assert world.contents() == before


def test_without_a_plan_nothing_is_a_violation(
    function: Function, world: RegistryWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TRACKING_PLAN")
    assert function.get()[1]["violations"] == 0
    assert {row["status"] for row in world.table("event_registry")} == {"active"}


def test_a_plan_in_the_folder_is_read(
    function: Function, world: RegistryWorld, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("TRACKING_PLAN")
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "tracking_plan.json").write_text(json.dumps(PLAN))
    assert function.get()[1]["violations"] == 2
    assert world.events()["Purchase"]["owner"] == "shop"
    (tmp_path / "config" / "tracking_plan.json").write_text("{")
    assert_refused(function.get(), "ConfigError", "config/tracking_plan.json", "JSON")


def test_job_runs_has_the_figures_of_the_run(function: Function, world: RegistryWorld) -> None:
    run_id = function.get()[1]["run_id"]
    (run,) = (row for row in world.table("job_runs") if (row["run_id"], row["part"]) == (run_id, 0))
    assert (run["job"], run["status"]) == ("registry-updater", "ok")
    assert {name: run["figures"][name] for name in COUNTS} == dict(zip(COUNTS, [2, 4, 0, 2, 0], strict=True))


# Reading


@pytest.mark.usefixtures("updated")
def test_the_lists_are_read(function: Function) -> None:
    assert names(function.ask("/events")) == [f"Mail to {REDACTED}", "Purchase"]
    assert names(function.ask("/events", query_string={"status": "unexpected"})) == [f"Mail to {REDACTED}"]
    assert names(function.ask("/properties"), "property") == ["amount", "note", "plan"]
    assert names(function.ask("/properties", query_string={"event": "Purchase"}), "property") == [
        "amount",
        "note",
        "plan",
    ]
    assert sorted(names(function.ask("/violations"), "rule")) == ["type", "unknown_event"]
    assert names(function.ask("/violations", query_string={"rule": "type"}), "property") == ["amount"]
    assert names(function.ask("/changes")) == []


@pytest.mark.usefixtures("updated")
def test_a_list_is_read_page_by_page(function: Function) -> None:
    _, first = function.ask("/events", query_string={"limit": 1})
    _, second = function.ask("/events", query_string={"limit": 1, "after": first["next"]})
    assert [each["event_name"] for each in (*first["items"], *second["items"])] == [f"Mail to {REDACTED}", "Purchase"]
    assert second["next"] is None


@pytest.mark.usefixtures("updated")
def test_an_event_is_read_by_its_name(function: Function) -> None:
    status, document = function.ask("/events/Purchase")
    assert (status, document["status"]) == (200, "ok")
    assert (document["event"]["event_name"], document["event"]["owner"]) == ("Purchase", "shop")
    assert [each["property"] for each in document["properties"]] == ["amount", "note", "plan"]
    assert [each["rule"] for each in document["violations"]] == ["type"]
    assert function.ask(f"/events/Mail to {ANN}")[0] == 200


@pytest.mark.usefixtures("updated")
@pytest.mark.parametrize("name", ["Purchaze", "purchase", "Purchase/", "a/b/c", "", f"to {ANN}"])
def test_an_unknown_event_is_not_found(function: Function, name: str) -> None:
    status, document = function.ask(f"/events/{name}")
    assert (status, document["error"]["type"]) == (404, "NotFoundError")
    assert "@" not in document["error"]["message"]


@pytest.mark.usefixtures("updated")
@pytest.mark.parametrize("path", [*LISTS, "/events/Purchase", f"/events/Mail to {ANN}"])
def test_no_answer_has_personal_data(function: Function, path: str) -> None:
    status, document = function.ask(path)
    assert status == 200
    assert "@" not in json.dumps(document)


@pytest.mark.usefixtures("updated")
@pytest.mark.parametrize(
    ("path", "given"),
    [
        ("/events", {"to": ANN}),
        ("/events", {ANN: "1"}),
        ("/changes", {"kind": ANN}),
        ("/changes", {"after": ANN}),
        (f"/{ANN}", {}),
    ],
)
def test_a_refusal_has_no_personal_data(function: Function, path: str, given: Mapping[str, str]) -> None:
    status, document = function.ask(path, query_string=given)
    assert (status, document["error"]["type"]) == (400, "RequestError")
    assert REDACTED in document["error"]["message"]
    assert "@" not in document["error"]["message"]


@pytest.mark.usefixtures("updated")
def test_redact_of_the_events_configuration_holds_for_answers(
    function: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    redact = {"properties": ["plan"], "patterns": ["Purch[a-z]*"]}
    monkeypatch.setenv("EVENTS_CONFIG", json.dumps({"events": [{"name": "*"}], "redact": redact}))
    _, document = function.ask("/events/Purchase")
    assert document["event"]["event_name"] == REDACTED
    values = {each["property"]: each["top_values"] for each in document["properties"]}
    assert values["plan"] == [{"value": REDACTED, "events": 1}]
    monkeypatch.setenv("EVENTS_CONFIG", "{}")
    assert_refused(function.ask("/events"), "ConfigError", "EVENTS_CONFIG")


def test_reading_changes_nothing_and_makes_no_run(function: Function, updated: RegistryWorld) -> None:
    before = [updated.contents(), updated.table("job_runs"), updated.table("job_locks")]
    for path in (*LISTS, "/events/Purchase", "/events/none"):
        function.ask(path)
    assert [updated.contents(), updated.table("job_runs"), updated.table("job_locks")] == before


@pytest.mark.parametrize("path", [*LISTS, "/events/Purchase"])
def test_reading_before_the_first_run_makes_no_tables(
    function: Function, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, path: str
) -> None:
    monkeypatch.setenv("WAREHOUSE", f"duckdb:///{tmp_path}/new.duckdb")
    assert_refused(function.ask(path), "TableNotFoundError", "new.duckdb")
    assert not (tmp_path / "new.duckdb").exists()


@pytest.mark.usefixtures("updated")
@pytest.mark.parametrize("path", [*LISTS, "/events/Purchase"])
def test_an_answer_is_sent_again_only_if_it_changed(
    function: Function, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    first = function.client.get(path)
    tag = first.headers["ETag"]
    assert function.client.get(path, headers={"If-None-Match": tag}).status_code == 304
    monkeypatch.setenv("EVENTS_CONFIG", json.dumps({"events": [{"name": "*"}], "redact": {"patterns": ["."]}}))
    again = function.client.get(path, headers={"If-None-Match": tag})
    assert again.status_code == (200 if path != "/changes" else 304)


@pytest.mark.usefixtures("updated")
def test_a_wrong_filter_is_refused_and_named(function: Function) -> None:
    for path, given, words in (
        ("/events", {"status": "gone"}, ["status", "dormant"]),
        ("/events", {"kind": "new_event"}, ["kind"]),
        ("/properties", {"status": "blocked"}, ["status", "unstable"]),
        ("/changes", {"kind": "typo"}, ["kind", "likely_typo"]),
        ("/violations", {"rule": "colour"}, ["rule", "naming"]),
        ("/violations", {"from": "2024-01-02", "to": "2024-01-01"}, ["from"]),
        ("/changes", {"after": "nowhere"}, ["after", "next"]),
        ("/events", {"limit": "0"}, ["limit"]),
        ("/events", {"limit": "1001"}, ["limit"]),
    ):
        assert_refused(function.ask(path, query_string=given), "RequestError", *words)
    assert_refused(function.ask("/events", method="POST", data=b"{}"), "RequestError", "read-only")
