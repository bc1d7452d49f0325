"""The query that a message offers for the console finds exactly the incident's events, by Google's own executor."""

import contextlib
from datetime import UTC, datetime, timedelta

import pytest

from mixpanel_data.base.redaction import Redactor
from mixpanel_data.detect.incidents.incident import Direction, Incident, Observation, Rule, State
from mixpanel_data.detect.messages.query import events_query
from sql import zetasql_engine
from support.engines import DATASET, EVENTS_TABLE, PROJECT, bigquery_at

_START = datetime(2026, 3, 10, 3, 12, tzinfo=UTC)
_END = _START + timedelta(minutes=3)
_COLUMNS = {"event_timestamp": "TIMESTAMP", "distinct_id": "STRING", "properties": "JSON", "event_name": "STRING"}


def _incident(event_name: str) -> Incident:
    seen = Observation(_START, _END, 412, 38.2, 0.98)
    return Incident(
        incident_id="3fa9c1d27be04e553fa9c1d27be04e55",
        event_name=event_name,
        direction=Direction.HIGH,
        rules=(Rule.BASELINE,),
        state=State.OPEN,
        opened_at=_END,
        first=seen,
        peak=seen,
        abnormal_until=_END,
        resolved_at=None,
        threshold=None,
        channel="#alerts",
        is_muted=False,
    )


@pytest.mark.parametrize("name", ["Purchase", "It's <b>`x`</b>\n", "ann@example.com", "x" * 5000])
def test_the_query_of_a_message_runs_and_finds_the_events(name: str) -> None:
    rows = [
        {"event_timestamp": _START, "distinct_id": who, "properties": "{}", "event_name": one}
        for who, one in (("ann", name), ("bob", "other"))
    ]
    with contextlib.closing(bigquery_at("http://127.0.0.1:1")) as warehouse:
        query = events_query(warehouse, _incident(name), Redactor())
    table = f"{PROJECT}.{DATASET}.{EVENTS_TABLE}"
    assert table in query
    found = zetasql_engine.execute(query.replace(table, "t"), {"t": _COLUMNS}, {"t": rows}, {}, {})
    assert [row["distinct_id"] for row in found] == ["ann"]
