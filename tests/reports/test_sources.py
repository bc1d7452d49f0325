"""Which table reports read, of one warehouse or several."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest

from mixpanel_data.base.errors import RequestError, TableNotFoundError
from mixpanel_data.configuration.reports.definitions import Segmentation
from mixpanel_data.reports.answers.answering import parts_of
from mixpanel_data.reports.relations.asking import Asking
from mixpanel_data.reports.relations.sources import chosen
from mixpanel_data.warehouse.base import OpenWarehouse, Warehouse
from mixpanel_data.warehouse.statements import Statement
from support.engines import DuckDB, opened

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


@pytest.fixture
def file(tmp_path: Path) -> DuckDB:
    return DuckDB(tmp_path)


@pytest.fixture
def warehouse(file: DuckDB) -> Iterator[OpenWarehouse]:
    with opened(file) as made:
        yield made


@pytest.fixture
def other(tmp_path: Path) -> Iterator[OpenWarehouse]:
    with opened(DuckDB(tmp_path, 1)) as made:
        yield made


def collect(warehouse: Warehouse) -> None:
    insert = (
        "INSERT INTO mixpanel_events (event_timestamp, inserted_at, event_name, properties, distinct_id, event_id)"
        " SELECT @noon, @noon, 'Collected', JSON '{}', 'ann', 'an id'"
    )
    warehouse.transact("an event", [Statement("an event", insert, {"noon": "TIMESTAMP"})], noon=NOON)


def fetch(file: DuckDB, table: str = "events", name: str | None = "Fetched") -> None:
    """A table in `main`, as `fetch_events` makes it."""
    with duckdb.connect(str(file.path)) as database:
        database.execute(
            f'CREATE TABLE "{table}" (event_name VARCHAR, event_time TIMESTAMP, distinct_id VARCHAR, insert_id VARCHAR,'
            " properties JSON, event_id VARCHAR)"
        )
        row = [name, "2026-03-04 12:00:00", "ann", "one", '{"plan": "pro"}', "an id"]
        database.execute(f'INSERT INTO "{table}" VALUES (?, ?, ?, ?, ?, ?)', row)


def counted(*warehouses: Warehouse, table: str | None = None) -> dict[str, int]:
    """How many events of each plan the report finds on the day, in the hour of noon."""
    day = date(2026, 3, 4)
    asked = Segmentation.model_validate({"from_date": day, "to_date": day, "events": {}, "on": "plan", "unit": "hour"})
    (part,) = parts_of(asked, Asking(chosen(warehouses, table), ZoneInfo("Asia/Kolkata"), NOON, NOON))
    return {row["segment"]: row["value"] for row in part["rows"] if row["period"].hour == 11 and row["value"]}


def test_the_events_that_were_collected_are_read_first(
    file: DuckDB, warehouse: OpenWarehouse, other: OpenWarehouse
) -> None:
    fetch(file)
    collect(other)
    assert str(chosen([warehouse, other])) == f"mixpanel_events in {other}"
    assert counted(warehouse, other) == {"undefined": 1}


def test_without_any_the_fetched_ones_are_read(file: DuckDB, warehouse: OpenWarehouse, other: OpenWarehouse) -> None:
    fetch(file)
    assert str(chosen([other, warehouse])) == f"events in {warehouse}"
    assert counted(other, warehouse) == {"pro": 1}


def test_a_table_that_is_named_is_read(file: DuckDB, warehouse: OpenWarehouse) -> None:
    collect(warehouse)
    fetch(file, "last_week")
    assert counted(warehouse, table="last_week") == {"pro": 1}
    assert counted(warehouse, table="mixpanel_events") == {"undefined": 1}


def test_without_events_the_ways_to_some_are_named(warehouse: OpenWarehouse) -> None:
    with pytest.raises(TableNotFoundError, match="`mp collect` or `mp fetch events`"):
        chosen([warehouse])


def test_a_missing_table_is_refused_with_those_that_exist(file: DuckDB, warehouse: OpenWarehouse) -> None:
    fetch(file, "last_week")
    with pytest.raises(TableNotFoundError, match=r"no table 'lastweek'.*last_week"):
        chosen([warehouse], "lastweek")


def test_a_table_of_something_else_is_refused(warehouse: OpenWarehouse) -> None:
    warehouse.create_table("profiles", {"distinct_id": "STRING", "properties": "JSON"})
    with pytest.raises(TableNotFoundError, match=r"'profiles' holds no events.*event_name"):
        chosen([warehouse], "profiles")


def test_a_table_whose_name_no_statement_can_have_is_refused(file: DuckDB, warehouse: OpenWarehouse) -> None:
    fetch(file, "last week")
    with pytest.raises(RequestError, match=r"'last week' is not an identifier.*view"):
        chosen([warehouse], "last week")


def test_a_row_without_a_name_is_no_event(file: DuckDB, warehouse: OpenWarehouse) -> None:
    fetch(file, name=None)
    assert counted(warehouse) == {}
