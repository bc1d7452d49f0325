"""Messages as rows of the table `alert_messages`, and back."""

import json
from collections.abc import Iterable
from datetime import datetime

from mixpanel_data.outbox.message import Message, MessageKind, MessageState
from mixpanel_data.warehouse.base import Row
from mixpanel_data.warehouse.json_rows import json_row
from mixpanel_data.warehouse.statements import Statement, statement

GIVEN_MESSAGES = statement("outbox/given_messages.sql", creates="given_messages", messages="ARRAY<STRING>")
INSERT_MESSAGES = statement("outbox/insert_messages.sql")

STORE_NOTICES: tuple[Statement, ...] = (GIVEN_MESSAGES, INSERT_MESSAGES)
"""Write notices, in this order and in one transaction; `messages` is made by `message_rows`."""


def message_rows(messages: Iterable[Message]) -> list[str]:
    """Messages as given_messages.sql reads them."""
    return [json_row(_fields(message)) for message in messages]


def message_of(row: Row) -> Message:
    """The message of a row of `alert_messages`, which may have more columns."""
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
