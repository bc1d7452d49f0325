"""Mixpanel's user profiles: the properties of each user are set to absolute values, so a repeat does no harm."""

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import requests
from requests.auth import AuthBase

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import QueryError
from mixpanel_data.base.secret import Secret
from mixpanel_data.base.user_totals import Refusal, User
from mixpanel_data.clients.mixpanel.errors import Remedies
from mixpanel_data.clients.mixpanel.profile_answers import ProfileAnswer, answer_of
from mixpanel_data.clients.mixpanel.profile_updates import Update, update_of
from mixpanel_data.clients.mixpanel.region import Region
from mixpanel_data.clients.mixpanel.transport import Request, Transport
from mixpanel_data.clients.retries import Sleep

_MOST_RECORDS = 2000
# One of Mixpanel's pages allows 2 MiB for a request, another 10 MB.
_MOST_BODY_BYTES = 2 * 1024 * 1024
# With this many refusals and no success in between, the fault lies with the project and not with these users.
_MOST_REFUSED_IN_A_ROW = 20
# 400 and 413 carry the reasons of single records, or ask for a smaller request.
_READABLE = frozenset({200, 400, 413})
_HEADERS = {"Content-Type": "application/json", "Accept": "application/json"}


@dataclass(slots=True)
class Profiles:
    """The user profiles of the project that `token` names; a target of the user sync. Threads can share it.

    `properties` maps columns to names of profile properties; other columns are not sent. `base_url` replaces the host
    of the region. Mixpanel keeps numbers to 15 digits; times are sent as ISO 8601 in UTC, in whole seconds. A user
    without events is not sent: Mixpanel itself moves the profiles of merged users and keeps those of deleted ones.

    Only the client that `within` returns has a deadline: it is this one, bound to a call.
    """

    token: Secret
    region: Region
    properties: Mapping[str, str]
    base_url: str | None = None
    sleep: Sleep | None = None
    name: str = field(default="mixpanel", init=False)
    most_users: int = field(default=_MOST_RECORDS, init=False)
    _transport: Transport = field(init=False, repr=False)
    _refused_in_a_row: int = field(default=0, init=False, repr=False)

    def __post_init__(self) -> None:
        self._transport = Transport((self.token.reveal(),), _remedies(self.region), self.sleep)

    def within(self, deadline: Deadline) -> "Profiles":
        """Return this client for one call, which ends by the deadline; it shares the connections."""
        bound = copy.copy(self)
        bound._transport = self._transport.within(deadline)
        bound._refused_in_a_row = 0
        return bound

    def send(self, users: Sequence[User]) -> list[Refusal]:
        """Set these users' properties, and return the users whom Mixpanel refuses.

        Raises AuthenticationError, QueryError, and UnavailableError after five attempts a request.
        """
        refusals: list[Refusal] = []
        updates: list[Update] = []
        for user in users:
            update = update_of(user, self.token, self.properties) if user["events_processed"] else None
            if isinstance(update, Refusal):
                refusals.append(update)
            elif update is not None:
                updates.append(update)
        for batch in _batches(updates):
            refusals += self._send(batch)
        return refusals

    def close(self) -> None:
        """Close the idle connections."""
        self._transport.sessions.close()

    def _send(self, batch: Sequence[Update]) -> list[Refusal]:
        """Send a batch, and its halves where Mixpanel refuses it as a whole."""
        answer = self._transport.retrying(lambda: self._answer(batch))
        refusals = _refusals(answer, batch)
        # Some refusals name no record (a 413, a bare 0). Halving finds one bad record of 2000 in 22 requests.
        if refusals is None:
            if len(batch) > 1:
                middle = len(batch) // 2
                return self._send(batch[:middle]) + self._send(batch[middle:])
            refusals = [Refusal(batch[0].distinct_id, answer.text)]
        self._count(refusals, batch)
        return [Refusal(one.distinct_id, self._transport.without_secrets(one.reason)) for one in refusals]

    def _answer(self, batch: Sequence[Update]) -> ProfileAnswer:
        request = Request(
            "POST",
            f"{self.base_url or self.region.ingestion_url}/engage",
            {"verbose": "1"},
            _NoAuth(),
            _HEADERS,
            b"[" + b",".join(update.text for update in batch) + b"]",
        )
        reply = self._transport.send(request, _READABLE)
        return answer_of(reply.status, self._transport.content(reply))

    def _count(self, refusals: Sequence[Refusal], batch: Sequence[Update]) -> None:
        """Raise QueryError where everybody seems to be refused, which would cost a request for each user."""
        self._refused_in_a_row = self._refused_in_a_row + len(refusals) if len(refusals) == len(batch) else 0
        if self._refused_in_a_row > _MOST_REFUSED_IN_A_ROW:
            reason = self._transport.without_secrets(refusals[-1].reason)
            raise QueryError(
                f"Mixpanel refused {self._refused_in_a_row} profiles in a row, the last one with: {reason}. "
                "Check MIXPANEL_PROJECT_TOKEN and sync.mixpanel.properties."
            )


class _NoAuth(AuthBase):
    """Sends no credentials: the token is in the body. Without this class, requests would send those of a .netrc."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


def _refusals(answer: ProfileAnswer, batch: Sequence[Update]) -> list[Refusal] | None:
    """Return the users whom an answer refuses; None where it refuses some and does not say which."""
    if answer.is_accepted:
        return []
    if not answer.reasons or not all(0 <= index < len(batch) for index in answer.reasons):
        return None
    return [Refusal(batch[index].distinct_id, reason) for index, reason in sorted(answer.reasons.items())]


def _batches(updates: Iterable[Update]) -> Iterator[list[Update]]:
    """Yield the updates in batches, each of which fits into one request."""
    batch: list[Update] = []
    size = 2
    for update in updates:
        if batch and (len(batch) == _MOST_RECORDS or size + len(update.text) + 1 > _MOST_BODY_BYTES):
            yield batch
            batch, size = [], 2
        batch.append(update)
        size += len(update.text) + 1
    if batch:
        yield batch


def _remedies(region: Region) -> Remedies:
    return Remedies(
        limited="The next run sends the remaining profiles.",
        unauthenticated=f"Check MIXPANEL_PROJECT_TOKEN and MIXPANEL_REGION ({region}).",
        forbidden=f"Check MIXPANEL_PROJECT_TOKEN and MIXPANEL_REGION ({region}).",
        refused="Check sync.mixpanel.properties, and MIXPANEL_BASE_URL if it is set.",
    )
