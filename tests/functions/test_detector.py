"""The detector over HTTP: a DuckDB file on one side, a stand-in Slack on the other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from functions.conftest import assert_refused
from mixpanel_data_standins.slack import StandInSlack, faults
from support.detector_world import MINUTE
from support.engines import DuckDB, opened
from support.published_counts import publish_counts
from support.stored_rows import all_rows_of

pytestmark = pytest.mark.sequences

if TYPE_CHECKING:
    from pathlib import Path

    from functions.conftest import Function

FIGURES = [
    *("alerts", "notified", "suppressed", "resolved", "undelivered", "skipped"),
    *("lag_seconds", "read_until", "learning"),
]
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


@pytest.mark.usefixtures("engine")
def test_an_abnormal_count_is_alerted_once_and_stands_in_the_answer(function: Function, slack: StandInSlack) -> None:
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
def test_a_call_can_ask_for_a_dry_run(function: Function, slack: StandInSlack, how: str) -> None:
    status, document = function.get(dry_run="true") if how == "get" else function.post(dry_run=True)
    assert (status, len(document["alerts"]), document["notified"]) == (200, 1, 0)
    assert slack.calls == []
    assert function.get()[1]["notified"] == 1


@pytest.mark.usefixtures("engine")
def test_the_next_run_sends_a_message_that_slack_did_not_take(function: Function, slack: StandInSlack) -> None:
    # One for the picture, and one for the message.
    for _ in range(2):
        slack.faults.append(faults.Status(500))
    status, document = function.get()
    assert (status, document["notified"], document["undelivered"]) == (200, 0, 1)
    status, document = function.get()
    assert (status, document["notified"], document["undelivered"]) == (200, 1, 0)


@pytest.mark.usefixtures("engine", "slack")
def test_a_wrong_request_is_refused_and_named(function: Function) -> None:
    assert_refused(function.get(windows="5"), "RequestError", "windows")
    assert_refused(function.get(at="yesterday"), "RequestError", "at", "ISO 8601")
    assert_refused(function.get(at="2999-01-01"), "RequestError", "future")
    status, document = function.get(events="Purchase")
    assert (status, document["error"]["type"]) == (404, "NotFoundError")
    assert_refused(function.post(events=[]), "RequestError", "events")


@pytest.mark.usefixtures("engine", "slack")
def test_an_event_without_a_channel_is_named(function: Function, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SLACK_CHANNEL")
    configure(monkeypatch, {**VISIT, "alert_channel": "#visits"}, {"name": "Purchase"})
    assert_refused(function.get(), "ConfigError", "events[1]", "Purchase", "alert_channel", "SLACK_CHANNEL")


@pytest.mark.usefixtures("engine")
def test_incidents_are_recorded_without_slack_too(function: Function) -> None:
    status, document = function.get()
    assert (status, len(document["alerts"]), document["notified"]) == (200, 1, 0)


@pytest.mark.usefixtures("slack")
def test_a_run_that_finds_another_at_work_is_skipped(function: Function, engine: DuckDB) -> None:
    warehouse = engine.open()
    with warehouse.lease("detector", "another", 60.0):
        status, document = function.get()
    warehouse.close()
    assert (status, document["skipped"], document["alerts"]) == (200, True, [])
    assert function.get()[1]["notified"] == 1


@pytest.mark.usefixtures("slack")
def test_an_empty_warehouse_is_answered_without_alerts(
    function: Function, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAREHOUSE", f"duckdb:///{tmp_path}/new.duckdb")
    configure(monkeypatch, {"name": "*"})
    status, document = function.get()
    assert (status, document["alerts"]) == (200, [])


@pytest.mark.usefixtures("slack")
def test_a_warehouse_in_a_missing_folder_is_named(function: Function, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAREHOUSE", "duckdb:///not/there/x.duckdb")
    configure(monkeypatch, {"name": "*"})
    assert_refused(function.get(), "ConfigError", "not/there")


def test_a_test_alert_arrives_and_leaves_no_trace(
    function: Function, slack: StandInSlack, engine: DuckDB, capsys: pytest.CaptureFixture[str]
) -> None:
    status, document = function.post(test_alert=True)
    assert (status, document["status"], document["channel"]) == (200, "ok", "#alerts")
    assert [check["is_ok"] for check in document["checks"]] == [True, True, True]
    (message,) = slack.messages
    assert message.text.startswith("🧪 TEST: ")
    with opened(engine) as warehouse:
        assert {row["job"] for row in warehouse.rows(all_rows_of("job_runs"))} == {"collector"}
        assert [*warehouse.rows(all_rows_of("alert_messages"))] == []
    # Monitoring counts lines, and those of the trial are about nothing.
    events = [json.loads(line)["event"] for line in capsys.readouterr().out.splitlines()]
    assert events == ["run_finished"]


@pytest.mark.usefixtures("engine")
def test_a_test_alert_stands_alone_and_needs_slack(function: Function) -> None:
    together = function.post(test_alert=True, dry_run=True)
    assert_refused(together, "RequestError", "give test_alert without other parameters")
    assert_refused(function.post(test_alert=True), "ConfigError", "Neither SLACK_BOT_TOKEN nor SLACK_WEBHOOK_URL")
