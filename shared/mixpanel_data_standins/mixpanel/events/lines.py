"""One line in export format: reads its name and times, and rewrites a field without changing any other byte.

A line is bytes without its newline. The stand-in serves broken lines too, because tests need to see what a reader does
with them.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

DAY_SECONDS = 86_400
# As seconds this would be in the year 5138: from here on `time` counts in milliseconds.
LEAST_MILLISECONDS = 100_000_000_000
MOST_MILLISECONDS = 10**16

# The shape of real exports and of the sample. Matching it is four times as fast as parsing JSON.
_USUAL = re.compile(rb'\{"event": ?"([^"\\]*)", ?"properties": ?\{"time": ?(\d{1,16})[,}]')
_PROCESSED = re.compile(rb'"mp_processing_time_ms": ?(\d{1,16})[,}]')
_DISTINCT_ID = re.compile(rb'"distinct_id"\s*:\s*(?:"([^"\\]*)")?')
_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder(strict=False)


class Reading(NamedTuple):
    """The readable part of a line's name and times.

    `event` is the name in UTF-8, `day` the day of its `time` in days since 1970-01-01 on the clock that `time` is
    written in, `processed_ms` its mp_processing_time_ms (UTC), 0 without one."""

    event: bytes | None
    day: int | None
    processed_ms: int


def read(line: bytes) -> Reading:
    """Name, day and processing time of a line; of a broken line those that are readable."""
    usual = _USUAL.match(line)
    if usual is None:
        return _read_json(line)
    processed = _PROCESSED.search(line)
    return Reading(usual[1], _day(int(usual[2])), int(processed[1]) if processed else 0)


def parse(line: bytes) -> dict[str, object] | None:
    """The line as a JSON object whose numbers are all floats, or None if it is not an object."""
    try:
        row = json.loads(line.decode("utf-8", "replace"), strict=False, parse_int=float)
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) else None


def properties_of(row: Mapping[str, object]) -> dict[str, object]:
    """The properties of a parsed line; empty if it has none."""
    properties = row.get("properties")
    return properties if isinstance(properties, dict) else {}


def seconds_of(time: object) -> float | None:
    """`time`, a number (s or ms) or ISO text, as seconds since 1970 on its own clock; None for anything else."""
    if isinstance(time, str):
        return seconds_of_iso(time)
    if isinstance(time, bool) or not isinstance(time, (int, float)) or not math.isfinite(time):
        return None
    return time / 1000 if abs(time) >= LEAST_MILLISECONDS else float(time)


def seconds_of_iso(text: str) -> float | None:
    """ISO 8601 text as seconds since 1970; text without an offset counts as UTC. None for any other text."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def with_time_in_ms(line: bytes) -> bytes:
    """The line with a `time` in seconds rewritten in milliseconds; ISO text and milliseconds stay as they are."""
    return _with_time(line, lambda seconds: str(round(seconds * 1000)))


def with_iso_time(line: bytes) -> bytes:
    """The line with its `time` as text YYYY-MM-DDTHH:MM:SS on the clock it was written in, without an offset."""
    return _with_time(line, lambda seconds: f'"{_iso(seconds, "seconds")}"')


def with_iso_time_in_ms(line: bytes) -> bytes:
    """The line with its `time` as text YYYY-MM-DDTHH:MM:SS.mmm, on the same clock."""
    return _with_time(line, lambda seconds: f'"{_iso(seconds, "milliseconds")}"')


def with_resolved_id(line: bytes, resolve: Mapping[str, str]) -> bytes:
    """The line as Mixpanel exports it after it merged the ids of a person.

    `distinct_id` becomes the id that `resolve` leads to, `$distinct_id_before_identity` keeps the id as ingested
    (an earlier value stays), `$is_reshuffled` is true."""
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
    """Whether the line could have one of these ids (UTF-8) as its distinct_id: a quick test without false negatives."""
    # The pattern finds an empty id where the id is a number or has escapes; the caller then parses the line.
    return any(not found or found in old_ids for found in _DISTINCT_ID.findall(line))


def final_id(old: str, resolve: Mapping[str, str]) -> str | None:
    """The last id of a chain of merges; None for an id that was never merged, or only with itself."""
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
    except (ValueError, OverflowError):  # ISO text, no time, or a year outside the calendar
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
    """Start and end of a property's value; None without the property, or if the line is broken before it."""
    # Latin-1 decodes each byte to one character, so that positions in the text are positions in the line.
    text = line.decode("latin-1")
    try:
        for member, start, _ in _members(text, _skip_space(text, 0)):
            if member == "properties" and text[start] == "{":
                return next(((a, b) for key, a, b in _members(text, start) if key == name), None)
    except (ValueError, IndexError, RecursionError):
        pass
    return None


def _members(text: str, at: int) -> Iterator[tuple[str, int, int]]:
    """Name, start and end of value of each member of the JSON object at `at`; ValueError or IndexError if broken."""
    if text[at] != "{":
        raise ValueError("not an object")
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
