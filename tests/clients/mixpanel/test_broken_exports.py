"""An export that did not end whole is never taken for one, whatever way it ended and however it was transferred."""

from __future__ import annotations

import gzip
import json
import zlib
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clients.mixpanel.conftest import Answer
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import DeadlineError, IncompleteExportError, QueryError, UnavailableError
from support.deadlines import DeadlineOnce

if TYPE_CHECKING:
    from clients.mixpanel.conftest import Arrived, Ending, Form, Wire
    from mixpanel_data.clients.mixpanel import Mixpanel

FORMS: list[Form] = ["chunked", "length", "close"]
LINES = [json.dumps({"event": f"e{i}", "properties": {"time": 1772355600 + i}}).encode() for i in range(12)]
BODY = b"".join(line + b"\n" for line in LINES)
PACKED = gzip.compress(BODY, mtime=0)
MEMBERS = gzip.compress(BODY[: len(BODY) // 2], mtime=0) + gzip.compress(BODY[len(BODY) // 2 :], mtime=0)

each_form = pytest.mark.parametrize("form", FORMS)
each_coding = pytest.mark.parametrize("is_gzip", [False, True], ids=["plain", "gzip"])
each_reading = pytest.mark.parametrize("is_quoting", [False, True], ids=["passing", "quoting"])


def assert_not_whole(arrived: Arrived, *words: str) -> None:
    assert isinstance(arrived.error, IncompleteExportError), arrived.error
    assert "not whole" in str(arrived.error)
    assert "read again" in str(arrived.error)
    for word in words:
        assert word in str(arrived.error)


def inflated(packed: bytes) -> bytes | None:
    """What whole gzip members hold; None if they are not whole."""
    text = b""
    while packed:
        member = zlib.decompressobj(31)
        try:
            text += member.decompress(packed)
        except zlib.error:
            return None
        if not member.eof:
            return None
        packed = member.unused_data
    return text


def is_proven(body: bytes, is_gzip: bool) -> bool:
    """Whether a body proves itself that it is whole: a connection that ends proves nothing."""
    text = inflated(body) if is_gzip and body else None
    return text is not None and (not text or text.endswith(b"\n"))


@given(
    sent=st.sampled_from([(BODY, False), (PACKED, True), (MEMBERS, True)]),
    form=st.sampled_from(FORMS),
    cut=st.integers(0, 1 << 20),
    chunk=st.sampled_from([50, 200, 1 << 16]),
    ending=st.sampled_from(["close", "reset"]),
    is_quoting=st.booleans(),
    as_text=st.booleans(),
)
@settings(max_examples=300)
def test_a_cut_export_is_whole_only_if_what_arrived_is(
    wire: Wire,
    sent: tuple[bytes, bool],
    form: Form,
    cut: int,
    chunk: int,
    ending: Ending,
    is_quoting: bool,
    as_text: bool,
) -> None:
    body, is_gzip = sent
    head, *pieces = wire.body(body, form, is_gzip=is_gzip, chunk=chunk)
    transfer = b"".join(pieces)
    arrives = transfer[: cut % len(transfer)]
    arrived = wire.export([head + arrives], ending, is_quoting=is_quoting, as_text=as_text)
    if arrived.error is not None:
        assert_not_whole(arrived)
        # A reset may overtake what was sent, an end of the connection does not.
        assert ending == "reset" or not (form == "close" and is_proven(arrives, is_gzip))
    else:
        assert is_proven(arrives, is_gzip) if form == "close" else arrived.stream.bytes == len(body)


@pytest.mark.parametrize("cut", range(len(PACKED)), ids=lambda cut: f"at {cut}" if cut % 20 == 0 else "")
def test_a_gzip_stream_cut_anywhere_is_not_whole(wire: Wire, cut: int) -> None:
    arrived = wire.export(wire.body(PACKED[:cut], is_gzip=True))
    if cut:
        assert_not_whole(arrived, "gzip")
    else:
        assert arrived.error is None


@each_form
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(PACKED[:-8], id="no trailer"),
        pytest.param(PACKED[:-4], id="half a trailer"),
        pytest.param(PACKED[:-8] + b"\x00\x00\x00\x00" + PACKED[-4:], id="wrong checksum"),
        pytest.param(PACKED[:-4] + b"\x01\x00\x00\x00", id="wrong length"),
        pytest.param(PACKED + b"terminated early\n", id="a notice behind the trailer"),
        pytest.param(PACKED + b"\x00", id="a byte behind the trailer"),
        pytest.param(PACKED + PACKED[:20], id="a second member without end"),
        pytest.param(PACKED + PACKED[:-1] + b"\x7f", id="a second member with a wrong length"),
        pytest.param(PACKED[:60] + b"\xff" * 20 + PACKED[80:], id="spoilt in the middle"),
        pytest.param(BODY, id="not gzip at all"),
        pytest.param(b"<html>Bad gateway</html>\n", id="not even lines"),
    ],
)
@pytest.mark.parametrize("chunk", [1, 1 << 16])
@each_reading
def test_a_spoilt_gzip_stream_is_not_whole(wire: Wire, body: bytes, form: Form, chunk: int, is_quoting: bool) -> None:
    assert_not_whole(wire.export(wire.body(body, form, is_gzip=True, chunk=chunk), is_quoting=is_quoting), "gzip")


