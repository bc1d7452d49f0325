"""Mixpanel over HTTP: hosts, errors, retries. Every request goes through `Transport.send`."""

import email.utils
import json
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar

import requests
from requests.auth import AuthBase

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import (
    AuthenticationError,
    MixpanelDataError,
    PlanError,
    QueryError,
    RateLimitError,
    UnavailableError,
)
from mixpanel_data.clients.mixpanel.cancellation import Cancellation, CancelledError, bounded
from mixpanel_data.clients.retries import ATTEMPTS, Sleep, retrying

_CONNECT_SECONDS = 10.0
# The first byte of a large export can take minutes.
_READ_SECONDS = 600.0
_CODINGS = ("gzip", "identity", "")
_TEXT_CHARACTERS = 300
# Mixpanel answers 400 for a fault of its own, too.
PASSING = re.compile(r"time ?out|timed out|try again|unable to process", re.IGNORECASE)
_UNAUTHENTICATED = re.compile(r"unable to authenticate|invalid (project )?secret|invalid credentials", re.IGNORECASE)

Result = TypeVar("Result")


class Region(StrEnum):
    """Where the project's data resides."""

    US = "us"
    EU = "eu"
    IN = "in"

    @property
    def export_url(self) -> str:
        """Base URL of the raw export."""
        return self._url("data")

    @property
    def ingestion_url(self) -> str:
        """Base URL of what is written."""
        return self._url("api")

    def _url(self, family: str) -> str:
        return f"https://{family}.mixpanel.com" if self is Region.US else f"https://{family}-{self}.mixpanel.com"


@dataclass(frozen=True, slots=True)
class Remedies:
    """What to do about a refusal, as sentences: too many calls, no credential, too few rights, and all else."""

    limited: str
    unauthenticated: str
    forbidden: str
    refused: str


@dataclass(frozen=True, slots=True)
class Call:
    """A request: its method, address and parameters, who asks, and what is sent."""

    method: str
    url: str
    parameters: Mapping[str, str]
    auth: AuthBase
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None


@dataclass(slots=True)
class Transport:
    """Requests within a deadline, their refusals as errors that show none of `secrets`.

    `sleep` None: the cancellation ends a wait before the next attempt, too.
    """

    deadline: Deadline
    secrets: Sequence[str]
    remedies: Remedies
    sleep: Sleep | None = None
    cancellation: Cancellation = field(default_factory=Cancellation, repr=False)
    _session: requests.Session = field(default_factory=requests.Session, repr=False)

    def send(self, call: Call, accepted: frozenset[int] = frozenset({200})) -> requests.Response:
        """The answer if its status is one of these, its body not yet read.

        Raises AuthenticationError, PlanError, QueryError, RateLimitError and UnavailableError.
        """
        self.deadline.check("Mixpanel was asked")
        try:
            # A head that trickles is no end of the waiting: a socket's timeout begins anew with every byte.
            response = self.cancellation.result(lambda: self._ask(call), self.deadline.left(threading.TIMEOUT_MAX))
        except CancelledError as error:
            raise UnavailableError("Mixpanel is not asked any more: reading was given up.") from error
        except TimeoutError as error:
            raise UnavailableError(
                "Mixpanel did not answer within the time for this call (CALL_DEADLINE_SECONDS sets it)."
            ) from error
        except requests.RequestException as error:
            raise UnavailableError(f"Mixpanel did not answer: {self.without_secrets(str(error))}") from error
        if response.status_code in accepted and response.headers.get("Content-Encoding", "gzip").lower() in _CODINGS:
            return response
        with response, bounded(response.raw, self.deadline, self.cancellation):
            raise self._error(response)

    def content(self, response: requests.Response) -> bytes:
        """The body of an answer, whole. Raises UnavailableError."""
        try:
            with response, bounded(response.raw, self.deadline, self.cancellation):
                return response.content
        except requests.RequestException as error:
            raise UnavailableError(f"Mixpanel's answer broke off: {self.without_secrets(str(error))}") from error

    def retrying(
        self,
        call: Callable[[], Result],
        attempts: int = ATTEMPTS,
        before_waiting: Callable[[BaseException | None], object] = lambda _: None,
    ) -> Result:
        """The call's result, tried again on UnavailableError as `retries.retrying` does."""

        def told(error: BaseException | None) -> str:
            before_waiting(error)
            return self.without_secrets(str(error))

        return retrying(
            call,
            deadline=self.deadline,
            attempts=attempts,
            sleep=self.sleep or self.cancellation.wait,
            is_given_up=lambda: self.cancellation.is_set,
            before_waiting=told,
        )

    def without_secrets(self, text: str) -> str:
        """The text with *** in place of every secret."""
        for secret in self.secrets:
            text = text.replace(secret, "***")
        return text

    def _ask(self, call: Call) -> requests.Response:
        return self._session.request(
            call.method,
            call.url,
            params=dict(call.parameters),
            data=call.body,
            auth=call.auth,
            headers={"Accept-Encoding": "gzip", **call.headers},
            # A timeout of 0 is none to the library: the little that may be left is not.
            timeout=(
                max(0.001, self.deadline.left(_CONNECT_SECONDS)),
                max(0.001, self.deadline.left(_READ_SECONDS)),
            ),
            stream=True,
            allow_redirects=False,
        )

    def _error(self, response: requests.Response) -> MixpanelDataError:
        """What a refusal means for the caller (reference of the statuses: Mixpanel's API documentation)."""
        status, text = response.status_code, self.without_secrets(_text(response))[:_TEXT_CHARACTERS]
        if status == 200:
            return QueryError(
                f"Mixpanel answered in the coding {response.headers['Content-Encoding']!r}, not asked for."
            )
        said = f"Mixpanel answered {status}: {text}"
        if status == 429:
            return RateLimitError(
                f"{said}. {self.remedies.limited}", retry_after_seconds=_retry_after_seconds(response)
            )
        if status >= 500 or status == 408 or (status == 400 and PASSING.search(text)):
            return UnavailableError(said, retry_after_seconds=_retry_after_seconds(response))
        if status == 401 or (status in (400, 403) and _UNAUTHENTICATED.search(text)):
            return AuthenticationError(f"{said}. {self.remedies.unauthenticated}")
        if status == 403 and "date range" not in text.lower():
            return AuthenticationError(f"{said}. {self.remedies.forbidden}")
        if status == 402:
            return PlanError(f"{said}. The plan of this project does not include the call.")
        return QueryError(f"{said}. {self.remedies.refused}")


def _text(response: requests.Response) -> str:
    """What the body says, on one line: its `error` if it is such a JSON object, else the text."""
    try:
        content = response.content.decode(errors="replace")
    except requests.RequestException:
        return "(no readable text)"
    try:
        document = json.loads(content)
        content = str(document["error"])
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    return " ".join(content.split()) or "(no text)"


def _retry_after_seconds(response: requests.Response) -> float | None:
    """Seconds to wait by `Retry-After`, a number or an HTTP date (RFC 9110, 10.2.3); None without a readable one."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        at = email.utils.parsedate_to_datetime(value)
        at = at.replace(tzinfo=at.tzinfo or UTC)
        return max(0.0, (at - datetime.now(UTC)).total_seconds())
    except (ValueError, OverflowError):
        return None
