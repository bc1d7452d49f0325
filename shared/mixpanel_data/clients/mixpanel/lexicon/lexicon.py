"""The Lexicon of one project, over Mixpanel's API of Lexicon schemas."""

import copy
import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import ConfigError, QueryError, RateLimitError, UnavailableError
from mixpanel_data.clients.mixpanel.credentials import Credentials
from mixpanel_data.clients.mixpanel.errors import Remedies, error_of, text_of
from mixpanel_data.clients.mixpanel.lexicon.entry import Entry, EntryOutcome, entry_of
from mixpanel_data.clients.mixpanel.lexicon.pace import MOST_NAMES, MOST_REQUESTS, Pace
from mixpanel_data.clients.mixpanel.region import Region
from mixpanel_data.clients.mixpanel.transport import Request, Transport
from mixpanel_data.clients.retries import Sleep

log = logging.getLogger(__name__)

# Half of what a minute allows, so that two requests a minute are enough, and one that fails costs less.
_MOST_NAMES = 2_000
# With more refusals than this and no success in between, the fault lies with the project and not with these entries.
_MOST_REFUSED_IN_A_ROW = 5
_MOST_TEXT_CHARACTERS = 300
# 400 and 413 ask for a smaller request, or are about one of its entries.
_READABLE = frozenset({200, 400, 413})
_HEADERS = {"Content-Type": "application/json", "Accept": "application/json"}


