"""Sends a query: with a place in the ledger, again where that can help, and with a wait only if the caller asks."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Any
from urllib.parse import urlencode

import requests
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import MixpanelDataError, RateLimitError, UnavailableError
from mixpanel_data.clients.mixpanel.credentials import Credentials
from mixpanel_data.clients.mixpanel.errors import error_of, raw_text_of, text_of
from mixpanel_data.clients.mixpanel.querying.answers import document_of
from mixpanel_data.clients.mixpanel.querying.ledger import Place, QueryLedger
from mixpanel_data.clients.mixpanel.querying.refusals import Refusal, error_of_refusal, jql_error
from mixpanel_data.clients.mixpanel.reply import Reply
from mixpanel_data.clients.mixpanel.transport import Request, Transport

log = logging.getLogger(__name__)

# Fewer than elsewhere: Mixpanel may count a query that fails.
_ATTEMPTS = 3
# The shortest pause between two attempts of a query that waits, and the longest.
_LEAST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 1.0, 86_400.0
_SHOWN_CHARACTERS = 300
_LEAST_HIDDEN_CHARACTERS = 8
# All of them, because this module reads the text and the headers of a refusal itself.
_ANY_STATUS = frozenset(range(100, 600))
_NOT_COUNTED_BY_MIXPANEL = frozenset({401, 402, 429})


class Cost(Enum):
    """What a request takes of the quota."""

    QUERY = auto()
    """One of the hour's queries, and a place among those that run."""
    PAGE = auto()
    """Only a place among those that run: a further page of profiles."""
    NOTHING = auto()
    """Nothing: the request is not one of the query API."""


@dataclass(frozen=True, slots=True)
class Query:
    """A request to a path of the server; with a form, it is a POST. `script` is the JQL in the form, for errors."""

    path: str
    parameters: Mapping[str, str]
    form: Mapping[str, str] | None = None
    cost: Cost = Cost.QUERY
    script: str | None = None


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends the queries of one project to a server. `within` returns the sender of one call."""

    credentials: Credentials
    server: str
    ledger: QueryLedger
    transport: Transport
    is_waiting: bool = False

    def within(self, deadline: Deadline, *, is_waiting: bool) -> "Sender":
        """Return the sender of a call that ends by this deadline."""
        return replace(self, transport=self.transport.within(deadline), is_waiting=is_waiting)

    def document(self, query: Query) -> Any:
        """Return the JSON value that answers the query.

        It makes three attempts at a fault that may pass. At the limit, it raises RateLimitError at once; if
        `is_waiting`, it waits for the moment that the error names, unless the deadline comes first.
        """
        while True:
            try:
                return self.transport.retrying(lambda: self._document(query), _ATTEMPTS, _raise_if_limited)
            except RateLimitError as error:
                seconds = self._seconds_until_retry(error)
                if not self._can_wait(seconds):
                    raise
                log.warning("waiting %.0f s: %s", seconds, error, extra={"wait_seconds": round(seconds, 1)})
                (self.transport.sleep or self.transport.cancellation.wait)(seconds)

    def _seconds_until_retry(self, error: RateLimitError) -> float:
        # The moment is in whole seconds, and the ledger lets no query through before it.
        until = (error.retry_at - self.ledger.now()).total_seconds() if error.retry_at else 0.0
        return max(_LEAST_WAIT_SECONDS, until, error.retry_after_seconds or 0.0)

    def _can_wait(self, seconds: float) -> bool:
        is_in_time = seconds < self.transport.deadline.left(_LONGEST_WAIT_SECONDS)
        return self.is_waiting and is_in_time and not self.transport.cancellation.is_set

    def _document(self, query: Query) -> Any:
        if query.cost is Cost.NOTHING:
            return self._answer(query, None)
        # In this order: a query that the deadline forbids is not noted.
        self.transport.deadline.check("the query was sent to Mixpanel")
        project = self.credentials.project_id or "of the project secret"
        with self.ledger.place(self.server, project, is_counted=query.cost is Cost.QUERY) as place:
            return self._answer(query, place)

    def _answer(self, query: Query, place: Place | None) -> Any:
        reply = self._reply(query, place)
        content = self.transport.content(reply)
        if reply.status == 200:
            return self._decoded(content)
        shown = self._shown(content)
        raw = self.transport.without_secrets(raw_text_of(content))
        error = self._error(Refusal(reply.status, shown, reply.headers), raw, query)
        if place is not None:
            _note(place, reply.status, error)
        raise error

    def _reply(self, query: Query, place: Place | None) -> Reply:
        """Return the reply, whatever its status. The ledger forgets a query that found no connection."""
        try:
            return self.transport.send(self._request(query), _ANY_STATUS)
        except UnavailableError as error:
            if place is not None and _is_unsent(error.__cause__):
                place.give_back()
            raise

    def _decoded(self, content: bytes) -> Any:
        """Return the JSON value of an answer; raise the error that Mixpanel sometimes sends with a 200."""
        # Half a UTF-16 pair, which a name can have, arrives as bytes that UTF-8 itself does not allow.
        try:
            text = content.decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            text = content.decode(errors="replace")
        document = document_of(self._without_secrets(text))
        if isinstance(document, Mapping) and isinstance(document.get("error"), str):
            raise error_of(200, self._shown(content), {}, self.transport.remedies)
        return document

    def _without_secrets(self, text: str) -> str:
        # Data can have a short secret by chance; Mixpanel's own are longer.
        if len(self.credentials.secret.reveal()) < _LEAST_HIDDEN_CHARACTERS:
            return text
        # Data must not have it either: a command that prints a result would print the secret.
        return self.transport.without_secrets(text)

    def _error(self, refusal: Refusal, raw: str, query: Query) -> MixpanelDataError:
        of_script = jql_error(refusal, raw, query.script) if query.script is not None else None
        return of_script or error_of_refusal(refusal, self.transport.remedies, self.ledger.now())

    def _shown(self, content: bytes) -> str:
        # In this order: shortening first could leave half a secret, which nothing recognises.
        return self.transport.without_secrets(text_of(content))[:_SHOWN_CHARACTERS]

    def _request(self, query: Query) -> Request:
        headers = {"Accept": "application/json"}
        body = None
        if query.form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            body = urlencode(query.form).encode()
        return Request(
            "GET" if body is None else "POST",
            f"{self.server}{query.path}",
            {**self.credentials.parameters(), **query.parameters},
            self.credentials.basic_auth(),
            headers,
            body,
        )


def _raise_if_limited(error: BaseException | None) -> None:
    if isinstance(error, RateLimitError):
        raise error


def _is_unsent(cause: BaseException | None) -> bool:
    """Whether there never was a connection on which the query could have been sent."""
    failed = cause.args[0] if isinstance(cause, requests.ConnectionError) and cause.args else None
    return isinstance(getattr(failed, "reason", None), NewConnectionError | ConnectTimeoutError)


def _note(place: Place, status: int, error: MixpanelDataError) -> None:
    if status in _NOT_COUNTED_BY_MIXPANEL:
        place.give_back()
    if isinstance(error, RateLimitError) and error.retry_at is not None:
        place.refuse_until(error.retry_at)
