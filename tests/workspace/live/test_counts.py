"""Counts over time: what is asked for, and what the results say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from mixpanel_data.base.errors import RequestError
from mixpanel_data.workspace.live import LiveQueries
from mixpanel_data.workspace.results import (
    EventCountsResult,
    NumericAverageResult,
    NumericBucketResult,
    NumericSumResult,
    PropertyCountsResult,
    SegmentationResult,
)
from support.query_server import QueryServer, Reply

SEGMENTATION = "/api/query/segmentation"
DAYS = ("2026-01-01", "2026-01-02")


def series(**values: Mapping[str, float]) -> dict[str, Any]:
    return {"data": {"series": [*reversed(DAYS)], "values": values}, "legend_size": len(values)}


def test_a_segmentation_has_its_total_and_a_row_for_each_segment_and_day(
    server: QueryServer, live: LiveQueries
) -> None:
    server.answer(SEGMENTATION, Reply(series(pro={"2026-01-02": 4, "2026-01-01": 3}, free={"2026-01-02": 1})))
    result = live.segmentation("Purchase", *DAYS, on="plan")
    assert result == SegmentationResult(
        "Purchase",
        *DAYS,
        "day",
        "plan",
        8,
        {"pro": {"2026-01-01": 3, "2026-01-02": 4}, "free": {"2026-01-01": 0, "2026-01-02": 1}},
    )
    assert result.records() == [
        {"date": "2026-01-01", "segment": "pro", "count": 3},
        {"date": "2026-01-02", "segment": "pro", "count": 4},
        {"date": "2026-01-01", "segment": "free", "count": 0},
        {"date": "2026-01-02", "segment": "free", "count": 1},
    ]


def test_without_a_property_the_series_is_the_events(server: QueryServer, live: LiveQueries) -> None:
    server.answer(SEGMENTATION, Reply(series(Purchase={"2026-01-01": 3})))
    result = live.segmentation("Purchase", date(2026, 1, 1), date(2026, 1, 2))
    assert (result.segment_property, result.total) == (None, 3)
    assert result.series == {"Purchase": {"2026-01-01": 3, "2026-01-02": 0}}


def test_an_event_that_did_not_happen_has_zeros(server: QueryServer, live: LiveQueries) -> None:
    server.answer(SEGMENTATION, Reply(series()))
    assert live.segmentation("Purchase", *DAYS).series == {"Purchase": dict.fromkeys(DAYS, 0)}
    assert live.segmentation("Purchase", *DAYS, on="plan").series == {}


@pytest.mark.parametrize(
    ("on", "expression", "segment"),
    [
        ("plan", 'properties["plan"]', "plan"),
        ("properties.country", 'properties["country"]', "country"),
        ('properties["plan"]', 'properties["plan"]', "plan"),
        ('he said "x\\y"', 'properties["he said \\"x\\\\y\\""]', 'he said "x\\y"'),
        ("$city (old)", 'properties["$city (old)"]', "$city (old)"),
        ("event [old]", 'properties["event [old]"]', "event [old]"),
        ("properties['plan']", "properties['plan']", "properties['plan']"),
        ('user["plan"]', 'user["plan"]', 'user["plan"]'),
        ('number(properties["a"]) * 2', 'number(properties["a"]) * 2', 'number(properties["a"]) * 2'),
    ],
)
def test_on_is_the_name_of_a_property_or_an_expression(
    server: QueryServer, live: LiveQueries, on: str, expression: str, segment: str
) -> None:
    server.answer(SEGMENTATION, Reply(series()))
    assert live.segmentation("Purchase", *DAYS, on=on).segment_property == segment
    assert server.asked[0].parameters["on"] == expression


UNDEFINED: dict[str, float] = {"2026-01-01": 2, "2026-01-02": 0}
PRO: dict[str, float] = {"2026-01-01": 3, "2026-01-02": 1}


@pytest.mark.parametrize(
    ("values", "read"),
    [
        ({"pro": PRO, "undefined": UNDEFINED}, {"pro": PRO, "undefined": UNDEFINED}),
        ({"pro": PRO, "$overall": UNDEFINED}, {"pro": PRO, "undefined": UNDEFINED}),
        ({"$overall": PRO, "pro": PRO}, {"pro": PRO}),
        (
            {"$overall": {"2026-01-01": 5, "2026-01-02": 1}, "pro": PRO, "undefined": UNDEFINED},
            {"pro": PRO, "undefined": UNDEFINED},
        ),
        ({"$overall": {"2026-01-01": 9, "2026-01-02": 9}, "undefined": UNDEFINED}, {"undefined": UNDEFINED}),
        ({"$overall": UNDEFINED}, {"undefined": UNDEFINED}),
    ],
    ids=["by its name", "as $overall", "none, and the sum", "by its name, and the sum", "a part, and the sum", "all"],
)
def test_events_without_the_property_are_undefined_and_no_event_counts_twice(
    server: QueryServer, live: LiveQueries, values: dict[str, dict[str, float]], read: dict[str, dict[str, float]]
) -> None:
    server.answer(SEGMENTATION, Reply(series(**values)))
    result = live.segmentation("Purchase", *DAYS, on="plan")
    assert result.series == read
    assert result.total == sum(sum(by_date.values()) for by_date in read.values())


def test_events_and_the_values_of_a_property_are_counted(server: QueryServer, live: LiveQueries) -> None:
    server.answer("/api/query/events", Reply(series(A={"2026-01-01": 2.0}, B={"2026-01-01": 1.5})))
    server.answer("/api/query/events/properties", Reply(series(pro=PRO)))
    counts: dict[str, dict[str, float]] = {
        "A": {"2026-01-01": 2, "2026-01-02": 0},
        "B": {"2026-01-01": 1.5, "2026-01-02": 0},
    }
    assert live.event_counts(["A", "B"], *DAYS, type="average", unit="week") == EventCountsResult(
        ["A", "B"], *DAYS, "week", "average", counts
    )
    assert live.property_counts("A", "plan", *DAYS) == PropertyCountsResult(
        "A", "plan", *DAYS, "day", "general", {"pro": PRO}
    )


def test_an_event_that_mixpanel_leaves_out_has_zeros_but_none_that_it_calls_otherwise(
    server: QueryServer, live: LiveQueries
) -> None:
    by_name: dict[str, Mapping[str, float]] = {"My event": PRO}
    server.answer("/api/query/events", Reply(series(B=PRO)), Reply(series(**by_name)))
    found = live.event_counts(["A", "B"], *DAYS).series
    assert (list(found), found) == (["A", "B"], {"A": dict.fromkeys(DAYS, 0), "B": PRO})
    assert live.event_counts("$custom_event:5", *DAYS).series == by_name


def test_numbers_are_put_into_ranges_added_up_and_averaged(server: QueryServer, live: LiveQueries) -> None:
    server.answer(f"{SEGMENTATION}/numeric", Reply(series(**{"2,000 - 2,100": PRO})))
    server.answer(f"{SEGMENTATION}/sum", Reply({"computed_at": "now", "results": {"2026-01-01": 12.5}}))
    server.answer(f"{SEGMENTATION}/average", Reply({"results": {"2026-01-01": 2.5}}))
    on = 'properties["amount"]'
    assert live.segmentation_numeric("A", *DAYS, "amount") == NumericBucketResult(
        "A", *DAYS, on, "day", {"2,000 - 2,100": PRO}
    )
    assert live.segmentation_sum("A", *DAYS, "amount") == NumericSumResult(
        "A", *DAYS, on, "day", {"2026-01-01": 12.5}, "now"
    )
    assert live.segmentation_average("A", *DAYS, "amount", unit="hour") == NumericAverageResult(
        "A", *DAYS, on, "hour", {"2026-01-01": 2.5}
    )
    assert [asked.parameters["on"] for asked in server.asked] == [on] * 3


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"from_date": "2026-1-1"}, "from_date is '2026-1-1'"),
    ({"from_date": "20260101"}, "from_date is '20260101'"),
    ({"to_date": "2026-02-30"}, "to_date is '2026-02-30'"),
    ({"to_date": None}, "to_date is missing"),
    ({"to_date": "2025-12-31"}, "from_date is 2026-01-01, after to_date"),
    ({"unit": "year"}, "unit is 'year'. Give one of minute, hour, day, month"),
    ({"unit": "week"}, "unit is 'week'. Give one of minute, hour, day, month"),
    ({"on": ""}, "on is ''"),
    ({"on": 5}, "on is 5"),
    ({"event": ""}, "event is ''. Give a text"),
    ({"event": None}, "event is None"),
]


@pytest.mark.parametrize(("parameters", "message"), WRONG, ids=[message for _, message in WRONG])
def test_a_wrong_parameter_is_named_before_mixpanel_is_asked(
    server: QueryServer, live: LiveQueries, parameters: dict[str, Any], message: str
) -> None:
    with pytest.raises(RequestError, match=message):
        live.segmentation(**{"event": "A", "from_date": DAYS[0], "to_date": DAYS[1], **parameters})
    assert server.asked == []


@pytest.mark.parametrize("events", [[], [""], "", None, 5, ["A", 5]])
def test_counts_need_the_name_of_an_event(server: QueryServer, live: LiveQueries, events: Any) -> None:
    with pytest.raises(RequestError, match="events is"):
        live.event_counts(events, *DAYS)
    assert server.asked == []
