"""The ways in which a call can fail, and the queues from which each call takes its fault.

With `is_delivered` the stand-in carries the call out and spoils only the answer: the message is posted, but its sender
does not know.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RateLimited:
    """Answers 429 with this Retry-After (None: without one) and does not carry the call out."""

    retry_after_seconds: int | None = 30


@dataclass(frozen=True, slots=True)
class Error:
    """Answers with this error: the Web API with 200 and `ok: false`, a webhook with `status` and the code as text."""

    code: str
    status: int = 400
    is_delivered: bool = False


@dataclass(frozen=True, slots=True)
class Status:
    """Answers with this status and a text that does not come from Slack, but for example from a proxy."""

    status: int
    text: str = "<html><body><h1>upstream error</h1></body></html>"
    is_delivered: bool = False


@dataclass(frozen=True, slots=True)
class Dropped:
    """Closes the connection without sending a byte; with `is_reset` by RST."""

    is_delivered: bool = False
    is_reset: bool = False


@dataclass(frozen=True, slots=True)
class Cut:
    """Carries the call out, but sends only the first half of the answer."""


@dataclass(frozen=True, slots=True)
class Hang:
    """Sends nothing until the client disconnects or the server stops."""

    is_delivered: bool = False


NOT_JSON = Status(200, "<html><body>Please log in to the network</body></html>")

Fault = RateLimited | Error | Status | Dropped | Cut | Hang


class Faults:
    """The n-th call takes the n-th fault (None: no fault); once the queue is empty, each call takes `permanent`.

    A fault for one method (`chat.postMessage`, `webhook`, `upload`, …) waits for a call of that method."""

    def __init__(self) -> None:
        self.permanent: Fault | None = None
        self._queues: dict[str | None, deque[Fault | None]] = {}
        self._lock = threading.Lock()

    def append(self, fault: Fault | None, method: str | None = None) -> None:
        """Queue a fault for the next call (of that method) that has none yet."""
        with self._lock:
            self._queues.setdefault(method, deque()).append(fault)

    def clear(self) -> None:
        """Drop the queues and the permanent fault."""
        with self._lock:
            self._queues.clear()
            self.permanent = None

    def take(self, method: str) -> Fault | None:
        """The fault of the call that starts now."""
        with self._lock:
            queue = self._queues.get(method) or self._queues.get(None)
            return queue.popleft() if queue else self.permanent

    def __len__(self) -> int:
        return sum(map(len, self._queues.values()))
