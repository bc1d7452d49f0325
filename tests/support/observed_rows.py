"""Rows of event_observations for events that are plain dicts, and a way to store them without a run."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from mixpanel_data.warehouse.base import Warehouse
from mixpanel_data.warehouse.statements import Statement
from support.drift_world import START, World, kind_of

_COLUMNS = {
    "day": "DATE",
    "event_name": "STRING",
    "property": "STRING",
    "path": "STRING",
    "type": "STRING",
    "events": "INT64",
    "first_seen": "TIMESTAMP",
    "last_seen": "TIMESTAMP",
    "sampled": "INT64",
    "distinct_values": "INT64",
}
_INSERT = Statement(
    "store observations",
    f"INSERT INTO event_observations ({', '.join(_COLUMNS)}, top_values) SELECT "
    + ", ".join(f"CAST(JSON_VALUE(row, '$.{name}') AS {type_}) AS {name}" for name, type_ in _COLUMNS.items())
    + ", PARSE_JSON(JSON_VALUE(row, '$.top_values')) AS top_values FROM UNNEST(@rows) AS row",
    {"rows": "ARRAY<STRING>"},
)
_SAMPLE = 200
_MOST_STEPS = 3
_LISTED = 20


def store(warehouse: Warehouse, rows: Iterable[Mapping[str, Any]], *, name: str = "store observations") -> None:
    """Insert rows of event_observations."""
    warehouse.transact(name, [_INSERT], rows=[json.dumps(row) for row in rows])


def rows_of(world: World) -> Iterator[dict[str, Any]]:
    """All rows of a world."""
    for name, days in world.events.items():
        for day, events in days.items():
            if events:
                yield from observed(name, START + timedelta(days=day), events)


def observed(name: str, day: date, events: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """The rows of an event's day; the first 200 events are the sample."""
    counts: Counter[tuple[str, str, str]] = Counter()
    sampled: Counter[tuple[str, str, str]] = Counter()
    values: dict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    for number, event in enumerate(events):
        for key, value in event.items():
            place = (key, "", kind_of(value))
            counts[place] += 1
            if number < _SAMPLE:
                for below in set(_below(key, "", value, _MOST_STEPS)):
                    sampled[below[:3]] += 1
                    values[below[:3]][below[3]] += 1
    yield _row(name, day, None, "", "event", len(events), min(len(events), _SAMPLE), None)
    for key, path, kind in counts | sampled:
        place = (key, path, kind)
        is_single = kind not in ("null", "array", "object")
        events_of = sampled[place] if path else counts[place]
        yield _row(name, day, key, path, kind, events_of, sampled[place], values[place] if is_single else None)


def _below(key: str, path: str, value: Any, steps: int) -> Iterator[tuple[str, str, str, str]]:
    yield key, path, kind_of(value), json.dumps(value) if isinstance(value, bool) else str(value)
    if not steps:
        return
    for name, member in value.items() if isinstance(value, dict) else ():
        yield from _below(key, f"{path}.{name}", member, steps - 1)
    for member in value if isinstance(value, list) else ():
        yield from _below(key, f"{path}[*]", member, steps - 1)


def _row(
    name: str,
    day: date,
    key: str | None,
    path: str,
    kind: str,
    events: int,
    sampled: int,
    values: Counter[str] | None,
) -> dict[str, Any]:
    ranked = None if values is None else sorted(values.items(), key=lambda each: (-each[1], each[0]))[:_LISTED]
    return {
        "day": day.isoformat(),
        "event_name": name,
        "property": key,
        "path": path,
        "type": kind,
        "events": events,
        "first_seen": f"{day} 00:00:00+00",
        "last_seen": f"{day} 23:00:00+00",
        "sampled": sampled,
        "distinct_values": None if values is None else len(values),
        "top_values": None if ranked is None else json.dumps([{"value": v, "events": n} for v, n in ranked]),
    }
