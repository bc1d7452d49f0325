"""Mixpanel over HTTP. Every request goes through `Transport.send`."""

import dataclasses
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import requests
from requests.auth import AuthBase

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import MixpanelDataError, QueryError, UnavailableError
from mixpanel_data.clients.connecting import reason_of
from mixpanel_data.clients.mixpanel.cancellation import Cancellation, CancelledError
from mixpanel_data.clients.mixpanel.errors import Remedies, error_of, text_of
from mixpanel_data.clients.mixpanel.reply import Reply, ServerClock, Sessions
from mixpanel_data.clients.retries import ATTEMPTS, Sleep, retrying

_CONNECT_SECONDS = 10.0
# The first byte of a large export can take minutes.
_READ_SECONDS = 600.0
# A timeout of 0 means none to the library, and the remaining time can be almost 0.
_LEAST_SECONDS = 0.001
_CODINGS = ("gzip", "identity", "")
_TEXT_CHARACTERS = 300
_TOO_LATE = "Mixpanel did not answer within the time for this call. Repeat it, or raise CALL_DEADLINE_SECONDS."

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Request:
    """A request to Mixpanel."""

    method: str
    url: str
    parameters: Mapping[str, str]
    auth: AuthBase
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Transport:
    """Sends requests and raises refusals as errors, in which *** stands for each of `secrets`.

    `within` returns the transport of one call: its own deadline and cancellation, connections and clock of all. Without
    `sleep` the waits between attempts end when the call is cancelled.
    """

    secrets: Sequence[str] = field(repr=False)
    remedies: Remedies
    sleep: Sleep | None = None
    sessions: Sessions = field(default_factory=Sessions, repr=False)
    deadline: Deadline = field(default=Deadline())
    cancellation: Cancellation = field(default_factory=Cancellation, repr=False)
    clock: ServerClock = field(default_factory=ServerClock, repr=False)

    def within(self, deadline: Deadline) -> "Transport":
        """Return the transport of a call that ends by this deadline."""
        return dataclasses.replace(self, deadline=deadline, cancellation=Cancellation())

    def send(self, request: Request, accepted: frozenset[int] = frozenset({200})) -> Reply:
        """Send a request once, and return the reply if its status is one of the accepted ones.

        Raises AuthenticationError, PlanError, QueryError, RateLimitError and UnavailableError.
        """
        self.deadline.check("the request was sent to Mixpanel")
        try:
            # The headers can trickle in, too, and a socket's timeout starts anew with every byte.
            reply = self.cancellation.result(lambda: self._reply_to(request), self.deadline.left(threading.TIMEOUT_MAX))
        except CancelledError as error:
            raise UnavailableError("This call was cancelled before Mixpanel answered.") from error
        except TimeoutError as error:
            raise UnavailableError(_TOO_LATE) from error
        except requests.RequestException as error:
            # The library's own timeout can fire first.
            if isinstance(error, requests.Timeout) and not self.deadline.left(_LEAST_SECONDS):
                raise UnavailableError(_TOO_LATE) from error
            raise UnavailableError(f"Mixpanel did not answer: {self.without_secrets(reason_of(error))}.") from error
        self.clock.note(reply.headers)
        if reply.status in accepted and reply.headers.get("Content-Encoding", "gzip").lower() in _CODINGS:
            return reply
        raise self._error(reply)

    def content(self, reply: Reply) -> bytes:
        """Return the whole body of a reply. Raises UnavailableError."""
        try:
            return reply.content()
        except requests.RequestException as error:
            raise UnavailableError(
                f"The connection broke while Mixpanel answered: {self.without_secrets(str(error))}"
            ) from error

    def retrying(
        self,
        call: Callable[[], Result],
        attempts: int = ATTEMPTS,
        before_waiting: Callable[[BaseException | None], object] = lambda _: None,
    ) -> Result:
        """Return the result of the call, repeated on UnavailableError as `retries.retrying` says."""

        def checked_text(error: BaseException | None) -> str:
            before_waiting(error)
            return self.without_secrets(str(error))

        return retrying(
            call,
            deadline=self.deadline,
            attempts=attempts,
            sleep=self.sleep or self.cancellation.wait,
            is_cancelled=lambda: self.cancellation.is_set,
            before_waiting=checked_text,
        )

    def without_secrets(self, text: str) -> str:
        """Return the text with *** in place of every secret."""
        for secret in self.secrets:
            text = text.replace(secret, "***")
        return text

    def _reply_to(self, request: Request) -> Reply:
        session = self.sessions.take() or requests.Session()
        try:
            response = session.request(
                request.method,
                request.url,
                params=dict(request.parameters),
                data=request.body,
                auth=request.auth,
                headers={"Accept-Encoding": "gzip", **request.headers},
                timeout=(
                    max(_LEAST_SECONDS, self.deadline.left(_CONNECT_SECONDS)),
                    max(_LEAST_SECONDS, self.deadline.left(_READ_SECONDS)),
                ),
                # The body is read later, within `Reply.reading`, which can interrupt it.
                stream=True,
                # A redirect leads to a sign-in page or to a stranger, who must not get the credentials.
                allow_redirects=False,
            )
        except BaseException:
            # Nobody knows what state its connection is in.
            session.close()
            raise
        return Reply(response, session, self.sessions, self.deadline, self.cancellation)

    def _error(self, reply: Reply) -> MixpanelDataError:
        try:
            text = text_of(reply.content())
        except requests.RequestException:
            text = "(no readable text)"
        if reply.status == 200:
            coding = reply.headers["Content-Encoding"]
            return QueryError(
                f"Mixpanel's answer has the Content-Encoding {coding!r}, which the request did not allow. "
                f"{self.remedies.refused}"
            )
        # In this order: half a secret at the end of a shortened text would not be recognised.
        text = self.without_secrets(text)[:_TEXT_CHARACTERS]
        return error_of(reply.status, text, reply.headers, self.remedies)