NOTICES = [
    b"terminated early",
    b"export terminated early",
    b'"terminated early"',
    b'"export terminated early"',
    b"  terminated early  ",
    b'{"error":"Query timed out"}',
    b'{"error": "Query timed out", "status": "error"}',
    b'{"status":"error","error":"Timeout Error."}',
    b'{"request":"/api/2.0/export?from_date=2026-03-01","error":"Timeout Error."}',
    b'{"error": {"code": 500}}',
    b'{"error": null}',
    b'{"error":"Query ti',
    b'{"error":',
    b'{"error"',
    b' {  "error" : "spaced',
    b'{"request":"/api/2.0/export?event=%5B%22A%22%5D","error":"Time',
]


@pytest.mark.parametrize("notice", NOTICES)
@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b"\n\n \n"], ids=["no end", "newline", "crlf", "blank lines"])
@each_coding
def test_an_export_that_ends_with_a_notice_of_failure_is_not_whole(
    wire: Wire, notice: bytes, end: bytes, is_gzip: bool
) -> None:
    body = BODY + notice + end
    # A carriage return is for a reader that quotes.
    arrived = wire.export(wire.body(gzip.compress(body) if is_gzip else body, is_gzip=is_gzip), is_quoting=b"\r" in end)
    assert_not_whole(arrived)


@each_form
@each_reading
@pytest.mark.parametrize("notice", [NOTICES[0], NOTICES[5]])
def test_a_notice_alone_is_not_a_whole_export(wire: Wire, form: Form, is_quoting: bool, notice: bytes) -> None:
    assert_not_whole(wire.export(wire.body(notice + b"\n", form), is_quoting=is_quoting))


@pytest.mark.parametrize("chunk", [1, 3])
def test_a_notice_is_known_however_it_is_cut_into_chunks(wire: Wire, chunk: int) -> None:
    assert_not_whole(wire.export(wire.body(BODY + b"terminated early\n", chunk=chunk)), "terminated")


def test_a_notice_is_known_behind_a_line_of_any_length(wire: Wire) -> None:
    large = b'{"event":"large","properties":{"p":"' + b"x" * 200_000 + b'"}}\n'
    assert_not_whole(wire.export(wire.body(large + b"terminated early\n")), "terminated")


@pytest.mark.parametrize("notice", [b"terminated early", b"export terminated early"])
def test_a_notice_in_the_middle_of_a_line_is_seen(wire: Wire, notice: bytes) -> None:
    assert_not_whole(wire.export(wire.body(BODY + LINES[0][:30] + notice + b"\n")), "terminated")


