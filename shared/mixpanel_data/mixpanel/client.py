"""Mixpanel over HTTP: hosts, credentials, errors, retries. Every request goes through `Mixpanel._send`."""

import base64
import email.utils
import json
import logging
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar

import requests
import tenacity
from requests.auth import HTTPBasicAuth

from mixpanel_data.errors import (
    AuthenticationError,
    MixpanelDataError,
    PlanError,
    QueryError,
    RateLimitError,
    UnavailableError,
)
from mixpanel_data.mixpanel.cancellation import Cancellation, CancelledError, bounded
from mixpanel_data.mixpanel.export import ExportQuery, ExportStream
from mixpanel_data.types import Deadline, Secret

log = logging.getLogger(__name__)

_CONNECT_SECONDS = 10.0
# The first byte of a large export can take minutes.
_READ_SECONDS = 600.0
_ATTEMPTS = 5
_CODINGS = ("gzip", "identity", "")
_FIRST_WAIT_SECONDS = 0.5
_LONGEST_WAIT_SECONDS = 30.0
_TEXT_CHARACTERS = 300
# Mixpanel answers 400 for a fault of its own, too.
_PASSING = re.compile(r"time ?out|timed out|try again|unable to process", re.IGNORECASE)
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
        return "https://data.mixpanel.com" if self is Region.US else f"https://data-{self}.mixpanel.com"


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
    sleep: Callable[[float], None] = tenacity.nap.sleep
    _cancellation: Cancellation = field(default_factory=Cancellation, repr=False)
    _session: requests.Session = field(default_factory=requests.Session, repr=False)

    def export(self, query: ExportQuery, *, is_quoting: bool = False) -> ExportStream:
        """Ask for events by day, once; the body is read by iterating, and proven whole at its end.

        `is_quoting` makes lines safe that the engines' readers would lose (see `lines.py`). Raises
        AuthenticationError, PlanError, QueryError, RateLimitError and UnavailableError; `retrying` repeats the latter.
        """
        response = self._send(f"{self.base_url or self.region.export_url}/api/2.0/export", query.parameters())
        return ExportStream(
            response,
            deadline=self.deadline,
            cancellation=self._cancellation,
            is_quoting=is_quoting,
            told=self._without_secret,
        )

    def cancel(self) -> None:
        """End what other threads wait for or read, at once: they raise UnavailableError."""
        self._cancellation.set()

    def retrying(self, call: Callable[[], Result], attempts: int = _ATTEMPTS) -> Result:
        """The call's result, tried again on UnavailableError: after 0.5 s, doubling to 30 s, with jitter, and never
        before what `Retry-After` asks. A wait that would pass the deadline is not begun: the error is raised. Nor is
        one that `calls_left` makes pointless: RateLimitError is raised."""
        return tenacity.Retrying(
            sleep=self.sleep,
            retry=tenacity.retry_if_exception_type(UnavailableError),
            wait=_wait_seconds,
            stop=lambda state: (
                self._cancellation.is_set
                or state.attempt_number >= attempts
                or state.upcoming_sleep >= self._seconds_left()
            ),
            before_sleep=self._before_waiting,
            reraise=True,
        )(call)

    def _before_waiting(self, state: tenacity.RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        self._check_calls_left(error)
        log.warning(
            "attempt %d failed, the next one is in %.1f s: %s",
            state.attempt_number,
            state.upcoming_sleep,
            self._without_secret(str(error)),
            extra={"attempt": state.attempt_number, "wait_seconds": round(state.upcoming_sleep, 1)},
        )

    def _seconds_left(self) -> float:
        return self.deadline.left(float("inf"))

    def _send(self, url: str, parameters: dict[str, str]) -> requests.Response:
        self._check_calls_left()
        self.deadline.check("Mixpanel was asked")
        try:
            # A head that trickles is no end of the waiting: a socket's timeout begins anew with every byte.
            response = self._cancellation.result(
                lambda: self._get(url, parameters), self.deadline.left(threading.TIMEOUT_MAX)
            )
        except CancelledError as error:
            raise UnavailableError("Mixpanel is not asked any more: reading was given up.") from error
        except TimeoutError as error:
            raise UnavailableError(
                "Mixpanel did not answer within the time for this call (CALL_DEADLINE_SECONDS sets it)."
            ) from error
        except requests.RequestException as error:
            raise UnavailableError(f"Mixpanel did not answer: {self._without_secret(str(error))}") from error
        if response.status_code == 200 and response.headers.get("Content-Encoding", "gzip").lower() in _CODINGS:
            return response
        with response, bounded(response.raw, self.deadline, self._cancellation):
            raise self._error(response)

    def _get(self, url: str, parameters: dict[str, str]) -> requests.Response:
        self.calls += 1
        user, password = self.credentials.auth()
        return self._session.get(
            url,
            params={**self.credentials.parameters(), **parameters},
            # As text the library would encode them in latin-1, which lacks most letters.
            auth=HTTPBasicAuth(user.encode(), password.encode()),
            headers={"Accept-Encoding": "gzip"},
            # A timeout of 0 is none to the library: the little that may be left is not.
            timeout=(
                max(0.001, self.deadline.left(_CONNECT_SECONDS)),
                max(0.001, self.deadline.left(_READ_SECONDS)),
            ),
            stream=True,
            allow_redirects=False,
        )

    def _check_calls_left(self, cause: BaseException | None = None) -> None:
        if self.calls_left is not None and self.calls >= self.calls_left:
            raise RateLimitError(
                f"MIXPANEL_CALLS_PER_HOUR is used up after {self.calls} calls of this run. "
                "Run this again later, or allow more."
            ) from cause

    def _error(self, response: requests.Response) -> MixpanelDataError:
        """What a refusal means for the caller (reference of the statuses: Mixpanel's API documentation)."""
        status, text = response.status_code, self._without_secret(_text(response))[:_TEXT_CHARACTERS]
        if status == 200:
            return QueryError(
                f"Mixpanel answered in the coding {response.headers['Content-Encoding']!r}, not asked for."
            )
        said = f"Mixpanel answered {status}: {text}"
        if status == 429:
            return RateLimitError(
                f"{said}. The quota is shared by all who export this project; run this again later.",
                retry_after_seconds=_retry_after_seconds(response),
            )
        if status >= 500 or status == 408 or (status == 400 and _PASSING.search(text)):
            return UnavailableError(said, retry_after_seconds=_retry_after_seconds(response))
        if status == 401 or (status in (400, 403) and _UNAUTHENTICATED.search(text)):
            return AuthenticationError(
                f"{said}. Check the credentials, MIXPANEL_PROJECT_ID and MIXPANEL_REGION ({self.region})."
            )
        if status == 403 and "date range" not in text.lower():
            return AuthenticationError(f"{said}. Check the role of the service account and MIXPANEL_PROJECT_ID.")
        if status == 402:
            return PlanError(f"{said}. The plan of this project does not include the call.")
        return QueryError(f"{said}. Check what was asked: the days, the events, and MIXPANEL_BASE_URL if it is set.")

    def _without_secret(self, text: str) -> str:
        """The text without the secret, as it is and as the header carries it."""
        user, password = self.credentials.auth()
        header = base64.b64encode(f"{user}:{password}".encode()).decode()
        return text.replace(header, "***").replace(self.credentials.secret.reveal(), "***")


def _wait_seconds(state: tenacity.RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after_seconds if isinstance(error, UnavailableError) else None
    backoff = tenacity.wait_exponential_jitter(
        multiplier=_FIRST_WAIT_SECONDS, max=_LONGEST_WAIT_SECONDS, jitter=_FIRST_WAIT_SECONDS
    )(state)
    return max(asked or 0.0, backoff)


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
    except ValueError:
        return None
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds())
