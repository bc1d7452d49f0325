"""The Mixpanel client, and one call's use of it."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import RateLimitError, UnavailableError
from mixpanel_data.clients.mixpanel.credentials import Credentials
from mixpanel_data.clients.mixpanel.errors import Remedies
from mixpanel_data.clients.mixpanel.export import ExportQuery, ExportStream
from mixpanel_data.clients.mixpanel.region import Region
from mixpanel_data.clients.mixpanel.transport import Request, Transport
from mixpanel_data.clients.retries import ATTEMPTS, Sleep

Result = TypeVar("Result")


@dataclass(slots=True)
class Mixpanel:
    """One project at Mixpanel, for as long as the program likes; threads can share it.

    `base_url` replaces the hosts of the region. `within` returns what one call works with.
    """

    credentials: Credentials
    region: Region
    base_url: str | None = None
    sleep: Sleep | None = None
    _transport: Transport = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._transport = Transport(self.credentials.secrets(), _remedies(self.region), self.sleep)

    def within(self, deadline: Deadline) -> "MixpanelCall":
        """Return this project for one call, which ends by the deadline."""
        return MixpanelCall(self, self._transport.within(deadline))

    def close(self) -> None:
        """Close the idle connections."""
        self._transport.sessions.close()


@dataclass(slots=True)
class MixpanelCall:
    """One call's use of a project: its deadline, its cancellation and its budget of exports. Threads can share it.

    `calls` counts the exports that were asked for. `calls_left` is how many more this call may ask for; None: as many
    as Mixpanel allows. Mixpanel can ask for a longer wait than `longest_wait_seconds` (None: any); that ends the call.
    """

    client: Mixpanel
    _transport: Transport = field(repr=False)
    calls_left: int | None = None
    longest_wait_seconds: float | None = None
    calls: int = field(default=0, init=False)
    _counting: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def export(self, query: ExportQuery, *, is_quoting: bool = False) -> ExportStream:
        """Ask for the events of some days, once. Iterating over the stream reads them and proves that all have arrived.

        `is_quoting` quotes the lines that the warehouses' readers would lose (see `lines.py`). Raises
        AuthenticationError, PlanError, QueryError, RateLimitError and UnavailableError; `retrying` repeats on the last
        two.
        """
        # In this order: an export that the deadline forbids is not asked for, and does not count.
        self._transport.deadline.check("the request was sent to Mixpanel")
        self._count_call()
        project = self.client
        request = Request(
            "GET",
            f"{project.base_url or project.region.export_url}/api/2.0/export",
            {**project.credentials.parameters(), **query.parameters()},
            project.credentials.basic_auth(),
        )
        return ExportStream(
            self._transport.send(request),
            deadline=self._transport.deadline,
            cancellation=self._transport.cancellation,
            is_quoting=is_quoting,
            without_secrets=self._transport.without_secrets,
        )

    def cancel(self) -> None:
        """End this call for good: threads that wait or read raise UnavailableError at once. Other calls go on."""
        self._transport.cancellation.set()

    def retrying(self, call: Callable[[], Result], attempts: int = ATTEMPTS) -> Result:
        """Return the result of the call, repeated on UnavailableError as `retries.retrying` says.

        Raises RateLimitError instead of waiting for an attempt that `calls_left` forbids, and the error itself instead
        of waiting longer than `longest_wait_seconds`.
        """
        return self._transport.retrying(call, attempts, self._check_before_waiting)

    def _count_call(self) -> None:
        # The collector asks for the next days in one thread while it may read a day again in another.
        with self._counting:
            self._check_calls_left()
            self.calls += 1
            if self.calls_left is not None:
                self.calls_left -= 1

    def _check_before_waiting(self, cause: BaseException | None) -> None:
        self._check_calls_left(cause)
        wait = cause.retry_after_seconds if isinstance(cause, UnavailableError) else None
        if cause is not None and self.longest_wait_seconds is not None and (wait or 0.0) > self.longest_wait_seconds:
            raise cause

    def _check_calls_left(self, cause: BaseException | None = None) -> None:
        if self.calls_left is not None and self.calls_left <= 0:
            made = "1 call" if self.calls == 1 else f"{self.calls} calls"
            raise RateLimitError(
                f"This run reached the limit of MIXPANEL_CALLS_PER_HOUR after {made}. "
                "Run it again later, or raise the limit."
            ) from cause


def _remedies(region: Region) -> Remedies:
    return Remedies(
        limited="The quota is shared by everyone who exports this project.",
        unauthenticated=f"Check the credentials, MIXPANEL_PROJECT_ID and MIXPANEL_REGION ({region}).",
        forbidden="Check the role of the service account and MIXPANEL_PROJECT_ID.",
        refused="Check the days and the events of the request, and MIXPANEL_BASE_URL if it is set.",
    )
