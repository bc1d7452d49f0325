"""`export events` of what the collector has brought, from either engine."""

import contextlib
import json
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from mixpanel_data.base.errors import TableNotFoundError
from mixpanel_data.workspace.exporting.exporter import export
from mixpanel_data.workspace.exporting.folders import DiskFolder
from mixpanel_data.workspace.exporting.request import ExportRequest
from mixpanel_data.workspace.exporting.warehouse_events import WarehouseEvents
from mixpanel_data.workspace.results import ExportResult
from mixpanel_data.workspace.workspace import Workspace
from support.collector_world import CollectorWorld
from support.desk import Desk, DeskMaker
from support.engines import DuckDB, Engine
from support.events_configs import enabled
from support.export_lines import event
from support.exported_files import files_of, rows_of

SPAN = ("2040-03-01", "2040-03-10")
LINES = [
    event("Visit", "2040-03-02 10:00:00", "ann", "v1", price=1.25, tags=["a", {"b": None}]),
    event("Visit", "2040-03-02 23:59:59", None, "v2", text='é"\n,'),
    event("Purchase", "2040-03-03 00:00:00", "bob", "p1"),
]
COLUMNS = ["event_timestamp", "inserted_at", "event_name", "properties", "distinct_id", "event_id"]


def streamed(engine: Engine, to: Path, file_format: str = "jsonl", zone: str = "UTC") -> ExportResult:
    """An export by the way that every engine goes."""
    request = ExportRequest.checked("events", str(to), file_format, None, None, None, ZoneInfo(zone))
    with (
        contextlib.closing(engine.open(create_tables=False)) as warehouse,
        contextlib.closing(WarehouseEvents(warehouse, request.days)) as events,
    ):
        assert events.has_events()
        return export(events, DiskFolder(to / "events"), request)


@pytest.mark.both_engines
@pytest.mark.parametrize("file_format", ["parquet", "jsonl", "csv"])
def test_every_event_is_in_the_file_of_its_day(engine: Engine, tmp_path: Path, file_format: str) -> None:
    with CollectorWorld(engine, LINES) as project:
        project.collect(*SPAN, config=enabled("*"))
        result = streamed(engine, tmp_path, file_format)
    assert (result.source, result.files, result.rows) == ("warehouse", 2, 3)
    assert result.date_range == ("2040-03-02", "2040-03-03")
    rows = rows_of(tmp_path / "events")
    assert [list(row) for row in rows] == [COLUMNS] * 3
    documents = [row["properties"] for row in rows]
    first, second, _ = documents if file_format == "jsonl" else map(json.loads, documents)
    assert (first["price"], first["tags"], second["text"]) == (1.25, ["a", {"b": None}], 'é"\n,')
    assert [row["distinct_id"] or None for row in rows] == ["ann", None, "bob"]
    if file_format != "parquet":
        assert [row["event_timestamp"] for row in rows][1:] == ["2040-03-02T23:59:59Z", "2040-03-03T00:00:00Z"]


@pytest.mark.both_engines
def test_a_day_with_late_or_newer_events_is_written_again_and_no_other(engine: Engine, tmp_path: Path) -> None:
    with CollectorWorld(engine, LINES) as project:
        project.collect(*SPAN, config=enabled("*"))
        streamed(engine, tmp_path)
        assert streamed(engine, tmp_path).skipped == 2
        project.pass_time(minutes=30)
        project.mixpanel.add([event("Visit", "2040-03-03 10:00:00", "eve", "late", "2040-03-15 12:00:00")])
        project.collect(*SPAN, config=enabled("*"))
        late = streamed(engine, tmp_path)
        assert (late.rows, late.skipped) == (4, 1)
        project.pass_time(minutes=30)
        newer = event("Visit", "2040-03-02 10:00:00", "ann", "v1", "2040-03-15 12:30:00", price=2.5)
        project.mixpanel.add([newer])
        project.collect(*SPAN, config=enabled("*"))
        assert streamed(engine, tmp_path).skipped == 1
    assert rows_of(tmp_path / "events")[0]["properties"]["price"] == 2.5


# The emulator of BigQuery knows no zones; the statement's rows by zone are compared with Google's in tests/sql.
def test_days_are_those_of_the_project(engine: Engine, tmp_path: Path) -> None:
    with CollectorWorld(engine, LINES) as project:
        project.collect(*SPAN, config=enabled("*"))
        streamed(engine, tmp_path, zone="America/New_York")
    assert [path.stem for path in files_of(tmp_path / "events")] == ["2040-03-02"]


@pytest.mark.both_engines
def test_a_dataset_without_the_table_has_no_events(engine: Engine) -> None:
    request = ExportRequest.checked("events", "out", "csv", None, None, None, ZoneInfo("UTC"))
    with (
        contextlib.closing(engine.open()) as warehouse,
        contextlib.closing(WarehouseEvents(warehouse, request.days)) as events,
    ):
        assert not events.has_events()


def test_the_workspace_s_file_gives_the_same_files_as_the_stream(tmp_path: Path) -> None:
    engine = DuckDB(tmp_path)
    with CollectorWorld(engine, LINES) as project:
        project.collect(*SPAN, config=enabled("*"))
    streamed(engine, tmp_path / "streamed")
    with Workspace.open(engine.path) as workspace:
        assert workspace.export("events", tmp_path / "copied", "jsonl").source == "warehouse"
    streamed_files, copied_files = (files_of(tmp_path / way / "events") for way in ("streamed", "copied"))
    assert [path.name for path in streamed_files] == [path.name for path in copied_files]
    assert rows_of(tmp_path / "streamed" / "events") == rows_of(tmp_path / "copied" / "events")


@pytest.fixture
def desk(desk_with: DeskMaker) -> Desk:
    """A desk with a fetched event."""
    desk = desk_with([event("Fetched", "2040-03-02 10:00:00")])
    with desk.workspace() as workspace:
        workspace.fetch_events("events", *SPAN)
    return desk


def test_the_warehouse_s_events_come_first_unless_the_call_says_otherwise(desk: Desk, tmp_path: Path) -> None:
    with desk.workspace() as workspace:
        workspace.connection.execute("CREATE SCHEMA mixpanel_data")
        workspace.connection.execute(
            "CREATE TABLE mixpanel_data.mixpanel_events AS SELECT event_time AT TIME ZONE 'UTC' AS event_timestamp,"
            " now() AS inserted_at, 'Collected' AS event_name, properties, distinct_id, event_id, 1 AS own FROM events"
        )
        first = workspace.export("events", tmp_path / "first", "csv")
        other = workspace.export("events", tmp_path / "other", "csv", source="workspace")
        workspace.connection.execute("DELETE FROM mixpanel_data.mixpanel_events")
        without = workspace.export("events", tmp_path / "without", "csv")
        with pytest.raises(TableNotFoundError, match="no events yet"):
            workspace.export("events", tmp_path / "none", source="warehouse")
    assert (first.source, other.source, without.source) == ("warehouse", "workspace", "workspace")
    assert [row["event_name"] for row in rows_of(tmp_path / "first" / "events")] == ["Collected"]
    assert [row["event_name"] for row in rows_of(tmp_path / "other" / "events")] == ["Fetched"]
