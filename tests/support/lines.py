"""Lines as Mixpanel exports them, written as a test wants to read them."""

import json
from datetime import UTC, datetime
from typing import Any

NOW = datetime(2040, 3, 15, 12, tzinfo=UTC)
"""The world's present. It lies ahead because an engine forgets old rejected lines by the clock on the wall."""


def seconds(at: str) -> int:
    """ISO 8601 text, UTC, as seconds since 1970."""
    return int(datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp())


def event(
    name: str = "Purchase",
    at: str = "2040-03-14 10:00:00",
    person: str | None = "ann",
    mark: str | None = "m1",
    stored: str | None = None,
    **properties: Any,
) -> bytes:
    """One line: `mark` is its $insert_id, `stored` when Mixpanel stored it (by default as it happened)."""
    own: dict[str, object] = {"time": seconds(at)}
    if person is not None:
        own["distinct_id"] = person
    if mark is not None:
        own["$insert_id"] = mark
    own["mp_processing_time_ms"] = seconds(stored or at) * 1000
    return raw(name, {**own, **properties})


def raw(name: object, properties: object) -> bytes:
    """One line with these properties and no others."""
    return json.dumps({"event": name, "properties": properties}, separators=(",", ":"), ensure_ascii=False).encode()
