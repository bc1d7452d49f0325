"""What is read from Mixpanel: credentials, and the calls that a run may make."""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from requests.auth import HTTPBasicAuth

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import RateLimitError
from mixpanel_data.base.secret import Secret
from mixpanel_data.clients.mixpanel.export import ExportQuery, ExportStream
from mixpanel_data.clients.mixpanel.transport import Call, Region, Remedies, Transport
from mixpanel_data.clients.retries import ATTEMPTS, Sleep

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Credentials:
    """A service account (with the project's id), or the older project secret (`username` None)."""

    secret: Secret
    username: str | None = None
    project_id: str | None = None

    def auth(self) -> tuple[str, str]:
        """User and password of HTTP basic authentication."""
        secret = self.secret.reveal()
        return (secret, "") if self.username is None else (self.username, secret)

    def parameters(self) -> dict[str, str]:
        """The query parameters that go with them: a service account sees several projects."""
        return {} if self.username is None or self.project_id is None else {"project_id": self.project_id}


@dataclass(slots=True)
class Mixpanel:
    """One project. `base_url` stands in place of the regional hosts; `calls_left` None: as many as Mixpanel lets."""

    credentials: Credentials
    region: Region
    deadline: Deadline
    base_url: str | None = None
    calls_left: int | None = None
    calls: int = 0
    sleep: Sleep | None = None
    _transport: Transport = field(init=False, repr=False)

    def __post_init__(self) -> None:
        user, password = self.credentials.auth()
        # The secret as the header carries it, and as it is.
        header = base64.b64encode(f"{user}:{password}".encode()).decode()
        secrets = (header, self.credentials.secret.reveal())
        self._transport = Transport(self.deadline, secrets, _remedies(self.region), self.sleep)

    def export(self, query: ExportQuery, *, is_quoting: bool = False) -> ExportStream:
        """Ask for events by day, once; the body is read by iterating, and proven whole at its end.

        `is_quoting` makes lines safe that the engines' readers would lose (see `lines.py`). Raises
        AuthenticationError, PlanError, QueryError, RateLimitError and UnavailableError; `retrying` repeats the latter.
        """
        self._check_calls_left()
        self.deadline.check("Mixpanel was asked")
        self.calls += 1
        user, password = self.credentials.auth()
        call = Call(
            "GET",
            f"{self.base_url or self.region.export_url}/api/2.0/export",
            {**self.credentials.parameters(), **query.parameters()},
            # As text the library would encode them in latin-1, which lacks most letters.
            HTTPBasicAuth(user.encode(), password.encode()),
        )
        return ExportStream(
            self._transport.send(call),
            deadline=self.deadline,
            cancellation=self._transport.cancellation,
            is_quoting=is_quoting,
            told=self._transport.without_secrets,
        )

    def cancel(self) -> None:
        """End what other threads wait for or read, at once: they raise UnavailableError."""
        self._transport.cancellation.set()

    def retrying(self, call: Callable[[], Result], attempts: int = ATTEMPTS) -> Result:
        """The call's result, tried again on UnavailableError as `retries.retrying` does. A wait that `calls_left` makes
        pointless is not begun: RateLimitError is raised."""
        return self._transport.retrying(call, attempts, self._check_calls_left)

    def _check_calls_left(self, cause: BaseException | None = None) -> None:
        if self.calls_left is not None and self.calls >= self.calls_left:
            raise RateLimitError(
                f"MIXPANEL_CALLS_PER_HOUR is used up after {self.calls} calls of this run. "
                "Run this again later, or allow more."
            ) from cause


def _remedies(region: Region) -> Remedies:
    return Remedies(
        limited="The quota is shared by all who export this project; run this again later.",
        unauthenticated=f"Check the credentials, MIXPANEL_PROJECT_ID and MIXPANEL_REGION ({region}).",
        forbidden="Check the role of the service account and MIXPANEL_PROJECT_ID.",
        refused="Check what was asked: the days, the events, and MIXPANEL_BASE_URL if it is set.",
    )
