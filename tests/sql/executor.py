"""A warehouse whose statements run in Google's executor: reports as BigQuery's own language answers them."""

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, cast

from mixpanel_data.reports.relations.asking import Asking
from mixpanel_data.reports.relations.sources import Source, collected
from mixpanel_data.warehouse.base import Value, Warehouse
from mixpanel_data.warehouse.bigquery.kept import kept
from mixpanel_data.warehouse.statements import Statement
from reports.histories import Past
from reports.stored_histories import stored_segments
from sql.library import relations, used
from sql.zetasql_engine import Relations, Row, Rows, select
from support.reports.events import Event, World

FETCHED: Relations = {
    "events_of_source": {
        "event_name": "STRING",
        "event_time": "DATETIME",
        "distinct_id": "STRING",
        "insert_id": "STRING",
        "properties": "STRING",
    }
}
"""A table of somebody's own, with times and properties of the other types, by the name that statements have for it."""


@dataclass
class Executor:
    """The rows of tables, and every statement that was run over them."""

    tables: Rows
    ran: list[Statement] = field(default_factory=list)

    @contextlib.contextmanager
    def stream(self, statement: Statement, **parameters: Value) -> Iterator[list[Row]]:
        """The rows of a SELECT, JSON decoded as a warehouse does it."""
        own = replace(statement, undeclared={})
        self.ran.append(own)
        known = used(own, {**relations(), **FETCHED})
        columns, rows = select(kept(own.on({})), known, self.tables, own.parameters, parameters)
        yield [{name: _decoded(row[name], columns[name]) for name in columns} for row in rows]


def asked_of(executor: Executor, world: World, *, is_fetched: bool = False) -> Asking:
    """The same question as that of a warehouse on BigQuery."""
    source = collected(cast(Warehouse, executor))
    if is_fetched:
        (relation,) = FETCHED
        own = {"table": "theirs", "relation": relation, "time": "event_time", "identity": "insert_id"}
        source = Source(source.warehouse, **own, is_datetime=True, is_text=True)
    return Asking(source, world.zone, world.now, world.as_of or world.now, saved=stored_segments(world))


def tables_of(past: Past) -> Rows:
    """The tables of a history: its events twice, as the collector and as somebody else keeps them."""
    world = past.world
    return {
        "mixpanel_events": [_collected(event) for event in past.events],
        "events_of_source": [_fetched(event) for event in past.events],
        "current_identity_graph": [
            {"cluster_id": name, "ids": list(ids), "size": len(ids)} for name, ids in world.clusters.items()
        ],
        "segment_members": [
            {"name": name, "version": "v", "user_id": user}
            for name, saved in world.saved.items()
            if isinstance(saved, frozenset)
            for user in sorted(saved)
        ],
    }


def _collected(event: Event) -> Row:
    return {
        "event_timestamp": event.time,
        "inserted_at": datetime(2030, 1, 1, tzinfo=UTC),
        "event_name": event.name,
        "properties": _json(event.properties),
        "distinct_id": event.user,
        "event_id": event.event_id,
        "mp_processing_time_ms": None,
        "read_at": None,
        "contents_fingerprint": None,
        "event_key": None,
    }


def _fetched(event: Event) -> Row:
    return {
        "event_name": event.name,
        "event_time": event.time.replace(tzinfo=None),
        "distinct_id": event.user,
        "insert_id": event.event_id,
        "properties": _json(event.properties),
    }


def _json(properties: Mapping[str, object]) -> str:
    # The executor reads an escaped pair of surrogates as two wrong characters.
    return json.dumps(dict(properties), ensure_ascii=False)


def _decoded(value: Any, type_text: str) -> Any:
    return json.loads(value) if type_text == "JSON" and value is not None else value
