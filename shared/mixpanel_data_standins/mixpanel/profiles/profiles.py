"""The profiles of the project's users, and the operations that update them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

MODIFIERS = frozenset({"$token", "$distinct_id", "$ip", "$ignore_time", "$ignore_alias", "$time"})
_ANYWHERE = {"$city": "Dublin", "$region": "Leinster", "$country_code": "IE"}


class Profiles:
    """Properties by distinct id. `writes` counts the applied updates of each id."""

    def __init__(self) -> None:
        self.writes: dict[str, int] = {}
        self._known: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()

    def __getitem__(self, distinct_id: str) -> dict[str, Any]:
        with self._lock:
            return dict(self._known[distinct_id])

    def __contains__(self, distinct_id: str) -> bool:
        return distinct_id in self._known

    def __len__(self) -> int:
        return len(self._known)

    def items(self) -> list[tuple[str, dict[str, Any]]]:
        """Every distinct id with its properties, in the order in which they were first stored."""
        with self._lock:
            return [(distinct_id, dict(profile)) for distinct_id, profile in self._known.items()]

    def put(self, distinct_id: str, properties: Mapping[str, Any]) -> None:
        """Store a profile as it stands, in place of an earlier one."""
        with self._lock:
            self._known[distinct_id] = dict(properties)

    def apply(self, update: Mapping[str, Any], now: datetime) -> None:
        """Apply an update for which `problem_of` returns None."""
        distinct_id = str(update["$distinct_id"])
        with self._lock:
            self.writes[distinct_id] = self.writes.get(distinct_id, 0) + 1
            if "$delete" in update:
                self._known.pop(distinct_id, None)
                return
            profile = self._known.setdefault(distinct_id, {})
            # Unless an update turns this off, Mixpanel takes the caller's location and the current time for the user's.
            if str(update.get("$ip")) != "0":
                profile |= _ANYWHERE
            if not update.get("$ignore_time"):
                profile["$last_seen"] = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
            for name in OPERATIONS.keys() & update.keys():
                OPERATIONS[name](profile, update[name])


def problem_of(update: object) -> tuple[str, str] | None:
    """The first wrong field of an update and the problem with it; None for an update that can be applied."""
    if not isinstance(update, dict):
        return "", "must be an object"
    if not update.get("$token") or not isinstance(update["$token"], str):
        return "$token", "missing or empty"
    if update.get("$distinct_id") in (None, ""):
        return "$distinct_id", "missing or empty"
    operations = update.keys() - MODIFIERS
    if not operations or operations - OPERATIONS.keys() - {"$delete"}:
        return "", f"unknown operation: {sorted(operations)}"
    shape = list if "$unset" in operations else dict
    if any(not isinstance(update[name], shape) for name in operations - {"$delete"}):
        return min(operations), f"must be {'an array' if shape is list else 'an object'}"
    return None


def _set(profile: dict[str, Any], values: Mapping[str, Any]) -> None:
    profile |= values


def _set_once(profile: dict[str, Any], values: Mapping[str, Any]) -> None:
    profile |= {name: value for name, value in values.items() if name not in profile}


def _add(profile: dict[str, Any], values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        profile[name] = profile.get(name, 0) + value


def _append(profile: dict[str, Any], values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        profile[name] = [*profile.get(name, []), value]


def _union(profile: dict[str, Any], values: Mapping[str, Any]) -> None:
    for name, added in values.items():
        kept = profile.get(name, [])
        profile[name] = [*kept, *(value for value in added if value not in kept)]


def _remove(profile: dict[str, Any], values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        profile[name] = [one for one in profile.get(name, []) if one != value]


def _unset(profile: dict[str, Any], names: list[str]) -> None:
    for name in names:
        profile.pop(name, None)


OPERATIONS: Mapping[str, Callable[[dict[str, Any], Any], None]] = {
    "$set": _set,
    "$set_once": _set_once,
    "$add": _add,
    "$append": _append,
    "$union": _union,
    "$remove": _remove,
    "$unset": _unset,
}