@dataclass(slots=True)
class Lexicon:
    """The Lexicon of the project that `credentials` name: a service account's, with the role Admin or Owner to write.

    Requests wait until Mixpanel's limits of a minute have room for them; `pace` counts those of this process. An entry
    that is sent replaces the one that Mixpanel has, and may be sent again. Nothing is ever truncated or deleted.
    `base_url` replaces the host of the region. Only the client that `within` returns has a deadline.

    Raises ConfigError for credentials that are not those of a service account: the API takes no others.
    """

    credentials: Credentials
    region: Region
    base_url: str | None = None
    sleep: Sleep | None = None
    pace: Pace = field(default_factory=Pace)
    _transport: Transport = field(init=False, repr=False)
    _refused_in_a_row: int = field(default=0, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.credentials.username is None or self.credentials.project_id is None:
            raise ConfigError(
                "The Lexicon API accepts only a service account. Set MIXPANEL_SERVICE_ACCOUNT, its secret and "
                "MIXPANEL_PROJECT_ID."
            )
        self._transport = Transport(self.credentials.secrets(), _remedies(self.region), self.sleep)

    def within(self, deadline: Deadline) -> "Lexicon":
        """Return this client for one call, which ends by the deadline; it shares the connections and the pace."""
        bound = copy.copy(self)
        bound._transport = self._transport.within(deadline)
        bound._refused_in_a_row = 0
        return bound

    def entries(self) -> list[Entry]:
        """Return the entries of all events that have a schema.

        Raises AuthenticationError, QueryError, PlanError, and UnavailableError after five attempts.
        """
        return self._transport.retrying(self._entries)

    def batches(self, entries: Sequence[Entry]) -> Iterator[list[Entry]]:
        """Yield the entries in groups that one request each can carry; one beyond that stands by itself."""
        batch: list[Entry] = []
        names = 0
        for entry in entries:
            if batch and names + entry.names > _MOST_NAMES:
                yield batch
                batch, names = [], 0
            batch.append(entry)
            names += entry.names
        if batch:
            yield batch

    def send(self, batch: Sequence[Entry]) -> list[EntryOutcome]:
        """Store these entries, and return an outcome for each, in their order.

        A batch that Mixpanel refuses is sent in halves, until the entry that it is about stands alone. Raises
        AuthenticationError, PlanError, QueryError where everything is refused, and UnavailableError after five attempts
        a request, or at once where the wait would pass the deadline. Some of the entries may have been stored by then.
        """
        if not batch:
            return []
        refusal = self._transport.retrying(lambda: self._refusal(batch))
        if refusal and len(batch) > 1:
            middle = len(batch) // 2
            return self.send(batch[:middle]) + self.send(batch[middle:])
        self._count(refusal, len(batch))
        return [EntryOutcome(entry, not refusal, refusal) for entry in batch]

    def close(self) -> None:
        """Close the idle connections."""
        self._transport.sessions.close()

    def _entries(self) -> list[Entry]:
        self._keep_pace(0)
        content = self._transport.content(self._transport.send(self._request("GET")))
        results = _document(content).get("results")
        if not isinstance(results, list):
            raise QueryError(f"The answer is not a list of schemas: {self._shown(content)}. {_NOT_MIXPANELS}")
        return [entry for entry in map(entry_of, results) if entry is not None]

    def _refusal(self, batch: Sequence[Entry]) -> str:
        """Send the batch once. Return why Mixpanel refuses it; an empty text where it is stored."""
        self._keep_pace(sum(entry.names for entry in batch))
        body = {"entries": [entry.plain() for entry in batch], "truncate": False}
        reply = self._transport.send(self._request("POST", _encoded(body)), _READABLE)
        content = self._transport.content(reply)
        document = _document(content)
        if reply.status == 200 and document.get("status") == "ok":
            return ""
        if reply.status == 200 and not document:
            raise QueryError(f"The answer is not Mixpanel's: {self._shown(content)}. {_NOT_MIXPANELS}")
        text = self._shown(content)
        error = error_of(400, text, reply.headers, self._transport.remedies)
        if reply.status != 413 and type(error) is not QueryError:
            raise error
        return f"Mixpanel answered {reply.status}: {text}"

    def _keep_pace(self, names: int) -> None:
        """Wait until Mixpanel takes a request that changes `names` names, and count it."""
        transport = self._transport
        while seconds := self.pace.take(names):
            if transport.deadline.left(2 * seconds) <= seconds:
                raise RateLimitError(
                    f"The Lexicon's rate limit leaves no room for another {seconds:.0f} s, longer than the time left "
                    f"for this call. {transport.remedies.limited}",
                    retry_after_seconds=seconds,
                )
            if transport.cancellation.is_set:
                raise UnavailableError("This call was cancelled before Mixpanel answered.")
            log.info(
                "waiting %.0f s, as the Lexicon takes %d requests and %s names a minute",
                seconds,
                MOST_REQUESTS,
                f"{MOST_NAMES:,}",
            )
            (transport.sleep or transport.cancellation.wait)(seconds)

    def _request(self, method: str, body: bytes | None = None) -> Request:
        base_url = self.base_url or self.region.app_url
        url = f"{base_url}/api/app/projects/{self.credentials.project_id}/schemas"
        return Request(method, url, {}, self.credentials.basic_auth(), _HEADERS, body)

    def _shown(self, content: bytes) -> str:
        # In this order: half a secret at the end of a shortened text would not be recognised.
        return self._transport.without_secrets(text_of(content))[:_MOST_TEXT_CHARACTERS]

    def _count(self, refusal: str, entries: int) -> None:
        self._refused_in_a_row = self._refused_in_a_row + entries if refusal else 0
        if self._refused_in_a_row > _MOST_REFUSED_IN_A_ROW:
            raise QueryError(
                f"The Lexicon refused {self._refused_in_a_row} entries in a row, the last one with: {refusal}. "
                "Check MIXPANEL_PROJECT_ID and MIXPANEL_REGION."
            )


_NOT_MIXPANELS = "Check MIXPANEL_BASE_URL if it is set."


def _document(content: bytes) -> Mapping[str, Any]:
    """The JSON object of a body; empty for any other body."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _encoded(body: Mapping[str, Any]) -> bytes:
    # Half a UTF-16 pair in a name has no bytes in UTF-8, but an escape in JSON.
    return json.dumps(body, ensure_ascii=True, separators=(",", ":")).encode()


def _remedies(region: Region) -> Remedies:
    return Remedies(
        limited="The next push sends the remaining entries.",
        unauthenticated=f"Check the service account, MIXPANEL_PROJECT_ID and MIXPANEL_REGION ({region}).",
        forbidden="Check MIXPANEL_PROJECT_ID; to write here, a service account needs the role Admin or Owner.",
        refused=_NOT_MIXPANELS,
    )
