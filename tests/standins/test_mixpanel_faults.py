"""The faults of the stand-in's export as a client sees them, down to the bytes."""

import base64
import errno
import gzip
import json
import os
import socket
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
import requests

from mixpanel_data_standins.mixpanel import Behaviour, Quotas, StandInMixpanel, faults

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LINES = [
    json.dumps({"event": f"e{i}", "properties": {"time": 1772355600 + i, "filler": "x" * 60}}).encode()
    for i in range(40)
]
BODY = b"".join(line + b"\n" for line in LINES)


@pytest.fixture
def mixpanel() -> Iterator[StandInMixpanel]:
    with StandInMixpanel(LINES, now=lambda: NOON) as running:
        yield running


def ask(mixpanel: StandInMixpanel, *, coding: str = "identity", timeout: float = 10) -> requests.Response:
    return requests.get(
        f"{mixpanel.url}/api/2.0/export",
        params={"from_date": "2026-03-01", "to_date": "2026-03-01"},
        auth=(mixpanel.access.project_secret, ""),
        headers={"Accept-Encoding": coding},
        timeout=timeout,
    )


@contextmanager
def connected(mixpanel: StandInMixpanel, coding: str = "identity") -> Iterator[socket.socket]:
    """A connection on which the export was asked for."""
    host, port = mixpanel.url.removeprefix("http://").split(":")
    user = base64.b64encode(f"{mixpanel.access.project_secret}:".encode()).decode()
    head = (
        "GET /api/2.0/export?from_date=2026-03-01&to_date=2026-03-01 HTTP/1.1",
        f"Authorization: Basic {user}",
        f"Accept-Encoding: {coding}",
    )
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall("\r\n".join([*head, "", ""]).encode())
        yield connection


def read_all(connection: socket.socket) -> tuple[bytes, int]:
    """All bytes until the connection ends, and the error it ended with (0: in order)."""
    received = bytearray()
    try:
        while data := connection.recv(65536):
            received += data
    except ConnectionError as error:
        return bytes(received), error.errno or -1
    return bytes(received), 0


def unchunked(answer: bytes) -> tuple[bytes, bool]:
    """The body of a chunked answer, and whether its end was announced."""
    rest = answer.partition(b"\r\n\r\n")[2]
    body = bytearray()
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        if size == b"0":
            return bytes(body), True
        body += rest[: int(size, 16)]
        rest = rest[int(size, 16) + 2 :]
    return bytes(body), False


# The queue


def test_the_nth_call_gets_the_nth_fault_and_later_calls_none(mixpanel: StandInMixpanel) -> None:
    mixpanel.faults.extend([faults.Status(503), None])
    mixpanel.faults.append(faults.Status(500))
    assert len(mixpanel.faults) == 3
    assert [ask(mixpanel).status_code for _ in range(5)] == [503, 200, 500, 200, 200]
    assert len(mixpanel.faults) == 0


def test_a_permanent_fault_holds_when_the_queue_is_empty(mixpanel: StandInMixpanel) -> None:
    mixpanel.faults.permanent = faults.Status(502)
    mixpanel.faults.append(None)
    assert [ask(mixpanel).status_code for _ in range(3)] == [200, 502, 502]
    mixpanel.faults.clear()
    assert ask(mixpanel).status_code == 200


def test_a_refused_call_takes_its_fault_too(mixpanel: StandInMixpanel) -> None:
    mixpanel.faults.append(faults.Status(503))
    assert requests.get(f"{mixpanel.url}/api/2.0/export", timeout=10).status_code == 401
    assert ask(mixpanel).status_code == 200


def test_other_paths_take_no_fault(mixpanel: StandInMixpanel) -> None:
    mixpanel.faults.append(faults.Status(503))
    assert requests.get(f"{mixpanel.url}/other", timeout=10).status_code == 404
    assert ask(mixpanel).status_code == 503


# Statuses


@pytest.mark.parametrize(
    ("status", "part"),
    [
        (400, "Timeout Error."),
        (401, "invalid project secret"),
        (402, "Your plan does not allow API calls"),
        (403, "not allowed"),
        (429, "too many export requests in progress"),
        (500, "Internal Server Error"),
        (502, "Bad Gateway"),
        (503, "upstream connect error"),
        (504, "Gateway Time-out"),
    ],
)
def test_a_status_without_a_text_comes_with_one_that_mixpanel_sends(
    mixpanel: StandInMixpanel, status: int, part: str
) -> None:
    mixpanel.faults.append(faults.Status(status))
    answer = ask(mixpanel)
    assert answer.status_code == status
    assert part in answer.text
    assert mixpanel.calls[-1].status == status


def test_a_status_can_have_any_text_and_retry_after(mixpanel: StandInMixpanel) -> None:
    mixpanel.faults.append(faults.Status(429, "wait", retry_after="7"))
    answer = ask(mixpanel)
    assert (answer.text, answer.headers["Retry-After"]) == ("wait", "7")


