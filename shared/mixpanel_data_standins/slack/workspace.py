"""The workspace that the stand-in stands for: channels, messages, files, and what the app may do in it."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final, Literal

ALL_SCOPES: Final = frozenset(
    ("chat:write", "channels:read", "groups:read", "channels:history", "groups:history", "files:write")
)
"""What the app is installed with, unless told otherwise; `chat:write.public` is not among them."""

Author = Literal["bot", "webhook"]
_MENTION = re.compile(r"<(?:@[^<>]+|!(?!date\^)[^<>]+)>")


class SlackError(Exception):
    """The call is answered with this error, and nothing has happened."""

    def __init__(self, code: str, **besides: Any) -> None:
        super().__init__(code)
        self.code, self.besides = code, besides


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel, by its name without `#`; `is_member` says whether the bot is in it."""

    id: str
    name: str
    is_private: bool = False
    is_member: bool = True
    is_archived: bool = False


@dataclass(frozen=True, slots=True)
class Body:
    """What a message says, and since when."""

    at: datetime
    text: str
    blocks: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it is now. `updates` are its earlier bodies, oldest first; `file_id` an image that it shows."""

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
        """Its text, which notifications show."""
        return self.body.text

    @property
    def blocks(self) -> tuple[Mapping[str, Any], ...]:
        """Its blocks."""
        return self.body.blocks

    @property
    def key(self) -> str | None:
        """The `key` of its metadata, if there is one."""
        return None if self.metadata is None else self.metadata["event_payload"].get("key")

    @property
    def is_reply(self) -> bool:
        """Whether it stands in another one's thread."""
        return self.thread_ts is not None

    @property
    def mentions(self) -> list[str]:
        """Whom its text and blocks mention: `<!channel>`, `<@U…>`."""
        return _MENTION.findall("\n".join([self.text, *_mrkdwn(self.blocks)]))

    @property
    def all_text(self) -> str:
        """All that it says, as JSON: for tests that look for words."""
        return json.dumps([self.text, self.blocks], ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class File:
    """An uploaded file."""

    id: str
    title: str = ""
    alt_text: str = ""
    content: bytes | None = None


def utc_now() -> datetime:
    """The real time."""
    return datetime.now(UTC)


@dataclass(eq=False)
class Workspace:
    """All that a method needs to answer. `token`, `scopes`, `now` and `edit_minutes` may be replaced at any time.

    `edit_minutes` is how long a message can be updated; None: for ever."""

    token: str = "xoxb-stand-in-0123456789"  # noqa: S105, opens a stand-in only
    scopes: frozenset[str] = ALL_SCOPES
    now: Callable[[], datetime] = utc_now
    edit_minutes: float | None = None
    base_url: str = ""
    channels: dict[str, Channel] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)
    _messages: list[Message] = field(default_factory=list)
    _last_microsecond: int = 0

    def add_channel(
        self, name: str, *, is_private: bool = False, is_member: bool = True, is_archived: bool = False
    ) -> Channel:
        """Open a channel, or change the one of this name."""
        with self.lock:
            name = name.removeprefix("#")
            known = next((channel for channel in self.channels.values() if channel.name == name), None)
            channel_id = known.id if known else f"C0{len(self.channels) + 1:08d}"
            self.channels[channel_id] = Channel(channel_id, name, is_private, is_member, is_archived)
            return self.channels[channel_id]

    def channel(self, name: str) -> Channel:
        """The channel by `#name`, name or id. KeyError if there is none."""
        bare = name.removeprefix("#")
        known = {channel.name: channel for channel in self.channels.values()} | self.channels
        return known[bare]

    @property
    def messages(self) -> list[Message]:
        """All messages as they are now, in the order in which they were posted."""
        with self.lock:
            return list(self._messages)

    def in_channel(self, channel: Channel) -> list[Message]:
        """The messages of a channel and its threads, oldest first."""
        return [message for message in self.messages if message.channel.id == channel.id]

    def message(self, channel: Channel, ts: str) -> Message | None:
        """The message with this ts, if it is there."""
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
        """Keep a message."""
        with self.lock:
            body = Body(self.now(), text, tuple(blocks))
            message = Message(channel, self._next_ts(), author, body, thread_ts, metadata, file_id=file_id)
            self._messages.append(message)
            return message

    def update(self, message: Message, text: str, blocks: Iterable[Mapping[str, Any]], metadata: object) -> None:
        """Put another body in a message's place; with `metadata` None its own stays."""
        with self.lock:
            place = next(number for number, known in enumerate(self._messages) if known.ts == message.ts)
            self._messages[place] = replace(
                message,
                body=Body(self.now(), text, tuple(blocks)),
                updates=(*message.updates, message.body),
                metadata=metadata if isinstance(metadata, Mapping) else message.metadata,
            )

    def add_file(self, title: str, alt_text: str) -> File:
        """Make room for a file that is going to be uploaded."""
        with self.lock:
            file = File(f"F0{len(self.files) + 1:08d}", title, alt_text)
            self.files[file.id] = file
            return file

    def put_file(self, file_id: str, content: bytes) -> bool:
        """Keep what was uploaded; false if nobody made room for it."""
        with self.lock:
            if file_id not in self.files:
                return False
            self.files[file_id] = replace(self.files[file_id], content=content)
            return True

    def clear(self) -> None:
        """Forget messages and files."""
        with self.lock:
            self._messages.clear()
            self.files.clear()

    def _next_ts(self) -> str:
        """A message's name in its channel: when it came, and never one that was there before."""
        now = int(self.now().timestamp() * 1_000_000)
        self._last_microsecond = max(now, self._last_microsecond + 1)
        return f"{self._last_microsecond // 1_000_000}.{self._last_microsecond % 1_000_000:06d}"


def _mrkdwn(part: object) -> Iterator[str]:
    """The texts of blocks in which a mention would be one."""
    if isinstance(part, Mapping):
        if part.get("type") == "mrkdwn":
            yield str(part.get("text"))
        yield from (text for value in part.values() for text in _mrkdwn(value))
    elif isinstance(part, (list, tuple)):
        yield from (text for value in part for text in _mrkdwn(value))
