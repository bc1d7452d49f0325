"""What can go wrong with a call, and the queues from which each call takes its own.

With `is_delivered` the call is carried out first and only its answer is spoiled: the message is there, and its sender
does not know.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RateLimited:
    """Answers 429 with this Retry-After (None: without); nothing is carried out."""

    retry_after_seconds: int | None = 30


@dataclass(frozen=True, slots=True)
class Error:
    """Answers with this error: 200 and `ok: false` by the Web API, `status` and the bare word by a webhook."""

    code: str
    status: int = 400
    is_delivered: bool = False


@dataclass(frozen=True, slots=True)
class Status:
    """Answers with this status and text that is not Slack's."""

    status: int
    text: str = "<html><body><h1>upstream error</h1></body></html>"
    is_delivered: bool = False


@dataclass(frozen=True, slots=True)
class Dropped:
    """Closes the connection without a byte; with `is_reset` by RST."""

    is_delivered: bool = False
    is_reset: bool = False


@dataclass(frozen=True, slots=True)
class Cut:
    """Carries the call out and sends the first half of the answer only."""


@dataclass(frozen=True, slots=True)
class Hang:
    """Answers nothing until the client goes or the server stops."""

    is_delivered: bool = False


NOT_JSON = Status(200, "<html><body>Please log in to the network</body></html>")

Fault = RateLimited | Error | Status | Dropped | Cut | Hang


class Faults:
    """The n-th call takes the n-th fault, None being a healthy call; when the queue is empty, `permanent`.

    A fault that names a method (`chat.postMessage`, `webhook`, `upload`, …) waits for a call of it."""

    def __init__(self) -> None:
        self.permanent: Fault | None = None
        self._queues: dict[str | None, deque[Fault | None]] = {}
        self._lock = threading.Lock()

    def append(self, fault: Fault | None, method: str | None = None) -> None:
        """Give the first call (of that method) that has none yet this fault."""
        with self._lock:
            self._queues.setdefault(method, deque()).append(fault)

    def clear(self) -> None:
        """Forget the queues and the permanent fault."""
        with self._lock:
            self._queues.clear()
            self.permanent = None

    def take(self, method: str) -> Fault | None:
        """The fault of the call that begins now."""
        with self._lock:
            queue = self._queues.get(method) or self._queues.get(None)
            return queue.popleft() if queue else self.permanent

    def __len__(self) -> int:
        return sum(map(len, self._queues.values()))
