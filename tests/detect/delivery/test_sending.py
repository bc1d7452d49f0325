"""Waiting messages are sent in order, as exactly once as Slack allows, and one channel does not hold up another."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import pytest

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.secret import Secret
from mixpanel_data.clients.slack import Body, BotSlack, Cause, Outcome, Refused, Sent, Slack, Stored, WebhookSlack
from mixpanel_data.detect.delivery.pictures import Illustrated, Picture
from mixpanel_data.detect.delivery.sending import DeliveryReport, deliver
from mixpanel_data.detect.messages.message import PlannedMessage
from mixpanel_data.outbox.blocks import image
from mixpanel_data.outbox.message import Message, MessageKind, MessageState
from mixpanel_data_standins.slack import Message as ShownMessage
from mixpanel_data_standins.slack import StandInSlack, faults
from support.detector_world import START


@dataclass
class Outbox:
    """Messages in memory as the warehouse keeps them, and a Slack to send them to."""

    slack: StandInSlack
    default_channel: str = "#alerts"
    kept: dict[str, Message] = field(default_factory=dict)
    notices: list[PlannedMessage] = field(default_factory=list)

    def add(
        self, key: str, kind: MessageKind = MessageKind.ALERT, channel: str = "#alerts", parent: str | None = None
    ) -> None:
        body = {"text": f"this is {key}"}
        self.kept[key] = Message(key, len(self.kept), channel, kind, ("an incident",), parent, START, body)

    def run(self, slack: Slack | None = None, deadline: Deadline | None = None) -> DeliveryReport:
        """One delivery of every message that waits."""
        waiting = [each for each in self.kept.values() if each.state in (MessageState.PENDING, MessageState.SENDING)]
        return deliver(waiting, self, slack or self.bot(), deadline or Deadline(), self.default_channel)

    def by_key(self, message_key: str) -> Message | None:
        return self.kept.get(message_key)

    def give_up(self, message: Message, reason: str, notice: PlannedMessage | None) -> None:
        self.record(message, MessageState.UNDELIVERABLE, None, reason)
        self.notices += [notice] if notice else []

    def record(self, message: Message, state: MessageState, sent: Sent | None, _reason: str) -> None:
        known = self.kept[message.message_key]
        if sent is not None:
            known = replace(known, slack_channel=sent.channel, slack_ts=sent.ts)
        self.kept[message.message_key] = replace(known, state=state)

    def bot(self, timeout_seconds: float = 10.0) -> BotSlack:
        return BotSlack(Secret(self.slack.token), self.slack.api_url, timeout_seconds)

    def webhook(self, timeout_seconds: float = 10.0) -> WebhookSlack:
        return WebhookSlack(Secret(self.slack.webhook_url("alerts")), timeout_seconds)

    def states(self) -> dict[str, str]:
        return {key: str(message.state) for key, message in self.kept.items()}

    def shown(self) -> list[tuple[str, str, bool]]:
        """Channel, text and whether it is a reply, of the messages that people see, in the order of each channel."""
        return [(one.channel.name, one.text, one.is_reply) for one in self.slack.messages]


@pytest.fixture
def slack() -> Iterator[StandInSlack]:
    with StandInSlack(["alerts", "visits"], now=lambda: START) as running:
        yield running


@pytest.fixture
def outbox(slack: StandInSlack) -> Outbox:
    """An alert, its update, a reply in its thread, and an alert to another channel."""
    filled = Outbox(slack)
    filled.add("first")
    filled.add("newer", MessageKind.UPDATE, parent="first")
    filled.add("answer", MessageKind.RESOLUTION, parent="first")
    filled.add("other", channel="#visits")
    return filled


ALL_SHOWN = [("alerts", "this is answer", True), ("alerts", "this is newer", False), ("visits", "this is other", False)]
CALLS = ("chat.postMessage", "chat.update", "conversations.list", "conversations.history", "conversations.replies")
FAULTS: dict[str, faults.Fault] = {
    "429": faults.RateLimited(1),
    "429 without a time": faults.RateLimited(None),
    "ratelimited": faults.Error("ratelimited"),
    "500": faults.Status(500),
    "503 but delivered": faults.Status(503, is_delivered=True),
    "internal_error": faults.Error("internal_error"),
    "fatal_error but delivered": faults.Error("fatal_error", is_delivered=True),
    "dropped": faults.Dropped(),
    "dropped but delivered": faults.Dropped(is_delivered=True),
    "reset": faults.Dropped(is_reset=True),
    "reset but delivered": faults.Dropped(is_delivered=True, is_reset=True),
    "cut": faults.Cut(),
    "no JSON": faults.NOT_JSON,
    "no JSON but delivered": faults.Status(200, is_delivered=True),
    "hanging": faults.Hang(),
    "hanging but delivered": faults.Hang(is_delivered=True),
    "a refused credential": faults.Error("invalid_auth"),
    "an unknown word": faults.Error("some_day_soon"),
}


def _patience_seconds(fault: str) -> float:
    """Short where Slack never answers; else a busy machine has time to."""
    return 0.4 if isinstance(FAULTS[fault], faults.Hang) else 10.0


def until_delivered(outbox: Outbox, slack: Slack | None = None, most: int = 12) -> int:
    """How many runs it takes."""
    for runs in range(1, most + 1):
        if not outbox.run(slack).undelivered:
            return runs
    raise AssertionError(outbox.states())


def test_waiting_messages_are_sent_in_order(outbox: Outbox) -> None:
    report = outbox.run()
    assert (report.sent, report.undelivered) == (4, 0)
    assert sorted(outbox.shown()) == ALL_SHOWN
    assert set(outbox.states().values()) == {"sent"}
    assert outbox.run() == DeliveryReport()


def test_a_bot_sends_a_message_without_a_channel_to_the_default_one(slack: StandInSlack) -> None:
    outbox = Outbox(slack, default_channel="#visits")
    outbox.add("first", MessageKind.NOTICE, channel="")
    assert outbox.run().sent == 1
    assert outbox.shown() == [("visits", "this is first", False)]


def test_a_bot_keeps_a_message_without_a_channel_while_there_is_no_default_one(
    slack: StandInSlack, caplog: pytest.LogCaptureFixture
) -> None:
    outbox = Outbox(slack, default_channel="")
    outbox.add("first", MessageKind.NOTICE, channel="")
    outbox.add("second")
    report = outbox.run()
    assert (report.sent, report.undelivered, report.given_up) == (1, 1, 0)
    assert outbox.states() == {"first": "pending", "second": "sent"}
    assert "set SLACK_CHANNEL" in caplog.text


@pytest.mark.parametrize("position", [0, 1, 2, 3])
@pytest.mark.parametrize("fault", FAULTS)
def test_with_a_bot_that_may_read_its_channel_no_message_is_lost_or_doubled(
    outbox: Outbox, fault: str, position: int
) -> None:
    for _ in range(position):
        outbox.slack.faults.append(None)
    outbox.slack.faults.append(FAULTS[fault])
    outbox.run(outbox.bot(_patience_seconds(fault)))
    assert until_delivered(outbox) <= 2
    assert sorted(outbox.shown()) == ALL_SHOWN
    assert set(outbox.states().values()) == {"sent"}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("fault", ["429", "500", "dropped but delivered", "no JSON", "cut"])
def test_no_message_is_lost_or_doubled_where_looking_for_it_fails_too(outbox: Outbox, fault: str, call: str) -> None:
    """Each second post is lost or spoiled, and so is what looks for it."""
    for _ in range(3):
        outbox.slack.faults.append(faults.Dropped(is_delivered=True), "chat.postMessage")
        outbox.slack.faults.append(FAULTS[fault], call)
        outbox.slack.faults.append(None, call)
    until_delivered(outbox)
    assert sorted(outbox.shown()) == ALL_SHOWN


def test_messages_behind_a_failure_wait_and_other_channels_do_not(outbox: Outbox) -> None:
    outbox.slack.faults.append(faults.Status(500))
    report = outbox.run()
    assert (report.sent, report.undelivered) == (1, 3)
    assert outbox.shown() == [("visits", "this is other", False)]
    assert outbox.states() == {"first": "sending", "newer": "pending", "answer": "pending", "other": "sent"}


def test_a_message_that_slack_surely_refused_is_not_looked_for(outbox: Outbox) -> None:
    outbox.slack.faults.append(faults.RateLimited(1))
    outbox.run()
    assert outbox.states()["first"] == "pending"
    outbox.run()
    assert not [call for call in outbox.slack.calls if call.method.startswith("conversations.")]


@pytest.mark.parametrize("scopes", [{"chat:write"}, {"chat:write", "channels:read"}])
def test_without_the_scopes_to_look_delivery_is_at_least_once(outbox: Outbox, scopes: set[str]) -> None:
    outbox.slack.scopes = frozenset(scopes)
    outbox.slack.faults.append(faults.Dropped(is_delivered=True))
    outbox.run()
    outbox.run()
    assert [text for _, text, is_reply in outbox.shown() if not is_reply].count("this is first") == 1
    assert ("alerts", "this is newer", False) in outbox.shown()
    assert set(outbox.states().values()) == {"sent"}


@pytest.mark.parametrize("fault", [name for name in FAULTS if name not in ("a refused credential", "an unknown word")])
def test_over_a_webhook_delivery_is_at_least_once(slack: StandInSlack, fault: str) -> None:
    outbox = Outbox(slack)
    outbox.add("first", channel="")
    outbox.add("over", MessageKind.RESOLUTION, channel="")
    slack.faults.append(FAULTS[fault])
    outbox.run(outbox.webhook(_patience_seconds(fault)))
    until_delivered(outbox, outbox.webhook())
    texts = [text for _, text, _ in outbox.shown()]
    assert set(texts) == {"this is first", "this is over"}
    assert texts.count("this is over") == 1
    assert texts.count("this is first") == (2 if "delivered" in fault or fault == "cut" else 1)


@pytest.mark.parametrize("kind", ["channel_not_found", "not_in_channel", "is_archived"])
def test_a_lasting_refusal_makes_a_message_undeliverable_and_holds_up_no_other(
    outbox: Outbox, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    slack = outbox.slack
    states: dict[str, dict[str, Any]] = {"not_in_channel": {"is_member": False}, "is_archived": {"is_archived": True}}
    channel = "#gone" if kind == "channel_not_found" else "#elsewhere"
    if kind in states:
        slack.add_channel("elsewhere", **states[kind])
    outbox.add("lost", channel=channel)
    outbox.add("lost later", MessageKind.UPDATE, channel=channel, parent="lost")
    outbox.add("lost answer", MessageKind.RESOLUTION, channel=channel, parent="lost")
    with caplog.at_level(logging.ERROR):
        report = outbox.run()
    assert sorted(outbox.shown()) == ALL_SHOWN
    assert (report.sent, report.undelivered) == (4, 0)
    states_now = outbox.states()
    assert [states_now[key] for key in ("lost", "lost later", "lost answer")] == ["undeliverable"] * 3
    assert report.given_up == 3
    (notice,) = outbox.notices
    assert (notice.channel, notice.about, notice.given_up) == (
        "#alerts",
        ("undeliverable", channel, kind),
        3,
    )
    assert channel in caplog.text
    assert kind in caplog.text


@pytest.mark.parametrize("default", ["", "#gone"])
def test_without_another_channel_an_undeliverable_message_brings_no_notice(slack: StandInSlack, default: str) -> None:
    outbox = Outbox(slack, default)
    outbox.add("lost", channel="#gone")
    assert outbox.run().given_up == 1
    assert outbox.notices == []


def test_a_webhook_gets_no_notice_that_it_fails(slack: StandInSlack) -> None:
    outbox = Outbox(slack)
    outbox.add("lost", channel="")
    slack.add_channel("alerts", is_archived=True)
    assert outbox.run(outbox.webhook()).given_up == 1
    assert outbox.notices == []
    assert outbox.states() == {"lost": "undeliverable"}


def test_with_little_time_left_no_message_is_sent(outbox: Outbox) -> None:
    report = outbox.run(deadline=Deadline.after(4.0))
    assert (report.sent, report.undelivered) == (0, 4)
    assert outbox.slack.calls == []
    assert set(outbox.states().values()) == {"pending"}


class Painter:
    """Puts an uploaded picture into each message, and counts the uploads."""

    def __init__(self, slack: Slack) -> None:
        self._slack = slack
        self.uploads = 0

    def illustrated(self, body: Body) -> Illustrated:
        self.uploads += 1
        stored = self._slack.store(b"png", "a title", "in words")
        assert isinstance(stored, Stored)
        return Illustrated({**body, "blocks": [image(stored.file_id, "in words")]}, (Picture(b"png", "t", "a"),))


def painted(outbox: Outbox, slack: Slack | None = None, pauses: list[float] | None = None) -> DeliveryReport:
    bot, pauses = slack or outbox.bot(), [] if pauses is None else pauses
    waiting = [each for each in outbox.kept.values() if each.state in (MessageState.PENDING, MessageState.SENDING)]
    return deliver(waiting, outbox, bot, Deadline(), outbox.default_channel, Painter(bot), pauses.append)


def pictures_in(message: ShownMessage) -> int:
    return sum(block["type"] == "image" for block in message.blocks)


def test_a_message_shows_its_picture_and_no_other_message_does(slack: StandInSlack) -> None:
    outbox, pauses = Outbox(slack), list[float]()
    outbox.add("alert")
    assert painted(outbox, pauses=pauses).sent == 1
    (message,) = slack.messages
    assert (pictures_in(message), message.file_id, pauses) == (1, None, [])


def test_an_alert_does_not_wait_for_a_picture_that_slack_does_not_take_yet(slack: StandInSlack) -> None:
    outbox, pauses = Outbox(slack), list[float]()
    outbox.add("alert")
    slack.faults.append(faults.Error("invalid_blocks"), "chat.postMessage")
    slack.faults.append(faults.Error("invalid_blocks"), "chat.update")
    assert painted(outbox, pauses=pauses).sent == 1
    (message,) = slack.messages
    assert (pictures_in(message), len(message.updates), len(pauses)) == (1, 1, 2)


def test_a_picture_that_slack_never_takes_is_in_the_thread_of_its_alert_and_of_no_update(slack: StandInSlack) -> None:
    outbox = Outbox(slack)
    outbox.add("alert")
    outbox.add("newer", MessageKind.UPDATE, parent="alert")
    assert painted(outbox, NeverIllustrated(outbox.bot())).sent == 2
    alert, picture = slack.messages
    assert (pictures_in(alert), picture.thread_ts, picture.file_id is not None) == (0, alert.ts, True)


@pytest.mark.parametrize("is_delivered", [False, True])
def test_a_message_with_a_picture_whose_answer_is_lost_is_there_once(slack: StandInSlack, is_delivered: bool) -> None:
    outbox = Outbox(slack)
    outbox.add("alert")
    slack.faults.append(faults.Dropped(is_delivered=is_delivered), "chat.postMessage")
    assert painted(outbox).undelivered == 1
    painted(outbox)
    assert [pictures_in(message) for message in slack.messages] == [1]


class NeverIllustrated:
    """A bot in whose workspace no image block is taken."""

    can_find: ClassVar[bool] = True
    can_update: ClassVar[bool] = True

    def __init__(self, bot: BotSlack) -> None:
        self._bot = bot
        self.find, self.store, self.upload = bot.find, bot.store, bot.upload

    def post(self, channel: str, body: Body, key: str, thread_ts: str | None = None) -> Outcome:
        return _refused(body) or self._bot.post(channel, body, key, thread_ts)

    def update(self, channel_id: str, ts: str, body: Body) -> Outcome:
        return _refused(body) or self._bot.update(channel_id, ts, body)


def _refused(body: Body) -> Refused | None:
    has_image = any(block["type"] == "image" for block in body.get("blocks", ()))
    return Refused("invalid_blocks", Cause.MESSAGE) if has_image else None
