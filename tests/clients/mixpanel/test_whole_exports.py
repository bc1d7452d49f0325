"""A complete export is passed on byte for byte, however it is transferred."""

from __future__ import annotations

import gzip
import itertools
import json
import random
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from support.wire import Form, Wire

FORMS: list[Form] = ["chunked", "length", "close"]
# Text does not show where it ends, so text that the end of the connection ends is not a complete export.
MARKED_FORMS: list[Form] = ["chunked", "length"]
FORMS_AND_CODINGS = [*((form, False) for form in MARKED_FORMS), *((form, True) for form in FORMS)]
LINES = [
    json.dumps({"event": f"e{i}", "properties": {"time": 1772355600 + i, "filler": "x" * (i % 90)}}).encode()
    for i in range(40)
]
BODY = b"".join(line + b"\n" for line in LINES)


def line_of(size: int) -> bytes:
    """An event of that many bytes which hardly compresses."""
    noise = random.Random(size).randbytes(size // 2).hex()
    line = json.dumps({"event": "large", "properties": {"time": 1, "noise": noise}}).encode()
    return line[: -3 - (len(line) - size)] + b'"}}' if len(line) > size else line


@pytest.mark.parametrize(("form", "is_gzip"), FORMS_AND_CODINGS)
@pytest.mark.parametrize("chunk", [1, 7, 1 << 16])
def test_a_complete_export_is_passed_on_byte_for_byte(wire: Wire, form: Form, is_gzip: bool, chunk: int) -> None:
    sent = gzip.compress(BODY) if is_gzip else BODY
    arrived = wire.export(wire.body(sent, form, is_gzip=is_gzip, chunk=chunk))
    assert arrived.error is None
    assert arrived.passed == sent
    assert arrived.stream.is_gzip is is_gzip
    assert arrived.stream.bytes == len(sent)
    assert arrived.stream.lines == len(LINES)


@pytest.mark.parametrize(("form", "is_gzip"), FORMS_AND_CODINGS)
@pytest.mark.parametrize("is_quoting", [False, True], ids=["passing", "quoting"])
def test_the_text_of_an_export_is_the_body_inflated(wire: Wire, form: Form, is_gzip: bool, is_quoting: bool) -> None:
    body = BODY + (b"a line with \x01 in it\n" if is_quoting else b"")
    sent = gzip.compress(body) if is_gzip else body
    arrived = wire.export(wire.body(sent, form, is_gzip=is_gzip, chunk=97), is_quoting=is_quoting, as_text=True)
    assert arrived.error is None
    assert arrived.passed == BODY + (b'\x02"a line with \\u0001 in it"\n' if is_quoting else b"")
    assert (arrived.stream.lines, arrived.stream.bytes) == (len(LINES) + is_quoting, len(sent))


@pytest.mark.parametrize("form", MARKED_FORMS)
@pytest.mark.parametrize("is_gzip", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("is_quoting", [False, True], ids=["passing", "quoting"])
def test_a_day_without_events_is_an_empty_body(wire: Wire, form: Form, is_gzip: bool, is_quoting: bool) -> None:
    arrived = wire.export(wire.body(b"", form, is_gzip=is_gzip), is_quoting=is_quoting)
    assert arrived.error is None
    assert (arrived.stream.lines, arrived.stream.bytes) == (0, 0)
    assert (arrived.text if is_quoting else arrived.passed) == b""


@pytest.mark.parametrize("form", FORMS)
def test_an_empty_gzip_stream_is_a_complete_export(wire: Wire, form: Form) -> None:
    sent = gzip.compress(b"")
    arrived = wire.export(wire.body(sent, form, is_gzip=True))
    assert arrived.error is None
    assert arrived.passed == sent
    assert arrived.stream.lines == 0


@pytest.mark.parametrize("chunk", [1, 13, 1 << 16])
def test_several_gzip_members_are_one_export(wire: Wire, chunk: int) -> None:
    sent = b"".join(gzip.compress(line + b"\n") for line in LINES)
    arrived = wire.export(wire.body(sent, is_gzip=True, chunk=chunk))
    assert arrived.error is None
    assert arrived.passed == sent
    assert arrived.text == BODY
    assert arrived.stream.lines == len(LINES)


def test_a_gzip_member_can_end_where_a_chunk_does(wire: Wire) -> None:
    members = [gzip.compress(LINES[0] + b"\n"), gzip.compress(LINES[1] + b"\n")]
    head, *_ = wire.body(b"", is_gzip=True)
    chunks = [b"%x\r\n%b\r\n" % (len(member), member) for member in members]
    arrived = wire.export([head, *chunks, b"0\r\n\r\n"])
    assert arrived.error is None
    assert arrived.stream.lines == 2


@pytest.mark.parametrize("size", [1_000_000, 3_000_000])
@pytest.mark.parametrize("is_gzip", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("is_quoting", [False, True], ids=["passing", "quoting"])
def test_a_line_can_be_longer_than_any_buffer(wire: Wire, size: int, is_gzip: bool, is_quoting: bool) -> None:
    body = BODY + line_of(size) + b"\n" + BODY
    sent = gzip.compress(body, 1) if is_gzip else body
    arrived = wire.export(wire.body(sent, is_gzip=is_gzip, chunk=100_003), is_quoting=is_quoting)
    assert arrived.error is None
    assert arrived.text == body
    assert arrived.stream.lines == 2 * len(LINES) + 1
    assert size <= arrived.stream.longest_line <= size + 65_536


@pytest.mark.parametrize("character", ["\u2028", "\u2029", "\u0085", "\u000b", "\u000c", "😀", "\u00ef\u00bb\u00bf"])
@pytest.mark.parametrize("is_quoting", [False, True], ids=["passing", "quoting"])
def test_no_character_but_a_line_feed_ends_a_line(wire: Wire, character: str, is_quoting: bool) -> None:
    body = (f'{{"event":"a","properties":{{"p":"x{character}y"}}}}\n' * 3).encode()
    arrived = wire.export(wire.body(body, chunk=5), is_quoting=is_quoting)
    assert arrived.error is None
    assert arrived.text == body
    assert arrived.stream.lines == 3


@pytest.mark.parametrize(
    "last",
    [
        b'{"event":"failed","properties":{"error":"no"}}',
        b'{"event":"error","properties":{"time":1,"text":"terminated early"}}',
        b'{"properties":{"error":"x"},"event":"a","error":"y"}',
        b'{"event":"error","properties":{"error":',
        b'["error"]',
        b'"error"',
        b"42",
        b"error",
    ],
)
@pytest.mark.parametrize("is_quoting", [False, True], ids=["passing", "quoting"])
def test_a_last_line_that_is_not_a_notice_of_failure_is_accepted_whatever_it_is(
    wire: Wire, last: bytes, is_quoting: bool
) -> None:
    arrived = wire.export(wire.body(BODY + last + b"\n"), is_quoting=is_quoting)
    assert arrived.error is None
    assert arrived.text == BODY + last + b"\n"


def test_a_notice_of_failure_counts_at_the_end_of_an_export_only(wire: Wire) -> None:
    body = b'terminated early\n{"error":"x"}\n' + BODY
    arrived = wire.export(wire.body(body))
    assert arrived.error is None
    assert arrived.passed == body


def test_a_deeply_nested_last_line_is_accepted(wire: Wire) -> None:
    nested = b"[" * 20_000 + b"]" * 20_000
    body = b'{"event":"a","properties":{"time":1,"p":' + nested + b"}}\n"
    assert wire.export(wire.body(body)).error is None


def test_the_lines_of_an_export_are_counted_as_they_pass(wire: Wire) -> None:
    """So a reader with a limit can stop before the end."""
    wire.answers.append(wire.answer_of(BODY, chunk=len(BODY) // 4))
    stream = wire.call().export(wire.query)
    counts = [stream.lines for _ in stream]
    assert counts == sorted(counts)
    assert 0 < counts[0] < counts[-1] == len(LINES)


Coding = Literal["plain", "gzip", "members"]


def coded(body: bytes, coding: Coding, cuts: list[int]) -> bytes:
    if coding == "plain":
        return body
    if coding == "gzip":
        return gzip.compress(body, 1)
    bounds = [0, *sorted(cut % (len(body) + 1) for cut in cuts), len(body)]
    return b"".join(gzip.compress(body[start:end], 1) for start, end in pairwise(bounds))


@given(
    lines=st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00\x01\x02\r\n")).map(str.encode)),
    form_and_coding=st.sampled_from(
        [*itertools.product(MARKED_FORMS, ["plain"]), *itertools.product(FORMS, ["gzip", "members"])]
    ),
    cuts=st.lists(st.integers(0, 1 << 16), max_size=3),
    chunk=st.integers(8, 512),
)
@settings(max_examples=100)
def test_an_export_of_any_text_is_passed_on_byte_for_byte(
    wire: Wire, lines: list[bytes], form_and_coding: tuple[Form, Coding], cuts: list[int], chunk: int
) -> None:
    form, coding = form_and_coding
    body = b"".join(line + b"\n" for line in [*lines, LINES[0]])
    if body.startswith(b"\xef"):  # a byte order mark is recognised by its first byte
        body = b"\n" + body
    sent = coded(body, coding, cuts)
    arrived = wire.export(wire.body(sent, form, is_gzip=coding != "plain", chunk=chunk))
    assert arrived.error is None
    assert arrived.passed == sent
    assert arrived.stream.lines == body.count(b"\n")
    longest = max(map(len, body.split(b"\n")))
    assert longest <= arrived.stream.longest_line <= longest + 65_536
