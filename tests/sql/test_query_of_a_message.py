"""The query that a message offers for the console is exactly what is meant, by Google's own executor."""

from datetime import UTC, datetime, timedelta

import pytest

from mixpanel_data.detect.incident import Direction, Incident, Observation, Rule, State
from mixpanel_data.detect.message import Place, Writer
from mixpanel_data.detect.redaction import Redactor
from sql import zetasql_engine

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
def test_the_query_runs_and_finds_the_events(name: str) -> None:
    rows = [
        {"event_timestamp": _START, "distinct_id": who, "properties": "{}", "event_name": one}
        for who, one in (("ann", name), ("bob", "other"))
    ]
    query = Writer(Place("p", "d", "t"), Redactor()).query(_incident(name)).replace("p.d.t", "t")
    found = zetasql_engine.execute(query, {"t": _COLUMNS}, {"t": rows}, {}, {})
    assert [row["distinct_id"] for row in found] == ["ann"]
