"""What the query client makes of Mixpanel's refusals: its errors, what it repeats, and what it waits for."""

from __future__ import annotations

import base64
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import (
    AuthenticationError,
    DeadlineError,
    MixpanelDataError,
    PlanError,
    QueryError,
    RateLimitError,
    UnavailableError,
)
from mixpanel_data.base.secret import Secret
from mixpanel_data.clients.mixpanel import Credentials
from mixpanel_data.clients.mixpanel.querying import Days
from support.query_server import QueryServer, Reply

if TYPE_CHECKING:
    from clients.mixpanel.querying.conftest import Asking, Time

NAMES, SCRIPTS = "/api/query/events/names", "/api/query/jql"
DAYS = Days(date(2019, 1, 1), date(2019, 1, 2))
SCRIPT = """function main() {
  return Events({from_date: "2026-01-01", to_date: "2026-01-31"})
    .groupBy(["name"], mixpanel.reducer.count())
    .limit(10);
}"""
UNCAUGHT = "UserVisiblePreconditionFailedError: Uncaught exception TypeError: limit is not a function"
TRACE = "\n\nStack trace:\nTypeError: limit is not a function\n    at main (<anonymous>:7:4)\n"


def test_a_plan_without_queries_still_has_exports(server: QueryServer, client: Asking) -> None:
    server.refuse(NAMES, 402, "Your plan does not allow API calls.")
    with pytest.raises(PlanError, match=r"does not allow API calls.*Exports still work.*mp fetch events"):
        client().event_names()
    assert len(server.asked) == 1


def test_days_too_far_in_the_past_are_not_a_matter_of_permissions(server: QueryServer, client: Asking) -> None:
    server.refuse("/api/query/segmentation", 403, "Date range exceeds 90 days into the past")
    with pytest.raises(QueryError, match=r"exceeds 90 days into the past.*Ask for later days"):
        client().segmentation("A", DAYS, unit="day")


@pytest.mark.parametrize(("status", "text"), [(401, "Invalid credentials"), (403, "Forbidden")])
def test_a_refused_credential_is_an_authentication_error(
    server: QueryServer, client: Asking, status: int, text: str
) -> None:
    server.refuse(NAMES, status, text)
    with pytest.raises(AuthenticationError, match=f"{text}. Check"):
        client().event_names()


def test_a_refused_parameter_is_a_query_error(server: QueryServer, client: Asking) -> None:
    server.refuse(NAMES, 400, "Invalid where clause")
    with pytest.raises(QueryError, match="Mixpanel answered 400: Invalid where clause"):
        client().event_names()


def test_an_error_with_a_200_is_an_error(server: QueryServer, client: Asking) -> None:
    server.answer("/api/query/insights", Reply({"request": "/api/query/insights", "error": "unknown bookmark"}))
    with pytest.raises(QueryError, match="unknown bookmark"):
        client().insights(9)


@pytest.mark.parametrize("status", [404, 410])
def test_jql_that_is_gone_is_said_to_be_gone(server: QueryServer, client: Asking, status: int) -> None:
    server.refuse(SCRIPTS, status, "no such endpoint")
    with pytest.raises(QueryError, match=r"JQL is gone.*mp fetch events"):
        client().jql(SCRIPT)


def test_another_endpoint_that_is_not_there_is_not_jql(server: QueryServer, client: Asking) -> None:
    server.refuse(NAMES, 404, "no such endpoint")
    with pytest.raises(QueryError) as caught:
        client().event_names()
    assert "JQL" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            UNCAUGHT + "\n  .limit(10);\n   ^" + TRACE,
            "The JQL script failed in line 4, `.limit(10);`: TypeError: limit is not a function. Correct the script.",
        ),
        (
            UNCAUGHT + "\n  elsewhere();\n   ^" + TRACE,
            "The JQL script failed in `elsewhere();`: TypeError: limit is not a function. Correct the script.",
        ),
        (UNCAUGHT + TRACE, "The JQL script failed in line 7: TypeError: limit is not a function. Correct the script."),
        ("Missing main", "The JQL script failed: Missing main. Correct the script."),
        ("", "The JQL script failed: (no text). Correct the script."),
    ],
    ids=["with its line", "with a line that is not the script's", "with a trace alone", "with a text", "empty"],
)
def test_a_script_that_fails_is_shown_with_its_error_and_line(
    server: QueryServer, client: Asking, text: str, message: str
) -> None:
    server.refuse(SCRIPTS, 412, text)
    with pytest.raises(QueryError) as caught:
        client().jql(SCRIPT)
    assert str(caught.value) == message


HOUR = {
    "RateLimit-Policy": '"project";q=60;w=3600, "project-concurrency";q=5;qu="concurrent-requests"',
    "RateLimit": '"project";r=0;t=1800, "project-concurrency";r=3',
}
AT_ONCE = {"RateLimit": '"project";r=12, "project-concurrency";r=0;t=10'}


