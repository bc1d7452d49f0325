"""Answers that are not what slack-sdk expects."""

from __future__ import annotations

import pytest

from clients.slack.raw_answers import answer_of, raw
from clients.slack.workspace import (
    BODY,
)
from mixpanel_data.base.secret import Secret
from mixpanel_data.clients.slack import (
    BotSlack,
    Limited,
    Unknown,
    WebhookSlack,
)


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
def test_a_message_with_an_unreadable_answer_is_unknown_and_not_sent_again(answer: bytes) -> None:
    with raw(answer) as wire:
        outcomes = [
            BotSlack(Secret("xoxb-1"), f"{wire.url}/api/").post("alerts", BODY, "k1"),
            WebhookSlack(Secret(f"{wire.url}/services/T/B/x")).post("", BODY, "k1"),
        ]
    assert [type(outcome) for outcome in outcomes] == [Unknown, Unknown]
    assert len(wire.requests) == 2


def test_the_retry_after_header_is_found_in_any_case() -> None:
    with raw(answer_of(b"slow down", b"rEtRy-AfTeR: 12", status=b"429 Too Many Requests")) as wire:
        assert BotSlack(Secret("xoxb-1"), f"{wire.url}/api/").post("alerts", BODY, "k1") == Limited(12.0)
        assert WebhookSlack(Secret(f"{wire.url}/x")).post("", BODY, "k1") == Limited(12.0)
