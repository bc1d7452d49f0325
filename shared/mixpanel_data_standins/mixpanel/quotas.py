"""How many calls a project may make: an hour, a second, at once."""

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
    """Calls per rolling hour, per rolling second and at once; None is no limit.

    A call that got past the credentials and was not refused with 429 counts; with `count_failed` false,
    only if it was answered 200. A 429 carries Retry-After in this form."""

    per_hour: int | None = 60
    per_second: int | None = 3
    concurrent: int | None = 100
    retry_after: Literal["seconds", "date", "none"] = "seconds"
    count_failed: bool = True


class Gate:
    """Counts the calls; the moments handed in are aware and never go back."""

    def __init__(self) -> None:
        self._begun: deque[datetime] = deque()
        self._active = 0
        self._lock = threading.Lock()

    def enter(self, quotas: Quotas | None, now: datetime) -> None:
        """Count a call that begins, or refuse it with 429. Who entered leaves."""
        with self._lock:
            while self._begun and self._begun[0] <= now - HOUR:
                self._begun.popleft()
            if quotas is not None:
                self._check(quotas, now)
            self._begun.append(now)
            self._active += 1

    def leave(self) -> None:
        """The call is over."""
        with self._lock:
            self._active -= 1

    def forget(self, begun: datetime) -> None:
        """The call that began then does not count."""
        with self._lock, suppress(ValueError):  # it may have left the hour meanwhile
            self._begun.remove(begun)

    def _check(self, quotas: Quotas, now: datetime) -> None:
        if quotas.concurrent is not None and self._active >= quotas.concurrent:
            text = "too many export requests in progress for this project"
            raise RefusalError(429, text, _retry_after(quotas, now, CONCURRENCY_WAIT))
        self._check_span(quotas, quotas.per_hour, HOUR, now)
        self._check_span(quotas, quotas.per_second, SECOND, now)

    def _check_span(self, quotas: Quotas, most: int | None, span: timedelta, now: datetime) -> None:
        if most is None or len(self._begun) < most:
            return
        # The call that must leave the span before another may begin.
        last_free = self._begun[-most] + span if most else now + span
        if last_free > now:
            text = f"Export rate limit exceeded: {most} calls in the last {span.total_seconds():.0f} seconds"
            raise RefusalError(429, text, _retry_after(quotas, now, last_free - now))


def _retry_after(quotas: Quotas, now: datetime, wait: timedelta) -> Headers:
    seconds = math.ceil(wait.total_seconds())
    if quotas.retry_after == "none":
        return ()
    if quotas.retry_after == "seconds":
        return (("Retry-After", str(seconds)),)
    # A date has no fractions of a second: rounded up, it is never too early.
    at = datetime.fromtimestamp(math.ceil((now + wait).timestamp()), UTC)
    return (("Retry-After", format_datetime(at, usegmt=True)),)
