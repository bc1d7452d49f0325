"""Lines of an export, written the way a test wants to read them."""

import json
from datetime import UTC, datetime
from typing import Any

NOW = datetime(2040, 3, 15, 12, tzinfo=UTC)
"""The present of every world. It lies in the future, because an engine deletes old rejected lines by the real time."""


def utc(at: str) -> datetime:
    """The time that an ISO 8601 text shows in UTC."""
    return datetime.fromisoformat(at).replace(tzinfo=UTC)


def seconds(at: str) -> int:
    """Seconds since 1970 of an ISO 8601 text in UTC."""
    return int(utc(at).timestamp())


def event(
    name: str = "Purchase",
    at: str = "2040-03-14 10:00:00",
    person: str | None = "ann",
    mark: str | None = "m1",
    stored: str | None = None,
    **properties: Any,
) -> bytes:
    """One line; `mark` is its $insert_id, `stored` the time at which Mixpanel stored it, by default `at`."""
    own: dict[str, object] = {"time": seconds(at)}
    if person is not None:
        own["distinct_id"] = person
    if mark is not None:
        own["$insert_id"] = mark
    own["mp_processing_time_ms"] = seconds(stored or at) * 1000
    return line_of(name, {**own, **properties})


def line_of(name: object, properties: object) -> bytes:
    """One line with exactly these properties."""
    return json.dumps({"event": name, "properties": properties}, separators=(",", ":"), ensure_ascii=False).encode()
