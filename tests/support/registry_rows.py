"""Rows of the registry as a run leaves them, for tests of what reads them; what a test does not name is ordinary."""

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from mixpanel_data.warehouse.tables import TABLES
from support.engines import Engine, opened
from support.source_tables import add_rows

SEEN = "2024-03-01 10:00:00+00"
_TEXTS_IN_ARRAY = {"STRING": "VARCHAR[]"}

_ORDINARY: Mapping[str, Mapping[str, Any]] = {
    "event_registry": {
        "status": "active",
        "base_name": "",
        "first_seen": SEEN,
        "last_seen": SEEN,
        "events": 10,
        "days": 1,
        "properties": 2,
        "updated_at": SEEN,
    },
    "event_properties": {
        "path": "",
        "status": "active",
        "type": "string",
        "types": {"string": 10},
        "events": 10,
        "share": 1.0,
        "null_share": 0.0,
        "first_seen": SEEN,
        "last_seen": SEEN,
        "updated_at": SEEN,
    },
    "property_dictionary": {
        "role": "property",
        "type": "string",
        "types": {"string": 10},
        "event_names": [],
        "events": 10,
        "conflicts": [],
        "first_seen": SEEN,
        "last_seen": SEEN,
        "updated_at": SEEN,
    },
    "schema_changes": {
        "day": "2024-03-01",
        "kind": "type_changed",
        "path": "",
        "before": "integer",
        "after": "integer|string",
        "is_breaking": True,
        "evidence": {},
        "detected_at": SEEN,
        "run_id": "r1",
    },
    "schema_violations": {
        "day": "2024-03-01",
        "path": "",
        "rule": "type",
        "expected": "number",
        "events": 3,
        "is_sampled": False,
        "first_seen": SEEN,
        "last_seen": SEEN,
        "examples": [],
        "versions": {},
    },
}


def add(engine: Engine, table: str, *rows: Mapping[str, Any]) -> None:
    """Insert rows of these columns; the rest is ordinary."""
    with opened(engine) as warehouse:
        warehouse.tables()
    columns = {
        column.name: _TEXTS_IN_ARRAY[column.type] if column.is_array else column.type
        for column in TABLES[table].columns
    }
    add_rows(engine, table, columns, [_whole(table, row) for row in rows])


def _whole(table: str, row: Mapping[str, Any]) -> dict[str, Any]:
    whole = {**_ORDINARY.get(table, {}), **row}
    if table == "event_registry":
        whole["base_name"] = whole["base_name"] or whole["event_name"]
    if table == "schema_changes":
        whole.setdefault("change_id", sha256(json.dumps(whole, default=str).encode()).hexdigest())
    return whole


def names(items: Sequence[Mapping[str, Any]], column: str = "event_name") -> list[Any]:
    """One column of the items of a page."""
    return [item[column] for item in items]