@each_form
@each_coding
@each_reading
def test_a_last_line_without_its_end_is_not_whole(wire: Wire, form: Form, is_gzip: bool, is_quoting: bool) -> None:
    body = gzip.compress(BODY[:-1]) if is_gzip else BODY[:-1]
    assert_not_whole(wire.export(wire.body(body, form, is_gzip=is_gzip), is_quoting=is_quoting), "last line")


@pytest.mark.parametrize("body", [b"", LINES[0] + b"\n", BODY], ids=["nothing", "a line", "lines"])
@pytest.mark.parametrize("header", ["Connection: close", "Content-Length: much"])
@each_reading
def test_text_that_nothing_but_the_end_of_the_connection_ends_is_not_whole(
    wire: Wire, body: bytes, header: str, is_quoting: bool
) -> None:
    head = f"HTTP/1.1 200 OK\r\n{header}\r\n\r\n".encode()
    assert_not_whole(wire.export([head, body], is_quoting=is_quoting), "without a length", "nothing proves it")


@each_form
@each_coding
@pytest.mark.parametrize("after", [1, 50, 100])
def test_a_reset_connection_is_not_whole(wire: Wire, form: Form, is_gzip: bool, after: int) -> None:
    head, *pieces = wire.body(PACKED if is_gzip else BODY, form, is_gzip=is_gzip)
    assert_not_whole(wire.export([head, b"".join(pieces)[:after]], "reset"))


@pytest.mark.parametrize(
    "transfer",
    [
        pytest.param(b"5\r\nab", id="a chunk too short"),
        pytest.param(b"zz\r\nab\r\n0\r\n\r\n", id="a size that is no number"),
        pytest.param(b"", id="no last chunk"),
        pytest.param(b"%x\r\n%b\r\n" % (len(BODY), BODY), id="whole lines and no last chunk"),
    ],
)
def test_a_broken_chunked_transfer_is_not_whole(wire: Wire, transfer: bytes) -> None:
    head, *_ = wire.body(BODY)
    assert_not_whole(wire.export([head, transfer]), "connection broke")


@each_coding
@each_reading
@pytest.mark.parametrize("coding", ["gzip, chunked", "identity, chunked", "chunked, chunked", "gzip", "chunked "])
@pytest.mark.parametrize("is_cut", [False, True], ids=["whole", "cut"])
def test_a_transfer_that_is_not_unpacked_is_not_whole(
    wire: Wire, coding: str, is_gzip: bool, is_quoting: bool, is_cut: bool
) -> None:
    head, *chunks = wire.body(PACKED if is_gzip else BODY, is_gzip=is_gzip)
    head = head.replace(b"Encoding: chunked", f"Encoding: {coding}".encode())
    arrived = wire.export([head, *(chunks[:-1] if is_cut else chunks)], is_quoting=is_quoting)
    assert_not_whole(arrived, "transfer coding", coding)


def _answered_for(wire: Wire, seconds: float) -> Mixpanel:
    """A client whose time is up that long after the server began to answer."""
    return wire.client(deadline=DeadlineOnce(seconds=seconds, begins=wire.is_asked.is_set))


@each_form
@each_coding
@pytest.mark.parametrize("after", [0, 1, 60])
def test_a_stalled_export_ends_with_the_time_of_the_call(wire: Wire, form: Form, is_gzip: bool, after: int) -> None:
    head, *pieces = wire.body(PACKED if is_gzip else BODY, form, is_gzip=is_gzip)
    begun = b"".join(pieces)[:after]
    arrived = wire.export([head, begun], "stall", client=_answered_for(wire, 0.15))
    assert isinstance(arrived.error, DeadlineError)
    assert "CALL_DEADLINE_SECONDS" in str(arrived.error)


@each_form
def test_an_export_that_trickles_is_left_with_the_time_of_the_call(wire: Wire, form: Form) -> None:
    body = BODY[:30]
    head, end = b"".join(wire.body(body, form)).split(body)
    trickle = [bytes([byte]) for byte in body]
    client = _answered_for(wire, 0.1)
    assert isinstance(wire.export([head, *trickle, end], gap_seconds=0.03, client=client).error, DeadlineError)
    assert wire.is_left.wait(5.0)


