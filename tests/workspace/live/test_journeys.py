"""Funnels, retention and frequency: what is added up, divided and named."""

from __future__ import annotations

from typing import Any

import pytest

from mixpanel_data.base.errors import QueryError, RequestError
from mixpanel_data.workspace.live import LiveQueries
from mixpanel_data.workspace.results import CohortInfo, FrequencyResult, FunnelResult, FunnelStep, RetentionResult
from support.query_server import QueryServer, Reply

FUNNELS, LIST = "/api/query/funnels", "/api/query/funnels/list"
DAYS = ("2026-01-01", "2026-01-02")


def steps(*counts: int) -> list[dict[str, Any]]:
    """The steps A, B, … of a funnel."""
    return [
        {"count": count, "avg_time": None, "event": event, "goal": event}
        for event, count in zip("ABC", counts, strict=False)
    ]


def test_the_steps_of_a_funnel_add_up_over_the_dates(server: QueryServer, live: LiveQueries) -> None:
    days = {"2026-01-02": {"steps": steps(10, 0)}, "2026-01-01": {"steps": steps(90, 50)}}
    server.answer(FUNNELS, Reply({"meta": {"dates": [*DAYS]}, "data": days}))
    server.answer(LIST, Reply([{"funnel_id": 77, "name": "Signup"}]))
    result = live.funnel(77, *DAYS)
    assert result == FunnelResult(77, "Signup", *DAYS, 0.5, [FunnelStep("A", 100, 1.0), FunnelStep("B", 50, 0.5)])
    assert result.records() == [
        {"step": 1, "event": "A", "count": 100, "conversion_rate": 1.0},
        {"step": 2, "event": "B", "count": 50, "conversion_rate": 0.5},
    ]


def test_a_segmented_funnel_has_the_steps_of_all_and_of_each_segment(server: QueryServer, live: LiveQueries) -> None:
    days = {
        "2026-01-01": {"$overall": steps(10, 5), "pro": steps(6, 4), "undefined": steps(4, 1)},
        "2026-01-02": {"$overall": steps(2, 1), "pro": steps(2, 1)},
    }
    server.answer(FUNNELS, Reply({"data": days}))
    server.answer(LIST, Reply([]))
    result = live.funnel(77, *DAYS, on="plan", unit="week")
    assert [step.count for step in result.steps] == [12, 6]
    assert {name: [step.count for step in found] for name, found in result.segments.items()} == {
        "pro": [8, 5],
        "undefined": [4, 1],
    }
    assert result.records()[-1] == {
        "step": 2,
        "event": "B",
        "count": 1,
        "conversion_rate": 0.25,
        "segment": "undefined",
    }
    assert server.asked[0].parameters["on"] == 'properties["plan"]'
    assert server.asked[0].parameters["unit"] == "week"


def test_a_segment_can_have_any_name_and_a_date_nothing_to_say(server: QueryServer, live: LiveQueries) -> None:
    days = {"2026-01-01": {"$overall": steps(10, 5), "steps": steps(10, 5)}, "2026-01-02": {}}
    server.answer(FUNNELS, Reply({"data": days}))
    server.answer(LIST, Reply([]))
    result = live.funnel(77, *DAYS, on="plan")
    assert result.segments == {"steps": result.steps}
    assert [step.count for step in result.steps] == [10, 5]


def test_a_custom_event_is_known_by_its_label(server: QueryServer, live: LiveQueries) -> None:
    custom = {"count": 1, "event": "$custom_event:5", "step_label": "B", "custom_event": True}
    server.answer(FUNNELS, Reply({"data": {"2026-01-01": {"steps": [*steps(1), custom]}}}))
    server.answer(LIST, Reply([]))
    assert [step.event for step in live.funnel(77, *DAYS).steps] == ["A", "B"]


@pytest.mark.parametrize("data", [{}, {"2026-01-01": {"steps": []}}, {"2026-01-01": {"steps": steps(0, 0)}}])
def test_a_funnel_that_nobody_entered_converts_nobody(
    server: QueryServer, live: LiveQueries, data: dict[str, Any]
) -> None:
    server.answer(FUNNELS, Reply({"data": data}))
    server.answer(LIST, Reply([]))
    result = live.funnel(77, *DAYS)
    assert (result.conversion_rate, {step.conversion_rate for step in result.steps} <= {0.0}) == (0.0, True)


