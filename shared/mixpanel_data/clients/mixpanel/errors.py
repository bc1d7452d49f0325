"""The meaning of Mixpanel's error answers: one status and one text become one error class."""

import contextlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from mixpanel_data.base.clock import utc_now
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
_LATER_THAN_TODAY = re.compile(r"to_date cannot be later than today", re.IGNORECASE)
_LIMIT = re.compile(r'"[^"]*"\s*;\s*r=(\d+)(?:\s*;\s*t=(\d+))?')
_UNAUTHENTICATED = re.compile(r"unable to authenticate|invalid (project )?secret|invalid credentials", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Remedies:
    """The advice for each kind of refusal, in whole sentences.

    In this order: too many calls, a wrong credential, a missing permission, any other refusal, and a plan that does not
    include the API.
    """

    limited: str
    unauthenticated: str
    forbidden: str
    refused: str
    excluded: str = "The plan of this project does not include this API."


def error_of(status: int, text: str, headers: Mapping[str, str], remedies: Remedies) -> MixpanelDataError:
    """Return the error that an answer with this status means; the names of its headers are in any case.

    `text` is what the answer says, without secrets. The statuses are those of Mixpanel's API documentation. An error
    with the status 200 means what it means with 400.
    """
    answer = sentence_of(status, text)
    if status == 429:
        return rate_limit_error(f"{answer} {remedies.limited}", renewal_seconds(headers), utc_now())
    if status >= 500 or status == 408 or (status in (200, 400) and TRANSIENT.search(text)):
        return UnavailableError(answer, retry_after_seconds=retry_after_seconds(headers.get("Retry-After", "")))
    if status == 401 or (status in (200, 400, 403) and _UNAUTHENTICATED.search(text)):
        return AuthenticationError(f"{answer} {remedies.unauthenticated}")
    # Mixpanel also answers 403 if the days lie too far in the past.
    if status == 403 and "date range" not in text.lower():
        return AuthenticationError(f"{answer} {remedies.forbidden}")
    if status == 402:
        return PlanError(f"{answer} {remedies.excluded}")
    return QueryError(f"{answer} {remedies.refused}")


def is_later_than_today(error: QueryError) -> bool:
    """True of the refusal of a last day that has not begun by Mixpanel's clock, in the zone of the project's days."""
    return _LATER_THAN_TODAY.search(str(error)) is not None


def sentence_of(status: int, text: str) -> str:
    """Return what an answer says as a sentence; many of Mixpanel's texts end with a full stop already."""
    return f"Mixpanel answered {status}: {text.removesuffix('.')}."


def renewal_seconds(headers: Mapping[str, str]) -> float | None:
    """Return for how long the quotas of a 429 are used up, by `Retry-After` or `RateLimit`; None if neither says it."""
    requested = retry_after_seconds(headers.get("Retry-After", ""))
    if requested is not None:
        return requested
    limits = _LIMIT.findall(headers.get("RateLimit", ""))
    return max((float(seconds) for left, seconds in limits if left == "0" and seconds), default=None)


def rate_limit_error(message: str, seconds: float | None, now: datetime) -> RateLimitError:
    """Return the error of a 429 whose quota renews `seconds` after `now` (None: unknown); it says when to try again."""
    moment = None if seconds is None else _moment_in(seconds, now)
    when = f"from {moment:%Y-%m-%dT%H:%M:%SZ}" if moment else "later"
    return RateLimitError(f"{message} Try again {when}.", retry_after_seconds=seconds, retry_at=moment)


def _moment_in(seconds: float, now: datetime) -> datetime | None:
    """The moment in so many seconds; None for one after the year 9999, which a header can name."""
    try:
        # In whole seconds, and never too early.
        return datetime.fromtimestamp(math.ceil((now + timedelta(seconds=seconds)).timestamp()), UTC)
    except (OverflowError, ValueError):
        return None


def text_of(content: bytes) -> str:
    """Return the text of an error answer on one line."""
    return " ".join(raw_text_of(content).split()) or "(no text)"


def raw_text_of(content: bytes) -> str:
    """Return the text of an error answer with its line breaks: its `error` if the body is JSON with one, else all."""
    text = content.decode(errors="replace")
    with contextlib.suppress(ValueError, KeyError, TypeError, RecursionError):
        text = str(json.loads(text)["error"])
    return text
