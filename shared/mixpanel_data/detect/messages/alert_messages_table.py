"""Messages as rows of the table `alert_messages`, and back."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from mixpanel_data.detect.incidents.json_rows import json_row
from mixpanel_data.detect.messages.message import EarlierMessages, Message, MessageKind, MessageState
from mixpanel_data.warehouse.base import Row, Warehouse
from mixpanel_data.warehouse.statements import Statement, statement

MESSAGES = statement("detect/messages/messages.sql", since="TIMESTAMP", incident_ids="ARRAY<STRING>")
MESSAGE_BY_KEY = statement("detect/messages/message_by_key.sql", message_key="STRING")

_GIVEN_MESSAGES = statement("detect/messages/given_messages.sql", creates="given_messages", messages="ARRAY<STRING>")
_INSERT_MESSAGES = statement("detect/messages/insert_messages.sql")

STORE_MESSAGES: tuple[Statement, ...] = (
    _GIVEN_MESSAGES,
    statement("detect/messages/supersede_updates.sql"),
    _INSERT_MESSAGES,
)
"""Write the messages of a run, in this order and in one transaction; `messages` is made by `message_rows`."""

STORE_NOTICES: tuple[Statement, ...] = (_GIVEN_MESSAGES, _INSERT_MESSAGES)
"""Write notices, which supersede nothing; `messages` is made by `message_rows`."""

SET_MESSAGE_STATE = statement(
    "detect/messages/set_message_state.sql",
    message_key="STRING",
    state="STRING",
    now="TIMESTAMP",
    slack_channel="STRING",
    slack_ts="STRING",
    error="STRING",
)

# A notice is not repeated within a month: whoever has read the first one knows.
_NOTICES_SINCE = timedelta(days=30)


def earlier_messages(warehouse: Warehouse, incident_ids: Sequence[str], as_of: datetime) -> EarlierMessages:
    """The messages about these incidents, the notices of the last 30 days, and every message not delivered yet.

    Raises the warehouse's errors.
    """
    rows = warehouse.rows(MESSAGES, incident_ids=list(incident_ids), since=as_of - _NOTICES_SINCE)
    return EarlierMessages([_message(row) for row in rows])


def message_by_key(warehouse: Warehouse, message_key: str) -> Message | None:
    """The message with that key. Raises the warehouse's errors."""
    return next((_message(row) for row in warehouse.rows(MESSAGE_BY_KEY, message_key=message_key)), None)


def waiting_messages(warehouse: Warehouse, as_of: datetime) -> list[Message]:
    """The messages to be sent, in order. Raises the warehouse's errors."""
    waiting = (MessageState.PENDING, MessageState.SENDING)
    return [message for message in earlier_messages(warehouse, [], as_of).messages if message.state in waiting]


def message_rows(messages: Iterable[Message]) -> list[str]:
    """Messages as given_messages.sql reads them."""
    return [json_row(_fields(message)) for message in messages]


def _fields(message: Message) -> dict[str, str | datetime | None]:
    return {
        "message_key": message.message_key,
        "seq": str(message.seq),
        "channel": message.channel,
        "kind": message.kind,
        "about": "\n".join(message.about),
        "parent_key": message.parent_key,
        "body": json.dumps(message.body, ensure_ascii=False),
        "created_at": message.created_at,
    }


def _message(row: Row) -> Message:
    return Message(
        message_key=row["message_key"],
        seq=row["seq"],
        channel=row["channel"],
        kind=MessageKind(row["kind"]),
        about=tuple(row["about"]),
        parent_key=row["parent_key"],
        created_at=row["created_at"],
        body=row["body"],
        state=MessageState(row["state"]),
        slack_channel=row["slack_channel"],
        slack_ts=row["slack_ts"],
    )
