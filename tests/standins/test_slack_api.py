"""The stand-in Slack as a program sees it: the answers of the Web API and webhooks, and the messages they leave."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from mixpanel_data_standins.slack import ALL_SCOPES, StandInSlack, faults

NOW = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
ALERTS = "C000000001"
METADATA = {"event_type": "mine", "event_payload": {"key": "k1"}}


@pytest.fixture
def slack() -> Iterator[StandInSlack]:
    with StandInSlack(["alerts", "sales"], now=lambda: NOW) as running:
        yield running


def call(slack: StandInSlack, method: str, *, token: str | None = None, **arguments: Any) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {slack.token if token is None else token}"}
    answer = requests.post(f"{slack.api_url}{method}", json=arguments, headers=headers, timeout=10)
    assert answer.status_code == 200
    found = answer.json()
    assert isinstance(found, dict)
    return found


def error(slack: StandInSlack, method: str, **arguments: Any) -> str:
    answer = call(slack, method, **arguments)
    assert answer["ok"] is False
    return str(answer["error"])


def post(slack: StandInSlack, text: str = "hello", channel: str = "alerts", **arguments: Any) -> str:
    answer = call(slack, "chat.postMessage", channel=channel, text=text, **arguments)
    assert answer["ok"], answer
    return str(answer["ts"])


def texts(answer: dict[str, Any]) -> list[str]:
    return [message["text"] for message in answer["messages"]]


# Credentials


def test_a_call_needs_the_token(slack: StandInSlack) -> None:
    assert call(slack, "auth.test")["team"] == "Stand-in"
    assert error(slack, "auth.test", token="xoxb-other") == "invalid_auth"
    assert error(slack, "auth.test", token="") == "not_authed"
    assert error(slack, "chat.explode") == "unknown_method"


@pytest.mark.parametrize(
    ("method", "scope"),
    [
        ("chat.postMessage", "chat:write"),
        ("chat.update", "chat:write"),
        ("conversations.list", "channels:read"),
        ("conversations.history", "channels:history"),
        ("conversations.replies", "channels:history"),
        ("files.getUploadURLExternal", "files:write"),
        ("files.completeUploadExternal", "files:write"),
    ],
)
def test_a_method_needs_its_scope(slack: StandInSlack, method: str, scope: str) -> None:
    slack.scopes = ALL_SCOPES - {scope}
    answer = call(slack, method, channel=ALERTS, text="x", ts="1.1")
    assert (answer["error"], answer["needed"]) == ("missing_scope", scope)


def test_private_channels_need_scopes_of_their_own(slack: StandInSlack) -> None:
    private = slack.add_channel("secret", is_private=True)
    slack.scopes = ALL_SCOPES - {"groups:read", "groups:history"}
    assert error(slack, "conversations.list", types="public_channel,private_channel") == "missing_scope"
    assert error(slack, "conversations.history", channel=private.id) == "missing_scope"


# Messages


@pytest.mark.parametrize("channel", ["alerts", "#alerts", ALERTS])
def test_a_channel_can_be_named_or_given_by_id(slack: StandInSlack, channel: str) -> None:
    answer = call(slack, "chat.postMessage", channel=channel, text="hello")
    assert (answer["channel"], answer["message"]["text"]) == (ALERTS, "hello")


def test_every_message_has_a_later_ts_even_if_the_clock_stands(slack: StandInSlack) -> None:
    stamps = [post(slack) for _ in range(5)]
    assert stamps == sorted(set(stamps))
    assert float(stamps[0]) == NOW.timestamp()


def test_a_form_is_accepted_like_json(slack: StandInSlack) -> None:
    form = {"channel": "alerts", "text": "x", "metadata": json.dumps(METADATA), "token": slack.token}
    assert requests.post(f"{slack.api_url}chat.postMessage", data=form, timeout=10).json()["ok"]
    assert (slack.messages[0].key, "token" in slack.calls[0].arguments) == ("k1", False)


def test_the_bot_cannot_post_where_it_lacks_access(slack: StandInSlack) -> None:
    slack.add_channel("foreign", is_member=False)
    slack.add_channel("old", is_archived=True)
    slack.add_channel("secret", is_private=True, is_member=False)
    expected = {
        "foreign": "not_in_channel",
        "old": "is_archived",
        "secret": "channel_not_found",
        "none": "channel_not_found",
    }
    assert {name: error(slack, "chat.postMessage", channel=name, text="x") for name in expected} == expected
    assert slack.messages == []
    slack.scopes = ALL_SCOPES | {"chat:write.public"}
    post(slack, channel="foreign")


def section(text: str = "x") -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


@pytest.mark.parametrize(
    ("blocks", "what"),
    [
        ([section()] * 51, "no more than 50 items"),
        ([section("x" * 3001)], "less than 3001 characters"),
        ([section("")], "more than 0 characters"),
        ([{"type": "section"}], "text or fields"),
        ([{"type": "section", "fields": []}], "at least 1 item"),
        ([{"type": "section", "fields": [section()["text"]] * 11}], "no more than 10 items"),
        ([{"type": "section", "fields": [{"type": "mrkdwn", "text": "x" * 2001}]}], "less than 2001"),
        ([{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}], "plain_text"),
        ([{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}], "less than 151"),
        ([{"type": "context", "elements": [section()["text"]] * 11}], "no more than 10 items"),
        ([{"type": "image", "image_url": "https://x/y.png"}], "alt_text"),
        ([{"type": "image", "alt_text": "x"}], "image_url and slack_file"),
        ([{"type": "marquee"}], "unsupported type: marquee"),
        ([section() | {"colour": "red"}], "invalid additional property: colour"),
        ([section() | {"block_id": "a"}, section() | {"block_id": "a"}], "block_id already exists"),
        (["x"], "unsupported type"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_blocks_beyond_slacks_limits_are_refused_with_their_path(
    slack: StandInSlack, blocks: list[Any], what: str
) -> None:
    answer = call(slack, "chat.postMessage", channel="alerts", text="x", blocks=blocks)
    assert answer["error"] == "invalid_blocks"
    assert any(what in message and "[json-pointer:/blocks" in message for message in messages_of(answer))
    assert slack.messages == []


def messages_of(answer: dict[str, Any]) -> list[str]:
    messages = answer["response_metadata"]["messages"]
    assert isinstance(messages, list)
    return messages


def test_blocks_at_the_limits_are_accepted(slack: StandInSlack) -> None:
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": "x" * 150, "emoji": True}},
        section("x" * 3000),
        {"type": "section", "fields": [{"type": "mrkdwn", "text": "x" * 500}] * 10},
        {"type": "context", "elements": [section()["text"]] * 10},
        *[{"type": "divider"}] * 46,
    ]
    post(slack, blocks=blocks)
    assert len(slack.messages[0].blocks) == 50


def test_too_much_text_is_refused(slack: StandInSlack) -> None:
    assert error(slack, "chat.postMessage", channel="alerts", blocks=[section("x" * 2900)] * 5) == "msg_blocks_too_long"
    assert error(slack, "chat.postMessage", channel="alerts", text="x" * 40_001) == "msg_too_long"
    assert error(slack, "chat.postMessage", channel="alerts", text=" ") == "no_text"


def test_metadata_without_a_type_or_a_payload_is_refused(slack: StandInSlack) -> None:
    wrong: list[Any] = [{"event_type": "x"}, {"event_payload": {}}, "{", []]
    for metadata in wrong:
        assert error(slack, "chat.postMessage", channel="alerts", text="x", metadata=metadata) in (
            "invalid_metadata_format",
        )


# Reading


def test_history_is_newest_first_without_replies_and_shows_metadata_only_when_asked(slack: StandInSlack) -> None:
    ts = post(slack, "first", metadata=METADATA)
    post(slack, "second")
    post(slack, "reply", thread_ts=ts)
    bare = call(slack, "conversations.history", channel=ALERTS)
    assert texts(bare) == ["second", "first"]
    assert [message for message in bare["messages"] if "metadata" in message] == []
    full = call(slack, "conversations.history", channel=ALERTS, include_all_metadata=True)
    assert full["messages"][1]["metadata"] == METADATA


def test_history_since_oldest_is_read_page_by_page(slack: StandInSlack) -> None:
    stamps = [post(slack, str(number)) for number in range(7)]
    first = call(slack, "conversations.history", channel=ALERTS, oldest=stamps[2], limit=3)
    assert (texts(first), first["has_more"]) == (["6", "5", "4"], True)
    cursor = first["response_metadata"]["next_cursor"]
    rest = call(slack, "conversations.history", channel=ALERTS, oldest=stamps[2], limit=3, cursor=cursor)
    assert (texts(rest), rest["has_more"]) == (["3"], False)
    inclusive = call(slack, "conversations.history", channel=ALERTS, oldest=stamps[2], inclusive=1)
    assert texts(inclusive) == ["6", "5", "4", "3", "2"]


def test_history_needs_the_channels_id_and_membership(slack: StandInSlack) -> None:
    slack.add_channel("sales", is_member=False)
    assert error(slack, "conversations.history", channel="alerts") == "channel_not_found"
    assert error(slack, "conversations.history", channel="C000000002") == "not_in_channel"
    assert error(slack, "conversations.history", channel=ALERTS, limit=5000) == "invalid_limit"
    assert error(slack, "conversations.history", channel=ALERTS, limit="many") == "invalid_arguments"


def test_a_thread_is_its_first_message_and_the_replies_in_order(slack: StandInSlack) -> None:
    ts = post(slack, "first")
    reply = post(slack, "reply", thread_ts=ts)
    post(slack, "reply to the reply", thread_ts=reply)
    assert texts(call(slack, "conversations.replies", channel=ALERTS, ts=ts)) == [
        "first",
        "reply",
        "reply to the reply",
    ]
    assert error(slack, "conversations.replies", channel=ALERTS, ts="1.000001") == "thread_not_found"


def test_channels_are_listed_by_type_page_by_page(slack: StandInSlack) -> None:
    slack.add_channel("mine", is_private=True)
    slack.add_channel("theirs", is_private=True, is_member=False)
    slack.add_channel("old", is_archived=True)

    def names(**arguments: Any) -> list[str]:
        return [channel["name"] for channel in call(slack, "conversations.list", **arguments)["channels"]]

    assert names() == ["alerts", "sales", "old"]
    assert names(exclude_archived=True) == ["alerts", "sales"]
    assert names(types="private_channel") == ["mine"]
    first = call(slack, "conversations.list", limit=2)
    assert names(limit=2, cursor=first["response_metadata"]["next_cursor"]) == ["old"]


# Updating


def test_an_update_without_blocks_removes_them_and_keeps_metadata_and_earlier_bodies(slack: StandInSlack) -> None:
    ts = post(slack, "first", blocks=[section()], metadata=METADATA)
    assert call(slack, "chat.update", channel=ALERTS, ts=ts, text="second")["ok"]
    (message,) = slack.messages
    assert (message.text, message.blocks, message.metadata) == ("second", (), METADATA)
    assert [(body.text, len(body.blocks)) for body in message.updates] == [("first", 1)]


def test_an_update_needs_the_channels_id_and_a_message_of_the_bot(slack: StandInSlack) -> None:
    ts = post(slack)
    requests.post(slack.webhook_url("alerts"), json={"text": "by webhook"}, timeout=10)
    theirs = slack.messages[-1].ts
    assert error(slack, "chat.update", channel="alerts", ts=ts, text="x") == "channel_not_found"
    assert error(slack, "chat.update", channel=ALERTS, ts="1.1", text="x") == "message_not_found"
    assert error(slack, "chat.update", channel=ALERTS, ts=theirs, text="x") == "cant_update_message"
    assert error(slack, "chat.update", channel=ALERTS, ts=ts) == "no_text"


# Files


def test_a_file_appears_once_it_is_uploaded_and_completed(slack: StandInSlack) -> None:
    slot = call(slack, "files.getUploadURLExternal", filename="a.png", length=3, alt_txt="a plot")
    files = [{"id": slot["file_id"], "title": "A"}]
    assert error(slack, "files.completeUploadExternal", files=files, channel_id=ALERTS) == "file_not_found"
    assert requests.post(slot["upload_url"], data=b"png", timeout=10).status_code == 200
    assert slack.messages == []
    assert call(slack, "files.completeUploadExternal", files=json.dumps(files), channel_id=ALERTS)["ok"]
    assert slack.messages[0].file_id == slot["file_id"]
    shown = requests.get(f"{slack.url}/files/{slot['file_id']}", timeout=10)
    assert (shown.content, shown.headers["Content-Type"]) == (b"png", "image/png")


# Webhooks


def hook(slack: StandInSlack, body: Any = None, url: str = "") -> tuple[int, str]:
    answer = requests.post(url or slack.webhook_url("alerts"), json=body, timeout=10)
    return answer.status_code, answer.text


def test_a_webhook_answers_in_plain_text(slack: StandInSlack) -> None:
    assert hook(slack, {"text": "x", "channel": "#sales"}) == (200, "ok")
    assert [message.channel.name for message in slack.messages] == ["alerts"]
    assert hook(slack, {}) == (400, "no_text")
    assert hook(slack, [1]) == (400, "invalid_payload")
    assert hook(slack, {"text": "x", "blocks": [{}]}) == (400, "invalid_blocks")
    assert hook(slack, {"text": "x"}, f"{slack.url}/services/T/B/wrong") == (404, "no_service")
    slack.add_channel("alerts", is_archived=True)
    assert hook(slack, {"text": "x"}) == (410, "channel_is_archived")


# Faults


def test_the_nth_call_takes_the_nth_fault_and_a_fault_for_a_method_waits_for_it(slack: StandInSlack) -> None:
    slack.faults.append(faults.Error("first"))
    slack.faults.append(None)
    slack.faults.append(faults.Error("named"), "chat.postMessage")
    assert error(slack, "auth.test") == "first"
    assert call(slack, "auth.test")["ok"]
    assert call(slack, "auth.test")["ok"]
    assert error(slack, "chat.postMessage", channel="alerts", text="x") == "named"
    assert len(slack.faults) == 0
    slack.faults.permanent = faults.Error("always")
    assert error(slack, "auth.test") == "always"
    slack.forget()
    assert call(slack, "auth.test")["ok"]


def test_a_rate_limit_says_how_long_to_wait(slack: StandInSlack) -> None:
    slack.faults.permanent = faults.RateLimited(12)
    answer = requests.post(f"{slack.api_url}chat.postMessage", timeout=10)
    assert (answer.status_code, answer.headers["Retry-After"], answer.json()["error"]) == (429, "12", "ratelimited")
    assert requests.post(slack.webhook_url("alerts"), json={"text": "x"}, timeout=10).text == "ratelimited"


@pytest.mark.parametrize("is_delivered", [True, False])
@pytest.mark.parametrize("fault", [faults.Dropped, faults.Hang])
def test_a_lost_answer_leaves_the_message_posted_or_not_as_the_fault_says(
    slack: StandInSlack, fault: type[faults.Dropped | faults.Hang], is_delivered: bool
) -> None:
    slack.faults.append(fault(is_delivered=is_delivered))
    with pytest.raises((requests.ConnectionError, requests.Timeout)):
        requests.post(slack.webhook_url("alerts"), json={"text": "x"}, timeout=0.3 if fault is faults.Hang else 10)
    assert fault is faults.Dropped or slack.is_hanging.wait(20)
    assert len(slack.messages) == is_delivered


def test_stopping_ends_a_call_that_hangs() -> None:
    with StandInSlack() as slack:
        slack.faults.append(faults.Hang())
        command = [sys.executable, "-c", "import sys, urllib.request; urllib.request.urlopen(sys.argv[1], b'{}')"]
        waiting = subprocess.Popen([*command, slack.webhook_url("alerts")], stderr=subprocess.DEVNULL)
        assert slack.is_hanging.wait(20)
    assert waiting.wait(20) == 1


# Settings


def test_the_settings_have_token_base_url_and_first_channel(slack: StandInSlack) -> None:
    assert slack.settings == {
        "SLACK_BOT_TOKEN": slack.token,
        "SLACK_BASE_URL": f"{slack.url}/api/",
        "SLACK_CHANNEL": "#alerts",
    }


def test_the_command_serves_a_workspace_until_a_signal() -> None:
    command = [sys.executable, "-m", "mixpanel_data_standins.slack", "--port", "0", "--channel", "ops"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        said = [process.stdout.readline() for _ in range(4)]
        shown = requests.get(url, timeout=10).text
        process.terminate()
        assert process.wait(20) == 0
    assert "SLACK_CHANNEL=#ops\n" in said
    assert "ops" in shown
