"""The events of some days as queries see them: without duplicates, with resolved ids, on the project's wall clock."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from mixpanel_data_standins.mixpanel.events import lines
from mixpanel_data_standins.mixpanel.project import Behaviour, Project, day_number

EPOCH = datetime(1970, 1, 1)
EVER = date.min, date.max
_DECODER = json.JSONDecoder(strict=False)

Clock = Callable[[float], datetime]


@dataclass(frozen=True, slots=True)
class Occurrence:
    """An event: its name, its time on the project's wall clock, its user (None for an event of nobody), its properties.

    The properties are those of the line that the export serves, with the resolved `distinct_id`."""

    event: str
    at: datetime
    user: str | None
    properties: Mapping[str, Any]


def occurrences(
    project: Project, days: tuple[date, date] = EVER, events: Iterable[str] | None = None, *, resolved: bool = True
) -> list[Occurrence]:
    """The visible events of these days (both included) and names (None: any), in the order of their times.

    Of events with the same name, time, user and `$insert_id`, the one that was processed last counts. Without
    `resolved` an event keeps the id that it was sent with."""
    clock = _clock(project.behaviour)
    merged = dict(project.resolve) if resolved else {}
    kept: dict[object, tuple[float, Occurrence]] = {}
    for number, line in enumerate(_lines(project, days, events)):
        found = _occurrence(line, clock, merged)
        if found is None or not days[0] <= found.at.date() <= days[1]:
            continue
        insert_id, processed = found.properties.get("$insert_id"), _processed(found)
        key = (found.event, found.at, found.user, insert_id) if isinstance(insert_id, str) else number
        if key not in kept or processed >= kept[key][0]:
            kept[key] = processed, found
    return sorted((one for _, one in kept.values()), key=lambda one: one.at)


def local_now(project: Project) -> datetime:
    """The current time on the project's wall clock, without an offset."""
    return project.now().astimezone(zone(project)).replace(tzinfo=None)


def zone(project: Project) -> ZoneInfo:
    """The zone in which queries count days, whatever the basis of `time`."""
    return ZoneInfo(project.behaviour.timezone)


def by_user(found: Iterable[Occurrence]) -> dict[str, list[Occurrence]]:
    """The events of each user, in the same order; those of nobody are left out."""
    users: dict[str, list[Occurrence]] = {}
    for one in found:
        if one.user is not None:
            users.setdefault(one.user, []).append(one)
    return users


def _lines(project: Project, days: tuple[date, date], events: Iterable[str] | None) -> Iterator[bytes]:
    # Queries see a row as soon as it is processed; only exports lag behind.
    until_ms = project.now().timestamp() * 1000 if project.behaviour.rows_wait else float("inf")
    selection = project.store.selection(events, until_ms)
    # The store's days are those of `time`, which can differ by one from those of the wall clock.
    for segment in project.store.between(day_number(days[0]) - 1, day_number(days[1]) + 1):
        if not selection.misses(segment):
            yield from segment.lines(selection)


def _occurrence(line: bytes, clock: Clock, merged: Mapping[str, str]) -> Occurrence | None:
    try:
        row = _DECODER.decode(line.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(row, dict) or not isinstance(row.get("event"), str):
        return None
    properties = lines.properties_of(row)
    seconds = lines.seconds_of(properties.get("time"))
    try:
        at = None if seconds is None else clock(seconds)
    except (ValueError, OverflowError, OSError):  # a year outside the calendar
        return None
    user = id_of(properties.get("distinct_id"))
    final = lines.final_id(user, merged) if user is not None else None
    if final is not None:
        user, properties = final, {**properties, "distinct_id": final}
    return None if at is None else Occurrence(row["event"], at, user, properties)


def id_of(value: object) -> str | None:
    """A distinct id as text; None for a missing or empty one."""
    if value in (None, ""):
        return None
    return value if isinstance(value, str) else json.dumps(value)


def _clock(behaviour: Behaviour) -> Clock:
    if behaviour.time_basis == "project":
        return lambda seconds: EPOCH + timedelta(seconds=seconds)
    here = ZoneInfo(behaviour.timezone)
    return lambda seconds: datetime.fromtimestamp(seconds, here).replace(tzinfo=None)


def _processed(found: Occurrence) -> float:
    processed = found.properties.get("mp_processing_time_ms")
    return processed if isinstance(processed, (int, float)) else 0
