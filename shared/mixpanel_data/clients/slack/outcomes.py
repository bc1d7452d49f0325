"""The outcomes of sending a message, and of searching for one.

The client raises nothing for a fault of Slack or of the network. A message is `Sent`; or it is `Refused` or `Limited`,
and was not posted; or it is `Unknown`, and may have been posted. Do not send an unknown message again before `find` has
looked for its key. The client itself repeats nothing: slack-sdk's own retries were measured to post messages twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Cause(StrEnum):
    """The subject of a refusal, which decides who can do something about it."""

    DESTINATION = "destination"
    MESSAGE = "message"
    CREDENTIAL = "credential"
    OTHER = "other"


_REMEDIES: Mapping[Cause, str] = {
    Cause.DESTINATION: "Check that the channel exists, is not archived, allows the app to post, and has the bot as a "
    "member (/invite it)",
    Cause.MESSAGE: "Slack will never accept this message; report it",
    Cause.CREDENTIAL: "Check SLACK_BOT_TOKEN and the app's scopes, or SLACK_WEBHOOK_URL; the next run then sends what "
    "is waiting",
    Cause.OTHER: "The next run tries again",
}


@dataclass(frozen=True, slots=True)
class Sent:
    """The message was posted, as `ts` in the channel with the id `channel`. A webhook learns neither."""

    channel: str | None = None
    ts: str | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """A file was uploaded, and nobody sees it until a message shows it by its id."""

    file_id: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was posted. `reason` is Slack's error code, or how the request failed; `detail` is Slack's addition."""

    reason: str
    cause: Cause = Cause.OTHER
    detail: str = ""

    @property
    def is_final(self) -> bool:
        """True if Slack would refuse the same message to the same channel again, even with other credentials."""
        return self.cause in (Cause.DESTINATION, Cause.MESSAGE)

    @property
    def remedy(self) -> str:
        """The advice for an operator: a sentence without its full stop."""
        return _REMEDIES[self.cause]

    def __str__(self) -> str:
        return f"{self.reason} ({self.detail})" if self.detail else self.reason


@dataclass(frozen=True, slots=True)
class Limited:
    """Nothing was posted, because there were too many requests. Slack asks to wait for this long."""

    retry_after_seconds: float


@dataclass(frozen=True, slots=True)
class Unknown:
    """The message may have been posted: no answer came, or an answer that does not say."""

    reason: str


@dataclass(frozen=True, slots=True)
class CannotLook:
    """This client can never find messages here: it lacks a scope or membership, or it is a webhook."""

    reason: str


@dataclass(frozen=True, slots=True)
class LookLater:
    """The search failed and may succeed later. The message may be there."""

    reason: str


NotSent = Refused | Limited | Unknown
Outcome = Sent | NotSent
Found = Sent | CannotLook | LookLater | None
