"""The repeats of a failed request.

An error class says whether a repeat can help: each client raises UnavailableError, or a class below it, for a fault
that may pass, and another class for a fault that will not. The modules `errors.py` of `mixpanel/` and `postgres/`
draw that line, and `retrying` repeats the former. So a 429 of Mixpanel's becomes a RateLimitError there, with the
seconds of its `Retry-After`, and is repeated here after that time, if the deadline of the call allows it.

The Slack client repeats nothing: Slack may have posted a message whose answer was lost, and only a search for the
message can tell (`slack/outcomes.py`).
"""

import email.utils
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

import tenacity

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import UnavailableError

log = logging.getLogger(__name__)

ATTEMPTS = 5
_FIRST_WAIT_SECONDS = 0.5
_LONGEST_WAIT_SECONDS = 30.0
# A quota renews within an hour or a day. If a server asks for a longer wait, the call fails, even without a deadline.
_LONGEST_REQUESTED_WAIT_SECONDS = 86_400.0

Result = TypeVar("Result")
Sleep = Callable[[float], None]
pause: Sleep = tenacity.nap.sleep


def retrying(
    call: Callable[[], Result],
    *,
    deadline: Deadline,
    attempts: int = ATTEMPTS,
    sleep: Sleep = pause,
    is_cancelled: Callable[[], bool] = lambda: False,
    before_waiting: Callable[[BaseException | None], str] = str,
) -> Result:
    """Return the result of the call, and repeat it on UnavailableError.

    The waits are 0.5 s, doubling to 30 s, plus up to 0.5 s of jitter, and never shorter than the error's
    `retry_after_seconds`. Raises the last error after `attempts` attempts, and at once where the next wait would pass
    the deadline. `before_waiting` turns an error into the text that is logged; if it raises, that ends the repeats.
    """

    def is_over(state: tenacity.RetryCallState) -> bool:
        is_too_late = state.upcoming_sleep >= deadline.left(_LONGEST_REQUESTED_WAIT_SECONDS)
        return is_cancelled() or state.attempt_number >= attempts or is_too_late

    def log_wait(state: tenacity.RetryCallState) -> None:
        log.warning(
            "attempt %d failed, trying again in %.1f s: %s",
            state.attempt_number,
            state.upcoming_sleep,
            before_waiting(_error(state)),
            extra={"attempt": state.attempt_number, "wait_seconds": round(state.upcoming_sleep, 1)},
        )

    return tenacity.Retrying(
        sleep=sleep,
        retry=tenacity.retry_if_exception_type(UnavailableError),
        wait=_wait_seconds,
        stop=is_over,
        before_sleep=log_wait,
        reraise=True,
    )(call)


def retry_after_seconds(header: str) -> float | None:
    """Return the seconds that a `Retry-After` header asks for: a number or an HTTP date (RFC 9110, 10.2.3).

    0 for a date in the past; None for a header that is empty or unreadable.
    """
    value = header.strip()
    # `isdigit` alone takes digits such as "²", which float refuses.
    if value.isascii() and value.isdigit():
        return float(value)
    at = http_date(value)
    return None if at is None else max(0.0, (at - datetime.now(UTC)).total_seconds())


def http_date(header: str) -> datetime | None:
    """Return the instant of an HTTP date (RFC 9110, 5.6.7), UTC; None for a header that is empty or unreadable."""
    try:
        at = email.utils.parsedate_to_datetime(header)
        return at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _error(state: tenacity.RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None


def _wait_seconds(state: tenacity.RetryCallState) -> float:
    error = _error(state)
    requested = error.retry_after_seconds if isinstance(error, UnavailableError) else None
    # The jitter keeps clients that failed together from coming back together.
    backoff = tenacity.wait_exponential_jitter(
        multiplier=_FIRST_WAIT_SECONDS, max=_LONGEST_WAIT_SECONDS, jitter=_FIRST_WAIT_SECONDS
    )(state)
    return max(requested or 0.0, backoff)
