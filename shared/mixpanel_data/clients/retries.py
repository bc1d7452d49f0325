"""A call that failed for a reason that may pass, made again."""

import logging
from collections.abc import Callable
from typing import TypeVar

import tenacity

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import UnavailableError

log = logging.getLogger(__name__)

ATTEMPTS = 5
_FIRST_WAIT_SECONDS = 0.5
_LONGEST_WAIT_SECONDS = 30.0
# Quotas are of an hour or a day: what asks for more is not waited for, whether there is a deadline or not.
_MOST_PATIENCE_SECONDS = 86_400.0

Result = TypeVar("Result")
Sleep = Callable[[float], None]
pause: Sleep = tenacity.nap.sleep


def retrying(
    call: Callable[[], Result],
    *,
    deadline: Deadline,
    attempts: int = ATTEMPTS,
    sleep: Sleep = pause,
    is_given_up: Callable[[], bool] = lambda: False,
    before_waiting: Callable[[BaseException | None], str] = str,
) -> Result:
    """The call's result, tried again on UnavailableError: after 0.5 s, doubling to 30 s, with jitter, and never before
    what its `retry_after_seconds` asks.

    A wait that would pass the deadline is not begun: the error is raised. `before_waiting` says what the log is told of
    an error; what it raises ends the trying.
    """

    def is_over(state: tenacity.RetryCallState) -> bool:
        is_too_late = state.upcoming_sleep >= deadline.left(_MOST_PATIENCE_SECONDS)
        return is_given_up() or state.attempt_number >= attempts or is_too_late

    def told(state: tenacity.RetryCallState) -> None:
        log.warning(
            "attempt %d failed, the next one is in %.1f s: %s",
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
        before_sleep=told,
        reraise=True,
    )(call)


def _error(state: tenacity.RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None


def _wait_seconds(state: tenacity.RetryCallState) -> float:
    error = _error(state)
    asked = error.retry_after_seconds if isinstance(error, UnavailableError) else None
    backoff = tenacity.wait_exponential_jitter(
        multiplier=_FIRST_WAIT_SECONDS, max=_LONGEST_WAIT_SECONDS, jitter=_FIRST_WAIT_SECONDS
    )(state)
    return max(asked or 0.0, backoff)
