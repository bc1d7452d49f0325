"""The Slack workspace behind the stand-in: channels, messages, files, and the scopes of the app."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Literal

from mixpanel_data.base.clock import Clock, utc_now

ALL_SCOPES: Final = frozenset(
    ("chat:write", "channels:read", "groups:read", "channels:history", "groups:history", "files:write")
)
"""The scopes of the app by default; `chat:write.public` is not among them."""

Author = Literal["bot", "webhook"]
_MENTION = re.compile(r"<(?:@[^<>]+|!(?!date\^)[^<>]+)>")


class SlackError(Exception):
    """The call is answered with this error and changes nothing."""

    def __init__(self, code: str, **details: Any) -> None:
        super().__init__(code)
        self.code, self.details = code, details


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel; `name` has no `#`, `is_member` is true if the bot has joined it."""

    id: str
    name: str
    is_private: bool = False
    is_member: bool = True
    is_archived: bool = False


@dataclass(frozen=True, slots=True)
class Body:
    """One version of a message, and since when it holds."""

    at: datetime
    text: str
    blocks: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it is now. `updates` has its earlier bodies, oldest first; `file_id` is the image in it."""

    channel: Channel
    ts: str
    author: Author
    body: Body
    thread_ts: str | None = None
    metadata: Mapping[str, Any] | None = None
    updates: tuple[Body, ...] = ()
    file_id: str | None = None

    @property
    def text(self) -> str:
        """The text, which notifications show."""
        return self.body.text

    @property
    def blocks(self) -> tuple[Mapping[str, Any], ...]:
        """The blocks."""
        return self.body.blocks

    @property
    def key(self) -> str | None:
        """The `key` in its metadata; None without one."""
        return None if self.metadata is None else self.metadata["event_payload"].get("key")

    @property
    def is_reply(self) -> bool:
        """Whether it is a reply in a thread."""
        return self.thread_ts is not None

    @property
    def mentions(self) -> list[str]:
        """The mentions in its text and blocks: `<!channel>`, `<@U…>`."""
        return _MENTION.findall("\n".join([self.text, *_mrkdwn(self.blocks)]))

    @property
    def all_text(self) -> str:
        """Its text and blocks as JSON, for tests that look for words."""
        return json.dumps([self.text, self.blocks], ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class File:
    """An uploaded file; `is_complete` once messages can show it."""

    id: str
    title: str = ""
    alt_text: str = ""
    content: bytes | None = None
    is_complete: bool = False


@dataclass(eq=False)
class Workspace:
    """All that a method needs to answer. `token`, `scopes`, `now`, `edit_minutes` and `note` can be replaced any time.

    `edit_minutes` is the time for which a message can be updated; None: for ever. `note` is asked for a sentence that
    the page shows beside the channels."""

    token: str = "xoxb-stand-in-0123456789"  # noqa: S105, opens a stand-in only
    scopes: frozenset[str] = ALL_SCOPES
    now: Clock = utc_now
    edit_minutes: float | None = None
    note: Callable[[], str] = str
    base_url: str = ""
    channels: dict[str, Channel] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)
    _messages: list[Message] = field(default_factory=list)
    _last_microsecond: int = 0

    def add_channel(
        self, name: str, *, is_private: bool = False, is_member: bool = True, is_archived: bool = False
    ) -> Channel:
        """Add a channel, or change the channel with this name."""
        with self.lock:
            name = name.removeprefix("#")
            known = next((channel for channel in self.channels.values() if channel.name == name), None)
            channel_id = known.id if known else f"C0{len(self.channels) + 1:08d}"
            self.channels[channel_id] = Channel(channel_id, name, is_private, is_member, is_archived)
            return self.channels[channel_id]

    def channel(self, name: str) -> Channel:
        """The channel by `#name`, name or id. KeyError for an unknown one."""
        bare = name.removeprefix("#")
        known = {channel.name: channel for channel in self.channels.values()} | self.channels
        return known[bare]

    @property
    def messages(self) -> list[Message]:
        """All messages as they are now, in the order of posting."""
        with self.lock:
            return list(self._messages)

    def in_channel(self, channel: Channel) -> list[Message]:
        """The messages of a channel and its threads, oldest first."""
        return [message for message in self.messages if message.channel.id == channel.id]

    def message(self, channel: Channel, ts: str) -> Message | None:
        """The message with this ts; None without one."""
        return next((message for message in self.in_channel(channel) if message.ts == ts), None)

    def post(
        self,
        channel: Channel,
        author: Author,
        text: str,
        blocks: Iterable[Mapping[str, Any]] = (),
        *,
        thread_ts: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        file_id: str | None = None,
    ) -> Message:
        """Add a message to a channel, dated now."""
        with self.lock:
            body = Body(self.now(), text, tuple(blocks))
            message = Message(channel, self._next_ts(), author, body, thread_ts, metadata, file_id=file_id)
            self._messages.append(message)
            return message

    def update(self, message: Message, text: str, blocks: Iterable[Mapping[str, Any]], metadata: object) -> None:
        """Replace the body of a message; with `metadata` None it keeps its own."""
        with self.lock:
            position = next(number for number, known in enumerate(self._messages) if known.ts == message.ts)
            self._messages[position] = replace(
                message,
                body=Body(self.now(), text, tuple(blocks)),
                updates=(*message.updates, message.body),
                metadata=metadata if isinstance(metadata, Mapping) else message.metadata,
            )

    def add_file(self, title: str, alt_text: str) -> File:
        """Reserve an id for a file that will be uploaded."""
        with self.lock:
            file = File(f"F0{len(self.files) + 1:08d}", title, alt_text)
            self.files[file.id] = file
            return file

    def put_file(self, file_id: str, content: bytes) -> bool:
        """Store the content of a file; False for an id that nobody reserved."""
        with self.lock:
            if file_id not in self.files:
                return False
            self.files[file_id] = replace(self.files[file_id], content=content)
            return True

    def clear(self) -> None:
        """Delete messages and files."""
        with self.lock:
            self._messages.clear()
            self.files.clear()

    def _next_ts(self) -> str:
        """The time of a new message as Slack writes it, unique in the workspace."""
        now = int(self.now().timestamp() * 1_000_000)
        self._last_microsecond = max(now, self._last_microsecond + 1)
        return f"{self._last_microsecond // 1_000_000}.{self._last_microsecond % 1_000_000:06d}"


def _mrkdwn(part: object) -> Iterator[str]:
    """The texts of blocks in which Slack recognises mentions."""
    if isinstance(part, Mapping):
        if part.get("type") == "mrkdwn":
            yield str(part.get("text"))
        yield from (text for value in part.values() for text in _mrkdwn(value))
    elif isinstance(part, (list, tuple)):
        yield from (text for value in part for text in _mrkdwn(value))
