"""Messages that are posted, refused or lost on their way."""

from __future__ import annotations

import pytest

from clients.slack.workspace import (
    BODY,
    DELIVERED_AND_LOST,
    LOST,
    NOT_TAKEN,
    NOW,
    PNG,
    bot_of,
    impatient,
    methods,
    posted,
    settled,
)
from mixpanel_data.base.secret import Secret
from mixpanel_data.clients.slack import (
    BotSlack,
    CannotLook,
    Limited,
    Refused,
    Sent,
    Slack,
    Unknown,
    WebhookSlack,
)
from mixpanel_data_standins.slack import StandInSlack, faults


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


def test_a_reply_is_posted_into_the_thread(server: StandInSlack, bot: BotSlack) -> None:
    _, ts = posted(bot.post("alerts", BODY, "k1"))
    bot.post("alerts", {"text": "over"}, "k2", thread_ts=ts)
    assert [(message.text, message.thread_ts) for message in server.messages] == [(BODY["text"], None), ("over", ts)]


def test_a_webhook_posts_to_its_own_channel_and_learns_no_ts(server: StandInSlack, webhook: WebhookSlack) -> None:
    assert webhook.post("#sales", BODY, "k1") == Sent(None, None)
    assert [(message.channel.name, message.author) for message in server.messages] == [("alerts", "webhook")]


def test_a_bot_can_find_and_update_and_a_webhook_cannot() -> None:
    clients: list[Slack] = [BotSlack(Secret("xoxb-1")), WebhookSlack(Secret("https://hooks.example/x"))]
    assert [(client.can_find, client.can_update) for client in clients] == [(True, True), (False, False)]


def test_a_webhook_refuses_to_find_to_update_and_to_upload(webhook: WebhookSlack) -> None:
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
def test_nothing_is_posted_by_a_refusal_that_can_be_repeated(
    server: StandInSlack, bot: BotSlack, webhook: WebhookSlack, fault: faults.Fault
) -> None:
    for client in (bot, webhook):
        server.faults.append(fault)
        outcome = client.post("alerts", BODY, "k1")
        assert isinstance(outcome, Refused)
        assert not outcome.is_final
    assert (len(server.calls), server.messages) == (2, [])


@pytest.mark.parametrize(("retry_after", "seconds"), [(7, 7.0), (None, 1.0)])
def test_too_many_messages_are_limited_with_the_time_to_wait(
    server: StandInSlack, bot: BotSlack, webhook: WebhookSlack, retry_after: int | None, seconds: float
) -> None:
    server.faults.permanent = faults.RateLimited(retry_after)
    assert bot.post("alerts", BODY, "k1") == Limited(seconds)
    assert webhook.post("", BODY, "k1") == Limited(seconds)
    assert bot.update("C000000001", "1.2", BODY) == Limited(seconds)
    assert bot.upload("C000000001", PNG, "t", "a") == Limited(seconds)
    assert (len(server.calls), server.messages) == (4, [])


def test_a_rate_limit_with_status_200_is_a_limit(server: StandInSlack, bot: BotSlack) -> None:
    server.faults.append(faults.Error("ratelimited"))
    assert bot.post("alerts", BODY, "k1") == Limited(1.0)


@pytest.mark.parametrize("fault", [*DELIVERED_AND_LOST, *LOST], ids=str)
def test_a_message_whose_answer_is_lost_is_posted_at_most_once_by_a_webhook(
    server: StandInSlack, fault: faults.Fault
) -> None:
    server.faults.append(fault)
    client = WebhookSlack(Secret(server.webhook_url("alerts")), impatient(fault))
    assert isinstance(client.post("", BODY, "k1"), Unknown)
    assert methods(settled(server, fault)) == ["webhook"]
    assert len(server.messages) == (fault in DELIVERED_AND_LOST)
