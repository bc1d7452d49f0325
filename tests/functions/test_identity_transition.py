"""The identity transition over HTTP: a DuckDB file with a table of pairs, by the real clock."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from functions.conftest import assert_refused
from support.engines import DuckDB
from support.identity_world import LOGINS, PAIRS, IdentityWorld, configured
from support.settable_clock import SettableClock

if TYPE_CHECKING:
    from pathlib import Path

    from functions.conftest import Function

COUNTS = ["clusters", "ids", "links", "ignored", "withdrawn", "conflicts", "pushed", "refused"]
NO_CHANGE = {"inserted": 0, "updated": 0, "deleted": 0}


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> IdentityWorld:
    """A warehouse with two pairs of ids that no run has linked yet."""
    monkeypatch.setenv("WAREHOUSE", f"duckdb:///{tmp_path}/warehouse0.duckdb")
    configure(monkeypatch, configured(PAIRS, LOGINS))
    world = IdentityWorld(DuckDB(tmp_path), clock=SettableClock(datetime.now(UTC)))
    world.pair("foo bar", "bar baz")
    return world


def configure(monkeypatch: pytest.MonkeyPatch, document: dict[str, Any]) -> None:
    monkeypatch.setenv("IDENTITY_CONFIG", json.dumps(document))


@pytest.mark.parametrize("how", ["get", "post"])
def test_new_links_are_brought_into_the_graph_once(function: Function, world: IdentityWorld, how: str) -> None:
    status, document = function.get() if how == "get" else function.post()
    assert status == 200
    assert [*document][:4] == ["status", "job", "run_id", "seconds"]
    assert (document["status"], document["job"]) == ("ok", "identity-transition")
    assert [document[name] for name in COUNTS] == [1, 3, 2, 0, 0, 0, 0, 0]
    assert document["changed"] == {**NO_CHANGE, "inserted": 2}
    assert document["graph"] == {**NO_CHANGE, "inserted": 1}
    assert world.tables().clusters == ["foo bar baz"]
    before = world.contents()
    for action in ("refresh", "build"):
        status, again = function.post(action=action)
        assert (status, again["links"], again["changed"], again["graph"]) == (200, 0, NO_CHANGE, NO_CHANGE)
    assert world.contents() == before


def test_a_link_can_be_split_and_taken_back(function: Function, world: IdentityWorld) -> None:
    function.get()
    before = world.tables()
    status, document = function.post(action="split", a="bar", b="baz")
    assert (status, document["withdrawn"], document["changed"]["deleted"]) == (200, 1, 1)
    assert world.tables().clusters == ["foo bar"]
    status, document = function.get(action="link", a="baz", b="bar")
    assert (status, document["links"], document["changed"]["inserted"]) == (200, 0, 1)
    assert world.tables().clusters == before.clusters
    assert world.tables().pairs == before.pairs


def test_job_runs_has_the_figures_of_the_run(function: Function, world: IdentityWorld) -> None:
    run_id = function.get()[1]["run_id"]
    (run,) = (row for row in world.rows_of("job_runs") if (row["run_id"], row["part"]) == (run_id, 0))
    assert (run["job"], run["status"]) == ("identity-transition", "ok")
    assert [run["figures"][name] for name in COUNTS] == [1, 3, 2, 0, 0, 0, 0, 0]


def test_a_wrong_request_is_refused_and_changes_nothing(function: Function, world: IdentityWorld) -> None:
    function.get()
    before = world.contents()
    for parameters, words in (
        ({"action": "merge"}, ["action", "refresh"]),
        ({"action": "split", "a": "foo"}, ["b is missing"]),
        ({"action": "split", "a": "foo", "b": "foo"}, ["a and b", "'foo'"]),
        ({"action": "split", "a": "foo", "b": "baz"}, ["'foo'", "'baz'", "bar"]),
        ({"action": "build", "a": "foo"}, ["a is a parameter of split and link"]),
        ({"action": "build", "from": "2026-01-01", "to": "2026-01-02"}, ["from is a parameter of refresh"]),
        ({"from": "2026-01-01"}, ["from and to"]),
        ({"action": "transition"}, ["state"]),
        ({"action": "transition", "state": "today"}, ["states"]),
        ({"action": "delete"}, ["states"]),
    ):
        assert_refused(function.post(**parameters), "RequestError", *words)
    assert world.contents() == before


@pytest.mark.usefixtures("world")
def test_a_wrong_configuration_is_refused_and_named(function: Function, monkeypatch: pytest.MonkeyPatch) -> None:
    for document, words in (
        (configured(), ["IDENTITY_CONFIG", "sources"]),
        (configured(PAIRS, PAIRS), ["sources", "'pairs'"]),
        (configured({**PAIRS, "table": "nowhere"}), ["pairs", "nowhere"]),
        (configured({**PAIRS, "ids": [{"kind": "user", "column": "c"}]}), ["pairs", "c"]),
        (configured({**PAIRS, "ids": [{"kind": "robot", "column": "a"}]}), ["kind"]),
        (configured(PAIRS, max_cluster_size=0), ["max_cluster_size"]),
        (configured(PAIRS, max_partners={"device": 0}), ["max_partners"]),
    ):
        configure(monkeypatch, document)
        assert_refused(function.get(), "ConfigError", *words)


def test_a_refresh_that_would_take_out_too_many_pairs_is_refused_and_a_build_is_not(
    function: Function, world: IdentityWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    function.get()
    before = world.contents()
    configure(monkeypatch, configured(PAIRS, LOGINS, max_partners={"other": 1}, max_withdrawn=1))
    assert_refused(function.get(), "ConfigError", "2 pairs", "max_withdrawn")
    assert world.contents() == before
    status, document = function.get(action="build")
    assert (status, document["withdrawn"], document["clusters"]) == (200, 2, 0)


@pytest.mark.usefixtures("world")
def test_a_push_needs_a_project_with_original_identity_and_credentials(
    function: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert_refused(function.get(action="push"), "ConfigError", "MIXPANEL_SERVICE_ACCOUNT", "MIXPANEL_API_SECRET")
    configure(monkeypatch, configured(PAIRS, LOGINS, identity="simplified"))
    assert_refused(function.get(action="push"), "RequestError", "push", "simplified")
