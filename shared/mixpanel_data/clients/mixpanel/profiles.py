"""Mixpanel's user profiles: properties set to what they are, however often that is sent."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import requests
from requests.auth import AuthBase

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import AuthenticationError, QueryError, UnavailableError
from mixpanel_data.base.secret import Secret
from mixpanel_data.base.user_totals import Refusal, User, UserValue
from mixpanel_data.clients.mixpanel.transport import PASSING, Call, Region, Remedies, Transport
from mixpanel_data.clients.retries import Sleep

_MOST_RECORDS = 2000
# What Mixpanel's pages agree on: one names 2 MiB for a request, another 10 MB.
_MOST_BODY_BYTES = 2 * 1024 * 1024
_MOST_RECORD_BYTES = 1_000_000
# So many refused one after the other, and none taken, are no matter of these users.
_MOST_REFUSED_IN_A_ROW = 20
_REASON_CHARACTERS = 300
_READABLE = frozenset({200, 400, 413})
_UNKNOWN_TOKEN = re.compile(r"\btoken\b", re.IGNORECASE)
_HEADERS = {"Content-Type": "application/json", "Accept": "application/json"}


@dataclass(frozen=True, slots=True)
class _Update:
    """A user's update as it stands in a request."""

    distinct_id: str
    text: bytes


