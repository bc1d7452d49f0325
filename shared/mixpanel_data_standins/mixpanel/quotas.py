"""Quotas of calls: per hour, per second, and at once."""

from __future__ import annotations

import math
import threading
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Literal

from mixpanel_data_standins.mixpanel.answers import Headers, RefusalError

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
CONCURRENCY_WAIT = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Quotas:
    """The most calls per rolling hour, per rolling second and at once; None means unlimited.

    A call counts once its credentials are accepted and it is not refused with 429; with `count_failed` false, it
    counts only if the answer is 200. A 429 has a Retry-After of the form `retry_after`."""

    per_hour: int | None = 60
    per_second: int | None = 3
    concurrent: int | None = 100
    retry_after: Literal["seconds", "date", "none"] = "seconds"
    count_failed: bool = True


class Gate:
    """Counts the calls. The times handed in are aware and never go back."""

    def __init__(self) -> None:
        self._started: deque[datetime] = deque()
        self._active = 0
        self._lock = threading.Lock()

    def enter(self, quotas: Quotas | None, now: datetime) -> None:
        """Count a call that starts, or refuse it with 429 (RefusalError). Whoever enters has to leave."""
        with self._lock:
            while self._started and self._started[0] <= now - HOUR:
                self._started.popleft()
            if quotas is not None:
                self._check(quotas, now)
            self._started.append(now)
            self._active += 1

    def leave(self) -> None:
        """The call is over."""
        with self._lock:
            self._active -= 1

    def forget(self, started: datetime) -> None:
        """Do not count the call that started then."""
        with self._lock, suppress(ValueError):  # the hour may have passed since
            self._started.remove(started)

    def _check(self, quotas: Quotas, now: datetime) -> None:
        if quotas.concurrent is not None and self._active >= quotas.concurrent:
            text = "too many export requests in progress for this project"
            raise RefusalError(429, text, _retry_after(quotas, now, CONCURRENCY_WAIT))
        self._check_span(quotas, quotas.per_hour, HOUR, now)
        self._check_span(quotas, quotas.per_second, SECOND, now)

    def _check_span(self, quotas: Quotas, most: int | None, span: timedelta, now: datetime) -> None:
        if most is None or len(self._started) < most:
            return
        # Another call can start once the oldest of the last `most` calls has left the span.
        last_free = self._started[-most] + span if most else now + span
        if last_free > now:
            text = f"Export rate limit exceeded: {most} calls in the last {span.total_seconds():.0f} seconds"
            raise RefusalError(429, text, _retry_after(quotas, now, last_free - now))


def _retry_after(quotas: Quotas, now: datetime, wait: timedelta) -> Headers:
    seconds = math.ceil(wait.total_seconds())
    if quotas.retry_after == "none":
        return ()
    if quotas.retry_after == "seconds":
        return (("Retry-After", str(seconds)),)
    # An HTTP date has whole seconds; rounded up, it is never too early.
    at = datetime.fromtimestamp(math.ceil((now + wait).timestamp()), UTC)
    return (("Retry-After", format_datetime(at, usegmt=True)),)