# Broken transfers


def test_a_reset_comes_after_its_number_of_bytes(mixpanel: StandInMixpanel) -> None:
    mixpanel.faults.append(faults.Reset(after_bytes=500))
    with connected(mixpanel) as connection:
        answer, ended_with = read_all(connection)
    assert ended_with == errno.ECONNRESET
    body, announced = unchunked(answer)
    assert not announced
    assert BODY[:500].startswith(body)
    assert mixpanel.calls[-1].body_bytes == 500


def test_a_reset_beyond_the_body_still_comes_before_its_end(mixpanel: StandInMixpanel) -> None:
    mixpanel.faults.append(faults.Reset(after_bytes=10**9))
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        ask(mixpanel)


@pytest.mark.parametrize("after_bytes", [0, 1, 777, len(BODY)])
def test_a_connection_closes_in_order_before_the_announced_end(mixpanel: StandInMixpanel, after_bytes: int) -> None:
    mixpanel.faults.extend([faults.CloseEarly(after_bytes)] * 2)
    with connected(mixpanel) as connection:
        answer, ended_with = read_all(connection)
    assert ended_with == 0
    assert unchunked(answer) == (BODY[:after_bytes], False)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        ask(mixpanel)


def test_without_framing_a_closed_connection_looks_like_the_end(mixpanel: StandInMixpanel) -> None:
    mixpanel.behaviour = Behaviour(framing="close")
    mixpanel.faults.append(faults.CloseEarly(after_bytes=100))
    assert ask(mixpanel).content == BODY[:100]


def test_a_closed_connection_falls_short_of_the_announced_length(mixpanel: StandInMixpanel) -> None:
    mixpanel.behaviour = Behaviour(framing="length")
    mixpanel.faults.append(faults.CloseEarly(after_bytes=100))
    with connected(mixpanel) as connection:
        answer, _ = read_all(connection)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"Content-Length: %d" % len(BODY) in head
    assert body == BODY[:100]


def test_an_empty_reply_is_a_connection_that_ends_without_a_byte(mixpanel: StandInMixpanel) -> None:
    mixpanel.faults.append(faults.EmptyReply())
    with connected(mixpanel) as connection:
        assert read_all(connection) == (b"", 0)
    assert mixpanel.calls[-1].status is None


def test_a_connection_can_be_reset_before_any_header(mixpanel: StandInMixpanel) -> None:
    mixpanel.faults.append(faults.ResetBeforeHeader())
    with connected(mixpanel) as connection:
        assert read_all(connection) == (b"", errno.ECONNRESET)


def test_the_first_byte_can_be_late(mixpanel: StandInMixpanel) -> None:
    mixpanel.faults.append(faults.SlowFirstByte(seconds=0.01))
    assert ask(mixpanel).content == BODY


def test_a_client_that_does_not_wait_for_the_first_byte_gets_nothing(mixpanel: StandInMixpanel) -> None:
    mixpanel.faults.append(faults.SlowFirstByte(seconds=3600))
    with pytest.raises(requests.ReadTimeout):
        ask(mixpanel, timeout=0.05)
    assert ask(mixpanel).content == BODY


def test_a_stalled_answer_sends_its_bytes_and_nothing_more(mixpanel: StandInMixpanel) -> None:
    mixpanel.faults.append(faults.Stall(after_bytes=100))
    with connected(mixpanel) as connection:
        answer = b""
        while len(unchunked(answer)[0]) < 100:
            answer += connection.recv(65536)
        assert unchunked(answer) == (BODY[:100], False)
        connection.settimeout(0.05)
        with pytest.raises(TimeoutError):
            connection.recv(1)


def test_stopping_ends_a_stalled_and_a_slow_answer() -> None:
    threads_before = set(threading.enumerate())
    with StandInMixpanel(LINES, now=lambda: NOON) as mixpanel:
        mixpanel.faults.extend([faults.Stall(after_bytes=10), faults.SlowFirstByte(seconds=3600)])
        with connected(mixpanel) as stalled:
            stalled.recv(1)  # so that it is this one that has the first fault
            with connected(mixpanel) as slow:
                while len(mixpanel.calls) < 2:
                    os.sched_yield()
                mixpanel.stop()
                assert read_all(stalled)[1] == 0
                assert read_all(slow) == (b"", 0)
    assert set(threading.enumerate()) <= threads_before


