"""What there is in a project, what is saved in it, what users did, and scripts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from mixpanel_data.base.errors import QueryError, RequestError
from mixpanel_data.workspace.live import LiveQueries
from mixpanel_data.workspace.results import (
    ActivityFeedResult,
    Annotation,
    AnnotationTag,
    AnnotationUser,
    FunnelInfo,
    JQLResult,
    SavedCohort,
    SavedReportResult,
    TopEvent,
    UserEvent,
)
from support.query_server import QueryServer, Reply

QUERY = "/api/query"
FEED = f"{QUERY}/stream/query"


def test_what_there_is_comes_sorted(server: QueryServer, live: LiveQueries) -> None:
    server.answer(f"{QUERY}/events/names", Reply(["b", "a"]))
    server.answer(f"{QUERY}/events/properties/top", Reply({"plan": {"count": 2}, "$city": {}}))
    server.answer(f"{QUERY}/events/properties/values", Reply(["pro", "free"]))
    assert live.events() == ["a", "b"]
    assert live.properties("a") == ["$city", "plan"]
    # The most common value first, as Mixpanel sends them.
    assert live.property_values("a", "plan") == ["pro", "free"]
    assert server.asked[2].parameters["limit"] == "100"


def test_what_is_saved_in_a_project_is_listed(server: QueryServer, live: LiveQueries) -> None:
    server.answer(f"{QUERY}/events/top", Reply({"events": [{"event": "A", "amount": 5, "percent_change": -0.2}]}))
    server.answer(f"{QUERY}/funnels/list", Reply([{"funnel_id": 78, "name": "b"}, {"funnel_id": 77, "name": "a"}]))
    cohort = {
        "id": 1,
        "name": "C",
        "count": 150,
        "is_visible": 1,
        "description": None,
        "created": "2026-01-01 23:49:51",
    }
    server.answer(f"{QUERY}/cohorts/list", Reply([cohort]))
    assert live.top_events() == [TopEvent("A", 5, -0.2)]
    assert live.funnels() == [FunnelInfo(77, "a"), FunnelInfo(78, "b")]
    assert live.cohorts() == [SavedCohort(1, "C", 150, "", "2026-01-01 23:49:51", True)]


def test_an_average_keeps_its_fraction_and_an_event_without_a_yesterday_has_no_change(
    server: QueryServer, live: LiveQueries
) -> None:
    events = [{"event": "A", "amount": 1.5, "percent_change": None}, {"event": "B", "amount": 3.0}]
    server.answer(f"{QUERY}/events/top", Reply({"events": events, "type": "average"}))
    assert live.top_events(type="average") == [TopEvent("A", 1.5, 0), TopEvent("B", 3, 0)]
    assert server.asked[0].parameters == {"project_id": "123", "type": "average"}


@pytest.mark.parametrize(
    ("path", "row", "ask"),
    [
        (f"{QUERY}/funnels/list", {"name": "a"}, LiveQueries.funnels),
        (f"{QUERY}/cohorts/list", {"id": None, "name": "a"}, LiveQueries.cohorts),
    ],
)
def test_what_has_no_id_is_not_listed_under_another(
    server: QueryServer, live: LiveQueries, path: str, row: dict[str, Any], ask: Callable[[LiveQueries], object]
) -> None:
    server.answer(path, Reply([row]))
    with pytest.raises(QueryError, match="no whole number in"):
        ask(live)


def test_tags_are_a_list(server: QueryServer, live: LiveQueries) -> None:
    server.answer("/api/app/projects/123/annotations", Reply({"results": [{"id": 5, "tags": 7}]}))
    with pytest.raises(QueryError, match="no list in 'tags'"):
        live.annotations()


def test_annotations_have_their_author_and_tags(server: QueryServer, live: LiveQueries) -> None:
    note = {"id": 5, "date": "2026-01-02 12:00:00", "description": "Release"}
    user, tag = {"id": 7, "first_name": "Ada", "last_name": "L"}, {"id": 1, "name": "web"}
    later = {**note, "id": 6, "date": "2026-01-03 12:00:00", "user": user, "tags": [tag, 2]}
    server.answer("/api/app/projects/123/annotations", Reply({"status": "ok", "results": [later, note]}))
    assert live.annotations("2026-01-01", "2026-01-31") == [
        Annotation(5, "2026-01-02 12:00:00", "Release"),
        Annotation(
            6,
            "2026-01-03 12:00:00",
            "Release",
            AnnotationUser(7, "Ada", "L"),
            [AnnotationTag(1, "web"), AnnotationTag(2)],
        ),
    ]


def test_a_saved_report_has_a_row_for_each_of_its_numbers(server: QueryServer, live: LiveQueries) -> None:
    days = {"from_date": "2026-01-01T00:00:00+01:00", "to_date": "2026-01-02T00:00:00+01:00"}
    series = {"A": {"x": 9, "y": None}, "B": {"pro": {"x": 1}, "free": {"x": 2}}}
    answer = {"computed_at": "now", "date_range": days, "headers": ["$event"], "series": series}
    server.answer(f"{QUERY}/insights", Reply(answer))
    result = live.insights(9)
    assert result == SavedReportResult(9, "now", days["from_date"], days["to_date"], ["$event"], series)
    assert result.records() == [
        {"date": "x", "event": "A", "count": 9},
        {"date": "y", "event": "A", "count": None},
        {"date": "x", "event": "B", "count": 1, "segment": "pro"},
        {"date": "x", "event": "B", "count": 2, "segment": "free"},
    ]


def event(time: Any, **properties: Any) -> dict[str, Any]:
    return {"event": "A", "properties": {"time": time, **properties}}


def test_a_feed_is_in_the_order_of_time_whatever_unit_its_times_have(server: QueryServer, live: LiveQueries) -> None:
    found = [event(1735689601500), event("2025-01-01T01:00:00+01:00"), event(1735689601, distinct_id="u-42")]
    server.answer(FEED, Reply({"status": "ok", "results": {"events": found}}))
    result = live.activity_feed(["u-42"], "2025-01-01", "2025-01-02")
    assert (result.distinct_ids, result.from_date, result.to_date) == (["u-42"], "2025-01-01", "2025-01-02")
    assert [one.time for one in result.events] == [
        datetime(2025, 1, 1, tzinfo=UTC),
        datetime(2025, 1, 1, 0, 0, 1, tzinfo=UTC),
        datetime(2025, 1, 1, 0, 0, 1, 500000, tzinfo=UTC),
    ]
    assert [row["distinct_id"] for row in result.records()] == [None, "u-42", None]


def test_a_feed_without_days_has_none(server: QueryServer, live: LiveQueries) -> None:
    server.answer(FEED, Reply({"status": "ok", "results": {"events": []}}))
    assert live.activity_feed("u-42") == ActivityFeedResult(["u-42"], None, None, [])
    assert server.asked[0].parameters == {"project_id": "123", "distinct_ids": '["u-42"]'}


def test_a_feed_has_both_days_or_neither(server: QueryServer, live: LiveQueries) -> None:
    with pytest.raises(RequestError, match="to_date is missing"):
        live.activity_feed("u-42", "2026-01-01")
    assert server.asked == []


def test_the_columns_of_an_event_win_over_its_properties() -> None:
    moment = datetime(2025, 1, 1, tzinfo=UTC)
    properties = {"time": 1735689600, "$distinct_id": "u-42", "event": "x", "plan": "pro"}
    (row,) = ActivityFeedResult(["u-42"], None, None, [UserEvent("A", moment, properties)]).records()
    assert row == {"event": "A", "time": moment, "distinct_id": "u-42", "plan": "pro"}


@pytest.mark.parametrize("time", ["soon", True, [1], 1e30, None])
def test_a_time_that_is_none_is_a_query_error(server: QueryServer, live: LiveQueries, time: Any) -> None:
    server.answer(FEED, Reply({"results": {"events": [event(time)]}}))
    with pytest.raises(QueryError):
        live.activity_feed("u-42")


@pytest.mark.parametrize(
    ("raw", "rows"),
    [
        ([], []),
        ([1, "a", None], [{"value": 1}, {"value": "a"}, {"value": None}]),
        ([{"a": 1}, {"b": [2]}], [{"a": 1}, {"b": [2]}]),
        ([{"key": ["US", "pro"], "value": 100}], [{"key_0": "US", "key_1": "pro", "value": 100}]),
        ([{"key": ["US"], "value": [1, 2], "n": "x"}], [{"key_0": "US", "value_0": 1, "value_1": 2, "n": "x"}]),
        ([[{"percentile": 50, "value": 118}]], [{"percentile": 50, "value": 118}]),
        ([[1, 2]], [{"value": [1, 2]}]),
        ([{"key": "k", "value": 1}], [{"key": "k", "value": 1}]),
    ],
)
def test_the_rows_of_a_script_are_what_it_emits(raw: list[Any], rows: list[dict[str, Any]]) -> None:
    assert JQLResult(raw).records() == rows


def test_a_script_gets_its_parameters(server: QueryServer, live: LiveQueries) -> None:
    server.answer(f"{QUERY}/jql", Reply([1]))
    assert live.jql("function main() {}", {"day": 1}).raw == [1]
    assert server.asked[0].form["params"] == '{"day": 1}'
    with pytest.raises(RequestError, match="script is"):
        live.jql("")


@pytest.mark.parametrize("value", [date(2026, 1, 1), float("nan")])
def test_parameters_of_a_script_that_are_no_json_are_refused(
    server: QueryServer, live: LiveQueries, value: object
) -> None:
    with pytest.raises(RequestError, match="params cannot be written as JSON"):
        live.jql("function main() {}", {"day": value})
    assert server.asked == []