@pytest.mark.parametrize(
    ("headers", "text", "seconds"),
    [
        ({"Retry-After": "3600", **HOUR}, "(61/60 queries running in the last hour)", 3600),
        (HOUR, "(61/60 queries running in the last hour)", 1800),
        (AT_ONCE, "(6/5 queries running concurrently)", 10),
        ({}, "(6/5 queries running concurrently)", 10),
        ({}, "1/5 queries running concurrently and 61/60 queries running in the last hour", 60),
        ({}, "busy", 60),
        ({"Retry-After": "soon"}, "busy", 60),
    ],
)
def test_too_many_queries_are_refused_at_once_with_the_moment_to_try_again(
    server: QueryServer, client: Asking, time: Time, headers: dict[str, str], text: str, seconds: int
) -> None:
    server.answer(NAMES, Reply({"request": NAMES, "error": text}, 429, headers))
    with pytest.raises(RateLimitError) as caught:
        client().event_names()
    at = datetime(2026, 3, 2, 12, tzinfo=UTC).timestamp() + seconds
    moment = datetime.fromtimestamp(at, UTC)
    assert (caught.value.retry_at, caught.value.retry_after_seconds) == (moment, seconds)
    assert f"Try again from {moment:%Y-%m-%dT%H:%M:%SZ}." in str(caught.value)
    assert (len(server.asked), time.waits) == (1, [])


def test_a_call_that_waits_tries_again_at_that_moment(server: QueryServer, client: Asking, time: Time) -> None:
    server.refuse(NAMES, 429, "too many", Retry_After="1800")
    server.answer(NAMES, Reply(["A"]))
    assert client(is_waiting=True, deadline=Deadline()).event_names() == ["A"]
    assert time.waits == [1800.0]


def test_a_wait_ends_at_the_moment_and_not_within_the_second_before(
    server: QueryServer, client: Asking, time: Time
) -> None:
    time.moment += timedelta(seconds=0.25)
    server.refuse(NAMES, 429, "too many", Retry_After="10")
    server.answer(NAMES, Reply(["A"]))
    assert client(is_waiting=True, deadline=Deadline()).event_names() == ["A"]
    assert time.waits == [10.75]


def test_a_call_does_not_wait_past_its_deadline(server: QueryServer, client: Asking, time: Time) -> None:
    server.refuse(NAMES, 429, "too many", Retry_After="1800")
    with pytest.raises(RateLimitError):
        client(is_waiting=True).event_names()
    assert time.waits == []


def test_a_fault_that_may_pass_gets_three_attempts(server: QueryServer, client: Asking, time: Time) -> None:
    server.refuse(NAMES, 503, "try again")
    with pytest.raises(UnavailableError, match="503"):
        client().event_names()
    assert (len(server.asked), len(time.waits)) == (3, 2)


def test_a_timeout_of_mixpanels_is_a_fault_that_may_pass(server: QueryServer, client: Asking) -> None:
    server.refuse(NAMES, 400, "Timeout Error.")
    server.answer(NAMES, Reply(["A"]))
    assert client().event_names() == ["A"]


def test_a_call_ends_at_its_deadline(server: QueryServer, client: Asking) -> None:
    server.answer(NAMES, Reply(["A"], is_held=True))
    with pytest.raises(UnavailableError, match="CALL_DEADLINE_SECONDS"):
        client(deadline=Deadline.after(0.3)).event_names()


def test_a_call_without_time_asks_for_nothing(server: QueryServer, client: Asking) -> None:
    with pytest.raises(DeadlineError):
        client(deadline=Deadline.after(0.0)).event_names()
    assert server.asked == []


@pytest.mark.parametrize("body", ["s3cret-of-ours", {"data": {"s3cret-of-ours": 1}}])
def test_a_secret_in_an_answer_that_cannot_be_read_is_in_no_message(
    server: QueryServer, client: Asking, body: Any
) -> None:
    server.answer("/api/query/segmentation", Reply(body))
    with pytest.raises(QueryError, match=r"\*\*\*") as caught:
        client().segmentation("A", DAYS, unit="day")
    assert "s3cret" not in str(caught.value)


def test_a_secret_is_not_in_data_and_a_short_one_changes_no_data(server: QueryServer, client: Asking) -> None:
    server.answer(NAMES, Reply(["s3cret-of-ours", "test_1"]))
    assert client().event_names() == ["***", "test_1"]
    for short in ("test", "1", '"'):
        account = Credentials(Secret(short), "robot.1", "123")
        assert client(credentials=account).event_names() == ["s3cret-of-ours", "test_1"]


@pytest.mark.parametrize("status", [200, 400, 401, 402, 403, 404, 410, 412, 429, 500])
@pytest.mark.parametrize("path", [NAMES, SCRIPTS])
def test_a_secret_that_the_server_repeats_is_in_no_message(
    server: QueryServer, client: Asking, status: int, path: str
) -> None:
    header = base64.b64encode(b"robot.1:s3cret-of-ours").decode()
    server.refuse(path, status, f"Uncaught exception no s3cret-of-ours\n {header}\n{'x' * 200} s3cret-of-ours")
    with pytest.raises(MixpanelDataError) as caught:
        client().jql(SCRIPT) if path == SCRIPTS else client().event_names()
    assert "s3cret" not in str(caught.value)
    assert header not in str(caught.value)
    assert "***" in str(caught.value)
