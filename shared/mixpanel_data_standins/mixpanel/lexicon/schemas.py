"""The Lexicon of the project: entries by entity and name, as they were last stored, and its limits of a minute."""

from __future__ import annotations

import copy
import threading
from collections import deque
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

MOST_REQUESTS, MOST_NAMES = 5, 4_000
MINUTE = timedelta(minutes=1)
TYPES = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})

Entry = Mapping[str, Any]


class Schemas:
    """The stored entries. `writes` has the names of each request that stored some, oldest first.

    `is_limited` False: any number of requests and names a minute.
    """

    def __init__(self) -> None:
        self.is_limited = False
        self.writes: list[list[str]] = []
        self.truncations = 0
        self._entries: dict[tuple[str, str], Entry] = {}
        self._recent: deque[tuple[datetime, int]] = deque()
        self._lock = threading.Lock()

    @property
    def entries(self) -> list[Entry]:
        """The entries, in the order in which their names were first stored."""
        with self._lock:
            return copy.deepcopy(list(self._entries.values()))

    @property
    def events(self) -> dict[str, Mapping[str, Any]]:
        """The `schemaJson` of each event by its name."""
        return {entry["name"]: entry["schemaJson"] for entry in self.entries if entry["entityType"] == "event"}

    def write(self, name: str, schema: Mapping[str, Any], entity: str = "event") -> None:
        """Store an entry as a person does in the Lexicon's pages."""
        with self._lock:
            self._entries[entity, name] = {"entityType": entity, "name": name, "schemaJson": copy.deepcopy(schema)}

    def store(self, entries: Iterable[Entry], *, truncate: bool) -> tuple[int, int]:
        """Store entries for which `problem_of` returns None, each in place of the one with its name; with `truncate`
        all others go. Returns how many were stored, and how many went."""
        given = {(entry["entityType"], entry["name"]): entry for entry in entries}
        with self._lock:
            gone = self._entries.keys() - given.keys() if truncate else set()
            for key in gone:
                del self._entries[key]
            self.truncations += truncate
            self._entries |= given
            self.writes.append([name for _, name in given])
        return len(given), len(gone)

    def wait(self, names: int, now: datetime) -> float:
        """Count a request that changes `names` names, and return 0; or return the seconds until it is allowed."""
        with self._lock:
            while self._recent and self._recent[0][0] <= now - MINUTE:
                self._recent.popleft()
            is_full = len(self._recent) >= MOST_REQUESTS or sum(sent for _, sent in self._recent) + names > MOST_NAMES
            if self.is_limited and is_full:
                oldest = self._recent[0][0] if self._recent else now
                return (oldest + MINUTE - now).total_seconds()
            self._recent.append((now, names))
            return 0.0


def names_in(entries: Iterable[Entry]) -> int:
    """How many events and properties the entries name."""
    return sum(1 + len(entry["schemaJson"].get("properties", {})) for entry in entries)


def problem_of(entry: object) -> str | None:
    """The first problem of an entry; None for one that can be stored."""
    if not isinstance(entry, dict) or entry.get("entityType") not in ("event", "profile"):
        return "entityType must be one of event, profile"
    name, schema = entry.get("name"), entry.get("schemaJson")
    if not isinstance(name, str) or not name:
        return "name must be a non-empty string"
    if not isinstance(schema, dict):
        return f"{name}: schemaJson must be an object"
    properties = schema.get("properties", {})
    if not isinstance(properties, dict):
        return f"{name}: properties must be an object"
    return next((f"{name}: {problem}" for each in properties.values() if (problem := _property_problem(each))), None)


def _property_problem(given: object) -> str | None:
    if not isinstance(given, dict):
        return "a property must be an object"
    if not isinstance(given.get("type"), str) or given["type"] not in TYPES:
        return f"type must be one of {', '.join(sorted(TYPES))}"
    return None if isinstance(given.get("description", ""), str) else "description must be a string"
