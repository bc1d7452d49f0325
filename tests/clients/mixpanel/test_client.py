"""What the client asks, what a refusal means, and when it asks again."""

from __future__ import annotations

import base64
import json
import os
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import (
    AuthenticationError,
    DeadlineError,
    IncompleteExportError,
    MixpanelDataError,
    PlanError,
    QueryError,
    RateLimitError,
    UnavailableError,
)
from mixpanel_data.base.secret import Secret
from mixpanel_data.clients.mixpanel import Credentials, ExportQuery, Mixpanel, Region
from mixpanel_data_standins.mixpanel import Access, Quotas, StandInMixpanel, faults

if TYPE_CHECKING:
    from clients.mixpanel.conftest import Wire

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = ExportQuery(datetime(2026, 3, 1, tzinfo=UTC).date(), datetime(2026, 3, 1, tzinfo=UTC).date())
LINE = json.dumps({"event": "a", "properties": {"time": 1772355600}}).encode()
ACCESS = Access(username="robot.1", secret="s3cret-of-ours", project_secret="0lder-secret")


@pytest.fixture
def waits() -> list[float]:
    """The seconds that a client would have waited, if it got this list's `append` for its `sleep`."""
    return []


@pytest.fixture
def mixpanel() -> Iterator[StandInMixpanel]:
    with StandInMixpanel([LINE], now=lambda: NOON, access=ACCESS) as running:
        yield running


def client_of(mixpanel: StandInMixpanel, **options: Any) -> Mixpanel:
    account = Credentials(Secret(ACCESS.secret), ACCESS.username, ACCESS.project_id)
    given = {"credentials": account, "deadline": Deadline.after(60.0), "base_url": mixpanel.url, **options}
    return Mixpanel(region=Region.EU, **given)


def read(client: Mixpanel, query: ExportQuery = DAY) -> bytes:
    return b"".join(client.export(query))


# What is asked


def test_a_service_account_sends_its_name_and_the_project(mixpanel: StandInMixpanel) -> None:
    assert read(client_of(mixpanel)) == LINE + b"\n"
    (call,) = mixpanel.calls
    assert call.parameters["project_id"] == ACCESS.project_id


def test_the_older_secret_is_the_user_and_names_no_project(mixpanel: StandInMixpanel) -> None:
    assert read(client_of(mixpanel, credentials=Credentials(Secret(ACCESS.project_secret)))) == LINE + b"\n"
    (call,) = mixpanel.calls
    assert "project_id" not in call.parameters


@pytest.mark.parametrize(
    ("credentials", "user_and_password"),
    [
        (Credentials(Secret("geheim"), "robot.1", "7"), "robot.1:geheim"),
        (Credentials(Secret("geheim")), "geheim:"),
        (Credentials(Secret("größe-€-😀"), "żółw", "7"), "żółw:größe-€-😀"),
        (Credentials(Secret("größe")), "größe:"),
    ],
)
def test_credentials_go_as_basic_authentication(wire: Wire, credentials: Credentials, user_and_password: str) -> None:
    wire.answers.append(wire.answer_of(LINE + b"\n"))
    read(Mixpanel(credentials, Region.US, Deadline(), base_url=wire.url))
    sent = f"Authorization: Basic {base64.b64encode(user_and_password.encode()).decode()}"
    assert sent in wire.requests[-1].split("\r\n")


def test_an_export_asks_for_days_events_and_an_expression(wire: Wire) -> None:
    wire.answers.append(wire.answer_of(b""))
    where = 'properties["a"] > 1 and properties["b"] == "ü&"'
    query = ExportQuery(DAY.first_day, DAY.last_day + timedelta(days=2), ("A b", 'quo"te', "ü"), where)
    read(wire.client(), query)
    target = urlsplit(wire.requests[-1].split(" ")[1])
    asked = parse_qs(target.query, strict_parsing=True)
    assert target.path == "/api/2.0/export"
    assert json.loads(asked.pop("event")[0]) == ["A b", 'quo"te', "ü"]
    assert asked == {"project_id": ["123"], "from_date": ["2026-03-01"], "to_date": ["2026-03-03"], "where": [where]}


