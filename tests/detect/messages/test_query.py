"""The SQL in an alert is pasted as it was written, runs, and shows no name that must not be shown."""

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from hypothesis import example, given, settings

from detect.hostile import HOSTILE, TEXTS
from detect.messages.wording.cast import NOW, RISE, START, WITH_CONSOLE, shown
from mixpanel_data.base.redaction import Redactor
from mixpanel_data.detect.messages.query import events_query
from mixpanel_data.detect.messages.wording.reported_incident import ReportedIncident
from mixpanel_data.warehouse.base import OpenWarehouse
from support.engines import DATASET, EVENTS_TABLE, DuckDB


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenWarehouse]:
    opened = DuckDB(tmp_path_factory.mktemp("query")).open()
    yield opened
    opened.close()


@settings(max_examples=30)
@given(TEXTS)
@example("".join(HOSTILE[:21]))
def test_the_sql_copied_from_an_alert_is_the_query(warehouse: OpenWarehouse, name: str) -> None:
    incident = replace(RISE, event_name=name)
    query = events_query(warehouse, incident, Redactor())
    body = WITH_CONSOLE.alert([ReportedIncident(incident, query=query)], NOW)
    (block,) = re.findall(r"```(SELECT.*?)```", shown(body), re.DOTALL)
    assert html.unescape(block) == query
    # Slack would make a mention of it, and a backtick would end the code.
    assert not set("`@") & set(query)


@pytest.mark.parametrize("name", ["ann@example.com", "x" * 5000, "half \ud800"])
def test_a_name_that_must_not_be_shown_is_not_in_the_query(warehouse: OpenWarehouse, name: str) -> None:
    query = events_query(warehouse, replace(RISE, event_name=name), Redactor())
    assert name not in query
    assert re.search("'[0-9a-f]{64}'", query)
    assert len(query) < 1_000


@pytest.mark.parametrize("name", ["Purchase", "It's <b>`x`</b>\n", "ann@example.com", "x" * 5000])
def test_the_query_runs_on_duckdb_and_finds_the_events(warehouse: OpenWarehouse, tmp_path: Path, name: str) -> None:
    query = events_query(warehouse, replace(RISE, event_name=name), Redactor())
    with duckdb.connect(str(tmp_path / "events.duckdb")) as connection:
        connection.execute(f"CREATE SCHEMA {DATASET}")
        connection.execute(
            f"CREATE TABLE {DATASET}.{EVENTS_TABLE} (event_timestamp TIMESTAMPTZ, distinct_id VARCHAR,"
            " properties JSON, event_name VARCHAR)"
        )
        rows = [[START, who, "{}", each] for who, each in (("ann", name), ("bob", "other"))]
        connection.executemany(f"INSERT INTO {DATASET}.{EVENTS_TABLE} VALUES (?, ?, ?, ?)", rows)
        assert [row[1] for row in connection.execute(query).fetchall()] == ["ann"]
