"""An incomplete export is never taken for a complete one, however it ended and however it was transferred."""

from __future__ import annotations

import gzip
import json
import zlib
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import DeadlineError, IncompleteExportError, QueryError, UnavailableError
from support.triggered_deadline import TriggeredDeadline
from support.wire import Answer

if TYPE_CHECKING:
    from mixpanel_data.clients.mixpanel import MixpanelCall
    from support.wire import Arrived, Ending, Form, Wire

FORMS: list[Form] = ["chunked", "length", "close"]
LINES = [json.dumps({"event": f"e{i}", "properties": {"time": 1772355600 + i}}).encode() for i in range(12)]
BODY = b"".join(line + b"\n" for line in LINES)
PACKED = gzip.compress(BODY, mtime=0)
MEMBERS = gzip.compress(BODY[: len(BODY) // 2], mtime=0) + gzip.compress(BODY[len(BODY) // 2 :], mtime=0)

each_form = pytest.mark.parametrize("form", FORMS)
each_coding = pytest.mark.parametrize("is_gzip", [False, True], ids=["plain", "gzip"])
each_reading = pytest.mark.parametrize("is_quoting", [False, True], ids=["passing", "quoting"])


def assert_incomplete(arrived: Arrived, *words: str) -> None:
    assert isinstance(arrived.error, IncompleteExportError), arrived.error
    assert "incomplete" in str(arrived.error)
    assert "request it again" in str(arrived.error)
    for word in words:
        assert word in str(arrived.error)


def inflated(packed: bytes) -> bytes | None:
    """The text of complete gzip members; None if one is incomplete."""
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
    """True if the body itself proves that it is complete: the end of a connection proves nothing."""
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
def test_a_cut_export_is_complete_only_if_the_bytes_that_arrived_are(
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
        assert_incomplete(arrived)
        # A reset may overtake what was sent, an end of the connection does not.
        assert ending == "reset" or not (form == "close" and is_proven(arrives, is_gzip))
    else:
        assert is_proven(arrives, is_gzip) if form == "close" else arrived.stream.bytes == len(body)


@pytest.mark.parametrize("cut", range(len(PACKED)), ids=lambda cut: f"at {cut}" if cut % 20 == 0 else "")
def test_a_gzip_stream_cut_anywhere_is_incomplete(wire: Wire, cut: int) -> None:
    arrived = wire.export(wire.body(PACKED[:cut], is_gzip=True))
    if cut:
        assert_incomplete(arrived, "gzip")
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
def test_a_damaged_gzip_stream_is_incomplete(wire: Wire, body: bytes, form: Form, chunk: int, is_quoting: bool) -> None:
    assert_incomplete(wire.export(wire.body(body, form, is_gzip=True, chunk=chunk), is_quoting=is_quoting), "gzip")


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
def test_an_export_that_ends_with_a_notice_of_failure_is_incomplete(
    wire: Wire, notice: bytes, end: bytes, is_gzip: bool
) -> None:
    body = BODY + notice + end
    # A carriage return is for a reader that quotes.
    arrived = wire.export(wire.body(gzip.compress(body) if is_gzip else body, is_gzip=is_gzip), is_quoting=b"\r" in end)
    assert_incomplete(arrived)


@each_form
@each_reading
@pytest.mark.parametrize("notice", [NOTICES[0], NOTICES[5]])
def test_a_notice_of_failure_alone_is_an_incomplete_export(
    wire: Wire, form: Form, is_quoting: bool, notice: bytes
) -> None:
    assert_incomplete(wire.export(wire.body(notice + b"\n", form), is_quoting=is_quoting))


@pytest.mark.parametrize("chunk", [1, 3])
def test_a_notice_of_failure_is_recognised_however_it_is_cut_into_chunks(wire: Wire, chunk: int) -> None:
    assert_incomplete(wire.export(wire.body(BODY + b"terminated early\n", chunk=chunk)), "terminated")


def test_a_notice_of_failure_is_recognised_behind_a_line_of_any_length(wire: Wire) -> None:
    large = b'{"event":"large","properties":{"p":"' + b"x" * 200_000 + b'"}}\n'
    assert_incomplete(wire.export(wire.body(large + b"terminated early\n")), "terminated")


@pytest.mark.parametrize("notice", [b"terminated early", b"export terminated early"])
def test_a_notice_of_failure_in_the_middle_of_a_line_is_recognised(wire: Wire, notice: bytes) -> None:
    assert_incomplete(wire.export(wire.body(BODY + LINES[0][:30] + notice + b"\n")), "terminated")


@each_form
@each_coding
@each_reading
def test_an_export_whose_last_line_has_no_end_is_incomplete(
    wire: Wire, form: Form, is_gzip: bool, is_quoting: bool
) -> None:
    body = gzip.compress(BODY[:-1]) if is_gzip else BODY[:-1]
    assert_incomplete(wire.export(wire.body(body, form, is_gzip=is_gzip), is_quoting=is_quoting), "last line")


@pytest.mark.parametrize("body", [b"", LINES[0] + b"\n", BODY], ids=["nothing", "a line", "lines"])
@pytest.mark.parametrize("header", ["Connection: close", "Content-Length: much"])
@each_reading
def test_text_that_only_the_end_of_the_connection_ends_is_incomplete(
    wire: Wire, body: bytes, header: str, is_quoting: bool
) -> None:
    head = f"HTTP/1.1 200 OK\r\n{header}\r\n\r\n".encode()
    assert_incomplete(
        wire.export([head, body], is_quoting=is_quoting), "neither a length", "nothing proves that it is complete"
    )


@each_form
@each_coding
@pytest.mark.parametrize("after", [1, 50, 100])
def test_an_export_on_a_reset_connection_is_incomplete(wire: Wire, form: Form, is_gzip: bool, after: int) -> None:
    head, *pieces = wire.body(PACKED if is_gzip else BODY, form, is_gzip=is_gzip)
    assert_incomplete(wire.export([head, b"".join(pieces)[:after]], "reset"))


@pytest.mark.parametrize(
    "transfer",
    [
        pytest.param(b"5\r\nab", id="a chunk too short"),
        pytest.param(b"zz\r\nab\r\n0\r\n\r\n", id="a size that is not a number"),
        pytest.param(b"", id="no last chunk"),
        pytest.param(b"%x\r\n%b\r\n" % (len(BODY), BODY), id="whole lines and no last chunk"),
    ],
)
def test_an_export_in_broken_chunks_is_incomplete(wire: Wire, transfer: bytes) -> None:
    head, *_ = wire.body(BODY)
    assert_incomplete(wire.export([head, transfer]), "connection broke")


@each_coding
@each_reading
@pytest.mark.parametrize("coding", ["gzip, chunked", "identity, chunked", "chunked, chunked", "gzip", "chunked "])
@pytest.mark.parametrize("is_cut", [False, True], ids=["whole", "cut"])
def test_an_export_in_an_unknown_transfer_coding_is_incomplete(
    wire: Wire, coding: str, is_gzip: bool, is_quoting: bool, is_cut: bool
) -> None:
    head, *chunks = wire.body(PACKED if is_gzip else BODY, is_gzip=is_gzip)
    head = head.replace(b"Encoding: chunked", f"Encoding: {coding}".encode())
    arrived = wire.export([head, *(chunks[:-1] if is_cut else chunks)], is_quoting=is_quoting)
    assert_incomplete(arrived, "transfer coding", coding)


def _answered_for(wire: Wire, seconds: float) -> MixpanelCall:
    """A call whose deadline passes that long after the server has started to answer."""
    return wire.call(TriggeredDeadline(seconds=seconds, begins=wire.is_asked.is_set))


@each_form
@each_coding
@pytest.mark.parametrize("after", [0, 1, 60])
def test_an_export_that_stalls_ends_at_the_deadline(wire: Wire, form: Form, is_gzip: bool, after: int) -> None:
    head, *pieces = wire.body(PACKED if is_gzip else BODY, form, is_gzip=is_gzip)
    begun = b"".join(pieces)[:after]
    arrived = wire.export([head, begun], "stall", call=_answered_for(wire, 0.15))
    assert isinstance(arrived.error, DeadlineError)
    assert "CALL_DEADLINE_SECONDS" in str(arrived.error)


@each_form
def test_an_export_that_trickles_ends_at_the_deadline(wire: Wire, form: Form) -> None:
    body = BODY[:30]
    head, end = b"".join(wire.body(body, form)).split(body)
    trickle = [bytes([byte]) for byte in body]
    call = _answered_for(wire, 0.1)
    assert isinstance(wire.export([head, *trickle, end], gap_seconds=0.03, call=call).error, DeadlineError)
    assert wire.is_left.wait(5.0)


def test_a_server_that_never_starts_to_answer_is_waited_for_until_the_deadline(wire: Wire) -> None:
    with pytest.raises(UnavailableError):
        wire.export([], "stall", call=wire.call(Deadline.after(0.5)))


HEAD = b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 200 + b"\r\n\r\n"


@pytest.mark.parametrize("arrived", [0, 20], ids=["status line", "header"])
def test_headers_that_trickle_are_waited_for_until_the_deadline(wire: Wire, arrived: int) -> None:
    trickle = [HEAD[:arrived], *(bytes([byte]) for byte in HEAD[arrived:])]
    with pytest.raises(UnavailableError):
        wire.export(trickle, gap_seconds=0.03, call=wire.call(Deadline.after(0.5)))
    assert not wire.is_sent.is_set()


@pytest.mark.parametrize("header", ["Content-Length: 200", "Connection: close"])
@pytest.mark.parametrize(("status", "error"), [("503 Busy", UnavailableError), ("404 Not Found", QueryError)])
def test_a_refusal_that_trickles_keeps_its_status_and_ends_at_the_deadline(
    wire: Wire, header: str, status: str, error: type[Exception]
) -> None:
    head = f"HTTP/1.1 {status}\r\n{header}\r\n\r\n".encode()
    with pytest.raises(error, match=status[:3]):
        wire.export([head, *[b"x"] * 200], gap_seconds=0.03, call=_answered_for(wire, 0.2))
    assert wire.is_left.wait(5.0)


def test_after_the_deadline_no_request_is_made(wire: Wire) -> None:
    with pytest.raises(DeadlineError):
        wire.call(Deadline.after(-1.0)).export(wire.query)
    assert wire.requests == []


def test_a_cancellation_ends_an_export_between_two_chunks(wire: Wire) -> None:
    wire.answers.append(wire.answer_of(BODY, chunk=50))
    call = wire.call()
    chunks = iter(call.export(wire.query))
    next(chunks)
    call.cancel()
    with pytest.raises(UnavailableError, match="cancelled"):
        next(chunks)


def test_a_cancellation_ends_the_wait_for_the_first_byte(wire: Wire) -> None:
    call = wire.call()
    with ThreadPoolExecutor() as threads:
        exporting = threads.submit(wire.export, [], "stall", call=call)
        assert wire.is_asked.wait(5.0)
        call.cancel()
        with pytest.raises(UnavailableError, match="cancelled"):
            exporting.result(5.0)


@each_form
@each_coding
def test_a_cancellation_ends_the_wait_for_more_bytes(wire: Wire, form: Form, is_gzip: bool) -> None:
    call = wire.call()
    head, *pieces = wire.body(PACKED if is_gzip else BODY, form, is_gzip=is_gzip)
    wire.answers.append(Answer([head, b"".join(pieces)[:60]], "stall"))
    chunks = iter(call.export(wire.query))
    next(chunks)
    with ThreadPoolExecutor() as threads:
        reading = threads.submit(next, chunks, None)
        call.cancel()
        assert isinstance(reading.exception(5.0), UnavailableError)


def test_a_redirect_is_not_followed(wire: Wire) -> None:
    wire.answer("302 Found", f"Location: {wire.url}/sign-in")
    page = b"<html>\nSign in\n</html>\n"
    wire.answers.append(wire.answer_of(page))
    with pytest.raises(QueryError, match="302"):
        wire.call().export(wire.query)


@pytest.mark.parametrize("coding", ["deflate", "br", "x-gzip"])
def test_an_answer_in_a_content_coding_that_was_not_asked_for_is_refused(wire: Wire, coding: str) -> None:
    wire.answer("200 OK", f"Content-Encoding: {coding}", body=zlib.compress(BODY) + b"\n")
    with pytest.raises(QueryError, match=coding):
        wire.call().export(wire.query)