def test_the_names_of_funnels_are_asked_for_once(server: QueryServer, live: LiveQueries) -> None:
    server.answer(FUNNELS, Reply({"data": {}}))
    server.answer(LIST, Reply([{"funnel_id": 77, "name": "Signup"}]))
    assert [live.funnel(funnel_id, *DAYS).funnel_name for funnel_id in (77, 78, 77)] == ["Signup", "", "Signup"]
    assert server.paths.count(LIST) == 1


def test_a_funnel_whose_name_is_refused_has_its_numbers_all_the_same(server: QueryServer, live: LiveQueries) -> None:
    server.answer(FUNNELS, Reply({"data": {"2026-01-01": {"steps": steps(3)}}}))
    server.refuse(LIST, 429, "too many")
    result = live.funnel(77, *DAYS)
    assert (result.funnel_name, result.steps) == ("", [FunnelStep("A", 3, 1.0)])


def test_an_answer_without_steps_is_not_a_funnel(server: QueryServer, live: LiveQueries) -> None:
    server.answer(FUNNELS, Reply({"data": {"2026-01-01": {"steps": None}}}))
    with pytest.raises(QueryError, match="no list in 'steps'"):
        live.funnel(77, *DAYS)


def test_retention_is_a_share_of_each_cohort(server: QueryServer, live: LiveQueries) -> None:
    answer = {
        "2026-01-02": {"counts": [3], "first": 3},
        "2026-01-01": {"counts": [9, 4, 2], "first": 10},
        "2026-01-03": {"counts": [0], "first": 0},
    }
    server.answer("/api/query/retention", Reply(answer))
    result = live.retention("Signup", "Purchase", *DAYS, born_where="true", interval_count=2)
    assert result == RetentionResult(
        "Signup",
        "Purchase",
        *DAYS,
        "day",
        [
            CohortInfo("2026-01-01", 10, [0.9, 0.4, 0.2]),
            CohortInfo("2026-01-02", 3, [1.0]),
            CohortInfo("2026-01-03", 0, [0.0]),
        ],
    )
    assert result.records()[1] == {"cohort_date": "2026-01-02", "cohort_size": 3, "period_0": 1.0}


@pytest.mark.parametrize(
    ("parameters", "sent"),
    [({"unit": "week"}, {"unit": "week"}), ({"interval": 7}, {"interval": "7"}), ({}, {"unit": "day"})],
)
def test_retention_sends_a_unit_or_an_interval(
    server: QueryServer, live: LiveQueries, parameters: dict[str, Any], sent: dict[str, str]
) -> None:
    server.answer("/api/query/retention", Reply({}))
    live.retention("Signup", "Purchase", *DAYS, **parameters)
    asked = server.asked[0].parameters
    assert {name: asked[name] for name in ("unit", "interval") if name in asked} == sent


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"interval": 7, "unit": "week"}, "interval is 7 and unit is 'week'"),
        ({"interval": 91}, "interval is 91"),
        ({"interval": 0}, "interval is 0"),
        ({"interval_count": 0}, "interval_count is 0"),
        ({"unit": "hour"}, "unit is 'hour'. Give one of day, week, month"),
    ],
)
def test_retention_refuses_periods_that_mixpanel_does_not_have(
    server: QueryServer, live: LiveQueries, parameters: dict[str, Any], message: str
) -> None:
    with pytest.raises(RequestError, match=message):
        live.retention("Signup", "Purchase", *DAYS, **parameters)
    assert server.asked == []


def test_frequency_has_the_users_of_each_date(server: QueryServer, live: LiveQueries) -> None:
    server.answer("/api/query/retention/addiction", Reply({"data": {"2026-01-01": [305, 107]}}))
    result = live.frequency(*DAYS, event="A")
    assert result == FrequencyResult("A", *DAYS, "day", "hour", {"2026-01-01": [305, 107]})
    assert result.records() == [{"date": "2026-01-01", "period_1": 305, "period_2": 107}]
