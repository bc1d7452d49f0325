"""Bytes through which a warehouse's reader would lose a line: refused, or with `is_quoting` quoted."""

from __future__ import annotations

import codecs
import gzip
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixpanel_data.clients.mixpanel import UnsafeBytesError

if TYPE_CHECKING:
    from support.wire import Wire

EVENT = b'{"event":"a","properties":{"p":"%b"}}'
MARK = b"\x02"
UNSAFE = [
    pytest.param(b"\x00", id="NUL"),
    pytest.param(b"\x01", id="the readers' delimiter"),
    pytest.param(b"\x02", id="the mark of a quoted line"),
    pytest.param(b"\r", id="carriage return"),
    pytest.param(b"\xff", id="not UTF-8"),
    pytest.param(b"\x80", id="a continuation alone"),
    pytest.param(b"\xc3", id="half a character"),
    pytest.param(b"\xf0\x9f\x98", id="most of a character"),
    pytest.param(b"\xc0\xaf", id="overlong"),
    pytest.param(b"\xed\xa0\x80", id="a surrogate"),
    pytest.param(b"\xf4\x90\x80\x80", id="beyond Unicode"),
]

each_chunk = pytest.mark.parametrize("chunk", [1, 2, 1 << 16])
each_coding = pytest.mark.parametrize("is_gzip", [False, True], ids=["plain", "gzip"])


def expected(body: bytes) -> list[bytes]:
    """The lines to stage: all that are not blank."""
    return [line for line in body.split(b"\n") if line.strip()]


def assert_staged(passed: bytes, original: bytes) -> None:
    """A line that was passed on means the same as the original, and can be staged."""
    if passed.startswith(MARK):
        assert json.loads(passed[1:]) == original.decode(errors="replace")
    else:
        assert passed == original
    passed.decode()
    assert not set(b"\x00\x01\x02\r\n") & set(passed[1:])


def is_safe(line: bytes) -> bool:
    try:
        return not set("\x00\x01\x02\r") & set(line.decode())
    except UnicodeDecodeError:
        return False


@pytest.mark.parametrize("unsafe", UNSAFE)
@each_chunk
@each_coding
def test_an_export_with_unsafe_bytes_is_refused(wire: Wire, unsafe: bytes, chunk: int, is_gzip: bool) -> None:
    body = EVENT % b"fine" + b"\n" + EVENT % unsafe + b"\n" + EVENT % b"fine" + b"\n"
    wire.answers.append(
        wire.answer_of(gzip.compress(body) if is_gzip else body, is_gzip=is_gzip, chunk=chunk),
    )
    with pytest.raises(UnsafeBytesError):
        list(wire.call().export(wire.query))


@pytest.mark.parametrize("unsafe", UNSAFE)
@each_chunk
@each_coding
def test_quoting_changes_the_lines_with_unsafe_bytes_and_no_other(
    wire: Wire, unsafe: bytes, chunk: int, is_gzip: bool
) -> None:
    lines = [EVENT % b"fine", EVENT % unsafe, EVENT % "größe \u2028".encode()]
    body = b"\n".join(lines) + b"\n"
    sent = gzip.compress(body) if is_gzip else body
    arrived = wire.export(wire.body(sent, is_gzip=is_gzip, chunk=chunk), is_quoting=True)
    assert arrived.error is None
    assert arrived.stream.is_gzip
    assert arrived.stream.bytes == len(sent)
    first, quoted, last, rest = arrived.text.split(b"\n")
    assert (first, last, rest) == (lines[0], lines[2], b"")
    assert quoted.startswith(MARK)
    assert_staged(quoted, lines[1])


@each_chunk
@each_coding
def test_an_export_with_a_byte_order_mark_is_refused(wire: Wire, chunk: int, is_gzip: bool) -> None:
    body = codecs.BOM_UTF8 + EVENT % b"fine" + b"\n"
    sent = gzip.compress(body) if is_gzip else body
    wire.answers.append(wire.answer_of(sent, is_gzip=is_gzip, chunk=chunk))
    with pytest.raises(UnsafeBytesError):
        list(wire.call().export(wire.query))


