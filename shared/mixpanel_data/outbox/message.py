"""A message as a row of `alert_messages`, and the stages of its delivery."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class MessageKind(StrEnum):
    """The kinds of message."""

    ALERT = "alert"
    UPDATE = "update"
    REMINDER = "reminder"
    RESOLUTION = "resolution"
    NOTICE = "notice"


class MessageState(StrEnum):
    """The stages of a delivery; while a message is `sending`, nobody knows if Slack has it."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    SUPERSEDED = "superseded"
    UNDELIVERABLE = "undeliverable"


@dataclass(frozen=True, slots=True)
class Message:
    """A row of `alert_messages`; `body` is as Slack's Web API takes it, `created_at` is UTC.

    `about`: the ids of what it tells, or a notice's subject. `parent_key`: the message that it updates or answers in
    its thread.
    """

    message_key: str
    seq: int
    channel: str
    kind: MessageKind
    about: tuple[str, ...]
    parent_key: str | None
    created_at: datetime
    body: Mapping[str, Any] = field(default_factory=dict)
    state: MessageState = MessageState.PENDING
    slack_channel: str | None = None
    slack_ts: str | None = None


def next_seq() -> int:
    """A `seq` greater than that of every message before: microseconds since 1970, by the machine's clock."""
    return time.time_ns() // 1000
