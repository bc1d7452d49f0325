"""The search for a message by its key."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from clients.slack.raw_answers import answer_of, raw
from clients.slack.workspace import (
    BODY,
    LOST,
    NOT_TAKEN,
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
    CannotLook,
    LookLater,
)
from mixpanel_data_standins.slack import ALL_SCOPES, StandInSlack, faults


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


def test_the_id_of_a_channel_is_looked_up_once(server: StandInSlack, bot: BotSlack) -> None:
    for key in ("k1", "k2"):
        assert bot.find("#alerts", key, NOW) is None
    assert bot.find("C000000001", "k3", NOW) is None
    assert methods(server).count("conversations.list") == 1


def test_a_message_is_found_from_an_hour_before_the_given_time(server: StandInSlack, bot: BotSlack) -> None:
    outcome = bot.post("alerts", BODY, "k1")
    assert bot.find("alerts", "k1", NOW + timedelta(hours=1)) == outcome
    assert bot.find("alerts", "k1", NOW + timedelta(minutes=61)) is None


def test_a_message_is_found_however_far_our_clock_is_ahead_of_slacks(server: StandInSlack) -> None:
    def ahead() -> datetime:
        return NOW + timedelta(hours=7)

    bot = BotSlack(Secret(server.token), server.api_url, clock=ahead)
    outcome = bot.post("alerts", BODY, "k1")
    assert bot.find("alerts", "k1", ahead()) == outcome
    assert bot.find("alerts", "k2", ahead()) is None


def test_a_reply_is_found_in_its_thread_alone(server: StandInSlack, bot: BotSlack) -> None:
    _, ts = posted(bot.post("alerts", BODY, "k1"))
    reply = bot.post("alerts", {"text": "over"}, "k2", thread_ts=ts)
    for number in range(250):
        server.post(server.channel("alerts"), "bot", f"chat {number}", thread_ts=ts)
    last = bot.post("alerts", {"text": "again"}, "k3", thread_ts=ts)
    assert bot.find("alerts", "k2", NOW) is None
    assert bot.find("alerts", "k2", NOW, thread_ts=ts) == reply
    assert bot.find("alerts", "k3", NOW, thread_ts=ts) == last


def test_another_apps_message_with_the_same_key_is_not_found(server: StandInSlack, bot: BotSlack) -> None:
    channel = server.channel("alerts")
    server.post(channel, "bot", "theirs", metadata={"event_type": "other", "event_payload": {"key": "k1"}})
    server.post(channel, "bot", "without any")
    assert bot.find("alerts", "k1", NOW) is None


@pytest.mark.parametrize("scope", ["channels:read", "channels:history"])
def test_without_a_scope_the_search_is_impossible_and_the_scope_is_named(
    server: StandInSlack, bot: BotSlack, scope: str
) -> None:
    bot.post("alerts", BODY, "k1")
    server.scopes = ALL_SCOPES - {scope}
    assert bot.find("alerts", "k1", NOW) == CannotLook(f"missing_scope (needs {scope})")


def test_without_the_scope_for_private_channels_public_ones_are_searched(server: StandInSlack, bot: BotSlack) -> None:
    outcome = bot.post("alerts", BODY, "k1")
    server.scopes = ALL_SCOPES - {"groups:read"}
    assert bot.find("alerts", "k1", NOW) == outcome


def test_a_channel_without_the_bot_cannot_be_searched(server: StandInSlack, bot: BotSlack) -> None:
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
def test_a_search_that_fails_can_be_repeated_later(
    server: StandInSlack, bot: BotSlack, fault: faults.Fault, method: str
) -> None:
    bot.post("alerts", BODY, "k1")
    server.faults.append(fault, method)
    assert isinstance(bot_of(server, impatient(fault)).find("alerts", "k1", NOW), LookLater)
    assert methods(settled(server, fault)).count(method) == 1


def test_a_cursor_that_leads_back_to_itself_ends_the_search() -> None:
    body = b'{"ok": true, "messages": [], "response_metadata": {"next_cursor": "again"}}'
    with raw(answer_of(body)) as wire:
        assert BotSlack(Secret("xoxb-1"), f"{wire.url}/api/").find("C1", "k1", NOW) is None
    assert len(wire.requests) == 2
