"""Sends messages to Slack: as exactly once as Slack allows.

A message and its key are in the warehouse before it is sent. It is marked as `sending` first, so that a run that dies
leaves it so; the next run then looks for its key at Slack, and sends it only if it is not there. Where nobody can look
(a webhook, a token without the scopes) it is sent again: at least once.

A message with pictures that Slack refuses is sent without them at once, because Slack takes a new file only after some
seconds: the pictures are added when everything else is sent, else they go into the message's thread.

Each channel gets its messages in order: a message that cannot be sent now holds up its channel until the next run, and
no other channel.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.clients.retries import Sleep, pause
from mixpanel_data.clients.slack import (
    Body,
    CannotLook,
    Cause,
    Limited,
    LookLater,
    Outcome,
    Refused,
    Sent,
    Slack,
    Unknown,
)
from mixpanel_data.detect.delivery.pictures import Illustrated
from mixpanel_data.detect.messages.message import PlannedMessage
from mixpanel_data.detect.messages.planning import undeliverable_notice
from mixpanel_data.outbox.message import Message, MessageKind, MessageState

log = logging.getLogger(__name__)

# The least time that one more message is worth starting with.
_LEAST_SECONDS = 5.0
# Slack takes a new file after about a second.
_PICTURE_PAUSES_SECONDS = (1.0, 3.0)


class MessageStore(Protocol):
    """The store of the messages to be sent; see Outbox."""

    def by_key(self, message_key: str) -> Message | None:
        """The message with that key."""
        ...

    def record(self, message: Message, state: MessageState, sent: Sent | None, reason: str) -> None:
        """Record how far a message has come, its id at Slack, and the reason why it is not sent."""
        ...

    def give_up(self, message: Message, reason: str, notice: PlannedMessage | None) -> None:
        """Record that a message cannot be delivered, with the notice to the default channel where one is due."""
        ...


class Illustrator(Protocol):
    """Puts pictures into messages; see Pictures."""

    def illustrated(self, body: Body) -> Illustrated | None:
        """The body with its pictures; None where there is none to show."""
        ...


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """Counts of one delivery: `undelivered` messages wait for the next run, `given_up` ones cannot be delivered."""

    sent: int = 0
    undelivered: int = 0
    given_up: int = 0


def deliver(
    waiting: Sequence[Message],
    store: MessageStore,
    slack: Slack,
    deadline: Deadline,
    default_channel: str,
    pictures: Illustrator | None = None,
    sleep: Sleep = pause,
) -> DeliveryReport:
    """Send the waiting messages in order; the next run sends the rest. Raises the store's errors.

    Nothing is raised for what Slack refuses: the report counts it, and the log says why.
    """
    delivery = _Delivery(waiting, store, slack, default_channel, pictures)
    for message in sorted(waiting, key=lambda each: each.seq):
        addressed = _addressed(message, slack, default_channel)
        if addressed is None or addressed.channel in delivery.held_up or deadline.left(_LEAST_SECONDS) < _LEAST_SECONDS:
            delivery.undelivered += 1
        else:
            delivery.deliver(addressed)
    _add_pictures(delivery.late_pictures, slack, deadline, sleep)
    return DeliveryReport(len(delivery.sent), delivery.undelivered, delivery.given_up)


@dataclass(frozen=True, slots=True)
class _LatePictures:
    """A message that Slack has without its pictures; `thread_ts` is where they go in the end, None for nowhere."""

    sent: Sent
    illustrated: Illustrated
    thread_ts: str | None

    def is_added(self, slack: Slack) -> bool:
        """Put the pictures into the message; False where Slack does not take them."""
        return isinstance(slack.update(self.sent.channel or "", self.sent.ts or "", self.illustrated.body), Sent)

    def upload(self, slack: Slack) -> None:
        """Put the pictures into the thread."""
        for picture in self.illustrated.pictures if self.thread_ts else ():
            channel = self.sent.channel or ""
            outcome = slack.upload(channel, picture.png, picture.title, picture.alt_text, self.thread_ts)
            log.info("a picture is not in its message but in the thread: %s", outcome)


class _Delivery:
    """One delivery on its way: `sent` by key, as Slack has them, and the channels that are `held_up`."""

    def __init__(
        self,
        waiting: Sequence[Message],
        store: MessageStore,
        slack: Slack,
        default_channel: str,
        pictures: Illustrator | None,
    ) -> None:
        self._waiting = waiting
        self._store = store
        self._slack = slack
        self._default_channel = default_channel
        self._pictures = pictures
        self.late_pictures: list[_LatePictures] = []
        self.sent: dict[str, Message] = {}
        self.held_up: set[str] = set()
        self.undelivered = self.given_up = 0

    def deliver(self, message: Message) -> None:
        """Try to send a message, and record the outcome."""
        outcome = self._attempt(message, self._parent(message))
        if isinstance(outcome, Sent):
            self._store.record(message, MessageState.SENT, outcome, "")
            self.sent[message.message_key] = replace(
                message, state=MessageState.SENT, slack_channel=outcome.channel, slack_ts=outcome.ts
            )
        elif isinstance(outcome, Refused) and outcome.is_final:
            self._store.give_up(message, str(outcome), self._notice(message, outcome))
            _log_failure(message, f"{outcome}. {outcome.remedy}", "cannot be delivered")
            self.given_up += 1
        else:
            state, reason = _to_be_retried(outcome)
            self._store.record(message, state, None, reason)
            _log_failure(message, reason, "is not delivered yet")
            self.held_up.add(message.channel)
            self.undelivered += 1

    def _parent(self, message: Message) -> Message | None:
        """The message that this one updates or answers."""
        if message.parent_key is None:
            return None
        return self.sent.get(message.parent_key) or self._store.by_key(message.parent_key)

    def _attempt(self, message: Message, parent: Message | None) -> Outcome:
        if message.kind is MessageKind.UPDATE:
            return self._update(message, parent)
        if parent is not None and parent.state is MessageState.UNDELIVERABLE:
            return Refused("the message that it answers could not be delivered", Cause.MESSAGE)
        thread = parent.slack_ts if parent and parent.slack_ts else None
        channel = parent.slack_channel if thread and parent and parent.slack_channel else message.channel
        if message.state is MessageState.SENDING:
            found = self._slack.find(channel, message.message_key, message.created_at, thread)
            if isinstance(found, Sent):
                return found
            if isinstance(found, LookLater):
                return Unknown(found.reason)
            if isinstance(found, CannotLook):
                log.warning(
                    "a message may have been delivered, but cannot be found; it is sent again: %s", found.reason
                )
        illustrated = self._illustrated(message)
        self._store.record(message, MessageState.SENDING, None, "")
        key = message.message_key
        return self._sent(message, illustrated, lambda body: self._slack.post(channel, body, key, thread))

    def _update(self, message: Message, parent: Message | None) -> Outcome:
        """Two updates to the same words do no harm, so that nothing is recorded before."""
        if parent is None or parent.slack_channel is None or parent.slack_ts is None:
            return Refused("the message that it updates was not delivered", Cause.MESSAGE)
        channel, ts = parent.slack_channel, parent.slack_ts
        illustrated = self._illustrated(message)
        return self._sent(message, illustrated, lambda body: self._slack.update(channel, ts, body))

    def _illustrated(self, message: Message) -> Illustrated | None:
        return self._pictures.illustrated(message.body) if self._pictures else None

    def _sent(self, message: Message, illustrated: Illustrated | None, send: Callable[[Body], Outcome]) -> Outcome:
        """Send with pictures. What Slack refuses was not posted, so that it can be sent without them."""
        outcome = send(illustrated.body if illustrated else message.body)
        is_refused = isinstance(outcome, Refused) and outcome.cause is Cause.MESSAGE
        if illustrated is None or not is_refused:
            return outcome
        outcome = send(message.body)
        if isinstance(outcome, Sent):
            # An alert's thread gets one picture of the incident, not one with each update.
            thread_ts = outcome.ts if message.kind is MessageKind.ALERT else None
            self.late_pictures.append(_LatePictures(outcome, illustrated, thread_ts))
        return outcome

    def _notice(self, message: Message, outcome: Refused) -> PlannedMessage | None:
        """To the default channel, where there is another one: messages to this channel cannot be delivered."""
        # A webhook's own channel has no name, and is the only one.
        has_other = self._default_channel and message.channel not in ("", self._default_channel)
        if outcome.cause is not Cause.DESTINATION or not has_other:
            return None
        given_up = sum(each.channel == message.channel for each in self._waiting)
        return undeliverable_notice(self._default_channel, message.channel, outcome.reason, given_up)


def _add_pictures(waiting: Sequence[_LatePictures], slack: Slack, deadline: Deadline, sleep: Sleep) -> None:
    """Put late pictures into their messages, as soon as Slack takes them; else into the threads."""
    for seconds in _PICTURE_PAUSES_SECONDS:
        least = seconds + _LEAST_SECONDS
        if waiting and deadline.left(least) >= least:
            sleep(seconds)
            waiting = [late for late in waiting if not late.is_added(slack)]
    for late in waiting:
        late.upload(slack)


def _addressed(message: Message, slack: Slack, default_channel: str) -> Message | None:
    """The message with the channel that it goes to; None where nobody has named one.

    Whoever writes a message without a channel leaves it to Slack: a webhook has one of its own, and a bot needs one.
    """
    if message.channel or not slack.can_update:
        return message
    if not default_channel:
        log.warning("a message that names no channel is waiting: set SLACK_CHANNEL")
        return None
    return replace(message, channel=default_channel)


def _to_be_retried(outcome: Outcome) -> tuple[MessageState, str]:
    """(state, reason): a message that Slack surely does not have is sent again; any other is looked for first."""
    if isinstance(outcome, Unknown):
        return MessageState.SENDING, outcome.reason
    if isinstance(outcome, Limited):
        return MessageState.PENDING, "Slack takes no more messages now"
    assert isinstance(outcome, Refused)  # noqa: S101 - Sent was handled
    return MessageState.PENDING, f"{outcome}. {outcome.remedy}"


def _log_failure(message: Message, reason: str, failure: str) -> None:
    fields = {"event": "slack_delivery_failed", "channel": message.channel, "reason": reason}
    log.error("a message to %s %s: %s", message.channel or "the webhook", failure, reason, extra=fields)
