"""The rows of `alert_messages` that the detector reads, and what it does to them beside adding some."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from mixpanel_data.detect.messages.message import EarlierMessages
from mixpanel_data.outbox.alert_messages_table import GIVEN_MESSAGES, INSERT_MESSAGES, message_of
from mixpanel_data.outbox.message import Message, MessageState
from mixpanel_data.warehouse.base import Warehouse
from mixpanel_data.warehouse.statements import Statement, statement

MESSAGES = statement("detect/messages/messages.sql", since="TIMESTAMP", incident_ids="ARRAY<STRING>")
MESSAGE_BY_KEY = statement("detect/messages/message_by_key.sql", message_key="STRING")

STORE_MESSAGES: tuple[Statement, ...] = (
    GIVEN_MESSAGES,
    statement("detect/messages/supersede_updates.sql"),
    INSERT_MESSAGES,
)
"""Write the messages of a run, in this order and in one transaction; `messages` is made by
`outbox.alert_messages_table.message_rows`."""

SET_MESSAGE_STATE = statement(
    "detect/messages/set_message_state.sql",
    message_key="STRING",
    state="STRING",
    now="TIMESTAMP",
    slack_channel="STRING",
    slack_ts="STRING",
    error="STRING",
)

NOTICES_SINCE = timedelta(days=30)
"""A notice is not repeated within a month: whoever has read the first one knows."""


def earlier_messages(warehouse: Warehouse, incident_ids: Sequence[str], as_of: datetime) -> EarlierMessages:
    """The messages about these incidents, the notices of the last 30 days, and every message not delivered yet.

    Raises the warehouse's errors.
    """
    rows = warehouse.rows(MESSAGES, incident_ids=list(incident_ids), since=as_of - NOTICES_SINCE)
    return EarlierMessages([message_of(row) for row in rows])


def message_by_key(warehouse: Warehouse, message_key: str) -> Message | None:
    """The message with that key. Raises the warehouse's errors."""
    return next((message_of(row) for row in warehouse.rows(MESSAGE_BY_KEY, message_key=message_key)), None)


def waiting_messages(warehouse: Warehouse, as_of: datetime) -> list[Message]:
    """The messages to be sent, in order. Raises the warehouse's errors."""
    return waiting(earlier_messages(warehouse, [], as_of))


def waiting(earlier: EarlierMessages) -> list[Message]:
    """Those of the messages that are to be sent."""
    return [message for message in earlier.messages if message.state in (MessageState.PENDING, MessageState.SENDING)]
