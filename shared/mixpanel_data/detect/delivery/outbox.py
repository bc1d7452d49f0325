"""The outbox: messages in the warehouse that wait to be sent, and how far each has come."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.clients.slack import Sent, Slack
from mixpanel_data.detect.delivery.pictures import Pictures
from mixpanel_data.detect.delivery.sending import DeliveryReport, deliver
from mixpanel_data.detect.messages.alert_messages_table import (
    SET_MESSAGE_STATE,
    earlier_messages,
    message_by_key,
    waiting_messages,
)
from mixpanel_data.detect.messages.composer import Composer
from mixpanel_data.detect.messages.message import PlannedMessage
from mixpanel_data.outbox.alert_messages_table import STORE_NOTICES, message_rows
from mixpanel_data.outbox.message import Message, MessageState
from mixpanel_data.runs import Run, write
from mixpanel_data.warehouse.statements import Statement


class Outbox:
    """The messages of one run's warehouse, sent and recorded one by one. Every method raises as `runs.write` does."""

    def __init__(self, run: Run, composer: Composer) -> None:
        self._run = run
        self._composer = composer

    def deliver(self, slack: Slack, deadline: Deadline, default_channel: str, pictures: Pictures) -> DeliveryReport:
        """Send every message that waits, of earlier runs too; then the notices about the ones that cannot be sent."""
        waiting = self._waiting()
        report = deliver(waiting, self, slack, deadline, default_channel, pictures)
        if not report.given_up:
            return report
        known = {message.message_key for message in waiting}
        notices = [message for message in self._waiting() if message.message_key not in known]
        more = deliver(notices, self, slack, deadline, default_channel, pictures)
        return replace(report, sent=report.sent + more.sent, undelivered=report.undelivered + more.undelivered)

    def by_key(self, message_key: str) -> Message | None:
        """The message with that key."""
        return message_by_key(self._run.warehouse, message_key)

    def record(self, message: Message, state: MessageState, sent: Sent | None, reason: str) -> None:
        """Record how far a message has come, its id at Slack, and the reason why it is not sent."""
        self._record([SET_MESSAGE_STATE], message, state, sent, reason)

    def give_up(self, message: Message, reason: str, notice: PlannedMessage | None) -> None:
        """Record that a message cannot be delivered, with its notice unless the last one is less than 30 days old."""
        as_of = self._run.started_at
        earlier = earlier_messages(self._run.warehouse, [], as_of)
        is_new = notice is not None and earlier.last_notice(notice.channel, (notice.about,)) is None
        notices = self._composer.messages([notice] if notice and is_new else [], as_of)
        statements = [SET_MESSAGE_STATE, *(STORE_NOTICES if notices else ())]
        rows = message_rows(notices)
        self._record(statements, message, MessageState.UNDELIVERABLE, None, reason, messages=rows)

    def _waiting(self) -> list[Message]:
        return waiting_messages(self._run.warehouse, self._run.started_at)

    def _record(
        self,
        statements: Sequence[Statement],
        message: Message,
        state: MessageState,
        sent: Sent | None,
        reason: str,
        **more: Any,
    ) -> None:
        write(
            self._run,
            "deliver",
            statements,
            message_key=message.message_key,
            state=state,
            now=self._run.clock(),
            slack_channel=(sent and sent.channel) or "",
            slack_ts=(sent and sent.ts) or "",
            error=reason,
            **more,
        )
