"""The repeats of an export that failed."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

import pytest

from clients.mixpanel.project import ACCESS, DAY, LINE, NOON, call_of, read
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import IncompleteExportError, MixpanelDataError, RateLimitError, UnavailableError
from mixpanel_data.base.secret import Secret
from mixpanel_data.clients.mixpanel import Credentials, Mixpanel, MixpanelCall, Region
from mixpanel_data_standins.mixpanel import Quotas, StandInMixpanel, faults

if TYPE_CHECKING:
    from support.wire import Wire


def test_an_export_that_fails_is_read_again_until_it_is_complete(mixpanel: StandInMixpanel, waits: list[float]) -> None:
    mixpanel.faults.extend([faults.Status(503), faults.NoLastNewline(), faults.TERMINATED_EARLY, faults.EmptyReply()])
    call = call_of(mixpanel, sleep=waits.append)
    assert call.retrying(lambda: read(call)) == LINE + b"\n"
    assert len(mixpanel.calls) == call.calls == 5
    assert len(waits) == 4


def test_an_export_that_keeps_failing_is_asked_for_five_times(mixpanel: StandInMixpanel, waits: list[float]) -> None:
    mixpanel.faults.permanent = faults.TERMINATED_EARLY
    call = call_of(mixpanel, sleep=waits.append)
    with pytest.raises(IncompleteExportError):
        call.retrying(lambda: read(call))
    assert len(mixpanel.calls) == 5
    for waited, least in zip(waits, [0.5, 1.0, 2.0, 4.0], strict=True):
        assert least <= waited <= least + 0.5


def test_every_wait_is_logged_beforehand_with_its_reason(
    mixpanel: StandInMixpanel, waits: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    mixpanel.faults.extend([faults.Status(503, retry_after="17"), faults.NoLastNewline()])
    call = call_of(mixpanel, sleep=waits.append)
    call.retrying(lambda: read(call))
    logged = [record.getMessage() for record in caplog.records]
    assert "attempt 1 failed, trying again in 17.0 s: Mixpanel answered 503" in logged[0]
    assert f"attempt 2 failed, trying again in {waits[1]:.1f} s: The export is incomplete" in logged[1]
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]


def test_the_last_failure_is_neither_waited_after_nor_logged_as_if_it_were(
    mixpanel: StandInMixpanel, waits: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    mixpanel.faults.permanent = faults.Status(503)
    call = call_of(mixpanel, sleep=waits.append)
    with pytest.raises(UnavailableError):
        call.retrying(lambda: read(call), attempts=3)
    assert len(caplog.records) == len(waits) == 2


def test_the_log_of_a_wait_shows_no_secret(waits: list[float], caplog: pytest.LogCaptureFixture) -> None:
    call = Mixpanel(Credentials(Secret("s3cret-of-ours")), Region.US, sleep=waits.append).within(Deadline())

    def fails() -> None:
        raise UnavailableError("the proxy did not like s3cret-of-ours")

    with pytest.raises(UnavailableError):
        call.retrying(fails)
    assert "s3cret-of-ours" not in caplog.text
    assert "did not like ***" in caplog.text


@pytest.mark.parametrize(
    "fault", [faults.Status(400, "bad where"), faults.Status(401), faults.Status(402), faults.Status(403)]
)
def test_a_refusal_that_a_repeat_cannot_help_is_not_repeated(
    mixpanel: StandInMixpanel, waits: list[float], fault: faults.Status
) -> None:
    mixpanel.faults.permanent = fault
    call = call_of(mixpanel, sleep=waits.append)
    with pytest.raises(MixpanelDataError):
        call.retrying(lambda: read(call))
    assert len(mixpanel.calls) == 1
    assert waits == []


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_retry_after_in_seconds_is_obeyed(mixpanel: StandInMixpanel, waits: list[float], status: int) -> None:
    mixpanel.faults.append(faults.Status(status, retry_after="17"))
    call = call_of(mixpanel, sleep=waits.append)
    call.retrying(lambda: read(call))
    assert waits == [17.0]


def test_a_cancellation_ends_the_wait_before_the_next_attempt(mixpanel: StandInMixpanel) -> None:
    mixpanel.faults.permanent = faults.Status(429, retry_after="3600")
    call = call_of(mixpanel, deadline=Deadline())
    with ThreadPoolExecutor(1) as threads:
        trying = threads.submit(call.retrying, lambda: read(call))
        while not mixpanel.calls:
            os.sched_yield()
        call.cancel()
        with pytest.raises(UnavailableError):
            trying.result(60)


@pytest.mark.parametrize("asked", ["99999999999999999999", "86401"])
def test_a_retry_after_of_more_than_a_day_ends_the_attempts(
    mixpanel: StandInMixpanel, waits: list[float], asked: str
) -> None:
    mixpanel.faults.append(faults.Status(429, retry_after=asked))
    call = call_of(mixpanel, sleep=waits.append, deadline=Deadline())
    with pytest.raises(RateLimitError):
        call.retrying(lambda: read(call))
    assert (waits, len(mixpanel.calls)) == ([], 1)


def test_a_retry_after_with_an_impossible_time_zone_leaves_the_usual_wait(
    mixpanel: StandInMixpanel, waits: list[float]
) -> None:
    mixpanel.faults.append(faults.Status(429, retry_after="Mon, 01 Jan 2026 00:00:00 +99999999999999"))
    call = call_of(mixpanel, sleep=waits.append)
    call.retrying(lambda: read(call))
    assert len(waits) == 1
    assert waits[0] <= 1.0


def test_a_retry_after_as_a_date_is_obeyed(mixpanel: StandInMixpanel, waits: list[float]) -> None:
    at = datetime.now(UTC) + timedelta(days=1)
    mixpanel.faults.append(faults.Status(429, retry_after=format_datetime(at, usegmt=True)))
    call = call_of(mixpanel, sleep=waits.append, deadline=Deadline())
    call.retrying(lambda: read(call))
    (waited,) = waits
    assert timedelta(hours=23) < timedelta(seconds=waited) <= timedelta(days=1)


@pytest.mark.parametrize("asked", ["0", "Wed, 21 Oct 2015 07:28:00 GMT", "soon", "-5", "1.5", ""])
def test_a_retry_after_that_asks_for_nothing_leaves_the_usual_wait(
    mixpanel: StandInMixpanel, waits: list[float], asked: str
) -> None:
    mixpanel.faults.append(faults.Status(429, retry_after=asked))
    call = call_of(mixpanel, sleep=waits.append)
    call.retrying(lambda: read(call))
    (waited,) = waits
    assert 0.5 <= waited <= 1.0


def test_a_retry_after_of_digits_that_are_not_ascii_is_ignored(wire: Wire) -> None:
    wire.answer("429 Too Many Requests", "Retry-After: ²")
    with pytest.raises(RateLimitError):
        wire.call().export(DAY)


@pytest.mark.parametrize("asked", ["3600", "9" * 400, format_datetime(NOON + timedelta(days=99_999), usegmt=True)])
def test_a_retry_after_beyond_the_deadline_ends_the_attempts(
    mixpanel: StandInMixpanel, waits: list[float], asked: str
) -> None:
    mixpanel.faults.permanent = faults.Status(429, retry_after=asked)
    call = call_of(mixpanel, sleep=waits.append)
    with pytest.raises(RateLimitError) as caught:
        call.retrying(lambda: read(call))
    assert caught.value.retry_after_seconds is not None
    assert caught.value.retry_after_seconds >= 3600
    assert waits == []
    assert len(mixpanel.calls) == 1


@pytest.mark.parametrize(
    "header",
    ["Retry-After: 3600", 'RateLimit: "project";r=0;t=3600, "project-concurrency";r=5', 'ratelimit: "a";r=0;t=3600'],
)
def test_a_quota_that_is_used_up_names_the_moment_from_which_to_try_again(wire: Wire, header: str) -> None:
    wire.answer("429 Too Many Requests", header, body=b"Export rate limit exceeded.")
    before = datetime.now(UTC)
    with pytest.raises(RateLimitError) as caught:
        wire.call().export(DAY)
    moment = caught.value.retry_at
    assert moment is not None
    assert before + timedelta(hours=1) <= moment <= datetime.now(UTC) + timedelta(hours=1, seconds=1)
    assert f"Try again from {moment:%Y-%m-%dT%H:%M:%SZ}." in str(caught.value)
    assert ".." not in str(caught.value)


@pytest.mark.parametrize("header", ["X-Other: 1", "Retry-After: soon", "Retry-After: " + "9" * 400])
def test_a_refusal_without_a_moment_says_to_try_later(wire: Wire, header: str) -> None:
    wire.answer("429 Too Many Requests", header)
    with pytest.raises(RateLimitError, match="Try again later") as caught:
        wire.call().export(DAY)
    assert caught.value.retry_at is None


def test_the_quota_of_the_stand_in_is_waited_out(waits: list[float]) -> None:
    quotas = Quotas(per_hour=1)
    with StandInMixpanel([LINE], now=lambda: NOON, access=ACCESS, quotas=quotas) as mixpanel:
        call = call_of(mixpanel, sleep=waits.append, deadline=Deadline())
        read(call)
        with pytest.raises(RateLimitError, match="shared"):
            call.retrying(lambda: read(call), attempts=2)
    assert waits == [3600.0]


def test_a_cancelled_call_makes_no_request(mixpanel: StandInMixpanel, waits: list[float]) -> None:
    mixpanel.faults.permanent = faults.Status(503)
    call = call_of(mixpanel, sleep=waits.append)
    call.cancel()
    with pytest.raises(UnavailableError):
        call.retrying(lambda: read(call))
    assert mixpanel.calls == []
    assert waits == []


def test_a_call_that_is_cancelled_while_it_waits_makes_no_further_request(mixpanel: StandInMixpanel) -> None:
    mixpanel.faults.append(faults.Status(503))
    call: MixpanelCall = call_of(mixpanel, sleep=lambda _: call.cancel())
    with pytest.raises(UnavailableError):
        call.retrying(lambda: call.export(DAY))
    assert len(mixpanel.calls) == 1
