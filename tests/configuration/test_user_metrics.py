"""The targets that `config/user_metrics.json` can name, and the messages about its mistakes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mixpanel_data.base.errors import ConfigError
from mixpanel_data.configuration.base import parsed
from mixpanel_data.configuration.user_metrics import UserMetrics

CONFIG = Path(__file__).parents[2] / "config"
LONG = "a" * 64
METRICS = {
    "counters": {"commits": {"event": "commit"}, "lines": {"event": "commit", "sum": "insertions"}},
    "latest": {"area": {"property": "area", "type": "STRING"}},
}


def read(sync: Any, **metrics: Any) -> UserMetrics:
    return parsed(UserMetrics, json.dumps({**METRICS, **metrics, "sync": sync}), "user_metrics.json")


def test_a_column_keeps_its_name_unless_it_is_renamed_and_null_leaves_it_out() -> None:
    table = read({"postgres": {"table": "t", "columns": {"commits": "c", "updated_at": None}}}).sync.postgres
    assert table is not None
    assert [table.column(name) for name in ("commits", "lines", "updated_at")] == ["c", "lines", None]


def test_a_metric_whose_name_is_too_long_for_postgresql_needs_another() -> None:
    counters = {LONG: {"event": "commit"}}
    with pytest.raises(ConfigError, match=rf"sync\.postgres\.columns\.{LONG} is missing.*63"):
        read({"postgres": {"table": "t"}}, counters=counters)
    read({"postgres": {"table": "t", "columns": {LONG: "short"}}}, counters=counters)
    read({"postgres": {"table": "t", "columns": {LONG: None}}}, counters=counters)


ALL_BUT_KEY = ("commits", "lines", "area", "events_processed", "first_event_time", "last_event_time")


@pytest.mark.parametrize(
    ("sync", "message"),
    [
        ({"postgres": {}}, r"sync\.postgres\.table is missing"),
        ({"postgres": {"table": "a.b.c"}}, r"sync\.postgres\.table is"),
        ({"postgres": {"table": 'a"; DROP TABLE b'}}, r"sync\.postgres\.table is"),
        ({"postgres": {"table": "t", "columns": {"commits": "a b"}}}, r"sync\.postgres\.columns\.commits is"),
        ({"postgres": {"table": "t", "columns": {"commits": LONG}}}, r"sync\.postgres\.columns\.commits is"),
        (
            {"postgres": {"table": "t", "columns": {"nothing": "n"}}},
            r"sync\.postgres\.columns\.nothing is not a metric",
        ),
        ({"postgres": {"table": "t", "columns": {"day": "d"}}}, r"sync\.postgres\.columns\.day is not a metric"),
        ({"postgres": {"table": "t", "columns": {"distinct_id": None}}}, "cannot be left out"),
        ({"postgres": {"table": "t", "columns": {"commits": "lines"}}}, r"lines is 'lines', which commits is written"),
        ({"postgres": {"table": "t", "columns": dict.fromkeys(ALL_BUT_KEY)}}, "leaves out every metric: keep"),
        ({"postgres": {"table": "t", "url": "postgresql://u:p@h/d"}}, r"sync\.postgres\.url is not known"),
        ({"mixpanel": {"properties": {}}}, r"sync\.mixpanel\.properties"),
        ({"mixpanel": {"properties": {"nothing": "n"}}}, r"sync\.mixpanel\.properties\.nothing is not a metric"),
        (
            {"mixpanel": {"properties": {"distinct_id": "n"}}},
            r"sync\.mixpanel\.properties\.distinct_id is not a metric",
        ),
        ({"mixpanel": {"properties": {"commits": "$last_seen"}}}, "Mixpanel sets that property itself; give another"),
        ({"mixpanel": {"properties": {"commits": "x", "lines": "x"}}}, r"lines is 'x', which commits is set to"),
        ({"mixpanel": {"properties": {"commits": "x" * 256}}}, r"sync\.mixpanel\.properties\.commits is"),
    ],
)
def test_a_mistake_is_reported_with_its_entry_and_field(sync: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read(sync)


def test_the_file_that_is_there_holds_on_anybody_s_events() -> None:
    assert parsed(UserMetrics, (CONFIG / "user_metrics.json").read_bytes(), "user_metrics.json").names == []


def test_the_example_has_metrics_of_all_kinds() -> None:
    metrics = parsed(UserMetrics, (CONFIG / "examples" / "user_metrics.json").read_bytes(), "user_metrics.json")
    assert [len(kind) for kind in (metrics.counters, metrics.latest, metrics.current)] == [7, 5, 5]
    assert metrics.names[:2] == ["total_copies", "total_subscriptions"]
    assert metrics.types["buying_power"] == "NUMERIC"
