"""What can go wrong with a call, and the queue from which each call takes its own.

A fault that spoils a body acts on calls that would have been answered 200; one that a call has no use for
(a gzip fault when the client took no gzip) is spent without effect.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Status:
    """Answers with an HTTP status and this text; without a text, with one that Mixpanel is known to send."""

    status: int
    text: str | None = None
    retry_after: str | None = None

    @property
    def body(self) -> str:
        """The body to answer with."""
        return _TEXTS.get(self.status, "") if self.text is None else self.text


@dataclass(frozen=True, slots=True)
class SlowFirstByte:
    """Sends nothing for this long, then answers as usual."""

    seconds: float


@dataclass(frozen=True, slots=True)
class EmptyReply:
    """Closes the connection without a byte."""


@dataclass(frozen=True, slots=True)
class ResetBeforeHeader:
    """Resets the connection (RST) without a byte."""


@dataclass(frozen=True, slots=True)
class Reset:
    """Resets the connection (RST) after this many bytes of the body as sent, or before a shorter one's end.

    A reset overtakes what is still under way, so a client may get fewer bytes."""

    after_bytes: int


@dataclass(frozen=True, slots=True)
class CloseEarly:
    """Closes the connection in order after this many bytes of the body as sent, without the announced end.

    With framing `close` none is announced: only the lines or the gzip trailer show what is missing."""

    after_bytes: int


@dataclass(frozen=True, slots=True)
class Stall:
    """Sends this many bytes of the body as sent, then nothing, until the client goes or the server stops."""

    after_bytes: int


@dataclass(frozen=True, slots=True)
class TruncatedGzip:
    """The transfer ends properly without the eight bytes that end gzip. Small bodies are gzipped too."""


@dataclass(frozen=True, slots=True)
class WrongChecksum:
    """All ends properly, but gzip's checksum is of another body. Small bodies are gzipped too."""


@dataclass(frozen=True, slots=True)
class Tail:
    """Ends the body with this text, in place of the lines beyond `after_rows` (None: after all lines)."""

    text: str
    newline: bool = True
    after_rows: int | None = None


@dataclass(frozen=True, slots=True)
class NoLastNewline:
    """All lines are there, but the last one's newline."""


@dataclass(frozen=True, slots=True)
class Partial:
    """Takes no update of these distinct ids, and answers 400 with their places; `untold`, without the places."""

    distinct_ids: frozenset[str]
    untold: bool = False


Fault = (
    Status
    | Partial
    | SlowFirstByte
    | EmptyReply
    | ResetBeforeHeader
    | Reset
    | CloseEarly
    | Stall
    | TruncatedGzip
    | WrongChecksum
    | Tail
    | NoLastNewline
)

TERMINATED_EARLY = Tail("terminated early")
EXPORT_TERMINATED_EARLY = Tail("export terminated early")
ERROR_LINE = Tail('{"error": "Query timed out"}')
ERROR_FRAGMENT = Tail('{"error":"Query ti', newline=False)

_TEXTS = {
    400: '{"request": "/api/2.0/export", "error": "Timeout Error."}',
    401: '{"error": "Unauthorized: invalid project secret"}',
    402: '{"error": "Your plan does not allow API calls. Upgrade to use them."}',
    403: '{"error": "You are not allowed to export this project"}',
    413: '{"error": "request exceeds max limit of 2097152 bytes", "status": 0}',
    429: '{"error": "too many export requests in progress for this project"}',
    500: '{"error": "Internal Server Error"}',
    502: "<html><body><h1>502 Bad Gateway</h1></body></html>",
    503: "upstream connect error or disconnect before headers",
    504: "<html><body><h1>504 Gateway Time-out</h1></body></html>",
}


class Faults:
    """The n-th call takes the n-th fault, None being a healthy call; when the queue is empty, `permanent`."""

    def __init__(self) -> None:
        self.permanent: Fault | None = None
        self._queue: deque[Fault | None] = deque()
        self._lock = threading.Lock()

    def append(self, fault: Fault | None) -> None:
        """Give the first call that has none yet this fault."""
        with self._lock:
            self._queue.append(fault)

    def extend(self, faults: Iterable[Fault | None]) -> None:
        """Give the next calls that have none yet these faults, one each."""
        with self._lock:
            self._queue.extend(faults)

    def clear(self) -> None:
        """Forget the queue and the permanent fault."""
        with self._lock:
            self._queue.clear()
            self.permanent = None

    def take(self) -> Fault | None:
        """The fault of the call that begins now."""
        with self._lock:
            return self._queue.popleft() if self._queue else self.permanent

    def __len__(self) -> int:
        return len(self._queue)