def test_a_call_counts_as_concurrent_until_it_ends(mixpanel: StandInMixpanel) -> None:
    mixpanel.quotas = Quotas(per_hour=None, per_second=None, concurrent=1)
    mixpanel.faults.append(faults.Stall(after_bytes=10))
    with connected(mixpanel) as stalled:
        stalled.recv(1)
        refused = ask(mixpanel)
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "10")
        assert "too many export requests in progress" in refused.json()["error"]
    mixpanel.quotas = None  # the stalled call ends when its server thread sees that the client went
    assert [ask(mixpanel).status_code for _ in range(5)] == [200] * 5


def test_calls_one_after_the_other_are_never_concurrent(mixpanel: StandInMixpanel) -> None:
    mixpanel.quotas = Quotas(per_hour=None, per_second=None, concurrent=1)
    for behaviour in (Behaviour(), Behaviour(framing="close"), Behaviour(framing="length")):
        mixpanel.behaviour = behaviour
        assert [ask(mixpanel).status_code for _ in range(30)] == [200] * 30


# Broken bodies in whole transfers


def gzip_answer(mixpanel: StandInMixpanel) -> bytes:
    """The gzip bytes of an answer whose transfer ended properly."""
    with requests.get(
        f"{mixpanel.url}/api/2.0/export",
        params={"from_date": "2026-03-01", "to_date": "2026-03-01"},
        auth=(mixpanel.access.project_secret, ""),
        stream=True,
        timeout=10,
    ) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        return answer.raw.read(decode_content=False)


def test_a_truncated_gzip_has_all_rows_but_no_trailer(mixpanel: StandInMixpanel) -> None:
    mixpanel.faults.append(faults.TruncatedGzip())
    sent = gzip_answer(mixpanel)
    member = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    assert member.decompress(sent) == BODY
    assert not member.eof
    with pytest.raises(EOFError):
        gzip.decompress(sent)


def test_a_client_that_checks_the_checksum_finds_a_wrong_one(mixpanel: StandInMixpanel) -> None:
    mixpanel.faults.append(faults.WrongChecksum())
    sent = gzip_answer(mixpanel)
    assert zlib.decompress(sent[10:-8], wbits=-zlib.MAX_WBITS) == BODY
    with pytest.raises(gzip.BadGzipFile, match="CRC check failed"):
        gzip.decompress(sent)


@pytest.mark.parametrize("fault", [faults.TruncatedGzip(), faults.WrongChecksum()])
def test_faults_of_gzip_apply_to_small_bodies_too(fault: faults.Fault) -> None:
    with StandInMixpanel([], now=lambda: NOON) as mixpanel:
        mixpanel.faults.extend([fault, fault])
        with pytest.raises((EOFError, gzip.BadGzipFile)):
            gzip.decompress(gzip_answer(mixpanel))
        assert ask(mixpanel, coding="identity").content == b""


@pytest.mark.parametrize("coding", ["identity", "gzip"])
@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (faults.TERMINATED_EARLY, BODY + b"terminated early\n"),
        (faults.EXPORT_TERMINATED_EARLY, BODY + b"export terminated early\n"),
        (faults.Tail("terminated early", newline=False), BODY + b"terminated early"),
        (faults.Tail("export terminated early", after_rows=3), b"\n".join(LINES[:3]) + b"\nexport terminated early\n"),
        (faults.Tail("terminated early", after_rows=0), b"terminated early\n"),
        (faults.ERROR_LINE, BODY + b'{"error": "Query timed out"}\n'),
        (faults.ERROR_FRAGMENT, BODY + b'{"error":"Query ti'),
        (faults.NoLastNewline(), BODY[:-1]),
    ],
)
def test_a_complete_transfer_can_carry_a_body_with_a_wrong_end(
    mixpanel: StandInMixpanel, fault: faults.Fault, expected: bytes, coding: str
) -> None:
    mixpanel.faults.append(fault)
    answer = ask(mixpanel, coding=coding)
    assert (answer.status_code, answer.content) == (200, expected)
    assert ask(mixpanel, coding=coding).content == BODY


def test_an_empty_day_has_no_newline_to_lose_and_can_have_a_tail() -> None:
    with StandInMixpanel([], now=lambda: NOON) as mixpanel:
        mixpanel.faults.extend([faults.NoLastNewline(), faults.TERMINATED_EARLY])
        assert ask(mixpanel).content == b""
        assert ask(mixpanel).content == b"terminated early\n"


def test_a_long_body_loses_its_last_newline_only() -> None:
    lines = [b"%d" % i * 400 for i in range(5000)]
    with StandInMixpanel(lines, now=lambda: NOON) as mixpanel:
        mixpanel.add(LINES)
        mixpanel.faults.append(faults.NoLastNewline())
        query = {"from_date": "2026-03-01", "to_date": "2026-03-02"}
        user = (mixpanel.access.project_secret, "")
        answer = requests.get(f"{mixpanel.url}/api/2.0/export", params=query, auth=user, timeout=10)
        whole = BODY + b"".join(line + b"\n" for line in lines)
        assert answer.content == whole[:-1]
