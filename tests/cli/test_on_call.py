"""`mp detect mute`, `mutes`, `unmute` and `test-alert`, and names that no event has."""

import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cli.shell import Mp, started
from mixpanel_data.warehouse.base import Row
from mixpanel_data_standins.slack import ALL_SCOPES, StandInSlack
from support.detector_world import MINUTE
from support.engines import DuckDB, opened
from support.published_counts import publish_counts
from support.stored_rows import all_rows_of

NOW = datetime.now(UTC).replace(second=0, microsecond=0)
LAUNCH = {
    "name": "Launch",
    "mute": [{"from": f"{NOW - MINUTE:%FT%TZ}", "to": f"{NOW + timedelta(days=2):%FT%TZ}", "reason": "rehearsals"}],
}
EVENTS = {"events": [{"name": "Visit"}, {"name": "Off", "enabled": False}, LAUNCH, {"name": "*"}]}
MISSING = "no event has this name. Nearest: "


@pytest.fixture
def engine(mp: Mp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DuckDB:
    """A warehouse in which two events came, one of which has an address in its name."""
    monkeypatch.setenv("EVENTS_CONFIG", json.dumps(EVENTS))
    monkeypatch.setenv("USER", "ann")
    monkeypatch.setenv("LOGNAME", "ann")
    for name in ("SLACK_WEBHOOK_URL", "SLACK_BOT_TOKEN", "SLACK_CHANNEL"):
        monkeypatch.delenv(name, raising=False)
    engine = DuckDB(tmp_path)
    engine.path = tmp_path / "events.duckdb"
    counts = {(name, NOW - number * MINUTE): 3 for name in ("Visit", "Purchase", "Vist of a@b.de") for number in (1, 2)}
    publish_counts(engine, counts, NOW, run_id="collector-1", read_until=NOW)
    return engine


@pytest.fixture
def slack(engine: DuckDB, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandInSlack]:
    with StandInSlack(["alerts"]) as running:
        running.add_channel("secret", is_private=True)
        running.add_channel("elsewhere", is_member=False)
        for name, value in running.settings.items():
            monkeypatch.setenv(name, value)
        yield running


# Mutes.


@pytest.mark.usefixtures("engine")
def test_mutes_are_listed_with_who_why_and_until_when(mp: Mp) -> None:
    assert mp("detect", "mute", "Visit", "--for", "2h", "--reason", "a sale").data["muted_by"] == "ann"
    mp("detect", "mute", "*", "--for", "30m", "--by", "bob")
    configured, visit, whole = mp("detect", "mutes").data
    names = ("event", "state", "reason", "muted_by", "source")
    assert [configured[name] for name in names] == ["Launch", "muted", "rehearsals", "", "configuration"]
    assert [visit[name] for name in names] == ["Visit", "muted", "a sale", "ann", "command"]
    assert [whole[name] for name in names] == ["*", "muted", "muted by hand", "bob", "command"]
    span = datetime.fromisoformat(visit["muted_to"]) - datetime.fromisoformat(visit["muted_from"])
    assert span == timedelta(hours=2)


def test_unmuting_ends_every_mute_of_an_event_and_a_repeat_changes_nothing(mp: Mp, engine: DuckDB) -> None:
    for span in ("2h", "3d"):
        mp("detect", "mute", "Visit", "--for", span)
    mp("detect", "mute", "Purchase", "--for", "2h")
    assert mp("detect", "unmute", "Visit").data["ended"] == 2
    after = stored(engine)
    assert [row["event_name"] for row in after if row["muted_to"] > datetime.now(UTC)] == ["Purchase"]
    # The history stays: who muted what, and until when it was.
    assert len(after) == 3
    assert all(row["muted_from"] <= row["muted_to"] for row in after)
    again = mp("detect", "unmute", "Visit")
    assert (again.code, again.data["ended"]) == (0, 0)
    assert stored(engine) == after
    assert mp("detect", "mute", "Visit", "--for", "1h").code == 0
    assert [row["event"] for row in mp("detect", "mutes").data if row["source"] == "command"] == ["Purchase", "Visit"]


@pytest.mark.usefixtures("engine")
def test_a_mute_of_the_configuration_ends_only_there(mp: Mp) -> None:
    done = mp("detect", "unmute", "Launch")
    assert done.code == 3
    assert "The events configuration mutes 'Launch' until" in done.err
    mp("detect", "mute", "Launch", "--for", "1h")
    done = mp("detect", "unmute", "Launch")
    assert (done.code, done.data["ended"], "remove that entry" in done.err) == (0, 1, True)


@pytest.mark.usefixtures("engine")
def test_an_event_that_is_yet_to_come_can_be_muted(mp: Mp) -> None:
    refused = mp("detect", "mute", "Relaunch", "--for", "2h")
    assert (refused.code, "To mute an event before it first comes, add --new." in refused.err) == (4, True)
    assert mp("detect", "mute", "Relaunch", "--for", "2h", "--new").code == 0
    assert mp("detect", "unmute", "Relaunch").data["ended"] == 1
    assert mp("detect", "mute", "Launch", "--for", "2h").code == 0
    assert mp("detect", "mute", "Off", "--for", "2h", "--new").code == 3


def stored(engine: DuckDB) -> list[Row]:
    with opened(engine) as warehouse:
        return sorted(warehouse.rows(all_rows_of("alert_mutes")), key=lambda row: (row["muted_from"], row["muted_to"]))


# Names.


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize(
    "arguments",
    [
        ("--event", "Visits", "--dry-run"),
        ("explain", "visits"),
        ("backtest", "--days", "1", "--event", "Visits"),
        ("mute", "Visits", "--for", "2h"),
        ("unmute", "Visits"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_name_that_no_event_has_is_answered_with_the_nearest_ones(mp: Mp, arguments: tuple[str, ...]) -> None:
    done = mp("detect", *arguments)
    assert (done.code, done.out) == (4, "")
    # Not the one that has an address in it.
    assert f"{MISSING}'Visit'." in done.err


# A test alert.


def test_a_test_alert_is_marked_has_a_plot_and_leaves_no_trace(mp: Mp, slack: StandInSlack, engine: DuckDB) -> None:
    done = mp("detect", "test-alert")
    assert done.code == 0, done.err
    assert [(check["step"], check["is_ok"]) for check in done.data["checks"]] == [
        ("post the alert", True),
        ("upload the plot", True),
        ("look for the alert", True),
    ]
    (message,) = slack.messages
    assert message.text.startswith("🧪 TEST: ")
    assert "This is a test" in message.blocks[0]["text"]["text"]
    assert [block["type"] for block in message.blocks].count("image") == 1
    assert message.mentions == []
    with opened(engine) as warehouse:
        tables = {name: warehouse.rows(all_rows_of(name)) for name in ("alerts", "alert_messages", "event_minutes")}
        assert [row["job"] for row in warehouse.rows(all_rows_of("job_runs"))] == ["collector"] * 2
    assert (tables["alerts"], tables["alert_messages"], len(tables["event_minutes"])) == ([], [], 6)


@pytest.mark.sequences
@pytest.mark.parametrize(
    ("channel", "scope", "step"),
    [
        ("#alerts", "chat:write", "post the alert"),
        ("#alerts", "files:write", "upload the plot"),
        ("#alerts", "channels:read", "look for the alert"),
        ("#alerts", "channels:history", "look for the alert"),
        ("#secret", "groups:read", "look for the alert"),
        ("#secret", "groups:history", "look for the alert"),
    ],
)
def test_a_scope_that_is_missing_is_named(mp: Mp, slack: StandInSlack, channel: str, scope: str, step: str) -> None:
    slack.scopes = ALL_SCOPES - {scope}
    done = mp("detect", "test-alert", "--channel", channel)
    assert done.code == 3
    (failed,) = [check for check in done.data["checks"] if not check["is_ok"]]
    assert (failed["step"], f"the scope {scope}" in failed["advice"]) == (step, True)
    assert f"the scope {scope}" in done.err
    # Whatever else is missing, people get the alert.
    assert len(slack.messages) == (scope != "chat:write")


@pytest.mark.sequences
def test_a_bot_that_nobody_invited_says_so(mp: Mp, slack: StandInSlack) -> None:
    done = mp("detect", "test-alert", "--channel", "elsewhere", "--format", "table")
    assert done.code == 3
    assert "not_in_channel. Invite the bot: write /invite and its name in #elsewhere." in done.err
    assert "not_in_channel" in done.out
    assert slack.messages == []


@pytest.mark.sequences
def test_a_channel_that_is_not_there_and_a_token_that_is_wrong_are_told(
    mp: Mp, slack: StandInSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Check the name of #nowhere" in mp("detect", "test-alert", "--channel", "nowhere").err
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-wrong")
    assert "invalid_auth. Check SLACK_BOT_TOKEN" in mp("detect", "test-alert").err
    assert slack.messages == []


@pytest.mark.sequences
def test_a_webhook_gets_the_alert_too(mp: Mp, slack: StandInSlack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SLACK_BOT_TOKEN")
    monkeypatch.setenv("SLACK_WEBHOOK_URL", slack.webhook_url("alerts"))
    done = mp("detect", "test-alert")
    assert (done.code, done.data["is_webhook"]) == (0, True)
    assert [check["step"] for check in done.data["checks"]] == ["post the alert"]
    assert "A webhook shows no plot" in done.err
    assert slack.messages[0].text.startswith("🧪 TEST: ")


@pytest.mark.usefixtures("engine")
def test_without_a_credential_or_a_channel_nothing_is_sent(mp: Mp, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Neither SLACK_BOT_TOKEN nor SLACK_WEBHOOK_URL is set" in mp("detect", "test-alert").err
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-0")
    assert "SLACK_CHANNEL is not set" in mp("detect", "test-alert").err


@pytest.mark.usefixtures("engine")
def test_what_a_killed_test_alert_left_is_removed_by_the_next_process(
    mp: Mp, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-0")
        monkeypatch.setenv("SLACK_CHANNEL", "#alerts")
        monkeypatch.setenv("SLACK_BASE_URL", f"http://127.0.0.1:{silent.getsockname()[1]}/api")
        monkeypatch.setenv("TMPDIR", str(temporary))
        with started("detect", "test-alert") as waiting:
            silent.accept()[0].close()
            waiting.kill()
    assert list(temporary.iterdir())
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    assert mp("runs").code == 0
    assert list(temporary.iterdir()) == []
