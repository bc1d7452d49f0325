"""The ways in which a call can fail, and the queue from which each call takes its fault.

A fault of the body applies to calls that would have been answered 200. A fault that does not apply to its call (a gzip
fault where the client accepts no gzip) is used up without effect.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Status:
    """Answers with an HTTP status and this text; without a text, with one that Mixpanel really sends."""

    status: int
    text: str | None = None
    retry_after: str | None = None

    @property
    def body(self) -> str:
        """The body of the answer."""
        return _TEXTS.get(self.status, "") if self.text is None else self.text


@dataclass(frozen=True, slots=True)
class SlowFirstByte:
    """Sends nothing for this long, then answers as usual."""

    seconds: float


@dataclass(frozen=True, slots=True)
class EmptyReply:
    """Closes the connection without sending a byte."""


@dataclass(frozen=True, slots=True)
class ResetBeforeHeader:
    """Resets the connection (RST) without sending a byte."""


@dataclass(frozen=True, slots=True)
class Reset:
    """Resets the connection (RST) after this many bytes of the body as sent, or before the end of a shorter body.

    A reset overtakes bytes in transit, so the client can receive fewer."""

    after_bytes: int


@dataclass(frozen=True, slots=True)
class CloseEarly:
    """Closes the connection in order after this many bytes of the body as sent, before the announced end.

    Framing `close` announces no end: only the lines or the gzip trailer show that something is missing."""

    after_bytes: int


@dataclass(frozen=True, slots=True)
class Stall:
    """Sends this many bytes of the body, then nothing until the client disconnects or the server stops."""

    after_bytes: int


@dataclass(frozen=True, slots=True)
class TruncatedGzip:
    """Ends the transfer properly, but without the eight bytes of the gzip trailer. Gzips small bodies too."""


@dataclass(frozen=True, slots=True)
class WrongChecksum:
    """Ends the transfer properly, but with a wrong gzip checksum. Gzips small bodies too."""


@dataclass(frozen=True, slots=True)
class Tail:
    """Ends the body with this text after `after_rows` lines (None: after all of them)."""

    text: str
    newline: bool = True
    after_rows: int | None = None


@dataclass(frozen=True, slots=True)
class NoLastNewline:
    """Sends all lines, but not the last newline."""


@dataclass(frozen=True, slots=True)
class Partial:
    """Refuses the updates of these distinct ids, applies the others, and answers 400 with the failed records.

    Each record has its position in the request, or with `without_positions` only its message."""

    distinct_ids: frozenset[str]
    without_positions: bool = False


@dataclass(frozen=True, slots=True)
class RefusedMerges:
    """Refuses the merges of these ids, stores the others, and answers 400 with the failed records.

    `records` is their form: `docs` (with `index` and `$insert_id`), `spec` (with `insert_id` alone, as Mixpanel's
    OpenAPI description names it), or `text` (a message that names no record)."""

    ids: frozenset[str]
    records: Literal["docs", "spec", "text"] = "docs"


Fault = (
    Status
    | Partial
    | RefusedMerges
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
    """The n-th call takes the n-th fault (None: no fault); once the queue is empty, each call takes `permanent`."""

    def __init__(self) -> None:
        self.permanent: Fault | None = None
        self._queue: deque[Fault | None] = deque()
        self._lock = threading.Lock()

    def append(self, fault: Fault | None) -> None:
        """Queue a fault for the next call that has none yet."""
        with self._lock:
            self._queue.append(fault)

    def extend(self, faults: Iterable[Fault | None]) -> None:
        """Queue a fault for each of the next calls that have none yet."""
        with self._lock:
            self._queue.extend(faults)

    def clear(self) -> None:
        """Drop the queue and the permanent fault."""
        with self._lock:
            self._queue.clear()
            self.permanent = None

    def take(self) -> Fault | None:
        """The fault of the call that starts now."""
        with self._lock:
            return self._queue.popleft() if self._queue else self.permanent

    def __len__(self) -> int:
        return len(self._queue)
