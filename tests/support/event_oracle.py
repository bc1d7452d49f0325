"""The collector's tables, computed from the exported lines in plain Python, independently of the library.

The rules: which lines are events, which events are the same, and which of several copies stands.
"""

import hashlib
import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST, END = datetime(1960, 1, 1, tzinfo=UTC), datetime(2160, 1, 1, tzinfo=UTC)
SET_BY_MIXPANEL = {
    "distinct_id",
    "$distinct_id_before_identity",
    "$is_reshuffled",
    "$preshuffle_distinct_id",
    "time",
}
ALL_TIME = (FIRST, END)
UTC_ZONE = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Event:
    """A row of mixpanel_events; `properties` as canonical JSON, without `time` and `distinct_id`."""

    event_id: str
    event_timestamp: datetime
    event_name: str
    distinct_id: str | None
    properties: str
    mp_processing_time_ms: int | None

    @property
    def minute(self) -> tuple[datetime, str]:
        """The row of event_minutes that counts it."""
        return self.event_timestamp.replace(second=0, microsecond=0), self.event_name

    @property
    def day(self) -> tuple[str, str]:
        """The day and name under which event_arrivals counts it."""
        return self.event_timestamp.date().isoformat(), self.event_name


class NoEventError(ValueError):
    """A line is not an event; the text is the reason that the table keeps."""


def canonical(value: object) -> str:
    """JSON with sorted keys and no white space."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def of_64_bits(value: object) -> Any:
    """A JSON value as GoogleSQL stores it: integers beyond 64 bits become doubles."""
    return json.loads(json.dumps(value), parse_int=_integer)


def without_clock(properties: Mapping[str, object]) -> str:
    """Properties for comparison, without `time` and `distinct_id`, which have columns of their own."""
    return canonical({key: value for key, value in properties.items() if key not in ("time", "distinct_id")})


def text_of(line: bytes) -> str:
    """A line as text, with replacement characters for bytes that are not UTF-8."""
    return line.decode(errors="replace")


def lines_of(body: bytes) -> list[bytes]:
    """The lines of a body, split at 0x0A only, without blank ones."""
    return [line for line in body.split(b"\n") if line.strip()]


def read(line: bytes, zone: ZoneInfo = UTC_ZONE) -> tuple[Event, dict[str, object]]:
    """The event of a line, and its properties as exported. Raises NoEventError."""
    document = _parsed(text_of(line))
    name = document.get("event") if isinstance(document, dict) else None
    properties = document.get("properties") if isinstance(document, dict) else None
    if not isinstance(name, str) or not name:
        raise NoEventError("event is not a name")
    if not isinstance(properties, dict):
        raise NoEventError("properties is not an object")
    clock = _clock(properties.get("time"))
    processed = _number(properties.get("mp_processing_time_ms"))
    processing_ms = None if processed is None or abs(processed) >= 1e14 else round(processed)
    person = _scalar(properties.get("distinct_id"))
    event = Event(
        event_id=_event_id(name, clock, properties),
        event_timestamp=_instant(clock, zone, processing_ms),
        event_name=name,
        distinct_id=person,
        properties=without_clock(properties),
        mp_processing_time_ms=processing_ms,
    )
    return event, properties


def resolved(line: bytes, resolve: Mapping[str, str]) -> bytes:
    """A line as Mixpanel serves it once ids were merged: a known id becomes the one that `resolve` leads to."""
    try:
        document = json.loads(line)
        properties = document["properties"]
        old = person = properties["distinct_id"]
    except (ValueError, TypeError, KeyError):
        return line
    seen = {person}
    while (following := resolve.get(person)) is not None and following not in seen:
        person = following
        seen.add(person)
    if person == old:
        return line
    merged = {"$distinct_id_before_identity": old, **properties, "distinct_id": person}
    if "$distinct_id_before_identity" not in properties:
        merged["$is_reshuffled"] = True
    return canonical({**document, "properties": merged}).encode()


def events_of(
    lines: Iterable[bytes],
    *,
    zone: ZoneInfo = UTC_ZONE,
    window: tuple[datetime, datetime] = ALL_TIME,
    is_enabled: Callable[[str], bool] = lambda _name: True,
) -> dict[str, Event]:
    """The rows of mixpanel_events by event_id, after one run over all these lines."""
    winners: dict[str, tuple[tuple[int, str, str], Event]] = {}
    for line in lines:
        try:
            event, properties = read(line, zone)
        except NoEventError:
            continue
        if "$warehouse_import_id" in properties or not is_enabled(event.event_name):
            continue
        if not window[0] <= event.event_timestamp < window[1]:
            continue
        processing_ms = -1 if event.mp_processing_time_ms is None else event.mp_processing_time_ms
        rank = processing_ms, event.distinct_id or "", canonical(properties)
        if event.event_id not in winners or rank > winners[event.event_id][0]:
            winners[event.event_id] = rank, event
    return {event_id: event for event_id, (_, event) in winners.items()}


def minutes_of(events: Iterable[Event]) -> dict[tuple[datetime, str], int]:
    """The number of events of each minute and name."""
    return dict(Counter(event.minute for event in events))


def rejected_of(lines: Iterable[bytes]) -> dict[str, str]:
    """The reason for each line that is not an event, by the line's text."""
    rejected: dict[str, str] = {}
    for line in lines:
        try:
            read(line)
        except NoEventError as error:
            rejected[text_of(line)] = str(error)
    return rejected


