"""One Slack client for many calls: one after the other, and several at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from clients.slack.workspace import BODY, NOW, SOON, bot_of, methods
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.secret import Secret
from mixpanel_data.clients.slack import BotSlack, LookLater, Refused, Sent, Slack, Unknown, WebhookSlack
from mixpanel_data_standins.slack import StandInSlack, faults


@pytest.fixture(params=["bot", "webhook"])
def client(request: pytest.FixtureRequest, bot: BotSlack, webhook: WebhookSlack) -> BotSlack | WebhookSlack:
    return bot if request.param == "bot" else webhook


def test_the_deadline_of_one_call_does_not_end_the_call_beside_it(
    server: StandInSlack, client: BotSlack | WebhookSlack
) -> None:
    server.faults.append(faults.Hang())
    with ThreadPoolExecutor(1) as threads:
        hanging = threads.submit(client.within(Deadline.after(20.0)).post, "alerts", BODY, "k1")
        assert server.is_hanging.wait(20.0)
        assert isinstance(client.within(Deadline.after(0.0)).post("alerts", BODY, "k2"), Refused)
        assert isinstance(client.within(Deadline()).post("alerts", BODY, "k3"), Sent)
        assert not hanging.done()
        # The server lets go of it.
        server.stop()
        assert isinstance(hanging.result(20.0), Unknown)


def test_a_client_posts_again_after_a_deadline_has_passed(
    server: StandInSlack, client: BotSlack | WebhookSlack
) -> None:
    server.faults.permanent = faults.Hang()
    late = client.within(Deadline.after(SOON))
    assert isinstance(late.post("alerts", BODY, "k1"), Unknown | Refused)
    server.faults.clear()
    assert isinstance(late.post("alerts", BODY, "k2"), Refused)
    assert isinstance(client.within(Deadline()).post("alerts", BODY, "k3"), Sent)


def test_a_client_within_a_deadline_keeps_its_address_and_its_timeout(server: StandInSlack) -> None:
    server.faults.append(faults.Hang())
    bound: list[Slack] = [
        bot_of(server, SOON).within(Deadline()),
        WebhookSlack(Secret(server.webhook_url("sales")), SOON).within(Deadline()),
    ]
    assert isinstance(bound[0].post("alerts", BODY, "k1"), Unknown)
    assert isinstance(bound[1].post("", BODY, "k2"), Sent)
    assert [message.channel.name for message in server.messages] == ["sales"]


def test_calls_share_the_ids_of_channels(server: StandInSlack, bot: BotSlack) -> None:
    for key in ("k1", "k2", "k3"):
        assert bot.within(Deadline()).find("#alerts", key, NOW) is None
    assert methods(server).count("conversations.list") == 1
    assert isinstance(bot.within(Deadline.after(0.0)).find("#alerts", "k4", NOW), LookLater)


def test_the_id_of_a_channel_is_looked_up_again_after_ten_minutes(
    server: StandInSlack, bot: BotSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its name may have passed to another channel."""
    now = [1000.0]
    monkeypatch.setattr("mixpanel_data.clients.slack.channels.time", SimpleNamespace(monotonic=lambda: now[0]))
    for passed, lookups in ((0.0, 1), (600.0, 1), (1.0, 2)):
        now[0] += passed
        assert bot.within(Deadline()).find("#alerts", "k1", NOW) is None
        assert methods(server).count("conversations.list") == lookups
