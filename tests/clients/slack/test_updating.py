"""Updates of messages."""

from __future__ import annotations

from datetime import timedelta

import pytest

from clients.slack.workspace import (
    BODY,
    DELIVERED_AND_LOST,
    LOST,
    NOW,
    bot_of,
    impatient,
    methods,
    posted,
    settled,
)
from mixpanel_data.base.secret import Secret
from mixpanel_data.clients.slack import (
    BotSlack,
    Refused,
    Sent,
    Unknown,
    WebhookSlack,
)
from mixpanel_data_standins.slack import StandInSlack, faults


def test_an_update_replaces_the_body_and_keeps_the_key(server: StandInSlack, bot: BotSlack) -> None:
    channel, ts = posted(bot.post("alerts", BODY, "k1"))
    assert bot.update(channel, ts, {"text": "it is over"}) == Sent(channel, ts)
    (message,) = server.messages
    assert (message.text, message.blocks, message.key) == ("it is over", (), "k1")
    assert [body.text for body in message.updates] == [BODY["text"]]
    assert bot.find("alerts", "k1", NOW) == Sent(channel, ts)


@pytest.mark.parametrize("fault", [*DELIVERED_AND_LOST, *LOST], ids=str)
def test_an_update_whose_answer_is_lost_is_unknown_and_can_be_repeated(
    server: StandInSlack, bot: BotSlack, fault: faults.Fault
) -> None:
    channel, ts = posted(bot.post("alerts", BODY, "k1"))
    server.faults.append(fault)
    assert isinstance(bot_of(server, impatient(fault)).update(channel, ts, {"text": "over"}), Unknown)
    assert methods(settled(server, fault)).count("chat.update") == 1
    assert bot.update(channel, ts, {"text": "over"}) == Sent(channel, ts)
    assert [message.text for message in server.messages] == ["over"]


@pytest.mark.parametrize("reason", ["message_not_found", "cant_update_message", "edit_window_closed", "is_inactive"])
def test_an_update_of_a_message_that_cannot_change_is_refused_for_good(
    server: StandInSlack, bot: BotSlack, reason: str
) -> None:
    channel, ts = posted(bot.post("alerts", BODY, "k1"))
    if reason == "message_not_found":
        ts = "1.000001"
    elif reason == "cant_update_message":
        WebhookSlack(Secret(server.webhook_url("alerts"))).post("", BODY, "k2")
        ts = server.messages[-1].ts
    elif reason == "edit_window_closed":
        server.edit_minutes, server.now = 5, lambda: NOW + timedelta(minutes=6)
    else:
        server.add_channel("alerts", is_archived=True)
    outcome = bot.update(channel, ts, {"text": "over"})
    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.is_final) == (reason, True)
