"""A person who pastes a statement into the engine's console gets the rows that the library gets."""

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from detect.hostile import HOSTILE
from mixpanel_data.warehouse.duckdb import DuckDBWarehouse
from mixpanel_data.warehouse.statements import Statement
from support.consoles import in_console
from support.engines import DATASET, EVENTS_TABLE, Engine, bigquery_at
from warehouse.locks import transact

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
NAMES = [name for name in HOSTILE if name and "\ud800" not in name and "\x00" not in name]
INSERT = Statement(
    "an event",
    "INSERT INTO mixpanel_events (event_timestamp, inserted_at, event_name, properties, distinct_id, event_id)"
    " SELECT @at, @at, name, PARSE_JSON('{}'), 'ann', name FROM UNNEST(@names) AS name",
    {"at": "TIMESTAMP", "names": "ARRAY<STRING>"},
)
EVENTS = Statement(
    "some events",
    "-- The events of a name.\n"
    "SELECT event_name, distinct_id\n"
    "FROM mixpanel_events\n"
    "WHERE event_timestamp >= @start AND event_timestamp < @end AND event_name = @name\n"
    "ORDER BY event_timestamp DESC\nLIMIT @most",
    {"start": "TIMESTAMP", "end": "TIMESTAMP", "name": "STRING", "most": "INT64"},
)
GIVEN: dict[str, Any] = {"start": NOON, "end": NOON + timedelta(minutes=1), "most": 10}


@pytest.mark.both_engines
@pytest.mark.sequences
def test_what_is_pasted_finds_the_same_events_whatever_their_name_holds(engine: Engine) -> None:
    with contextlib.closing(engine.open()) as warehouse:
        transact(warehouse, INSERT, at=NOON, names=NAMES)
        for name in NAMES:
            text = warehouse.pasteable(EVENTS, name=name, **GIVEN)
            assert not set("`@") & set(text)
            assert [name, "ann"] == list(in_console(engine, text)[0])
            assert len(in_console(engine, text)) == len(warehouse.rows(EVENTS, name=name, **GIVEN)) == 1


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[DuckDBWarehouse]:
    made = DuckDBWarehouse(
        tmp_path / "mixpanel_data.duckdb", dataset=DATASET, events_table=EVENTS_TABLE, create_tables=True
    )
    yield made
    made.close()


@pytest.mark.parametrize("name", ["mixpanel_data.duckdb", "my-file.db", "a b.duckdb", "plain", "größe.x.duckdb"])
def test_a_table_is_found_in_a_file_of_any_name(tmp_path: Path, name: str) -> None:
    """Also in one that is named like its dataset, where DuckDB takes `dataset.table` for ambiguous."""
    path = tmp_path / name
    warehouse = DuckDBWarehouse(path, dataset=DATASET, events_table="Purchases", create_tables=True)
    transact(warehouse, INSERT, at=NOON, names=["Purchase"])
    text = warehouse.pasteable(EVENTS, name="Purchase", **GIVEN)
    warehouse.close()
    with duckdb.connect(str(path), read_only=True) as console:
        assert console.execute(text).fetchall() == [("Purchase", "ann")]


def test_a_statement_that_needs_functions_of_ours_cannot_be_pasted(opened: DuckDBWarehouse) -> None:
    statement = Statement("the plans", "SELECT JSON_VALUE(properties, '$.plan') AS plan FROM mixpanel_events")
    with pytest.raises(ValueError, match=r"no function json_scalar.*cannot be pasted"):
        opened.pasteable(statement)


def test_a_duckdb_statement_is_pasted_as_people_write_it(opened: DuckDBWarehouse) -> None:
    assert opened.pasteable(EVENTS, name="It's", **GIVEN) == (
        "SELECT\n  event_name,\n  distinct_id\n"
        "FROM mixpanel_data.mixpanel_data.mixpanel_events AS mixpanel_events\n"
        "WHERE\n  event_timestamp >= TIMESTAMPTZ '2026-03-10 12:00:00+00' "
        "AND event_timestamp < TIMESTAMPTZ '2026-03-10 12:01:00+00' AND event_name = 'It''s'\n"
        "ORDER BY\n  event_timestamp DESC\nLIMIT 10"
    )


def test_a_bigquery_statement_is_pasted_as_it_is_written() -> None:
    with contextlib.closing(bigquery_at("http://127.0.0.1:1", dataset="d", events_table="t")) as warehouse:
        assert warehouse.pasteable(EVENTS, name="It's", **GIVEN) == (
            "SELECT event_name, distinct_id\nFROM local.d.t AS mixpanel_events\n"
            "WHERE event_timestamp >= TIMESTAMP '2026-03-10 12:00:00+00' "
            "AND event_timestamp < TIMESTAMP '2026-03-10 12:01:00+00' AND event_name = 'It\\'s'\n"
            "ORDER BY event_timestamp DESC\nLIMIT 10"
        )


def test_a_warehouse_is_named_for_messages(opened: DuckDBWarehouse, tmp_path: Path) -> None:
    assert str(opened) == f"DuckDB file {tmp_path / 'mixpanel_data.duckdb'}"
    assert opened.console_url("mixpanel_events") is None


def test_a_bigquery_dataset_has_a_name_and_a_page_for_each_table() -> None:
    with contextlib.closing(bigquery_at("http://127.0.0.1:1", dataset="d", events_table="t")) as warehouse:
        assert str(warehouse) == "BigQuery dataset local.d"
        page = "https://console.cloud.google.com/bigquery?project=local&p=local&d=d&t="
        assert warehouse.console_url("mixpanel_events") == f"{page}t&page=table"
        assert warehouse.console_url("alerts") == f"{page}alerts&page=table"
