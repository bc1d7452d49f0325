"""The quotas of queries, and the headers in which Mixpanel states them."""

from __future__ import annotations

import json
import math
import threading
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Literal

from mixpanel_data_standins.mixpanel.answers import Headers, RefusalError, Request

HOUR = timedelta(hours=1)
CONCURRENCY_WAIT = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class QueryQuotas:
    """The most queries per rolling hour and at once; None means unlimited.

    An answer of 401, 402 or 429 does not count. With `count_pages`, later pages of a query of profiles count too.
    `retry_after` is the form of that header in a 429."""

    per_hour: int | None = 60
    concurrent: int | None = 5
    count_pages: bool = False
    retry_after: Literal["seconds", "date", "none"] = "seconds"


class QueryGate:
    """Counts the queries. The times handed in are aware and never go back."""

    def __init__(self) -> None:
        self._started: deque[datetime] = deque()
        self._active = 0
        self._lock = threading.Lock()

    @property
    def counted(self) -> int:
        """How many queries count at the moment of the latest one."""
        return len(self._started)

    def enter(self, quotas: QueryQuotas, request: Request, now: datetime, *, counts: bool) -> None:
        """Let a query start, and count it if it `counts`; or refuse it with 429 (RefusalError).

        Whoever enters has to leave."""
        with self._lock:
            while self._started and self._started[0] <= now - HOUR:
                self._started.popleft()
            self._check(quotas, request, now, counts=counts)
            if counts:
                self._started.append(now)
            self._active += 1

    def leave(self) -> None:
        """The query is over."""
        with self._lock:
            self._active -= 1

    def forget(self, started: datetime) -> None:
        """Do not count the query that started then."""
        with self._lock, suppress(ValueError):  # the hour may have passed since, or the query never counted
            self._started.remove(started)

    def _check(self, quotas: QueryQuotas, request: Request, now: datetime, *, counts: bool) -> None:
        at_once = quotas.concurrent
        if at_once is not None and self._active >= at_once:
            running = f"{self._active + 1}/{at_once} queries running concurrently"
            raise self._refusal(quotas, request, now, running, CONCURRENCY_WAIT)
        most = quotas.per_hour
        if counts and most is not None and len(self._started) >= most:
            free = self._started[-most] + HOUR if most else now + HOUR
            running = f"{len(self._started) + 1}/{most} queries running in the last hour"
            raise self._refusal(quotas, request, now, running, free - now)

    def _refusal(
        self, quotas: QueryQuotas, request: Request, now: datetime, running: str, wait: timedelta
    ) -> RefusalError:
        seconds = math.ceil(wait.total_seconds())
        headers = (*_retry_after(quotas, now, seconds), *self._headers(quotas, seconds))
        return rate_limited(request, running, headers)

    def _headers(self, quotas: QueryQuotas, seconds: int) -> Headers:
        left = None if quotas.per_hour is None else max(0, quotas.per_hour - len(self._started))
        free = None if quotas.concurrent is None else max(0, quotas.concurrent - self._active)
        policies, states = [], []
        if left is not None:
            policies.append(f'"project";q={quotas.per_hour};w=3600')
            states.append(f'"project";r={left}' + (f";t={seconds}" if left == 0 and free != 0 else ""))
        if free is not None:
            policies.append(f'"project-concurrency";q={quotas.concurrent};qu="concurrent-requests"')
            states.append(f'"project-concurrency";r={free}' + (f";t={seconds}" if free == 0 else ""))
        return (("RateLimit-Policy", ", ".join(policies)), ("RateLimit", ", ".join(states)))


def rate_limited(request: Request, running: str, headers: Headers) -> RefusalError:
    """The refusal of a query too many; `running` says how many there are."""
    project_id = request.parameters.get("project_id", "")
    text = f"Query rate limit exceeded for project_id: {project_id}. Reduce your rate of queries ({running})."
    return RefusalError(429, json.dumps({"request": request.target, "error": text}), headers, whole=True)


def _retry_after(quotas: QueryQuotas, now: datetime, seconds: int) -> Headers:
    if quotas.retry_after == "none":
        return ()
    if quotas.retry_after == "seconds":
        return (("Retry-After", str(seconds)),)
    # An HTTP date has whole seconds; rounded up, it is never too early.
    at = datetime.fromtimestamp(math.ceil(now.timestamp()) + seconds, UTC)
    return (("Retry-After", format_datetime(at, usegmt=True)),)
