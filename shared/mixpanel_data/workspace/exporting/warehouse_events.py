"""The events of a warehouse as a source of rows, on any engine: each day is streamed, staged, and written by DuckDB."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mixpanel_data.base.errors import TableNotFoundError
from mixpanel_data.warehouse.base import Warehouse
from mixpanel_data.warehouse.duckdb.connection import MEMORY_LIMIT, connected
from mixpanel_data.warehouse.duckdb.errors import disk_errors
from mixpanel_data.warehouse.duckdb.folders import TemporaryFolder
from mixpanel_data.warehouse.statements import statement
from mixpanel_data.workspace.exporting import formats
from mixpanel_data.workspace.exporting.contract import Piece
from mixpanel_data.workspace.exporting.request import DayRange, FileFormat, Origin
from mixpanel_data.workspace.querying.queries import Column
from mixpanel_data.workspace.storage.quoting import literal

_WINDOW = {"window_start": "TIMESTAMP", "window_end": "TIMESTAMP"}
DAYS = statement("workspace/exporting/days_with_events.sql", zone="STRING", **_WINDOW)
ANY_EVENT = statement("workspace/exporting/any_event.sql", **_WINDOW)
EVENTS = statement("workspace/exporting/events_of_window.sql", **_WINDOW)

_COLUMNS = (
    Column("event_timestamp", "TIMESTAMP WITH TIME ZONE"),
    Column("inserted_at", "TIMESTAMP WITH TIME ZONE"),
    Column("event_name", "VARCHAR"),
    Column("properties", "JSON"),
    Column("distinct_id", "VARCHAR"),
    Column("event_id", "VARCHAR"),
)
EVENT_COLUMNS = tuple(column.name for column in _COLUMNS)
"""The columns of an exported event; further columns of the warehouse's table are the jobs' own."""

_STAGED = """
SELECT
  make_timestamptz(event_timestamp) AS event_timestamp, make_timestamptz(inserted_at) AS inserted_at,
  event_name, properties::JSON AS properties, distinct_id, event_id
FROM read_json({path}, format = 'newline_delimited', maximum_object_size = 134217728, columns = {{
  event_timestamp: 'BIGINT', inserted_at: 'BIGINT', event_name: 'VARCHAR', properties: 'VARCHAR',
  distinct_id: 'VARCHAR', event_id: 'VARCHAR'
}})
ORDER BY event_timestamp, event_id
"""


class WarehouseEvents:
    """The table `mixpanel_events`, by day. Close it to remove what it staged."""

    origin: Origin = "warehouse"
    table = "mixpanel_events"

    def __init__(self, warehouse: Warehouse, days: DayRange, memory_limit: str | None = None) -> None:
        self.place = str(warehouse)
        self._warehouse = warehouse
        self._days = days
        self._folder = TemporaryFolder()
        self._connection = connected(self._folder.path, memory_limit or MEMORY_LIMIT)

    def close(self) -> None:
        """Remove what was staged."""
        self._connection.close()
        self._folder.remove()

    def has_events(self) -> bool:
        """Whether the table exists and holds events of any day."""
        try:
            return bool(self._warehouse.rows(ANY_EVENT, **_parameters(DayRange(None, None, self._days.zone))))
        except TableNotFoundError:
            return False

    def pieces(self) -> Sequence[Piece]:
        """A piece for each day that has events."""
        with self._warehouse.stream(DAYS, **_parameters(self._days), zone=self._days.zone.key) as rows:
            return [Piece(row["day"], _state(row)) for row in rows]

    def write(self, piece: Piece, file_format: FileFormat, path: Path) -> int:
        """Write the events of the day in the order of their time, those of one moment by their id."""
        if piece.day is None:
            raise ValueError("Events are exported by day.")
        staged = self._folder.path / "day.ndjson"
        with self._warehouse.stream(EVENTS, **_parameters(self._days.only(piece.day))) as rows:
            _stage(rows, staged)
        query = _STAGED.format(path=literal(staged))
        try:
            return formats.write(self._connection, query, _COLUMNS, file_format, path)
        finally:
            staged.unlink()


def _parameters(days: DayRange) -> dict[str, Any]:
    return {"window_start": days.start, "window_end": days.end}


def _state(row: Mapping[str, Any]) -> str:
    return " ".join(f"{name} {row[name]}" for name in ("events", "newest", "seconds_read", "contents"))


def _stage(rows: Iterable[Mapping[str, Any]], path: Path) -> None:
    with disk_errors(path), path.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps({name: row[name] for name in EVENT_COLUMNS}, ensure_ascii=False))
            file.write("\n")
