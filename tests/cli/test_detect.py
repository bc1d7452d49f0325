"""`mp detect` judges and tells; explain, backtest and mute are for whoever is on call."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cli.shell import Mp
from mixpanel_data_standins.slack import StandInSlack
from support.detector_world import MINUTE
from support.engines import DuckDB
from support.published_counts import publish_counts

VISIT = '{"events": [{"name": "Visit", "alert_threshold": 30, "baseline": false, "silence": false}]}'
NOW = datetime.now(UTC).replace(second=0, microsecond=0)


@pytest.fixture
def slack(mp: Mp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandInSlack]:
    """With a warehouse in which there was a burst some minutes ago, by the real clock."""
    monkeypatch.setenv("EVENTS_CONFIG", VISIT)
    monkeypatch.delenv("SLACK_WEBHOOK_URL", raising=False)
    engine = DuckDB(tmp_path)
    engine.path = tmp_path / "events.duckdb"
    usual = {("Visit", NOW - number * MINUTE): 3 for number in range(1, 180) if number != 9}
    publish_counts(engine, usual | {("Visit", NOW - 9 * MINUTE): 40}, NOW, run_id="collector-1", read_until=NOW)
    with StandInSlack(["alerts"]) as running:
        for name, value in running.settings.items():
            monkeypatch.setenv(name, value)
        yield running


def test_what_is_abnormal_is_told_and_shown(mp: Mp, slack: StandInSlack) -> None:
    done = mp("detect")
    assert (done.code, done.data["notified"]) == (0, 1), done.err
    assert [alert["event"] for alert in done.data["alerts"]] == ["Visit"]
    assert len([message for message in slack.messages if not message.file_id]) == 1
    assert mp("detect").data["notified"] == 0


def test_a_dry_run_shows_it_and_tells_nobody(mp: Mp, slack: StandInSlack) -> None:
    done = mp("detect", "--dry-run", "--format", "table")
    assert done.code == 0, done.err
    assert "Visit" in done.out
    (alert,) = mp("detect", "--dry-run").data["alerts"]
    assert alert["peak_count"] >= alert["count"]
    assert f"{alert['peak_start'][:16].replace('T', ' ')} to " in done.out
    assert slack.calls == []
    assert mp("detect").data["notified"] == 1


def test_one_looks_at_it_as_of_then(mp: Mp, slack: StandInSlack) -> None:
    before = f"{NOW - 30 * MINUTE:%Y-%m-%dT%H:%M:%SZ}"
    assert mp("detect", "--at", before).data["alerts"] == []
    assert mp("detect", "--at", "soon").code != 0
    assert slack.messages == []


def test_explain_shows_the_series_its_band_and_the_decision(mp: Mp, slack: StandInSlack) -> None:
    done = mp("detect", "explain", "Visit", "--minutes", "30")
    assert done.code == 0, done.err
    assert [done.data[name] for name in ("event", "alert_threshold", "is_muted")] == ["Visit", 30.0, False]
    assert len(done.data["series"]) == 30
    assert max(done.data["series"], key=lambda row: row["count"])["rules"] == ["threshold"]
    assert all(row["low"] <= row["expected"] <= row["high"] for row in done.data["series"])
    assert len(done.data["episodes"]) == 1
    assert slack.calls == []
    assert "Purchase" in mp("detect", "explain", "Purchase").err


def test_backtest_says_what_would_have_been_told(mp: Mp, slack: StandInSlack) -> None:
    later = f"{NOW + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
    done = mp("detect", "backtest", "--days", "1", "--at", later)
    assert done.code == 0, done.err
    (alert,) = done.data["alerts"]
    names = (
        "event",
        "rule",
        "direction",
        "opened_at",
        "resolved_at",
        "window_start",
        "window_end",
        "count",
        "expected",
    )
    assert set(names) <= alert.keys()
    assert (alert["event"], alert["rule"], alert["count"]) == ("Visit", "threshold", 40)
    assert slack.calls == []
    assert mp("detect", "backtest", "--budget", "0").code != 0


def test_a_muted_event_is_recorded_and_nobody_is_told(mp: Mp, slack: StandInSlack) -> None:
    done = mp("detect", "mute", "Visit", "--for", "2h", "--reason", "a sale")
    assert done.code == 0, done.err
    assert (done.data["event"], done.data["reason"]) == ("Visit", "a sale")
    told = mp("detect").data
    assert (len(told["alerts"]), told["suppressed"], told["notified"]) == (1, 1, 0)
    assert slack.calls == []
    assert mp("detect", "explain", "Visit").data["is_muted"]


@pytest.mark.usefixtures("slack")
def test_a_mute_that_cannot_be_is_refused(mp: Mp) -> None:
    for arguments in (("Visit", "--for", "2"), ("Visit", "--for", "0m"), ("Purchase", "--for", "2h")):
        assert mp("detect", "mute", *arguments).code != 0, arguments
    assert mp("detect").data["suppressed"] == 0