def test_all_events_are_asked_for_by_naming_none(mixpanel: StandInMixpanel) -> None:
    read(client_of(mixpanel))
    assert set(mixpanel.calls[0].parameters) == {"project_id", "from_date", "to_date"}


def test_gzip_is_asked_for(wire: Wire) -> None:
    wire.answers.append(wire.answer_of(b""))
    read(wire.client())
    assert "Accept-Encoding: gzip" in wire.requests[-1].split("\r\n")


@pytest.mark.parametrize(
    ("region", "host"),
    [(Region.US, "data.mixpanel.com"), (Region.EU, "data-eu.mixpanel.com"), (Region.IN, "data-in.mixpanel.com")],
)
def test_each_region_has_its_host(wire: Wire, monkeypatch: pytest.MonkeyPatch, region: Region, host: str) -> None:
    """A proxy is told where a request goes, and refuses."""
    for name in ("no_proxy", "NO_PROXY", "all_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("https_proxy", wire.url)
    wire.answer("403 Forbidden")
    with pytest.raises(UnavailableError):
        Mixpanel(Credentials(Secret("geheim")), region, Deadline()).export(DAY)
    assert wire.requests[-1].startswith(f"CONNECT {host}:443 ")


# What a refusal means

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


def bodies(text: str) -> list[str]:
    """The forms that an error is known to come in."""
    return [
        text,
        json.dumps({"error": text}),
        json.dumps({"request": "/api/2.0/export?from_date=2026-03-01", "error": text}),
        json.dumps({"status": "error", "error": text}),
    ]


@pytest.mark.parametrize(("status", "text", "kind", "http_status", "words"), REFUSALS)
@pytest.mark.parametrize("form", range(4), ids=["text", "error", "request and error", "status and error"])
def test_a_refusal_is_told_by_its_status_and_its_text(
    wire: Wire, status: int, text: str, kind: type, http_status: int, words: list[str], form: int
) -> None:
    wire.answer(f"{status} Some Reason", body=bodies(text)[form].encode())
    with pytest.raises(MixpanelDataError) as caught:
        wire.client().export(DAY)
    assert type(caught.value) is kind
    assert caught.value.http_status == http_status
    assert str(status) in str(caught.value)
    for word in words if form == 0 else words[:1]:
        assert word in str(caught.value)
    assert "/api/2.0" not in str(caught.value)


@pytest.mark.parametrize(("status", "text"), [(400, "Error in where"), (404, "Not found"), (403, "Date range exceeds")])
def test_every_refusal_says_what_to_check(wire: Wire, status: int, text: str) -> None:
    wire.answer(f"{status} Reason", body=text.encode())
    with pytest.raises(QueryError, match=r"[Cc]heck"):
        wire.client().export(DAY)


@pytest.mark.parametrize("body", [b"\xff\xfe\x00", b'{"error": ', b"[]", b'"x"', b"null", b"{}", b'{"errors": 1}'])
def test_a_refusal_in_no_known_form_is_told_as_it_is(wire: Wire, body: bytes) -> None:
    wire.answer("404 Not Found", body=body)
    with pytest.raises(QueryError, match="404"):
        wire.client().export(DAY)


@pytest.mark.parametrize(
    "body", [b"[" * 100_000, b'{"error":' * 100_000, b'{"error":' + b"[" * 990 + b"]" * 990 + b"}"]
)
def test_a_refusal_that_is_nested_without_end_keeps_its_status(wire: Wire, body: bytes) -> None:
    wire.answer("503 Busy", body=body)
    with pytest.raises(UnavailableError, match="503"):
        wire.client().export(DAY)


def test_a_long_refusal_is_told_in_short(wire: Wire) -> None:
    wire.answer("500 Oops", body=b"word " * 100_000)
    with pytest.raises(UnavailableError) as caught:
        wire.client().export(DAY)
    assert len(str(caught.value)) < 500


def test_a_refusal_whose_text_is_cut_off_keeps_its_status(wire: Wire) -> None:
    cut = type(wire.answer_of(b""))([b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 100\r\n\r\nInva"])
    wire.answers.append(cut)
    with pytest.raises(AuthenticationError, match="401"):
        wire.client().export(DAY)


def test_the_stand_in_refuses_in_these_forms(mixpanel: StandInMixpanel) -> None:
    with pytest.raises(AuthenticationError, match="401"):
        client_of(mixpanel, credentials=Credentials(Secret("wrong"), ACCESS.username, ACCESS.project_id)).export(DAY)
    with pytest.raises(AuthenticationError, match=r"403.*role"):
        client_of(mixpanel, credentials=Credentials(Secret(ACCESS.secret), ACCESS.username, "42")).export(DAY)
    with pytest.raises(QueryError, match="later than today"):
        client_of(mixpanel).export(ExportQuery(DAY.first_day, DAY.last_day + timedelta(days=2)))
    with pytest.raises(QueryError, match="where"):
        client_of(mixpanel).export(ExportQuery(DAY.first_day, DAY.last_day, where="properties["))


@pytest.mark.parametrize("fault", [faults.EmptyReply(), faults.ResetBeforeHeader()])
def test_a_connection_that_breaks_before_the_answer_may_pass(mixpanel: StandInMixpanel, fault: faults.Fault) -> None:
    mixpanel.faults.append(fault)
    with pytest.raises(UnavailableError, match="did not answer"):
        client_of(mixpanel).export(DAY)


def test_a_host_that_is_not_there_may_pass() -> None:
    client = Mixpanel(Credentials(Secret("geheim")), Region.US, Deadline(), base_url="http://127.0.0.1:1")
    with pytest.raises(UnavailableError, match="did not answer"):
        client.export(DAY)


# When it asks again


def test_an_export_that_fails_is_read_again_until_it_is_whole(mixpanel: StandInMixpanel, waits: list[float]) -> None:
    mixpanel.faults.extend([faults.Status(503), faults.NoLastNewline(), faults.TERMINATED_EARLY, faults.EmptyReply()])
    client = client_of(mixpanel, sleep=waits.append)
    assert client.retrying(lambda: read(client)) == LINE + b"\n"
    assert len(mixpanel.calls) == client.calls == 5
    assert len(waits) == 4


def test_five_attempts_are_all(mixpanel: StandInMixpanel, waits: list[float]) -> None:
    mixpanel.faults.permanent = faults.TERMINATED_EARLY
    client = client_of(mixpanel, sleep=waits.append)
    with pytest.raises(IncompleteExportError):
        client.retrying(lambda: read(client))
    assert len(mixpanel.calls) == 5
    for waited, least in zip(waits, [0.5, 1.0, 2.0, 4.0], strict=True):
        assert least <= waited <= least + 0.5


def test_every_wait_is_told_beforehand(
    mixpanel: StandInMixpanel, waits: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    mixpanel.faults.extend([faults.Status(503, retry_after="17"), faults.NoLastNewline()])
    client = client_of(mixpanel, sleep=waits.append)
    client.retrying(lambda: read(client))
    told = [record.getMessage() for record in caplog.records]
    assert "attempt 1 failed, the next one is in 17.0 s: Mixpanel answered 503" in told[0]
    assert f"attempt 2 failed, the next one is in {waits[1]:.1f} s: The export is not whole" in told[1]
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]


def test_the_last_failure_is_not_followed_by_a_wait_and_not_told_as_such(
    mixpanel: StandInMixpanel, waits: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    mixpanel.faults.permanent = faults.Status(503)
    client = client_of(mixpanel, sleep=waits.append)
    with pytest.raises(UnavailableError):
        client.retrying(lambda: read(client), attempts=3)
    assert len(caplog.records) == len(waits) == 2


def test_a_wait_tells_no_secret(waits: list[float], caplog: pytest.LogCaptureFixture) -> None:
    client = Mixpanel(Credentials(Secret("s3cret-of-ours")), Region.US, Deadline(), sleep=waits.append)

    def fails() -> None:
        raise UnavailableError("the proxy did not like s3cret-of-ours")

    with pytest.raises(UnavailableError):
        client.retrying(fails)
    assert "s3cret-of-ours" not in caplog.text
    assert "did not like ***" in caplog.text


def test_waits_double_up_to_half_a_minute(waits: list[float]) -> None:
    client = Mixpanel(Credentials(Secret("geheim")), Region.US, Deadline(), sleep=waits.append)

    def fails() -> None:
        raise UnavailableError("not now")

    with pytest.raises(UnavailableError, match="not now"):
        client.retrying(fails, attempts=12)
    for number, waited in enumerate(waits):
        assert min(30.0, 0.5 * 2**number) <= waited <= min(30.0, 0.5 * 2**number + 0.5)
    assert len(waits) == 11
    assert waits[-1] == 30.0


def test_waits_differ_so_that_clients_do_not_come_back_together(waits: list[float]) -> None:
    client = Mixpanel(Credentials(Secret("geheim")), Region.US, Deadline(), sleep=waits.append)

    def fails() -> None:
        raise UnavailableError("not now")

    for _ in range(10):
        with pytest.raises(UnavailableError):
            client.retrying(fails, attempts=2)
    assert len(set(waits)) > 1


@pytest.mark.parametrize(
    "fault", [faults.Status(400, "bad where"), faults.Status(401), faults.Status(402), faults.Status(403)]
)
def test_what_cannot_pass_is_not_asked_again(
    mixpanel: StandInMixpanel, waits: list[float], fault: faults.Status
) -> None:
    mixpanel.faults.permanent = fault
    client = client_of(mixpanel, sleep=waits.append)
    with pytest.raises(MixpanelDataError):
        client.retrying(lambda: read(client))
    assert len(mixpanel.calls) == 1
    assert waits == []


@pytest.mark.parametrize("status", [429, 500, 503])
def test_retry_after_in_seconds_is_obeyed(mixpanel: StandInMixpanel, waits: list[float], status: int) -> None:
    mixpanel.faults.append(faults.Status(status, retry_after="17"))
    client = client_of(mixpanel, sleep=waits.append)
    client.retrying(lambda: read(client))
    assert waits == [17.0]


def test_a_cancellation_ends_a_wait(mixpanel: StandInMixpanel) -> None:
    mixpanel.faults.permanent = faults.Status(429, retry_after="3600")
    client = client_of(mixpanel, deadline=Deadline())
    with ThreadPoolExecutor(1) as threads:
        trying = threads.submit(client.retrying, lambda: read(client))
        while not mixpanel.calls:
            os.sched_yield()
        client.cancel()
        with pytest.raises(UnavailableError):
            trying.result(60)


@pytest.mark.parametrize("asked", ["99999999999999999999", "86401"])
def test_more_than_a_day_is_not_waited_for(mixpanel: StandInMixpanel, waits: list[float], asked: str) -> None:
    mixpanel.faults.append(faults.Status(429, retry_after=asked))
    client = client_of(mixpanel, sleep=waits.append, deadline=Deadline())
    with pytest.raises(RateLimitError):
        client.retrying(lambda: read(client))
    assert (waits, len(mixpanel.calls)) == ([], 1)


def test_a_retry_after_with_an_impossible_zone_is_not_readable(mixpanel: StandInMixpanel, waits: list[float]) -> None:
    mixpanel.faults.append(faults.Status(429, retry_after="Mon, 01 Jan 2026 00:00:00 +99999999999999"))
    client = client_of(mixpanel, sleep=waits.append)
    client.retrying(lambda: read(client))
    assert len(waits) == 1
    assert waits[0] <= 1.0


def test_retry_after_as_a_date_is_obeyed(mixpanel: StandInMixpanel, waits: list[float]) -> None:
    at = datetime.now(UTC) + timedelta(days=1)
    mixpanel.faults.append(faults.Status(429, retry_after=format_datetime(at, usegmt=True)))
    client = client_of(mixpanel, sleep=waits.append, deadline=Deadline())
    client.retrying(lambda: read(client))
    (waited,) = waits
    assert timedelta(hours=23) < timedelta(seconds=waited) <= timedelta(days=1)


@pytest.mark.parametrize("asked", ["0", "Wed, 21 Oct 2015 07:28:00 GMT", "soon", "-5", "1.5", ""])
def test_a_retry_after_that_asks_for_nothing_leaves_the_usual_wait(
    mixpanel: StandInMixpanel, waits: list[float], asked: str
) -> None:
    mixpanel.faults.append(faults.Status(429, retry_after=asked))
    client = client_of(mixpanel, sleep=waits.append)
    client.retrying(lambda: read(client))
    (waited,) = waits
    assert 0.5 <= waited <= 1.0


def test_a_retry_after_of_odd_digits_is_not_readable(wire: Wire) -> None:
    wire.answer("429 Too Many Requests", "Retry-After: ²")
    with pytest.raises(RateLimitError):
        wire.client().export(DAY)


@pytest.mark.parametrize("asked", ["3600", "9" * 400, format_datetime(NOON + timedelta(days=99_999), usegmt=True)])
def test_a_wait_beyond_the_deadline_is_not_begun(mixpanel: StandInMixpanel, waits: list[float], asked: str) -> None:
    mixpanel.faults.permanent = faults.Status(429, retry_after=asked)
    client = client_of(mixpanel, sleep=waits.append)
    with pytest.raises(RateLimitError) as caught:
        client.retrying(lambda: read(client))
    assert caught.value.retry_after_seconds is not None
    assert caught.value.retry_after_seconds >= 3600
    assert waits == []
    assert len(mixpanel.calls) == 1


def test_no_wait_passes_the_deadline(waits: list[float]) -> None:
    def fails() -> None:
        raise UnavailableError("not now")

    for seed in range(50):
        random.seed(seed)
        client = Mixpanel(Credentials(Secret("geheim")), Region.US, Deadline.after(0.75), sleep=waits.append)
        with pytest.raises(UnavailableError):
            client.retrying(fails)
    assert [wait for wait in waits if wait > 0.75] == []


def test_the_quota_of_the_stand_in_is_waited_for(waits: list[float]) -> None:
    quotas = Quotas(per_hour=1)
    with StandInMixpanel([LINE], now=lambda: NOON, access=ACCESS, quotas=quotas) as mixpanel:
        client = client_of(mixpanel, sleep=waits.append, deadline=Deadline())
        read(client)
        with pytest.raises(RateLimitError, match="shared"):
            client.retrying(lambda: read(client), attempts=2)
    assert waits == [3600.0]


def test_a_cancelled_client_asks_no_more(mixpanel: StandInMixpanel, waits: list[float]) -> None:
    mixpanel.faults.permanent = faults.Status(503)
    client = client_of(mixpanel, sleep=waits.append)
    client.cancel()
    with pytest.raises(UnavailableError):
        client.retrying(lambda: read(client))
    assert mixpanel.calls == []
    assert waits == []


def test_a_client_that_is_cancelled_while_it_waits_asks_no_more(mixpanel: StandInMixpanel) -> None:
    mixpanel.faults.append(faults.Status(503))
    client: Mixpanel = client_of(mixpanel, sleep=lambda _: client.cancel())
    with pytest.raises(UnavailableError):
        client.retrying(lambda: client.export(DAY))
    assert len(mixpanel.calls) == 1


# How often it may ask


def test_calls_that_are_not_left_are_not_made(mixpanel: StandInMixpanel) -> None:
    client = client_of(mixpanel, calls_left=2)
    read(client)
    read(client)
    with pytest.raises(RateLimitError, match="MIXPANEL_CALLS_PER_HOUR") as caught:
        read(client)
    assert caught.value.http_status == 503
    assert len(mixpanel.calls) == client.calls == 2


def test_no_call_is_made_when_none_is_left(mixpanel: StandInMixpanel) -> None:
    with pytest.raises(RateLimitError):
        read(client_of(mixpanel, calls_left=0))
    assert mixpanel.calls == []


def test_every_attempt_counts_as_a_call(mixpanel: StandInMixpanel, waits: list[float]) -> None:
    mixpanel.faults.permanent = faults.Status(500)
    client = client_of(mixpanel, calls_left=3, sleep=waits.append)
    with pytest.raises(RateLimitError, match="after 3 calls") as caught:
        client.retrying(lambda: read(client))
    assert len(mixpanel.calls) == 3
    assert len(waits) == 2
    assert "500" in str(caught.value.__cause__)


def test_a_call_that_is_not_left_is_not_waited_for(mixpanel: StandInMixpanel, waits: list[float]) -> None:
    client = client_of(mixpanel, calls_left=0, sleep=waits.append)
    with pytest.raises(RateLimitError, match="MIXPANEL_CALLS_PER_HOUR"):
        client.retrying(lambda: read(client))
    assert waits == []


def test_a_call_that_the_deadline_forbids_does_not_count(mixpanel: StandInMixpanel) -> None:
    client = client_of(mixpanel, deadline=Deadline.after(0.0))
    with pytest.raises(DeadlineError):
        client.export(DAY)
    assert client.calls == 0


# Secrets

OLDER = Credentials(Secret("0lder-secret"))
ACCOUNT = Credentials(Secret("s3cret-of-ours"), "robot.1", "123")
FOREIGN = Credentials(Secret("größe-€-😀"), "żółw", "123")
each_kind = pytest.mark.parametrize(
    "credentials", [OLDER, ACCOUNT, FOREIGN], ids=["project secret", "service account", "other letters"]
)


def message(wire: Wire, credentials: Credentials) -> str:
    with pytest.raises(MixpanelDataError) as caught:
        read(Mixpanel(credentials, Region.US, Deadline(), base_url=wire.url))
    return str(caught.value)


@each_kind
@pytest.mark.parametrize("status", ["400 X", "401 X", "402 X", "403 X", "404 X", "429 X", "500 X"])
@pytest.mark.parametrize("form", range(4))
def test_a_secret_that_the_server_repeats_is_not_told(
    wire: Wire, credentials: Credentials, status: str, form: int
) -> None:
    secret = credentials.secret.reveal()
    wire.answer(status, body=bodies(f"no {secret}, really: {secret}")[form].encode())
    told = message(wire, credentials)
    assert secret not in told
    assert "no ***, really: ***" in told


@each_kind
def test_a_client_shows_no_secret(credentials: Credentials) -> None:
    client = Mixpanel(credentials, Region.US, Deadline())
    for shown in (repr(client), str(client), repr(credentials), f"{credentials}", f"{credentials.secret}"):
        assert credentials.secret.reveal() not in shown
    assert repr(credentials.secret) == "***"


@each_kind
def test_a_broken_connection_tells_no_secret(wire: Wire, credentials: Credentials) -> None:
    wire.answers.append(type(wire.answer_of(b""))([], "reset"))
    assert credentials.secret.reveal() not in message(wire, credentials)


@each_kind
def test_a_secret_at_the_end_of_a_shortened_text_is_not_told(wire: Wire, credentials: Credentials) -> None:
    secret = credentials.secret.reveal()
    wire.answer("400 X", body=b"x" * 292 + secret.encode())
    assert secret[:8] not in message(wire, credentials)


@each_kind
def test_a_secret_in_an_error_that_ends_an_export_is_not_told(wire: Wire, credentials: Credentials) -> None:
    secret = credentials.secret.reveal()
    wire.answers.append(wire.answer_of(LINE + b"\n" + json.dumps({"error": f"bad {secret}"}).encode() + b"\n"))
    assert secret not in message(wire, credentials)


@each_kind
def test_a_header_that_the_server_repeats_is_not_told(wire: Wire, credentials: Credentials) -> None:
    header = base64.b64encode(":".join(credentials.auth()).encode()).decode()
    wire.answer("400 X", body=f"Bad header: Basic {header}".encode())
    assert header not in message(wire, credentials)
