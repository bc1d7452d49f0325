"""The client of Slack: what becomes of a message, whatever Slack and the network do."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import ConfigError
from mixpanel_data.base.secret import Secret
from mixpanel_data.clients.slack import (
    BotSlack,
    CannotLook,
    Cause,
    Limited,
    LookLater,
    Outcome,
    Refused,
    Sent,
    Slack,
    Unknown,
    WebhookSlack,
)
from mixpanel_data_standins.slack import ALL_SCOPES, StandInSlack, faults

NOW = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
EVER = Deadline()
# For calls that nobody answers: long enough to be heard, and the only time that these tests wait.
SOON = 0.3
BODY = {"text": "Purchase: 812 in 5 min", "blocks": [{"type": "header", "text": {"type": "plain_text", "text": "Hi"}}]}
PNG = b"\x89PNG\r\n\x1a\n picture"
DELIVERED_AND_LOST = [
    faults.Dropped(is_delivered=True),
    faults.Dropped(is_delivered=True, is_reset=True),
    faults.Hang(is_delivered=True),
    faults.Status(500, is_delivered=True),
    faults.Status(503, is_delivered=True),
    faults.Status(200, "<html>", is_delivered=True),
    faults.Error("internal_error", 500, is_delivered=True),
    faults.Cut(),
]
LOST = [
    faults.Dropped(),
    faults.Dropped(is_reset=True),
    faults.Hang(),
    faults.Status(500),
    faults.Status(502),
    faults.Status(503),
    faults.Status(408),
    faults.NOT_JSON,
    faults.Status(200, ""),
    faults.Status(200, "[]"),
    faults.Status(200, "null"),
    faults.Status(200, '"ok"'),
    faults.Status(200, '{"ok": false}'),
    faults.Error("fatal_error", 500),
    faults.Error("service_unavailable", 503),
]
NOT_TAKEN = [faults.Error("org_login_required"), faults.Status(404), faults.Status(403), faults.Error("new_word")]


@pytest.fixture(autouse=True)
def _without_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server() -> Iterator[StandInSlack]:
    with StandInSlack(["alerts", "sales"], now=lambda: NOW) as running:
        yield running


@pytest.fixture
def bot(server: StandInSlack) -> BotSlack:
    return bot_of(server)


@pytest.fixture
def webhook(server: StandInSlack) -> WebhookSlack:
    return WebhookSlack(Secret(server.webhook_url("alerts")), EVER)


def bot_of(server: StandInSlack, timeout_seconds: float = 20.0) -> BotSlack:
    return BotSlack(Secret(server.token), EVER, server.api_url, timeout_seconds)


def impatient(fault: faults.Fault) -> float:
    return SOON if isinstance(fault, faults.Hang) else 20.0


def settled(server: StandInSlack, fault: faults.Fault) -> StandInSlack:
    """The server, once it has got as far as it will: who was impatient may be ahead of it."""
    if isinstance(fault, faults.Hang):
        assert server.is_hanging.wait(20.0)
    return server


def methods(server: StandInSlack) -> list[str]:
    return [call.method for call in server.calls]


def posted(outcome: Outcome) -> tuple[str, str]:
    """Channel and ts of what was sent."""
    assert isinstance(outcome, Sent)
    assert outcome.channel is not None
    assert outcome.ts is not None
    return outcome.channel, outcome.ts


# Posting


@pytest.mark.parametrize("channel", ["#sales", "sales", "C000000002"])
def test_a_message_arrives_in_its_channel_with_its_key_and_unfurls_nothing(
    server: StandInSlack, bot: BotSlack, channel: str
) -> None:
    outcome = bot.post(channel, BODY, "k1")
    (message,) = server.messages
    assert outcome == Sent("C000000002", message.ts)
    assert (message.channel.name, message.text, list(message.blocks)) == ("sales", BODY["text"], BODY["blocks"])
    assert message.metadata == {"event_type": "mixpanel_data_alert", "event_payload": {"key": "k1"}}
    arguments = server.calls[0].arguments
    assert (arguments["unfurl_links"], arguments["unfurl_media"]) == (False, False)


def test_a_reply_stands_in_the_thread(server: StandInSlack, bot: BotSlack) -> None:
    _, ts = posted(bot.post("alerts", BODY, "k1"))
    bot.post("alerts", {"text": "over"}, "k2", thread_ts=ts)
    assert [(message.text, message.thread_ts) for message in server.messages] == [(BODY["text"], None), ("over", ts)]


def test_a_webhook_posts_to_its_own_channel_and_learns_no_ts(server: StandInSlack, webhook: WebhookSlack) -> None:
    assert webhook.post("#sales", BODY, "k1") == Sent(None, None)
    assert [(message.channel.name, message.author) for message in server.messages] == [("alerts", "webhook")]


def test_bot_and_webhook_say_what_they_can() -> None:
    clients: list[Slack] = [BotSlack(Secret("xoxb-1"), EVER), WebhookSlack(Secret("https://hooks.example/x"), EVER)]
    assert [(client.can_find, client.can_update) for client in clients] == [(True, True), (False, False)]


def test_what_a_webhook_cannot_it_says(webhook: WebhookSlack) -> None:
    assert isinstance(webhook.find("alerts", "k1", NOW), CannotLook)
    for outcome in (webhook.update("C1", "1.2", BODY), webhook.upload("C1", PNG, "t", "a")):
        assert isinstance(outcome, Refused)
        assert outcome.is_final


@pytest.mark.parametrize("fault", DELIVERED_AND_LOST, ids=str)
def test_a_message_whose_answer_is_lost_is_unknown_posted_once_and_found_by_its_key(
    server: StandInSlack, fault: faults.Fault
) -> None:
    server.faults.append(fault)
    assert isinstance(bot_of(server, impatient(fault)).post("alerts", BODY, "k1"), Unknown)
    (message,) = settled(server, fault).messages
    assert bot_of(server).find("#alerts", "k1", NOW) == Sent("C000000001", message.ts)
    assert methods(server).count("chat.postMessage") == 1


@pytest.mark.parametrize("fault", LOST, ids=str)
def test_a_message_that_was_lost_is_unknown_and_not_found(server: StandInSlack, fault: faults.Fault) -> None:
    server.faults.append(fault)
    assert isinstance(bot_of(server, impatient(fault)).post("alerts", BODY, "k1"), Unknown)
    assert bot_of(server).find("alerts", "k1", NOW) is None
    assert (methods(settled(server, fault)).count("chat.postMessage"), server.messages) == (1, [])


@pytest.mark.parametrize("fault", NOT_TAKEN, ids=str)
def test_a_refusal_is_no_message_and_may_be_repeated(
    server: StandInSlack, bot: BotSlack, webhook: WebhookSlack, fault: faults.Fault
) -> None:
    for client in (bot, webhook):
        server.faults.append(fault)
        outcome = client.post("alerts", BODY, "k1")
        assert isinstance(outcome, Refused)
        assert not outcome.is_final
    assert (len(server.calls), server.messages) == (2, [])


@pytest.mark.parametrize(("retry_after", "seconds"), [(7, 7.0), (None, 1.0)])
def test_too_many_messages_are_told_with_the_time_to_wait(
    server: StandInSlack, bot: BotSlack, webhook: WebhookSlack, retry_after: int | None, seconds: float
) -> None:
    server.faults.permanent = faults.RateLimited(retry_after)
    assert bot.post("alerts", BODY, "k1") == Limited(seconds)
    assert webhook.post("", BODY, "k1") == Limited(seconds)
    assert bot.update("C000000001", "1.2", BODY) == Limited(seconds)
    assert bot.upload("C000000001", PNG, "t", "a") == Limited(seconds)
    assert (len(server.calls), server.messages) == (4, [])


def test_a_limit_told_as_an_error_is_a_limit(server: StandInSlack, bot: BotSlack) -> None:
    server.faults.append(faults.Error("ratelimited"))
    assert bot.post("alerts", BODY, "k1") == Limited(1.0)


@pytest.mark.parametrize("fault", [*DELIVERED_AND_LOST, *LOST], ids=str)
def test_a_webhook_posts_at_most_once_and_does_not_know(server: StandInSlack, fault: faults.Fault) -> None:
    server.faults.append(fault)
    client = WebhookSlack(Secret(server.webhook_url("alerts")), EVER, impatient(fault))
    assert isinstance(client.post("", BODY, "k1"), Unknown)
    assert methods(settled(server, fault)) == ["webhook"]
    assert len(server.messages) == (fault in DELIVERED_AND_LOST)


# What a refusal means


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
def test_a_refusal_says_why_and_whether_it_heals(
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
def test_slacks_words_are_known(server: StandInSlack, bot: BotSlack, word: str, cause: Cause) -> None:
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
def test_a_webhooks_refusal_is_the_bare_word(
    server: StandInSlack, webhook: WebhookSlack, status: int, word: str, is_final: bool
) -> None:
    server.faults.append(faults.Error(word, status))
    outcome = webhook.post("", BODY, "k1")
    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.is_final) == (word, is_final)


def test_a_refusal_tells_what_lacks(server: StandInSlack, bot: BotSlack) -> None:
    wrong = bot.post("alerts", {"text": "x", "blocks": [{"type": "header"}]}, "k1")
    assert str(wrong) == "invalid_blocks ([ERROR] must be a text object [json-pointer:/blocks/0/text])"
    server.scopes = frozenset()
    assert str(bot.post("alerts", BODY, "k1")) == "missing_scope (needs chat:write)"


def test_without_a_connection_nothing_was_posted() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    outcomes = [
        BotSlack(Secret("xoxb-1"), EVER, f"{url}/api/").post("alerts", BODY, "k1"),
        WebhookSlack(Secret(f"{url}/services/T/B/x"), EVER).post("", BODY, "k1"),
        BotSlack(Secret("xoxb-1"), EVER, f"{url}/api/").upload("C1", PNG, "t", "a"),
    ]
    for outcome in outcomes:
        assert isinstance(outcome, Refused)
        assert not outcome.is_final
        assert "cannot be reached" in outcome.reason


def test_when_the_time_is_used_up_nothing_is_sent(server: StandInSlack) -> None:
    over = Deadline.after(0.0)
    bot = BotSlack(Secret(server.token), over, server.api_url)
    webhook = WebhookSlack(Secret(server.webhook_url("alerts")), over)
    outcomes = [bot.post("alerts", BODY, "k1"), webhook.post("", BODY, "k1"), bot.update("C000000001", "1.2", BODY)]
    for outcome in outcomes:
        assert isinstance(outcome, Refused)
        assert not outcome.is_final
    assert isinstance(bot.find("alerts", "k1", NOW), LookLater)
    assert server.calls == []


def test_a_call_that_hangs_ends_with_the_deadline(server: StandInSlack) -> None:
    server.faults.permanent = faults.Hang()
    bot = BotSlack(Secret(server.token), Deadline.after(SOON), server.api_url, timeout_seconds=600.0)
    # Unknown; on a machine so slow that the time is over before it is sent, refused.
    assert isinstance(bot.post("alerts", BODY, "k1"), Unknown | Refused)
    assert server.messages == []


# Updating


def test_an_update_takes_the_place_of_the_body_and_keeps_the_key(server: StandInSlack, bot: BotSlack) -> None:
    channel, ts = posted(bot.post("alerts", BODY, "k1"))
    assert bot.update(channel, ts, {"text": "it is over"}) == Sent(channel, ts)
    (message,) = server.messages
    assert (message.text, message.blocks, message.key) == ("it is over", (), "k1")
    assert [body.text for body in message.updates] == [BODY["text"]]
    assert bot.find("alerts", "k1", NOW) == Sent(channel, ts)


@pytest.mark.parametrize("fault", [*DELIVERED_AND_LOST, *LOST], ids=str)
def test_an_update_whose_answer_is_lost_is_unknown_and_may_be_repeated(
    server: StandInSlack, bot: BotSlack, fault: faults.Fault
) -> None:
    channel, ts = posted(bot.post("alerts", BODY, "k1"))
    server.faults.append(fault)
    assert isinstance(bot_of(server, impatient(fault)).update(channel, ts, {"text": "over"}), Unknown)
    assert methods(settled(server, fault)).count("chat.update") == 1
    assert bot.update(channel, ts, {"text": "over"}) == Sent(channel, ts)
    assert [message.text for message in server.messages] == ["over"]


@pytest.mark.parametrize("reason", ["message_not_found", "cant_update_message", "edit_window_closed", "is_inactive"])
def test_what_cannot_be_updated_any_more_is_refused_for_good(server: StandInSlack, bot: BotSlack, reason: str) -> None:
    channel, ts = posted(bot.post("alerts", BODY, "k1"))
    if reason == "message_not_found":
        ts = "1.000001"
    elif reason == "cant_update_message":
        WebhookSlack(Secret(server.webhook_url("alerts")), EVER).post("", BODY, "k2")
        ts = server.messages[-1].ts
    elif reason == "edit_window_closed":
        server.edit_minutes, server.now = 5, lambda: NOW + timedelta(minutes=6)
    else:
        server.add_channel("alerts", is_archived=True)
    outcome = bot.update(channel, ts, {"text": "over"})
    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.is_final) == (reason, True)


# Finding


def test_a_message_is_found_behind_many_others_and_in_a_channel_behind_many(server: StandInSlack) -> None:
    for number in range(1100):
        server.add_channel(f"team-{number}")
    server.add_channel("last", is_private=True)
    bot = bot_of(server)
    outcome = bot.post("last", BODY, "k1")
    for number in range(450):
        server.post(server.channel("last"), "bot", f"noise {number}")
    assert bot.find("#last", "k1", NOW) == outcome
    assert methods(server).count("conversations.list") == 2
    assert methods(server).count("conversations.history") == 3


def test_a_channels_id_is_asked_for_once(server: StandInSlack, bot: BotSlack) -> None:
    for key in ("k1", "k2"):
        assert bot.find("#alerts", key, NOW) is None
    assert bot.find("C000000001", "k3", NOW) is None
    assert methods(server).count("conversations.list") == 1


def test_only_what_was_posted_since_then_is_looked_at_less_five_minutes(server: StandInSlack, bot: BotSlack) -> None:
    outcome = bot.post("alerts", BODY, "k1")
    assert bot.find("alerts", "k1", NOW + timedelta(minutes=5)) == outcome
    assert bot.find("alerts", "k1", NOW + timedelta(minutes=6)) is None


def test_a_reply_is_found_in_its_thread_alone(server: StandInSlack, bot: BotSlack) -> None:
    _, ts = posted(bot.post("alerts", BODY, "k1"))
    reply = bot.post("alerts", {"text": "over"}, "k2", thread_ts=ts)
    for number in range(250):
        server.post(server.channel("alerts"), "bot", f"chat {number}", thread_ts=ts)
    last = bot.post("alerts", {"text": "again"}, "k3", thread_ts=ts)
    assert bot.find("alerts", "k2", NOW) is None
    assert bot.find("alerts", "k2", NOW, thread_ts=ts) == reply
    assert bot.find("alerts", "k3", NOW, thread_ts=ts) == last


def test_another_apps_message_with_such_a_key_is_not_ours(server: StandInSlack, bot: BotSlack) -> None:
    channel = server.channel("alerts")
    server.post(channel, "bot", "theirs", metadata={"event_type": "other", "event_payload": {"key": "k1"}})
    server.post(channel, "bot", "without any")
    assert bot.find("alerts", "k1", NOW) is None


@pytest.mark.parametrize("scope", ["channels:read", "channels:history"])
def test_without_the_scopes_it_cannot_look_and_says_which_lacks(
    server: StandInSlack, bot: BotSlack, scope: str
) -> None:
    bot.post("alerts", BODY, "k1")
    server.scopes = ALL_SCOPES - {scope}
    assert bot.find("alerts", "k1", NOW) == CannotLook(f"missing_scope (needs {scope})")


def test_without_the_scope_for_private_channels_it_looks_in_public_ones(server: StandInSlack, bot: BotSlack) -> None:
    outcome = bot.post("alerts", BODY, "k1")
    server.scopes = ALL_SCOPES - {"groups:read"}
    assert bot.find("alerts", "k1", NOW) == outcome


def test_it_cannot_look_where_the_bot_is_not(server: StandInSlack, bot: BotSlack) -> None:
    server.add_channel("sales", is_member=False)
    server.add_channel("secret", is_private=True, is_member=False)
    assert bot.find("sales", "k1", NOW) == CannotLook("not_in_channel")
    for channel in ("secret", "nowhere"):
        found = bot.find(channel, "k1", NOW)
        assert isinstance(found, CannotLook)
        assert "channel_not_found" in found.reason


@pytest.mark.parametrize("method", ["conversations.list", "conversations.history"])
@pytest.mark.parametrize(
    "fault", [*LOST, *NOT_TAKEN, faults.Cut(), faults.RateLimited(), faults.Error("invalid_auth")], ids=str
)
def test_a_look_that_fails_finds_nothing_and_denies_nothing(
    server: StandInSlack, bot: BotSlack, fault: faults.Fault, method: str
) -> None:
    bot.post("alerts", BODY, "k1")
    server.faults.append(fault, method)
    assert isinstance(bot_of(server, impatient(fault)).find("alerts", "k1", NOW), LookLater)
    assert methods(settled(server, fault)).count(method) == 1


def test_a_cursor_that_leads_back_is_not_followed_for_ever() -> None:
    body = b'{"ok": true, "messages": [], "response_metadata": {"next_cursor": "again"}}'
    with raw(answer_of(body)) as wire:
        assert BotSlack(Secret("xoxb-1"), EVER, f"{wire.url}/api/").find("C1", "k1", NOW) is None
    assert len(wire.requests) == 2


# Uploading


def test_an_image_is_shown_in_the_thread(server: StandInSlack, bot: BotSlack) -> None:
    channel, ts = posted(bot.post("alerts", BODY, "k1"))
    assert isinstance(bot.upload(channel, PNG, "Purchase", "Purchases a minute", thread_ts=ts), Sent)
    file = server.files[server.messages[-1].file_id or ""]
    assert (file.content, file.title, file.alt_text) == (PNG, "Purchase", "Purchases a minute")
    assert server.messages[-1].thread_ts == ts


def test_without_the_scope_an_image_is_refused(server: StandInSlack, bot: BotSlack) -> None:
    server.scopes = ALL_SCOPES - {"files:write"}
    outcome = bot.upload("C000000001", PNG, "t", "a")
    assert str(outcome) == "missing_scope (needs files:write)"


@pytest.mark.parametrize("method", ["files.getUploadURLExternal", "upload", "files.completeUploadExternal"])
@pytest.mark.parametrize("fault", [*LOST[:6], *NOT_TAKEN, faults.RateLimited()], ids=str)
def test_an_image_that_fails_at_any_step_is_no_error_and_shown_nowhere(
    server: StandInSlack, fault: faults.Fault, method: str
) -> None:
    server.faults.append(fault, method)
    # The three steps share the time; a wait is in one of them.
    outcome = bot_of(server, impatient(fault)).upload("C000000001", PNG, "t", "a")
    assert not isinstance(outcome, Sent)
    assert server.messages == []


# Secrets


@pytest.mark.parametrize(
    "fault", [*LOST, *NOT_TAKEN, faults.Status(302, "moved"), faults.Status(599, "xoxb-stand-in-0123456789")], ids=str
)
def test_a_secret_is_in_no_outcome_and_no_log(
    server: StandInSlack,
    fault: faults.Fault,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    server.faults.permanent = fault
    bot, url = bot_of(server, impatient(fault)), server.webhook_url("alerts")
    webhook = WebhookSlack(Secret(url), EVER, impatient(fault))
    told = [
        *(bot.post("alerts", BODY, "k1"), bot.update("C000000001", "1.2", BODY), bot.find("alerts", "k1", NOW)),
        *(bot.upload("C000000001", PNG, "t", "a"), webhook.post("", BODY, "k1"), bot, webhook),
    ]
    written = "\n".join([*map(repr, told), *map(str, told), caplog.text, *capfd.readouterr()])
    for secret in (server.token, url, urlsplit(url).path, url.rpartition("/")[2]):
        assert secret not in written


@pytest.mark.parametrize("token", ["", "xoxb-1\nx", "xoxb-ü", "xoxb 1"])
def test_what_is_no_token_is_told_without_it(token: str) -> None:
    with pytest.raises(ConfigError, match="SLACK_BOT_TOKEN") as raised:
        BotSlack(Secret(token), EVER)
    assert token == "" or token not in str(raised.value)


@pytest.mark.parametrize("url", ["", "hooks.slack.com/x", "ftp://host/x", "https://[x", "https://h/a b"])
def test_what_is_no_webhook_is_told_without_it(url: str) -> None:
    with pytest.raises(ConfigError, match="SLACK_WEBHOOK_URL") as raised:
        WebhookSlack(Secret(url), EVER)
    assert url == "" or url not in str(raised.value)


def test_the_line_end_behind_a_secret_is_none_of_it(server: StandInSlack) -> None:
    bot = BotSlack(Secret(f"{server.token}\n"), EVER, server.api_url)
    webhook = WebhookSlack(Secret(f"{server.webhook_url('alerts')}\n"), EVER)
    assert isinstance(bot.post("alerts", BODY, "k1"), Sent)
    assert isinstance(webhook.post("", BODY, "k1"), Sent)


# Bytes on the wire


@dataclass
class Raw:
    """A socket that answers each connection with the same bytes and closes it; `requests` are those that came."""

    url: str
    requests: list[bytes]


@contextmanager
def raw(answer: bytes) -> Iterator[Raw]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        wire = Raw(f"http://127.0.0.1:{listening.getsockname()[1]}", [])
        answering = threading.Thread(target=_answer, args=(listening, answer, wire), daemon=True)
        answering.start()
        yield wire
        listening.shutdown(socket.SHUT_RDWR)
        answering.join()


def _answer(listening: socket.socket, answer: bytes, wire: Raw) -> None:
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        with connection, suppress(OSError):
            wire.requests.append(_request(connection))
            connection.sendall(answer)


def _request(connection: socket.socket) -> bytes:
    with connection.makefile("rb") as stream:
        head = b"".join(iter(stream.readline, b"\r\n"))
        length = next((line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), b":0")
        return head + stream.read(int(length.partition(b":")[2]))


def answer_of(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    head = [b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), b"Connection: close", *headers]
    return b"\r\n".join([*head, b"", body])


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{",
        b"not HTTP at all\r\n\r\n",
        b"HTTP/1.1 nonsense\r\n\r\n",
        answer_of(b"\xff\xfe"),
        answer_of(b"{}", b"Content-Type: application/json; charset=no-such-thing"),
        answer_of(b'{"ok": true}', b"Content-Type: application/gzip"),
        answer_of(b"\xff", status=b"500 Internal Server Error"),
    ],
    ids=lambda answer: repr(answer[:40]),
)
def test_an_answer_that_cannot_be_read_leaves_it_unknown_and_is_not_asked_for_again(answer: bytes) -> None:
    with raw(answer) as wire:
        outcomes = [
            BotSlack(Secret("xoxb-1"), EVER, f"{wire.url}/api/").post("alerts", BODY, "k1"),
            WebhookSlack(Secret(f"{wire.url}/services/T/B/x"), EVER).post("", BODY, "k1"),
        ]
    assert [type(outcome) for outcome in outcomes] == [Unknown, Unknown]
    assert len(wire.requests) == 2


def test_the_header_is_found_however_it_is_written() -> None:
    with raw(answer_of(b"slow down", b"rEtRy-AfTeR: 12", status=b"429 Too Many Requests")) as wire:
        assert BotSlack(Secret("xoxb-1"), EVER, f"{wire.url}/api/").post("alerts", BODY, "k1") == Limited(12.0)
        assert WebhookSlack(Secret(f"{wire.url}/x"), EVER).post("", BODY, "k1") == Limited(12.0)
