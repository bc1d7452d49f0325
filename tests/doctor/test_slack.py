"""Slack's rows of `mp doctor`, with each thing wrong in turn, and nothing sent."""

import json

import pytest

from cli.shell import Mp
from doctor.diagnosis import checks_of, failed, text_of
from mixpanel_data.accounts.credentials import Credentials
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.secret import Secret
from mixpanel_data.doctor.check import Check
from mixpanel_data.doctor.mixpanel import mixpanel_checks
from mixpanel_data.doctor.slack import slack_checks
from mixpanel_data_standins.slack import ALL_SCOPES, StandInSlack, faults
from support.query_server import Reply, query_server

INVITE = "Invite the bot: write /invite"


def told(slack: StandInSlack, *channels: str, token: str | None = None) -> dict[str, Check]:
    """The checks by name."""
    found = slack_checks(Secret(token or slack.token), channels, slack.api_url, Deadline.after(5.0))
    return {check.name: check for check in found}


def failures(checks: dict[str, Check]) -> dict[str, str]:
    """What failed, and what is to be done."""
    return {name: f"{check.found} {check.remedy}" for name, check in checks.items() if check.verdict == "failed"}


def test_the_token_its_scopes_and_every_channel_are_looked_at_and_nothing_is_sent(
    mp: Mp, slack: StandInSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    slack.add_channel("elsewhere", is_member=False)
    slack.add_channel("old", is_archived=True)
    channels = ("#elsewhere", "#nowhere", "old", "#alerts")
    events = [{"name": f"e{number}", "alert_channel": channel} for number, channel in enumerate(channels)]
    monkeypatch.setenv("EVENTS_CONFIG", json.dumps({"events": events}))
    checks = checks_of(mp)
    assert {name for name in checks if name.startswith("slack")} == {
        *("slack token", "slack scopes"),
        *(f"slack channel {name}" for name in channels),
    }
    assert failed(checks) == [f"slack channel {name}" for name in ("#elsewhere", "#nowhere", "old")]
    assert f"not_in_channel). {INVITE}" in text_of(checks, "slack channel #elsewhere")
    assert "channel_not_found). Check the name of #nowhere" in text_of(checks, "slack channel #nowhere")
    assert "is_archived" in text_of(checks, "slack channel old")
    assert (slack.messages, slack.files) == ([], {})
    assert slack.token not in str(checks)


@pytest.mark.parametrize("scope", sorted(ALL_SCOPES - {"chat:write.public"}))
def test_a_scope_that_is_missing_is_named(slack: StandInSlack, scope: str) -> None:
    slack.add_channel("secret", is_private=True)
    slack.scopes = ALL_SCOPES - {scope}
    checks = told(slack, "secret")
    assert f"lacks {scope}" in checks["scopes"].found
    assert f"the scope {scope}" in (checks["scopes"].remedy or "")


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (faults.RateLimited(30), ["takes no more requests", "in 30 s"]),
        (faults.Error("account_inactive"), ["account_inactive", "xoxb-"]),
        (faults.Status(503, "<html>"), ["503", "Check the network"]),
        (faults.NOT_JSON, ["not Slack's", "SLACK_BASE_URL"]),
        (faults.Dropped(), ["Slack did not answer", "Check the network"]),
    ],
    ids=["limited", "inactive", "503", "HTML", "dropped"],
)
def test_an_answer_that_is_none_fails_the_row_of_the_token_and_skips_the_others(
    slack: StandInSlack, fault: faults.Fault, words: list[str]
) -> None:
    slack.faults.permanent = fault
    checks = told(slack, "#alerts")
    (text,) = failures(checks).values()
    assert [word for word in words if word not in text] == []
    assert [check.verdict for check in checks.values()] == ["failed", "skipped", "skipped"]


def test_a_token_that_is_refused_and_one_that_cannot_be_one_are_told_without_showing_them(slack: StandInSlack) -> None:
    for token in ("xoxb-wrong", "xoxb wrong"):
        checks = told(slack, "#alerts", token=token)
        assert list(failures(checks)) == ["token"]
        assert token not in str(checks)


@pytest.mark.parametrize(
    ("method", "scope"),
    [("chat.update", "chat:write"), ("files.getUploadURLExternal", "files:write"), ("none", "does not name")],
)
def test_a_scope_is_named_by_a_slack_that_does_not_list_them(method: str, scope: str) -> None:
    channel = {"id": "C1", "name": "alerts", "is_member": True}
    with query_server() as server:
        server.answer("/api/auth.test", Reply({"ok": True, "user": "bot", "team": "Acme"}))
        server.answer("/api/conversations.list", Reply({"ok": True, "channels": [channel]}))
        for each in ("chat.update", "files.getUploadURLExternal"):
            refusal = {"error": "missing_scope", "needed": scope} if each == method else {"error": "invalid_arguments"}
            server.answer(f"/api/{each}", Reply({"ok": False, **refusal}))
        found = slack_checks(Secret("xoxb-1"), ["#alerts"], f"{server.url}/api", Deadline.after(5.0))
        checks = {check.name: check for check in found}
    assert checks["channel #alerts"].verdict == "ok"
    assert checks["scopes"].verdict == ("warning" if method == "none" else "failed")
    assert scope in f"{checks['scopes'].found} {checks['scopes'].remedy}"


def test_a_webhook_is_tried_with_what_is_no_message(slack: StandInSlack) -> None:
    url = slack.webhook_url("alerts")
    assert told(slack, token=url)["webhook"].verdict == "ok"
    assert "no_service. Copy the address" in failures(told(slack, token=f"{url}x"))["webhook"]
    assert slack.messages == []


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (faults.Error("channel_is_archived", 410), ["channel is archived", "Unarchive it"]),
        (faults.Error("is_archived", 410), ["channel is archived", "Unarchive it"]),
        (faults.Error("action_prohibited", 403), ["prohibits", "administrator"]),
        (faults.Error("posting_to_general_channel_denied", 403), ["prohibits", "administrator"]),
        (faults.Status(403, "<html>"), ["does not know the webhook: HTTP 403", "Copy the address"]),
    ],
)
def test_a_webhook_that_slack_knows_and_refuses_is_told_with_what_to_do(
    slack: StandInSlack, fault: faults.Fault, words: list[str]
) -> None:
    slack.faults.permanent = fault
    text = failures(told(slack, token=slack.webhook_url("alerts")))["webhook"]
    assert [word for word in words if word not in text] == []
    assert ("does not know" in text) == ("does not know" in words[0])


def test_a_certificate_that_is_not_trusted_names_the_variables_of_both_clients(tls_url: str) -> None:
    account = Credentials("reader", "a-secret-of-32-letters-and-digits", "12", "us")
    (server, *_) = mixpanel_checks(account, tls_url, Deadline.after(0.3))
    (token, *_) = slack_checks(Secret("xoxb-1"), [], f"{tls_url}/api", Deadline.after(5.0))
    (webhook,) = slack_checks(Secret(f"{tls_url}/services/a"), [], None, Deadline.after(5.0))
    for check in (server, token, webhook):
        assert "certificate" in check.found.lower()
        assert "REQUESTS_CA_BUNDLE and SSL_CERT_FILE" in (check.remedy or ""), check


def test_a_bot_without_a_channel_and_a_machine_without_slack_are_told(
    mp: Mp, slack: StandInSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Set SLACK_CHANNEL" in failures(told(slack))["channel"]
    monkeypatch.delenv("SLACK_BOT_TOKEN")
    checks = checks_of(mp)
    assert (failed(checks), "mp init" in text_of(checks, "slack credential")) == ([], True)
