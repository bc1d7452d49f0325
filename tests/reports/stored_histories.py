"""Histories in a warehouse, and reports over them beside those of plain Python."""

import json
import math
import uuid
from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import Any, TypeVar

from mixpanel_data.configuration.reports.definitions import Report
from mixpanel_data.reports.relations.asking import Asking, Frozen, Saved
from mixpanel_data.reports.relations.sources import collected
from mixpanel_data.warehouse.base import Warehouse
from mixpanel_data.warehouse.statements import Statement
from support.reports.answers import answer
from support.reports.events import Event, Row, World

_REPLACE = (
    Statement(
        "no events",
        "DELETE FROM mixpanel_events WHERE event_timestamp >= TIMESTAMP '0001-01-01'"
        " AND event_timestamp < TIMESTAMP '9999-01-01'",
    ),
    Statement("no clusters", "DELETE FROM current_identity_graph WHERE TRUE"),
    Statement(
        "events",
        "INSERT INTO mixpanel_events (event_timestamp, inserted_at, event_name, properties, distinct_id, event_id)"
        " SELECT TIMESTAMP_MICROS(CAST(JSON_VALUE(one, '$.micros') AS INT64)), TIMESTAMP '2030-01-01',"
        " JSON_VALUE(one, '$.name'), JSON_QUERY(one, '$.properties'), JSON_VALUE(one, '$.user'),"
        " JSON_VALUE(one, '$.event_id') FROM UNNEST(JSON_QUERY_ARRAY(PARSE_JSON(@events))) AS one",
        {"events": "STRING"},
    ),
    Statement(
        "clusters",
        "INSERT INTO current_identity_graph (cluster_id, ids, size)"
        " SELECT JSON_VALUE(one, '$.cluster'), JSON_VALUE_ARRAY(one, '$.ids'), CAST(JSON_VALUE(one, '$.size') AS INT64)"
        " FROM UNNEST(JSON_QUERY_ARRAY(PARSE_JSON(@clusters))) AS one",
        {"clusters": "STRING"},
    ),
    Statement("no members", "DELETE FROM segment_members WHERE TRUE"),
    Statement(
        "members",
        "INSERT INTO segment_members (name, version, user_id)"
        " SELECT JSON_VALUE(one, '$.name'), 'v', JSON_VALUE(one, '$.user')"
        " FROM UNNEST(JSON_QUERY_ARRAY(PARSE_JSON(@members))) AS one",
        {"members": "STRING"},
    ),
)

D = TypeVar("D", bound=Report)


def store(events: Sequence[Event], world: World, warehouse: Warehouse) -> None:
    """Let the dataset hold these events, the world's identity graph and its frozen segments, and no others."""
    rows = [
        {
            "micros": round(event.time.timestamp() * 1_000_000),
            "name": event.name,
            "user": event.user,
            "event_id": event.event_id,
            "properties": dict(event.properties),
        }
        for event in events
    ]
    clusters = [{"cluster": name, "ids": list(ids), "size": len(ids)} for name, ids in world.clusters.items()]
    frozen = [
        {"name": name, "user": user}
        for name, saved in world.saved.items()
        if isinstance(saved, frozenset)
        for user in sorted(saved)
    ]
    warehouse.transact(
        f"history-{uuid.uuid4().hex}",
        _REPLACE,
        events=json.dumps(rows),
        clusters=json.dumps(clusters),
        members=json.dumps(frozen),
    )


def stored_segments(world: World) -> dict[str, Saved]:
    """What the names of segments stand for where the world is stored."""
    return {name: Frozen(name, "v") if isinstance(saved, frozenset) else saved for name, saved in world.saved.items()}


def both(
    report: Callable[[D, Asking], dict[str, Any]],
    definition: D,
    world: World,
    events: Sequence[Event],
    warehouse: Warehouse,
) -> list[tuple[Row, Row]]:
    """The figures of each period and segment: those of plain Python, and those of the report over the stored events."""
    found = []
    for part in answer(definition, events, world):
        expected = dict(part)
        days = {name: expected.pop(name) for name in ("from_date", "to_date")}
        place = expected.pop("segment")
        asking = Asking(
            source=collected(warehouse),
            zone=definition.zone or world.zone,
            now=world.now,
            as_of=world.as_of or world.now,
            by=definition.by,
            segment=definition.segment if place is None else definition.segments[place],
            saved=stored_segments(world),
        )
        found.append((expected, report(definition.model_copy(update=days), asking)))
    return found


def is_alike(one: object, other: object) -> bool:
    """Whether two figures are equal: floats but for the last of their digits, everything else exactly."""
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-12)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(is_alike(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(is_alike, one, other))
    return type(one) is type(other) and one == other


def differences(found: Sequence[Row], expected: Sequence[Row]) -> list[str]:
    """Where the parts of an answer are not as expected, row by row; a whole number may be an integer or a float."""
    return [
        f"{name}: {one} instead of {other}"
        for part, wanted in zip(found, expected, strict=True)
        for name in part.keys() | wanted.keys()
        for one, other in zip_longest(_listed(part.get(name)), _listed(wanted.get(name)))
        if not _is_close(one, other)
    ]


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _is_close(one: object, other: object) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_is_close(one[name], other[name]) for name in one)
    if isinstance(one, float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=1e-12)
    return one == other
