"""The errors that Mixpanel's refusals become, and those of connections that break."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from clients.mixpanel.project import ACCESS, DAY, call_of, error_bodies
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import (
    AuthenticationError,
    MixpanelDataError,
    PlanError,
    QueryError,
    RateLimitError,
    UnavailableError,
)
from mixpanel_data.base.secret import Secret
from mixpanel_data.clients.mixpanel import Credentials, ExportQuery, Mixpanel, Region
from mixpanel_data_standins.mixpanel import StandInMixpanel, faults
from support.wire import Answer

if TYPE_CHECKING:
    from support.wire import Wire

REFUSALS = [
    (400, "Error in where: unexpected token", QueryError, 502, ["unexpected token"]),
    (400, "to_date cannot be later than today", QueryError, 502, ["later than today"]),
    (400, "Timeout Error.", UnavailableError, 503, ["Timeout Error."]),
    (400, "Request timed out", UnavailableError, 503, ["timed out"]),
    (400, "Please TRY AGAIN later", UnavailableError, 503, ["TRY AGAIN"]),
    (400, "We are unable to process your request", UnavailableError, 503, ["unable to process"]),
    (400, "Unable to authenticate request", AuthenticationError, 502, ["Unable", "MIXPANEL_REGION", "credentials"]),
    (401, "Invalid credentials", AuthenticationError, 502, ["Invalid", "MIXPANEL_PROJECT_ID", "MIXPANEL_REGION (eu)"]),
    (401, "", AuthenticationError, 502, ["401", "MIXPANEL_PROJECT_ID"]),
    (402, "Your plan does not allow API calls", PlanError, 502, ["Your plan does not allow", "plan of this project"]),
    (403, "No permission", AuthenticationError, 502, ["No permission", "role", "MIXPANEL_PROJECT_ID"]),
    (403, "Date range exceeds 90 days into the past", QueryError, 502, ["exceeds 90 days"]),
    (404, "Not found", QueryError, 502, ["404", "Not found"]),
    (405, "Method", QueryError, 502, ["405"]),
    (412, "Script error", QueryError, 502, ["Script error"]),
    (422, "Unprocessable", QueryError, 502, ["Unprocessable"]),
    (429, "too many export requests in progress", RateLimitError, 503, ["too many export", "shared", "later"]),
    (408, "slow", UnavailableError, 503, ["408"]),
    (500, "Internal", UnavailableError, 503, ["Internal"]),
    (501, "what", UnavailableError, 503, ["501"]),
    (502, "<html>\n<h1>502  Bad Gateway</h1>", UnavailableError, 503, ["<html> <h1>502 Bad Gateway"]),
    (503, "upstream connect error", UnavailableError, 503, ["upstream"]),
    (504, "", UnavailableError, 503, ["504", "(no text)"]),
]


@pytest.mark.parametrize(("status", "text", "kind", "http_status", "words"), REFUSALS)
@pytest.mark.parametrize("form", range(4), ids=["text", "error", "request and error", "status and error"])
def test_a_refusal_becomes_the_error_that_its_status_and_text_mean(
    wire: Wire, status: int, text: str, kind: type, http_status: int, words: list[str], form: int
) -> None:
    wire.answer(f"{status} Some Reason", body=error_bodies(text)[form].encode())
    with pytest.raises(MixpanelDataError) as caught:
        wire.call().export(DAY)
    assert type(caught.value) is kind
    assert caught.value.http_status == http_status
    assert str(status) in str(caught.value)
    for word in words if form == 0 else words[:1]:
        assert word in str(caught.value)
    assert "/api/2.0" not in str(caught.value)


@pytest.mark.parametrize(("status", "text"), [(400, "Error in where"), (404, "Not found"), (403, "Date range exceeds")])
def test_a_refused_request_says_what_to_check(wire: Wire, status: int, text: str) -> None:
    wire.answer(f"{status} Reason", body=text.encode())
    with pytest.raises(QueryError, match=r"[Cc]heck"):
        wire.call().export(DAY)


@pytest.mark.parametrize("body", [b"\xff\xfe\x00", b'{"error": ', b"[]", b'"x"', b"null", b"{}", b'{"errors": 1}'])
def test_a_refusal_in_no_known_form_keeps_its_status(wire: Wire, body: bytes) -> None:
    wire.answer("404 Not Found", body=body)
    with pytest.raises(QueryError, match="404"):
        wire.call().export(DAY)


@pytest.mark.parametrize(
    "body", [b"[" * 100_000, b'{"error":' * 100_000, b'{"error":' + b"[" * 990 + b"]" * 990 + b"}"]
)
def test_a_refusal_of_deeply_nested_json_keeps_its_status(wire: Wire, body: bytes) -> None:
    wire.answer("503 Busy", body=body)
    with pytest.raises(UnavailableError, match="503"):
        wire.call().export(DAY)


def test_the_text_of_a_long_refusal_is_shortened(wire: Wire) -> None:
    wire.answer("500 Oops", body=b"word " * 100_000)
    with pytest.raises(UnavailableError) as caught:
        wire.call().export(DAY)
    assert len(str(caught.value)) < 500


def test_a_refusal_whose_text_is_cut_off_keeps_its_status(wire: Wire) -> None:
    wire.answers.append(Answer([b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 100\r\n\r\nInva"]))
    with pytest.raises(AuthenticationError, match="401"):
        wire.call().export(DAY)


def test_the_refusals_of_the_stand_in_are_understood(mixpanel: StandInMixpanel) -> None:
    with pytest.raises(AuthenticationError, match="401"):
        call_of(mixpanel, credentials=Credentials(Secret("wrong"), ACCESS.username, ACCESS.project_id)).export(DAY)
    with pytest.raises(AuthenticationError, match=r"403.*role"):
        call_of(mixpanel, credentials=Credentials(Secret(ACCESS.secret), ACCESS.username, "42")).export(DAY)
    with pytest.raises(QueryError, match="later than today"):
        call_of(mixpanel).export(ExportQuery(DAY.first_day, DAY.last_day + timedelta(days=2)))
    with pytest.raises(QueryError, match="where"):
        call_of(mixpanel).export(ExportQuery(DAY.first_day, DAY.last_day, where="properties["))


@pytest.mark.parametrize("fault", [faults.EmptyReply(), faults.ResetBeforeHeader()])
def test_a_connection_that_breaks_before_the_answer_is_unavailability(
    mixpanel: StandInMixpanel, fault: faults.Fault
) -> None:
    mixpanel.faults.append(fault)
    with pytest.raises(UnavailableError, match="did not answer"):
        call_of(mixpanel).export(DAY)


def test_a_host_that_does_not_listen_is_unavailability() -> None:
    call = Mixpanel(Credentials(Secret("geheim")), Region.US, "http://127.0.0.1:1").within(Deadline())
    with pytest.raises(UnavailableError, match="did not answer"):
        call.export(DAY)
