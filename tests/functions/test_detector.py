"""The detector over HTTP: a DuckDB file on one side, a stand-in Slack on the other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from mixpanel_data_standins.slack import StandInSlack, faults
from support.detector_world import MINUTE
from support.engines import DuckDB
from support.published_counts import publish_counts

if TYPE_CHECKING:
    from pathlib import Path

    from functions.conftest import Function

FIGURES = ["alerts", "notified", "suppressed", "resolved", "undelivered", "skipped", "lag_seconds", "read_until"]
ALERT = [
    *("event", "rule", "direction", "state", "window_start", "window_end", "count", "expected", "threshold", "channel"),
]
VISIT = {"name": "Visit", "alert_threshold": 30, "baseline": False, "silence": False}


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandInSlack]:
    for name in ("SLACK_BOT_TOKEN", "SLACK_BASE_URL", "SLACK_CHANNEL", "SLACK_WEBHOOK_URL"):
        monkeypatch.delenv(name, raising=False)
    with StandInSlack(["alerts", "visits"]) as running:
        for name, value in running.settings.items():
            monkeypatch.setenv(name, value)
        yield running


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DuckDB:
    """A warehouse with a burst of some minutes ago, by the real clock."""
    monkeypatch.setenv("WAREHOUSE", f"duckdb:///{tmp_path}/warehouse0.duckdb")
    configure(monkeypatch, VISIT)
    engine = DuckDB(tmp_path)
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    publish_counts(engine, {("Visit", now - 9 * MINUTE): 40}, now, run_id="collector-1", read_until=now)
    return engine


def configure(monkeypatch: pytest.MonkeyPatch, *entries: dict[str, Any]) -> None:
    monkeypatch.setenv("EVENTS_CONFIG", json.dumps({"events": entries}))


def refused(answered: tuple[int, dict[str, Any]], kind: str, *words: str) -> None:
    status, document = answered
    assert (status, document["error"]["type"]) == (400, kind)
    for word in words:
        assert word in document["error"]["message"]


@pytest.mark.usefixtures("engine")
def test_what_is_abnormal_is_told_once_and_answered(function: Function, slack: StandInSlack) -> None:
    status, document = function.get()
    assert status == 200
    assert [*document] == ["status", "job", "run_id", "seconds", *FIGURES]
    assert (document["status"], document["job"], document["skipped"]) == ("ok", "detector", False)
    (alert,) = document["alerts"]
    assert set(ALERT) <= alert.keys()
    assert (alert["event"], alert["rule"], alert["state"]) == ("Visit", "threshold", "open")
    assert (alert["count"], alert["threshold"], alert["channel"]) == (40, 30.0, "#alerts")
    assert [document[name] for name in FIGURES[1:5]] == [1, 0, 0, 0]
    status, again = function.post()
    assert (status, again["alerts"], again["notified"]) == (200, [], 0)
    assert len([message for message in slack.messages if not message.file_id]) == 1


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("how", ["get", "post"])
def test_a_dry_run_is_asked_for_by_its_parameter(function: Function, slack: StandInSlack, how: str) -> None:
    status, document = function.get(dry_run="true") if how == "get" else function.post(dry_run=True)
    assert (status, len(document["alerts"]), document["notified"]) == (200, 1, 0)
    assert slack.calls == []
    assert function.get()[1]["notified"] == 1


@pytest.mark.usefixtures("engine")
def test_a_message_that_slack_does_not_take_is_told_by_the_next_run(function: Function, slack: StandInSlack) -> None:
    slack.faults.append(faults.Status(500))
    status, document = function.get()
    assert (status, document["notified"], document["undelivered"]) == (200, 0, 1)
    status, document = function.get()
    assert (status, document["notified"], document["undelivered"]) == (200, 1, 0)


@pytest.mark.usefixtures("engine", "slack")
def test_what_cannot_be_asked_is_refused(function: Function) -> None:
    refused(function.get(windows="5"), "RequestError", "windows")
    refused(function.get(at="yesterday"), "RequestError", "at", "ISO 8601")
    refused(function.get(at="2999-01-01"), "RequestError", "future")
    refused(function.get(events="Purchase"), "RequestError", "Purchase")
    refused(function.post(events=[]), "RequestError", "events")


@pytest.mark.usefixtures("engine", "slack")
def test_an_event_without_a_channel_is_named(function: Function, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SLACK_CHANNEL")
    configure(monkeypatch, {**VISIT, "alert_channel": "#visits"}, {"name": "Purchase"})
    refused(function.get(), "ConfigError", "events[1]", "Purchase", "alert_channel", "SLACK_CHANNEL")


@pytest.mark.usefixtures("engine")
def test_without_slack_incidents_are_recorded(function: Function) -> None:
    status, document = function.get()
    assert (status, len(document["alerts"]), document["notified"]) == (200, 1, 0)


@pytest.mark.usefixtures("slack")
def test_a_run_that_finds_another_at_work_says_so(function: Function, engine: DuckDB) -> None:
    warehouse = engine.open()
    with warehouse.lease("detector", "another", 60.0):
        status, document = function.get()
    warehouse.close()
    assert (status, document["skipped"], document["alerts"]) == (200, True, [])
    assert function.get()[1]["notified"] == 1


@pytest.mark.usefixtures("slack")
def test_an_empty_warehouse_is_no_error(function: Function, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAREHOUSE", f"duckdb:///{tmp_path}/new.duckdb")
    configure(monkeypatch, {"name": "*"})
    status, document = function.get()
    assert (status, document["alerts"]) == (200, [])


@pytest.mark.usefixtures("slack")
def test_a_missing_folder_is_told(function: Function, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAREHOUSE", "duckdb:///not/there/x.duckdb")
    configure(monkeypatch, {"name": "*"})
    refused(function.get(), "ConfigError", "not/there")
