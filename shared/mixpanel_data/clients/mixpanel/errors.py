"""The meaning of Mixpanel's error answers: one status and one text become one error class."""

import contextlib
import json
import re
from dataclasses import dataclass

from mixpanel_data.base.errors import (
    AuthenticationError,
    MixpanelDataError,
    PlanError,
    QueryError,
    RateLimitError,
    UnavailableError,
)
from mixpanel_data.clients.retries import retry_after_seconds

# Mixpanel answers 400 for faults of its own, too.
TRANSIENT = re.compile(r"time ?out|timed out|try again|unable to process", re.IGNORECASE)
_UNAUTHENTICATED = re.compile(r"unable to authenticate|invalid (project )?secret|invalid credentials", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Remedies:
    """The advice for too many calls, a wrong credential, a missing permission and any other refusal, as sentences."""

    limited: str
    unauthenticated: str
    forbidden: str
    refused: str


def error_of(status: int, text: str, retry_after: str, remedies: Remedies) -> MixpanelDataError:
    """Return the error that an answer with this status means; `retry_after` is the header, empty where there is none.

    `text` is what the answer says, without secrets. The statuses are those of Mixpanel's API documentation.
    """
    answer = f"Mixpanel answered {status}: {text}"
    if status == 429:
        return RateLimitError(f"{answer}. {remedies.limited}", retry_after_seconds=retry_after_seconds(retry_after))
    if status >= 500 or status == 408 or (status == 400 and TRANSIENT.search(text)):
        return UnavailableError(answer, retry_after_seconds=retry_after_seconds(retry_after))
    if status == 401 or (status in (400, 403) and _UNAUTHENTICATED.search(text)):
        return AuthenticationError(f"{answer}. {remedies.unauthenticated}")
    # Mixpanel also answers 403 if the days lie too far in the past.
    if status == 403 and "date range" not in text.lower():
        return AuthenticationError(f"{answer}. {remedies.forbidden}")
    if status == 402:
        return PlanError(f"{answer}. The plan of this project does not include this API.")
    return QueryError(f"{answer}. {remedies.refused}")


def text_of(content: bytes) -> str:
    """Return the text of an error answer on one line: its `error` if the body is JSON that has one, else all of it."""
    text = content.decode(errors="replace")
    with contextlib.suppress(ValueError, KeyError, TypeError, RecursionError):
        text = str(json.loads(text)["error"])
    return " ".join(text.split()) or "(no text)"
