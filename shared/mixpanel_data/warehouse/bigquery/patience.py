"""Timeouts and retries for BigQuery: no request and no retry outlives the deadline of the call."""

from typing import Any

from google.cloud import bigquery
from google.resumable_media.common import RetryStrategy
from google.resumable_media.requests import ResumableUpload

from mixpanel_data.base.deadline import Deadline

LONGEST_PAUSE_SECONDS = 8.0
LEAST_SECONDS = 1.0
"""The time-out of a request that starts just before the deadline; the client takes 0 for a mistake."""

_REQUEST_SECONDS = 60.0
_RETRY_SECONDS = 120.0


def patience(deadline: Deadline) -> dict[str, Any]:
    """The arguments of a client's method that bound its request and its retries."""
    return {"retry": retry(deadline), "timeout": request_seconds(deadline)}


def request_seconds(deadline: Deadline) -> float:
    """The time-out of one request."""
    return max(LEAST_SECONDS, deadline.left(_REQUEST_SECONDS))


def retry(deadline: Deadline) -> Any:
    """The client's own retries, until the deadline; also for a request that starts long after this was made."""
    default = bigquery.DEFAULT_RETRY
    bounded = default.with_timeout(deadline.left(_RETRY_SECONDS)).with_delay(maximum=LONGEST_PAUSE_SECONDS)
    # The time-out counts from each request; only the predicate sees how much of the call is left by then.
    return bounded.with_predicate(lambda error: deadline.left(1.0) > 0.0 and default._predicate(error))


def bound_upload(upload: ResumableUpload, deadline: Deadline) -> tuple[float, float]:
    """The time-outs (connect, read) of an upload's next request, whose retries end by the deadline."""
    upload._retry_strategy = RetryStrategy(max_cumulative_retry=deadline.left(_RETRY_SECONDS))
    seconds = request_seconds(deadline)
    return seconds, seconds
