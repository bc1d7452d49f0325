"""Brings what was decided to Slack: as exactly once as Slack allows.

A message and its key are in the warehouse before it is sent. It is marked as `sending` first, so that a run that dies
leaves it so; the next run then looks for its key at Slack, and sends it only if it is not there. Where that cannot be
looked up (a webhook, a token without the scopes) it is sent again: at least once.

Each channel is told in order: what cannot be sent now holds up its channel until the next run, and no other.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.clients.slack import CannotLook, Cause, Limited, LookLater, Outcome, Refused, Sent, Slack, Unknown
from mixpanel_data.detect.notify import Delivery, Kind, Message, Wanted, undeliverable

log = logging.getLogger(__name__)

_LEAST_SECONDS = 5.0

Record = Callable[[Message, Delivery, Sent | None, str], None]
"""Keeps what became of a message: its state, what Slack calls it, and why it is not sent."""

GiveUp = Callable[[Message, str, Wanted | None], None]
"""Keeps that a message cannot be delivered, and why; with the notice to the default channel, if its channel is lost."""


@dataclass(slots=True)
class Report:
    """What a run delivered; `alerts` are the messages that told of incidents first, as Slack has them.

    `given_up`: how many messages cannot be delivered at all.
    """

    sent: int = 0
    alerts: list[Message] = field(default_factory=list)
    undelivered: int = 0
    given_up: int = 0


def deliver(
    waiting: list[Message],
    parents: Callable[[str], Message | None],
    slack: Slack,
    record: Record,
    give_up: GiveUp,
    deadline: Deadline,
    default_channel: str,
) -> Report:
    """Send what waits, in order; what is left the next run sends. `parents` finds the message that one answers."""
    report, held_up = Report(), set[str]()
    sent: dict[str, Message] = {}
    for message in sorted(waiting, key=lambda one: one.seq):
        if message.channel in held_up or deadline.left(_LEAST_SECONDS) < _LEAST_SECONDS:
            report.undelivered += 1
            continue
        parent = sent.get(message.parent_key or "") or (parents(message.parent_key) if message.parent_key else None)
        outcome = _attempt(message, parent, slack, record)
        if isinstance(outcome, Sent):
            record(message, Delivery.SENT, outcome, "")
            sent[message.message_key] = _confirmed(message, outcome)
            report.alerts += [sent[message.message_key]] if message.kind is Kind.ALERT else []
            report.sent += 1
        elif isinstance(outcome, Refused) and outcome.is_final:
            give_up(message, str(outcome), _notice(message, outcome, waiting, default_channel))
            _complain(message, f"{outcome}. {outcome.remedy}", "cannot be delivered")
            report.given_up += 1
        else:
            state, reason = _left(outcome)
            record(message, state, None, reason)
            _complain(message, reason, "is not delivered yet")
            held_up.add(message.channel)
            report.undelivered += 1
    return report


def _notice(message: Message, outcome: Refused, waiting: Sequence[Message], default_channel: str) -> Wanted | None:
    """To the default channel, where there is one, that the message's channel cannot be told anything."""
    # A webhook's own channel has no name; there is none besides it.
    has_other = default_channel and message.channel not in ("", default_channel)
    if outcome.cause is not Cause.DESTINATION or not has_other:
        return None
    given_up = sum(one.channel == message.channel for one in waiting)
    return undeliverable(default_channel, message.channel, outcome.reason, given_up)


def _attempt(message: Message, parent: Message | None, slack: Slack, record: Record) -> Outcome:
    if message.kind is Kind.UPDATE:
        return _update(message, parent, slack)
    thread = parent.slack_ts if parent and parent.slack_ts else None
    if message.parent_key and parent is not None and parent.state is Delivery.UNDELIVERABLE:
        return Refused("what it answers could not be delivered", Cause.MESSAGE)
    channel = parent.slack_channel if thread and parent and parent.slack_channel else message.channel
    if message.state is Delivery.SENDING:
        found = slack.find(channel, message.message_key, message.created_at, thread)
        if isinstance(found, Sent):
            return found
        if isinstance(found, LookLater):
            return Unknown(found.reason)
        if isinstance(found, CannotLook):
            log.warning("whether a message was delivered cannot be seen, it is sent again: %s", found.reason)
    record(message, Delivery.SENDING, None, "")
    return slack.post(channel, message.body, message.message_key, thread)


def _update(message: Message, parent: Message | None, slack: Slack) -> Outcome:
    """Said twice it says the same, so that its outcome need not be known."""
    if parent is None or parent.slack_channel is None or parent.slack_ts is None:
        return Refused("what it updates was not delivered", Cause.MESSAGE)
    return slack.update(parent.slack_channel, parent.slack_ts, message.body)


def _left(outcome: Outcome) -> tuple[Delivery, str]:
    """What nobody has can be sent again as it is; what somebody may have is looked for first."""
    if isinstance(outcome, Unknown):
        return Delivery.SENDING, outcome.reason
    if isinstance(outcome, Limited):
        return Delivery.PENDING, "Slack takes no more messages now"
    assert isinstance(outcome, Refused)  # noqa: S101 - Sent was handled
    return Delivery.PENDING, f"{outcome}. {outcome.remedy}"


def _confirmed(message: Message, outcome: Sent) -> Message:
    return replace(message, state=Delivery.SENT, slack_channel=outcome.channel, slack_ts=outcome.ts)


def _complain(message: Message, reason: str, what: str) -> None:
    told = {"event": "slack_delivery_failed", "channel": message.channel, "reason": reason}
    log.error("a message to %s %s: %s", message.channel or "the webhook", what, reason, extra=told)
