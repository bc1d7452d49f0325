"""Merges of ids in a project with original identity management: `$merge` events, which nothing can undo."""

import copy
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import AuthenticationError, ConfigError, QueryError
from mixpanel_data.base.merges import Merge, MergeOutcome
from mixpanel_data.base.secret import Secret
from mixpanel_data.clients.mixpanel.credentials import Credentials
from mixpanel_data.clients.mixpanel.errors import Remedies, error_of, text_of
from mixpanel_data.clients.mixpanel.merging.answers import MergeAnswer, answer_of
from mixpanel_data.clients.mixpanel.region import Region
from mixpanel_data.clients.mixpanel.transport import Request, Transport
from mixpanel_data.clients.retries import Sleep

_MOST_EVENTS = 2000
# Mixpanel cuts longer texts, and what is left may be the id of somebody else.
_MOST_ID_CHARACTERS = 255
# With this many refusals and no success in between, the fault lies with the project and not with these ids.
_MOST_REFUSED_IN_A_ROW = 20
_MOST_TEXT_CHARACTERS = 300
# 400 and 413 carry the reasons of single records, or ask for a smaller request.
_READABLE = frozenset({200, 400, 413})
_HEADERS = {"Content-Type": "application/json", "Accept": "application/json"}
# The end of the text that a project of the other kind answers, whatever the rest of it says.
_SIMPLIFIED = b"simplified identity management"
_ABOUT_TOKEN = re.compile(r"\btoken\b", re.IGNORECASE)