def test_a_server_that_never_begins_to_answer_is_waited_for_until_the_deadline(wire: Wire) -> None:
    with pytest.raises(UnavailableError):
        wire.export([], "stall", client=wire.client(deadline=Deadline.after(0.5)))


HEAD = b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 200 + b"\r\n\r\n"


@pytest.mark.parametrize("arrived", [0, 20], ids=["status line", "header"])
def test_a_head_that_trickles_is_waited_for_until_the_deadline(wire: Wire, arrived: int) -> None:
    trickle = [HEAD[:arrived], *(bytes([byte]) for byte in HEAD[arrived:])]
    with pytest.raises(UnavailableError):
        wire.export(trickle, gap_seconds=0.03, client=wire.client(deadline=Deadline.after(0.5)))
    assert not wire.is_sent.is_set()


@pytest.mark.parametrize("header", ["Content-Length: 200", "Connection: close"])
@pytest.mark.parametrize(("status", "error"), [("503 Busy", UnavailableError), ("404 Not Found", QueryError)])
def test_a_refusal_that_trickles_keeps_its_status_and_is_left_with_the_deadline(
    wire: Wire, header: str, status: str, error: type[Exception]
) -> None:
    head = f"HTTP/1.1 {status}\r\n{header}\r\n\r\n".encode()
    with pytest.raises(error, match=status[:3]):
        wire.export([head, *[b"x"] * 200], gap_seconds=0.03, client=_answered_for(wire, 0.2))
    assert wire.is_left.wait(5.0)


def test_a_call_whose_time_is_used_up_is_not_made(wire: Wire) -> None:
    with pytest.raises(DeadlineError):
        wire.client(deadline=Deadline.after(-1.0)).export(wire.query)
    assert wire.requests == []


def test_a_reader_that_was_cancelled_gets_no_more(wire: Wire) -> None:
    wire.answers.append(wire.answer_of(BODY, chunk=50))
    client = wire.client()
    chunks = iter(client.export(wire.query))
    next(chunks)
    client.cancel()
    with pytest.raises(UnavailableError, match="given up"):
        next(chunks)


def test_a_client_that_is_cancelled_waits_for_no_first_byte(wire: Wire) -> None:
    client = wire.client()
    with ThreadPoolExecutor() as threads:
        exporting = threads.submit(wire.export, [], "stall", client=client)
        assert wire.is_asked.wait(5.0)
        client.cancel()
        with pytest.raises(UnavailableError, match="given up"):
            exporting.result(5.0)


@each_form
@each_coding
def test_a_client_that_is_cancelled_waits_for_no_more_bytes(wire: Wire, form: Form, is_gzip: bool) -> None:
    client = wire.client()
    head, *pieces = wire.body(PACKED if is_gzip else BODY, form, is_gzip=is_gzip)
    wire.answers.append(Answer([head, b"".join(pieces)[:60]], "stall"))
    chunks = iter(client.export(wire.query))
    next(chunks)
    with ThreadPoolExecutor() as threads:
        reading = threads.submit(next, chunks, None)
        client.cancel()
        assert isinstance(reading.exception(5.0), UnavailableError)


def test_a_page_that_a_redirect_leads_to_is_no_export(wire: Wire) -> None:
    wire.answer("302 Found", f"Location: {wire.url}/sign-in")
    page = b"<html>\nSign in\n</html>\n"
    wire.answers.append(wire.answer_of(page))
    with pytest.raises(QueryError, match="302"):
        wire.client().export(wire.query)


@pytest.mark.parametrize("coding", ["deflate", "br", "x-gzip"])
def test_a_coding_that_cannot_be_read_is_no_export(wire: Wire, coding: str) -> None:
    wire.answer("200 OK", f"Content-Encoding: {coding}", body=zlib.compress(BODY) + b"\n")
    with pytest.raises(QueryError, match=coding):
        wire.client().export(wire.query)