@each_chunk
def test_quoting_drops_a_byte_order_mark_at_the_start_and_nowhere_else(wire: Wire, chunk: int) -> None:
    line, marked = EVENT % b"fine", codecs.BOM_UTF8 + EVENT % b"fine"
    arrived = wire.export(wire.body(marked + b"\n" + marked + b"\n", chunk=chunk), is_quoting=True)
    assert arrived.text == line + b"\n" + marked + b"\n"


def test_quoting_drops_a_line_of_a_byte_order_mark_alone(wire: Wire) -> None:
    arrived = wire.export(wire.body(codecs.BOM_UTF8 + b"\n" + EVENT % b"fine" + b"\n"), is_quoting=True)
    assert arrived.text == EVENT % b"fine" + b"\n"
    assert arrived.stream.lines == 1


@each_chunk
def test_quoting_drops_blank_lines(wire: Wire, chunk: int) -> None:
    body = b"\n \n" + EVENT % b"one" + b"\n\r\n\t\n\n" + EVENT % b"two" + b"\n\n\x0b\n"
    arrived = wire.export(wire.body(body, chunk=chunk), is_quoting=True)
    assert arrived.text == EVENT % b"one" + b"\n" + EVENT % b"two" + b"\n"
    assert arrived.stream.lines == 2


def test_a_quoted_line_can_have_a_megabyte(wire: Wire) -> None:
    line = EVENT % (b"\x01" + b"x" * 1_000_000 + b"\xff")
    arrived = wire.export(wire.body(line + b"\n", chunk=9_999), is_quoting=True)
    assert arrived.error is None
    assert_staged(arrived.text[:-1], line)
    assert arrived.stream.longest_line >= len(arrived.text) - 1


PIECES = st.sampled_from(
    [b"\n", b"\n", b"\r", b"\x00", b"\x01", b"\x02", b" ", b"{", b'"', b"\\", b"\xef\xbb\xbf", b"\xc3", "ß".encode()]
)


@given(
    body=st.lists(PIECES | st.binary(max_size=6), max_size=60).map(b"".join),
    is_gzip=st.booleans(),
    chunk=st.sampled_from([1, 2, 5, 1 << 16]),
)
def test_quoting_makes_any_bytes_stageable_and_loses_no_line(
    wire: Wire, body: bytes, is_gzip: bool, chunk: int
) -> None:
    body += b"\n" + EVENT % b"last" + b"\n"
    if body.lstrip().startswith(codecs.BOM_UTF8):  # the tests above are about the mark
        body = b"x" + body
    sent = gzip.compress(body) if is_gzip else body
    arrived = wire.export(wire.body(sent, is_gzip=is_gzip, chunk=chunk), is_quoting=True)
    assert arrived.error is None
    lines = arrived.text.split(b"\n")
    assert lines.pop() == b""
    originals = expected(body)
    assert arrived.stream.lines == len(lines) == len(originals)
    for passed, original in zip(lines, originals, strict=True):
        assert_staged(passed, original)
    longest = max(map(len, lines))
    assert longest <= arrived.stream.longest_line <= longest + 65_536


@given(body=st.lists(PIECES | st.binary(max_size=6), max_size=30).map(b"".join), chunk=st.sampled_from([1, 3, 1 << 16]))
def test_an_export_is_refused_only_if_a_line_needs_quoting(wire: Wire, body: bytes, chunk: int) -> None:
    body += b"\n" + EVENT % b"last" + b"\n"
    wire.answers.append(wire.answer_of(body, chunk=chunk))
    try:
        passed = b"".join(wire.call().export(wire.query))
    except UnsafeBytesError:
        assert body[:1] == codecs.BOM_UTF8[:1] or not all(is_safe(line) for line in body.split(b"\n"))
    else:
        assert passed == body
        assert not body.startswith(codecs.BOM_UTF8)
        assert all(is_safe(line) for line in body.split(b"\n"))
