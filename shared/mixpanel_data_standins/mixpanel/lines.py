"""One line in export format: what it says of itself, and changes that leave every other byte as it was.

A line is bytes without its newline. It may be broken: then it is served all the same, because what a
reader does with broken lines is what a stand-in is for.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

DAY_SECONDS = 86_400
# Seconds this large would lie in the year 5138: such a `time` counts in milliseconds.
LEAST_MILLISECONDS = 100_000_000_000
MOST_MILLISECONDS = 10**16

# The shape that exports and the sample data have, read without a JSON parser: four times as fast.
_USUAL = re.compile(rb'\{"event": ?"([^"\\]*)", ?"properties": ?\{"time": ?(\d{1,16})[,}]')
_PROCESSED = re.compile(rb'"mp_processing_time_ms": ?(\d{1,16})[,}]')
_DISTINCT_ID = re.compile(rb'"distinct_id"\s*:\s*(?:"([^"\\]*)")?')
_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder(strict=False)


class Reading(NamedTuple):
    """What a line says of itself, as far as it can be read.

    `event` is the name in UTF-8, `day` the day of its `time` in days since 1970-01-01 on the clock that
    `time` is written in, `processed_ms` is mp_processing_time_ms (UTC), 0 when there is none."""

    event: bytes | None
    day: int | None
    processed_ms: int


def read(line: bytes) -> Reading:
    """Name, day and processing time of a line; of a broken one whatever can be made out."""
    usual = _USUAL.match(line)
    if usual is None:
        return _read_json(line)
    processed = _PROCESSED.search(line)
    return Reading(usual[1], _day(int(usual[2])), int(processed[1]) if processed else 0)


def parse(line: bytes) -> dict[str, object] | None:
    """The line as a JSON object whose numbers are all floats, or None if it is none."""
    try:
        row = json.loads(line.decode("utf-8", "replace"), strict=False, parse_int=float)
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) else None


def properties_of(row: Mapping[str, object]) -> dict[str, object]:
    """The properties of a parsed line; empty when it has none."""
    properties = row.get("properties")
    return properties if isinstance(properties, dict) else {}


def seconds_of(time: object) -> float | None:
    """`time`, a number (s or ms) or ISO text, as seconds since 1970 on its own clock; None if neither."""
    if isinstance(time, str):
        return seconds_of_iso(time)
    if isinstance(time, bool) or not isinstance(time, (int, float)) or not math.isfinite(time):
        return None
    return time / 1000 if abs(time) >= LEAST_MILLISECONDS else float(time)


def seconds_of_iso(text: str) -> float | None:
    """ISO 8601 text as seconds since 1970; without a zone it is taken as it stands, with one in UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def with_time_in_ms(line: bytes) -> bytes:
    """The line with a `time` of seconds written in milliseconds; ISO text and milliseconds stay."""
    return _with_time(line, lambda seconds: str(round(seconds * 1000)))


def with_iso_time(line: bytes) -> bytes:
    """The line with its `time` as text YYYY-MM-DDTHH:MM:SS on the clock it was written in, without a zone."""
    return _with_time(line, lambda seconds: f'"{_iso(seconds, "seconds")}"')


def with_iso_time_in_ms(line: bytes) -> bytes:
    """The line with its `time` as text YYYY-MM-DDTHH:MM:SS.mmm, likewise."""
    return _with_time(line, lambda seconds: f'"{_iso(seconds, "milliseconds")}"')


def with_resolved_id(line: bytes, resolve: Mapping[str, str]) -> bytes:
    """The line as it reads once its person's ids were merged.

    `distinct_id` becomes the id that `resolve` leads to, `$distinct_id_before_identity` keeps the one as
    ingested (an earlier one is not overwritten), `$is_reshuffled` is true."""
    span = _property_span(line, "distinct_id")
    if span is None:
        return line
    old = line[slice(*span)]
    new = final_id(_id_of(old), resolve)
    if new is None:
        return line
    kept = b"" if _property_span(line, "$distinct_id_before_identity") else _before_identity(old)
    return line[: span[0]] + json.dumps(new).encode() + kept + line[span[1] :]


def may_change(line: bytes, old_ids: frozenset[bytes]) -> bool:
    """Whether the line could have one of these ids (UTF-8) as its distinct_id: quick, never a false no."""
    # An id that is no plain string (a number, one with escapes) is matched as empty and looked at in full.
    return any(not found or found in old_ids for found in _DISTINCT_ID.findall(line))


def final_id(old: str, resolve: Mapping[str, str]) -> str | None:
    """Where a chain of merges leads; None when the id was never merged, or only with itself."""
    seen = {old}
    current = old
    while (following := resolve.get(current)) is not None and following not in seen:
        seen.add(following)
        current = following
    return None if current == old else current


def _read_json(line: bytes) -> Reading:
    row = parse(line)
    if row is None:
        return Reading(None, None, 0)
    properties, event = properties_of(row), row.get("event")
    seconds, processed = seconds_of(properties.get("time")), properties.get("mp_processing_time_ms")
    return Reading(
        event.encode("utf-8", "surrogatepass") if isinstance(event, str) else None,
        None if seconds is None else math.floor(seconds / DAY_SECONDS),
        int(processed) if isinstance(processed, float) and abs(processed) < MOST_MILLISECONDS else 0,
    )


def _day(time: int) -> int:
    return time // (DAY_SECONDS * 1000 if time >= LEAST_MILLISECONDS else DAY_SECONDS)


def _with_time(line: bytes, write: Callable[[float], str]) -> bytes:
    usual = _USUAL.match(line)
    span = usual.span(2) if usual else _property_span(line, "time")
    if span is None:
        return line
    number = line[slice(*span)]
    try:
        return line[: span[0]] + write(_seconds_in(number)).encode() + line[span[1] :]
    except (ValueError, OverflowError):  # ISO text, no time at all, or a year that no calendar has
        return line


def _seconds_in(number: bytes) -> float:
    seconds = seconds_of(float(number))
    if seconds is None:
        raise ValueError("not finite")
    return seconds


def _iso(seconds: float, precision: str) -> str:
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None).isoformat(timespec=precision)


def _id_of(json_value: bytes) -> str:
    value = json.loads(json_value.decode("utf-8", "replace"), strict=False)
    return value if isinstance(value, str) else json_value.decode("ascii", "replace")


def _before_identity(old: bytes) -> bytes:
    return b',"$distinct_id_before_identity":' + old + b',"$is_reshuffled":true'


def _property_span(line: bytes, name: str) -> tuple[int, int] | None:
    """Where the value of a property begins and ends; None if there is none, or the line is broken before."""
    # Latin-1 gives one character for each byte, so that positions in the text are positions in the line.
    text = line.decode("latin-1")
    try:
        for member, start, _ in _members(text, _skip_space(text, 0)):
            if member == "properties" and text[start] == "{":
                return next(((a, b) for key, a, b in _members(text, start) if key == name), None)
    except (ValueError, IndexError, RecursionError):
        pass
    return None


def _members(text: str, at: int) -> Iterator[tuple[str, int, int]]:
    """Name and value's span of each member of the JSON object at `at`; ValueError, IndexError if broken."""
    if text[at] != "{":
        raise ValueError("no object")
    at = _skip_space(text, at + 1)
    while text[at] != "}":
        name, at = _DECODER.raw_decode(text, at)
        start = _skip_space(text, _skip_space(text, at) + 1)
        _, end = _DECODER.raw_decode(text, start)
        yield name, start, end
        at = _skip_space(text, end)
        at = _skip_space(text, at + 1) if text[at] == "," else at


def _skip_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at