@dataclass(slots=True)
class Merges:
    """The merges of ids in one project with original identity management. Threads can share it.

    `token` is the project's and goes into each event, as Mixpanel's reference of `$merge` has it; without it the
    credentials alone name the project. A service account needs the role Admin or Owner. `base_url` replaces the host
    of the region. A merge that is sent again does no harm: Mixpanel keeps one event of an `$insert_id` and a time.

    Only the client that `within` returns has a deadline: it is this one, bound to a call.
    """

    credentials: Credentials
    region: Region
    token: Secret | None = None
    base_url: str | None = None
    sleep: Sleep | None = None
    most_merges: int = field(default=_MOST_EVENTS, init=False)
    _transport: Transport = field(init=False, repr=False)
    _refused_in_a_row: int = field(default=0, init=False, repr=False)

    def __post_init__(self) -> None:
        tokens = () if self.token is None else (self.token.reveal(),)
        self._transport = Transport((*self.credentials.secrets(), *tokens), _remedies(self.region), self.sleep)

    def within(self, deadline: Deadline) -> "Merges":
        """Return this client for one call, which ends by the deadline; it shares the connections."""
        bound = copy.copy(self)
        bound._transport = self._transport.within(deadline)
        bound._refused_in_a_row = 0
        return bound

    def send(self, merges: Sequence[Merge]) -> list[MergeOutcome]:
        """Send these merges, in requests of at most `most_merges`, and return an outcome for each, in their order.

        Mixpanel stores a merge that it then does not carry out, such as one beyond 500 ids, and says so nowhere.
        Raises AuthenticationError, ConfigError for a project with simplified identity management, QueryError, and
        UnavailableError after five attempts a request. Some of the merges may have been stored by then.
        """
        outcomes = {merge: MergeOutcome(merge, False, text) for merge in merges if (text := _problem_of(merge))}
        sendable = [merge for merge in merges if merge not in outcomes]
        for start in range(0, len(sendable), _MOST_EVENTS):
            outcomes |= {outcome.merge: outcome for outcome in self._send(sendable[start : start + _MOST_EVENTS])}
        return [outcomes[merge] for merge in merges]

    def close(self) -> None:
        """Close the idle connections."""
        self._transport.sessions.close()

    def _send(self, batch: Sequence[Merge]) -> list[MergeOutcome]:
        """Send a batch, and its halves where Mixpanel does not say which of its merges it refuses."""
        answer = self._transport.retrying(lambda: self._answer(batch))
        reasons = answer.reasons
        if reasons is None and len(batch) > 1:
            middle = len(batch) // 2
            return self._send(batch[:middle]) + self._send(batch[middle:])
        outcomes = self._outcomes(batch, {0: answer.text} if reasons is None else reasons)
        self._count(outcomes)
        return outcomes

    def _answer(self, batch: Sequence[Merge]) -> MergeAnswer:
        request = Request(
            "POST",
            f"{self.base_url or self.region.ingestion_url}/import",
            {"strict": "1", **self.credentials.parameters()},
            self.credentials.basic_auth(),
            _HEADERS,
            json.dumps([self._event(merge) for merge in batch], ensure_ascii=False, separators=(",", ":")).encode(),
        )
        reply = self._transport.send(request, _READABLE)
        content = self._transport.content(reply)
        if reply.status != 200 and _SIMPLIFIED in content:
            raise ConfigError(
                "Mixpanel refuses merges: the project uses simplified identity management. "
                "Set `identity` to simplified in the identity configuration, and do not push."
            )
        answer = answer_of(reply.status, content, [merge.insert_id for merge in batch])
        if answer is None:
            raise error_of(reply.status, self._shown(text_of(content)), reply.headers, self._transport.remedies)
        return answer

    def _event(self, merge: Merge) -> dict[str, object]:
        """Return the event of a merge. It belongs to no user: `distinct_id` is required, and may be empty.

        `time` is in seconds: milliseconds of a time before 1973 could be taken for them.
        """
        own = {} if self.token is None else {"token": self.token.reveal()}
        return {
            "event": "$merge",
            "properties": {
                "$distinct_ids": list(merge.ids),
                "$insert_id": merge.insert_id,
                "time": int(merge.at.timestamp()),
                "distinct_id": "",
                **own,
            },
        }

    def _outcomes(self, batch: Sequence[Merge], reasons: Mapping[int, str]) -> list[MergeOutcome]:
        messages = {index: self._shown(reason) for index, reason in reasons.items()}
        return [
            MergeOutcome(merge, index not in messages, messages.get(index, "")) for index, merge in enumerate(batch)
        ]

    def _shown(self, text: str) -> str:
        # In this order: half a secret at the end of a shortened text would not be recognised.
        return self._transport.without_secrets(text)[:_MOST_TEXT_CHARACTERS]

    def _count(self, outcomes: Sequence[MergeOutcome]) -> None:
        """Raise an error where the project seems to refuse everything: a merge that is refused is not sent again."""
        is_all_refused = not any(outcome.is_stored for outcome in outcomes)
        self._refused_in_a_row = self._refused_in_a_row + len(outcomes) if is_all_refused else 0
        if is_all_refused and _ABOUT_TOKEN.search(outcomes[-1].message):
            raise AuthenticationError(
                f"Mixpanel refused the project token: {outcomes[-1].message}. "
                "Check MIXPANEL_PROJECT_TOKEN, MIXPANEL_PROJECT_ID and MIXPANEL_REGION."
            )
        if self._refused_in_a_row > _MOST_REFUSED_IN_A_ROW:
            raise QueryError(
                f"Mixpanel refused {self._refused_in_a_row} merges in a row, the last one with: "
                f"{outcomes[-1].message}. Check MIXPANEL_PROJECT_ID, MIXPANEL_PROJECT_TOKEN and MIXPANEL_REGION."
            )


def _problem_of(merge: Merge) -> str:
    """Return why Mixpanel cannot take a merge; an empty text if it can."""
    if any(len(one) > _MOST_ID_CHARACTERS for one in merge.ids):
        return f"an id has more than {_MOST_ID_CHARACTERS} characters, which Mixpanel would cut"
    try:
        "".join(merge.ids).encode()
    except UnicodeEncodeError:
        return "an id holds a lone surrogate, which UTF-8 cannot encode"
    return ""


def _remedies(region: Region) -> Remedies:
    return Remedies(
        limited="The next push sends the remaining pairs.",
        unauthenticated=f"Check the credentials, MIXPANEL_PROJECT_ID and MIXPANEL_REGION ({region}).",
        forbidden="Check MIXPANEL_PROJECT_ID; to import events, a service account needs the role Admin or Owner.",
        refused="Check MIXPANEL_BASE_URL if it is set.",
    )