def sha256(text: str) -> str:
    """Lower-case hex SHA-256 of text in UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()


def _parsed(text: str) -> object:
    def no_constant(name: str) -> None:
        raise ValueError(f"{name} is not JSON")

    try:
        return json.loads(text, object_pairs_hook=_first_of_each, parse_int=_integer, parse_constant=no_constant)
    except (ValueError, RecursionError) as error:
        raise NoEventError("not valid JSON") from error


def _first_of_each(members: list[tuple[str, object]]) -> dict[str, object]:
    """An object as GoogleSQL reads it: a repeated key has its first value."""
    return dict(reversed(members))


def _integer(digits: str) -> int | float:
    number = int(digits)
    return number if -(2**63) <= number < 2**64 else float(digits)


def _scalar(value: object) -> str | None:
    """The text of a scalar, as JSON_VALUE returns it; None for any other value."""
    if value is None or isinstance(value, (dict, list)):
        return None
    return value if isinstance(value, str) else json.dumps(value)


def _number(value: object) -> float | None:
    text = _scalar(value)
    try:
        return None if text is None else float(text)
    except ValueError:
        return None


def _clock(value: object) -> timedelta:
    """The time that `time` shows, since 1970 on its own clock, from seconds, milliseconds or ISO 8601 text."""
    text, number = _scalar(value), _number(value)
    if text is None:
        raise NoEventError("time is missing")
    if number is None:
        clock = _iso(text)
    elif not math.isfinite(number) or abs(number) >= 1e13:
        raise NoEventError("time is neither a number nor ISO 8601")
    else:
        clock = timedelta(microseconds=round(number * (1e6 if abs(number) < 1e10 else 1e3)))
    if not FIRST <= EPOCH + clock < END:
        raise NoEventError("time is not from 1960 to 2159")
    return clock


def _iso(text: str) -> timedelta:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise NoEventError("time is neither a number nor ISO 8601") from error
    return at.replace(tzinfo=at.tzinfo or UTC) - EPOCH


def _instant(clock: timedelta, zone: ZoneInfo, processing_ms: int | None) -> datetime:
    """The instant at which the zone's clock shows this; in a repeated hour the second, if stored after it."""
    shown = (EPOCH + clock).replace(tzinfo=zone)
    first, second = (shown.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    is_repeated = first < second
    if is_repeated and processing_ms is not None and EPOCH + timedelta(milliseconds=processing_ms) >= second:
        return second
    return first


def _event_id(name: str, clock: timedelta, properties: Mapping[str, object]) -> str:
    before, now = (_scalar(properties.get(key)) for key in ("$distinct_id_before_identity", "distinct_id"))
    ingested = before if before is not None else now
    mark = _scalar(properties.get("$insert_id")) or _sent(properties)
    return sha256("\x1f".join([name, str(clock // timedelta(seconds=1)), mark, ingested or ""]))


def _sent(properties: Mapping[str, object]) -> str:
    """The properties that the sender set, which identify an event without $insert_id."""
    return canonical(
        {
            key: value
            for key, value in properties.items()
            if key not in SET_BY_MIXPANEL and not key.startswith(("$mp_", "mp_"))
        }
    )
