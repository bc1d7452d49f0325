"""The `$merge` events of the project, of which a repeated one is kept once."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from datetime import datetime
from typing import Any

FORBIDDEN = frozenset(
    {
        *("", "00000000-0000-0000-0000-000000000000", "anon", "anonymous", "nil", "none", "null", "n/a", "na"),
        *("undefined", "unknown", "<nil>", "0", "-1", "true", "false", "[]", "{}"),
    }
)
_INSERT_ID = re.compile(r"[A-Za-z0-9-]{1,36}\Z")
_EARLIEST_MS = 31_536_000_000  # 1971-01-01
_LEAST_MS = 100_000_000_000  # a smaller number is in seconds
_AHEAD_MS = 3_600_000


class Merges:
    """The stored merges, oldest first. `received` counts what arrived of each `$insert_id`, repeats too."""

    def __init__(self) -> None:
        self.received: dict[str, int] = {}
        self._events: dict[tuple[object, ...], Mapping[str, Any]] = {}
        self._lock = threading.Lock()

    @property
    def events(self) -> list[Mapping[str, Any]]:
        """The properties of the merges."""
        with self._lock:
            return list(self._events.values())

    @property
    def pairs(self) -> list[tuple[str, ...]]:
        """The ids of the merges."""
        return [tuple(properties["$distinct_ids"]) for properties in self.events]

    def __len__(self) -> int:
        return len(self._events)

    def add(self, properties: Mapping[str, Any]) -> None:
        """Store an event for which `problem_of` returns None; one with the same id, time and user is the same event."""
        insert_id = properties["$insert_id"]
        with self._lock:
            self.received[insert_id] = self.received.get(insert_id, 0) + 1
            self._events.setdefault((insert_id, properties["time"], properties["distinct_id"]), properties)


def problem_of(event: object, token: str, now: datetime) -> tuple[str, str] | None:
    """The first wrong field of an event and the problem with it; None for a merge that can be stored."""
    properties = event.get("properties") if isinstance(event, dict) else None
    if not isinstance(event, dict) or not isinstance(properties, dict):
        return "", "must be an object with properties"
    if event.get("event") != "$merge":
        return "event", "the stand-in takes $merge only"
    if not _is_time(properties.get("time"), now):
        return "properties.time", "'properties.time' is invalid: must be specified as seconds since epoch"
    if not isinstance(properties.get("distinct_id"), str):
        return "properties.distinct_id", "'properties.distinct_id' is invalid: must be present"
    if not _is_insert_id(properties.get("$insert_id")):
        return "properties.$insert_id", "'properties.$insert_id' is invalid"
    if properties.get("token", token) != token:
        return "properties.token", "'properties.token' is invalid"
    if not _is_pair(properties.get("$distinct_ids")):
        return "properties.$distinct_ids", "'properties.$distinct_ids' is invalid: must be two ids"
    return None


def _is_time(time: object, now: datetime) -> bool:
    if isinstance(time, bool) or not isinstance(time, (int, float)):
        return False
    time_ms = time if time >= _LEAST_MS else time * 1000
    return _EARLIEST_MS <= time_ms <= now.timestamp() * 1000 + _AHEAD_MS


def _is_insert_id(insert_id: object) -> bool:
    return isinstance(insert_id, str) and bool(_INSERT_ID.match(insert_id)) and insert_id not in FORBIDDEN


def _is_pair(ids: object) -> bool:
    if not isinstance(ids, list) or len(ids) != 2:
        return False
    return all(isinstance(one, str) and one.strip().lower() not in FORBIDDEN for one in ids)
