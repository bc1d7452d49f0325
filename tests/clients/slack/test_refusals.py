"""The outcomes that Slack's refusals become, and those of a missing connection."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest

from clients.slack.workspace import (
    BODY,
    NOW,
    PNG,
    SOON,
)
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.secret import Secret
from mixpanel_data.clients.slack import (
    BotSlack,
    Cause,
    LookLater,
    Refused,
    Unknown,
    WebhookSlack,
)
from mixpanel_data_standins.slack import StandInSlack, faults


@pytest.mark.parametrize(
    ("prepare", "channel", "body", "reason", "cause"),
    [
        (lambda _: None, "nowhere", BODY, "channel_not_found", Cause.DESTINATION),
        (lambda server: server.add_channel("sales", is_member=False), "sales", BODY, "not_in_channel", "destination"),
        (lambda server: server.add_channel("sales", is_archived=True), "sales", BODY, "is_archived", "destination"),
        (lambda _: None, "sales", {"text": ""}, "no_text", Cause.MESSAGE),
        (lambda _: None, "sales", {"text": "x", "blocks": [{"type": "x"}]}, "invalid_blocks", Cause.MESSAGE),
        (lambda server: setattr(server, "token", "xoxb-newer"), "sales", BODY, "invalid_auth", Cause.CREDENTIAL),
        (lambda server: setattr(server, "scopes", frozenset()), "sales", BODY, "missing_scope", Cause.CREDENTIAL),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_refusal_has_a_reason_a_cause_and_a_remedy(
    server: StandInSlack,
    bot: BotSlack,
    prepare: Callable[[StandInSlack], object],
    channel: str,
    body: dict[str, Any],
    reason: str,
    cause: str,
) -> None:
    prepare(server)
    outcome = bot.post(channel, body, "k1")
    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.cause) == (reason, cause)
    assert outcome.is_final == (cause in ("destination", "message"))
    assert outcome.remedy
    assert server.messages == []


@pytest.mark.parametrize(
    ("word", "cause"),
    [
        ("token_revoked", Cause.CREDENTIAL),
        ("account_inactive", Cause.CREDENTIAL),
        ("not_authed", Cause.CREDENTIAL),
        ("restricted_action", Cause.DESTINATION),
        ("restricted_action_read_only_channel", Cause.DESTINATION),
        ("msg_blocks_too_long", Cause.MESSAGE),
        ("msg_too_long", Cause.MESSAGE),
        ("message_limit_exceeded", Cause.OTHER),
    ],
)
def test_the_cause_of_an_error_code_is_known(server: StandInSlack, bot: BotSlack, word: str, cause: Cause) -> None:
    server.faults.append(faults.Error(word))
    assert bot.post("alerts", BODY, "k1") == Refused(word, cause)


@pytest.mark.parametrize(
    ("status", "word", "is_final"),
    [
        (410, "channel_is_archived", True),
        (404, "channel_not_found", True),
        (403, "action_prohibited", True),
        (403, "posting_to_general_channel_denied", True),
        (400, "invalid_payload", True),
        (400, "invalid_blocks", True),
        (404, "no_service", False),
        (403, "invalid_token", False),
        (404, "no_team", False),
    ],
)
def test_the_refusal_of_a_webhook_is_a_bare_error_code(
    server: StandInSlack, webhook: WebhookSlack, status: int, word: str, is_final: bool
) -> None:
    server.faults.append(faults.Error(word, status))
    outcome = webhook.post("", BODY, "k1")
    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.is_final) == (word, is_final)


def test_a_refusal_names_the_missing_scope_or_the_wrong_block(server: StandInSlack, bot: BotSlack) -> None:
    wrong = bot.post("alerts", {"text": "x", "blocks": [{"type": "header"}]}, "k1")
    assert str(wrong) == "invalid_blocks ([ERROR] must be a text object [json-pointer:/blocks/0/text])"
    server.scopes = frozenset()
    assert str(bot.post("alerts", BODY, "k1")) == "missing_scope (needs chat:write)"


def test_a_message_without_a_connection_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    outcomes = [
        BotSlack(Secret("xoxb-1"), f"{url}/api/").post("alerts", BODY, "k1"),
        WebhookSlack(Secret(f"{url}/services/T/B/x")).post("", BODY, "k1"),
        BotSlack(Secret("xoxb-1"), f"{url}/api/").upload("C1", PNG, "t", "a"),
    ]
    for outcome in outcomes:
        assert isinstance(outcome, Refused)
        assert not outcome.is_final
        assert "cannot be reached" in outcome.reason


def test_after_the_deadline_nothing_is_sent(server: StandInSlack) -> None:
    over = Deadline.after(0.0)
    bot = BotSlack(Secret(server.token), server.api_url).within(over)
    webhook = WebhookSlack(Secret(server.webhook_url("alerts"))).within(over)
    outcomes = [bot.post("alerts", BODY, "k1"), webhook.post("", BODY, "k1"), bot.update("C000000001", "1.2", BODY)]
    for outcome in outcomes:
        assert isinstance(outcome, Refused)
        assert not outcome.is_final
    assert isinstance(bot.find("alerts", "k1", NOW), LookLater)
    assert server.calls == []


def test_a_request_that_hangs_ends_at_the_deadline(server: StandInSlack) -> None:
    server.faults.permanent = faults.Hang()
    bot = BotSlack(Secret(server.token), server.api_url, timeout_seconds=600.0).within(Deadline.after(SOON))
    # On a slow machine the deadline passes before the message is sent, and then it is refused.
    assert isinstance(bot.post("alerts", BODY, "k1"), Unknown | Refused)
    assert server.messages == []