@dataclass(slots=True)
class Profiles:
    """The user profiles of the project that `token` names; a target of the user sync.

    `properties` is what each column is called there; columns without one stay here. `base_url` stands in place of the
    regional host. Sums go as numbers, which Mixpanel keeps to 15 digits; times as ISO 8601 in UTC, in whole seconds.
    A user without events is not sent: Mixpanel itself moves what is merged, and keeps what was deleted.
    """

    token: Secret
    region: Region
    properties: Mapping[str, str]
    deadline: Deadline
    base_url: str | None = None
    sleep: Sleep | None = None
    name: str = field(default="mixpanel", init=False)
    most_users: int = field(default=_MOST_RECORDS, init=False)
    _transport: Transport = field(init=False, repr=False)
    _refused_in_a_row: int = field(default=0, init=False, repr=False)

    def __post_init__(self) -> None:
        self._transport = Transport(self.deadline, (self.token.reveal(),), _remedies(self.region), self.sleep)

    def send(self, users: Sequence[User]) -> list[Refusal]:
        """Set these users' properties, all that Mixpanel takes; returns those whom it refuses.

        Raises AuthenticationError, QueryError, and UnavailableError after five attempts a request within the deadline.
        """
        refusals: list[Refusal] = []
        updates: list[_Update] = []
        for user in users:
            update = self._update(user) if user["events_processed"] else None
            if isinstance(update, Refusal):
                refusals.append(update)
            elif update is not None:
                updates.append(update)
        for batch in _batches(updates):
            refusals += self._sent(batch)
        return refusals

    def _update(self, user: User) -> _Update | Refusal:
        distinct_id = str(user["distinct_id"])
        if not distinct_id:
            return Refusal(distinct_id, "a profile needs a distinct_id that is not empty")
        record = {
            "$token": self.token.reveal(),
            "$distinct_id": distinct_id,
            # Neither place nor time of the last visit is this program's.
            "$ip": "0",
            "$ignore_time": True,
            "$set": {name: _value(user[column]) for column, name in self.properties.items()},
        }
        try:
            text = json.dumps(record, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
        except UnicodeEncodeError:
            return Refusal(distinct_id, "holds half a character (a lone surrogate), which no UTF-8 can say")
        if len(text) > _MOST_RECORD_BYTES:
            return Refusal(distinct_id, f"an update of {len(text)} bytes; Mixpanel takes {_MOST_RECORD_BYTES}")
        return _Update(distinct_id, text)

    def _sent(self, batch: Sequence[_Update]) -> list[Refusal]:
        """Send a batch, in ever smaller parts where it is refused as a whole."""
        answer = self._transport.retrying(lambda: self._answer(batch))
        refusals = _refusals(answer, batch)
        if refusals is None:
            if len(batch) > 1:
                middle = len(batch) // 2
                return self._sent(batch[:middle]) + self._sent(batch[middle:])
            refusals = [Refusal(batch[0].distinct_id, answer.words)]
        self._count(refusals, batch)
        return [Refusal(one.distinct_id, self._transport.without_secrets(one.reason)) for one in refusals]

    def _answer(self, batch: Sequence[_Update]) -> "_Answer":
        call = Call(
            "POST",
            f"{self.base_url or self.region.ingestion_url}/engage",
            {"verbose": "1"},
            _NoAuth(),
            _HEADERS,
            b"[" + b",".join(update.text for update in batch) + b"]",
        )
        response = self._transport.send(call, _READABLE)
        return _read(response.status_code, self._transport.content(response))

    def _count(self, refusals: Sequence[Refusal], batch: Sequence[_Update]) -> None:
        """End what would be refused to the last user, one by one."""
        self._refused_in_a_row = self._refused_in_a_row + len(refusals) if len(refusals) == len(batch) else 0
        if self._refused_in_a_row > _MOST_REFUSED_IN_A_ROW:
            reason = self._transport.without_secrets(refusals[-1].reason)
            raise QueryError(
                f"Mixpanel refused {self._refused_in_a_row} profiles one after the other, the last: {reason}. "
                "Check MIXPANEL_PROJECT_TOKEN and sync.mixpanel.properties."
            )


class _NoAuth(AuthBase):
    """The token stands in the body; without this, requests would add what a .netrc says of the host."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


@dataclass(frozen=True, slots=True)
class _Answer:
    """What Mixpanel said: whether it took all, the places and reasons of single records that it did not, its words."""

    is_taken: bool
    failed: Mapping[int, str]
    words: str


def _read(status: int, content: bytes) -> _Answer:
    """Mixpanel's answer, whose status may be 200 whatever it says.

    Raises AuthenticationError, UnavailableError where it says that it may pass, QueryError where it is no answer.
    """
    text = " ".join(content.decode(errors="replace").split())[:_REASON_CHARACTERS]
    said = _document(content)
    if status == 200 and said is None:
        raise QueryError(f"What answered is not Mixpanel: {text}. Check MIXPANEL_BASE_URL if it is set.")
    said = said or {}
    if status == 200 and not said.get("error") and said.get("status") in (1, "1", "OK", "ok"):
        return _Answer(True, {}, "")
    words = f"Mixpanel answered {status}: {said.get('error') or text or '(no text)'}"
    failed = _failed(said.get("failed_records"))
    if not failed and PASSING.search(words):
        raise UnavailableError(words)
    if not failed and _UNKNOWN_TOKEN.search(words):
        raise AuthenticationError(f"{words}. Check MIXPANEL_PROJECT_TOKEN and MIXPANEL_REGION.")
    return _Answer(False, failed, words)


def _document(content: bytes) -> Mapping[str, Any] | None:
    """The JSON object that a body is. Without verbose=1, which a proxy may drop, it is 1 or 0."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return None
    if isinstance(document, dict):
        return document
    return {"status": document} if document in (0, 1) else None


def _failed(records: object) -> dict[int, str]:
    """The reasons by the place of the record; nothing where a place is not told."""
    found: dict[int, str] = {}
    for record in records if isinstance(records, list) else ():
        index = record.get("index") if isinstance(record, dict) else None
        if type(index) is not int:
            return {}
        parts = (str(record[key]) for key in ("field", "message") if record.get(key))
        found[index] = ": ".join(parts)[:_REASON_CHARACTERS] or "refused without a reason"
    return found


def _refusals(answer: _Answer, batch: Sequence[_Update]) -> list[Refusal] | None:
    """Whom an answer refuses; None where it does not tell."""
    if answer.is_taken:
        return []
    if not answer.failed or not all(0 <= index < len(batch) for index in answer.failed):
        return None
    return [Refusal(batch[index].distinct_id, reason) for index, reason in sorted(answer.failed.items())]


def _batches(updates: Iterable[_Update]) -> Iterator[list[_Update]]:
    """The updates in requests that Mixpanel takes."""
    batch: list[_Update] = []
    size = 2
    for update in updates:
        if batch and (len(batch) == _MOST_RECORDS or size + len(update.text) + 1 > _MOST_BODY_BYTES):
            yield batch
            batch, size = [], 2
        batch.append(update)
        size += len(update.text) + 1
    if batch:
        yield batch


def _value(value: UserValue) -> str | int | bool | float | None:
    """A value as Mixpanel's JSON has it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds")
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def _remedies(region: Region) -> Remedies:
    return Remedies(
        limited="The next run sends what is missing.",
        unauthenticated=f"Check MIXPANEL_PROJECT_TOKEN and MIXPANEL_REGION ({region}).",
        forbidden=f"Check MIXPANEL_PROJECT_TOKEN and MIXPANEL_REGION ({region}).",
        refused="Check sync.mixpanel.properties, and MIXPANEL_BASE_URL if it is set.",
    )
