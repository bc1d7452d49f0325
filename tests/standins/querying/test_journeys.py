"""The stand-in's funnels, retention and frequency, compared with counts made by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from mixpanel_data_standins.mixpanel import StandInMixpanel
from mixpanel_data_standins.mixpanel.querying.state.saved import Funnel, Step
from support.export_lines import event

if TYPE_CHECKING:
    from standins.querying.conftest import Ask

FIRST_DAYS = {"from_date": "2026-03-01", "to_date": "2026-03-03"}
FIRST, SECOND, THIRD = "2026-03-01", "2026-03-02", "2026-03-03"


@pytest.fixture(autouse=True)
def funnels(mixpanel: StandInMixpanel) -> None:
    mixpanel.queries.funnels = (
        Funnel(77, "To the shop", (Step("Visit"), Step("Signup"), Step("Purchase", label="Bought"))),
        Funnel(78, "Sales", (Step("Visit"), Step("Purchase", where='properties["amount"] > 10'))),
        Funnel(79, "Quick sales", (Step("Visit"), Step("Signup")), window=timedelta(minutes=10)),
    )


def counts(steps: list[dict[str, Any]]) -> list[int]:
    return [step["count"] for step in steps]


def test_funnels_are_listed(ask: Ask) -> None:
    assert ask("funnels/list").json()[0] == {"funnel_id": 77, "name": "To the shop"}


def test_a_funnel_has_the_steps_of_each_day(ask: Ask) -> None:
    answer = ask("funnels", funnel_id="77", **FIRST_DAYS).json()
    assert answer["meta"]["dates"] == [FIRST, SECOND, THIRD]
    assert [counts(answer["data"][day]["steps"]) for day in (FIRST, SECOND, THIRD)] == [[2, 2, 2], [2, 1, 1], [1, 0, 0]]
    assert answer["data"][SECOND] == {
        "steps": [
            {
                "count": 2,
                "avg_time": None,
                "avg_time_from_start": None,
                "step_conv_ratio": 1.0,
                "overall_conv_ratio": 1.0,
                "goal": "Visit",
                "event": "Visit",
            },
            {
                "count": 1,
                "avg_time": 300.0,
                "avg_time_from_start": 300.0,
                "step_conv_ratio": 0.5,
                "overall_conv_ratio": 0.5,
                "goal": "Signup",
                "event": "Signup",
            },
            {
                "count": 1,
                "avg_time": 17700.0,
                "avg_time_from_start": 18000.0,
                "step_label": "Bought",
                "step_conv_ratio": 1.0,
                "overall_conv_ratio": 0.5,
                "goal": "Purchase",
                "event": "Purchase",
            },
        ],
        "analysis": {"completion": 1, "starting_amount": 2, "steps": 3, "worst": 1},
    }


def test_times_between_steps_are_means(ask: Ask) -> None:
    """Ann signs up after an hour, Bob after 8:35; they buy 23:30 and 4:55 later."""
    steps = ask("funnels", funnel_id="77", **FIRST_DAYS).json()["data"][FIRST]["steps"]
    assert [step["avg_time"] for step in steps] == [None, 17250.0, 51150.0]
    assert [step["avg_time_from_start"] for step in steps] == [None, 17250.0, 68400.0]


def test_a_step_counts_within_the_window_of_the_first(ask: Ask) -> None:
    day = ask("funnels", funnel_id="77", length="1", length_unit="day", **FIRST_DAYS).json()["data"][FIRST]
    assert counts(day["steps"]) == [2, 2, 1]
    exact = ask("funnels", funnel_id="77", length="5", length_unit="minute", **FIRST_DAYS).json()["data"][SECOND]
    assert counts(exact["steps"]) == [2, 1, 0]
    saved = ask("funnels", funnel_id="79", **FIRST_DAYS).json()["data"]
    assert [counts(saved[day]["steps"]) for day in (FIRST, SECOND)] == [[2, 0], [2, 1]]


def test_steps_after_the_last_day_count(ask: Ask) -> None:
    answer = ask("funnels", funnel_id="77", from_date=FIRST, to_date=FIRST).json()
    assert counts(answer["data"][FIRST]["steps"]) == [2, 2, 2]


def test_a_step_has_its_own_condition(ask: Ask) -> None:
    answer = ask("funnels", funnel_id="78", **FIRST_DAYS).json()["data"]
    assert [counts(answer[day]["steps"]) for day in (FIRST, SECOND, THIRD)] == [[2, 1], [2, 0], [1, 0]]


def test_a_funnel_by_a_property_has_that_of_the_first_step(ask: Ask) -> None:
    day = ask("funnels", funnel_id="77", on='properties["plan"]', **FIRST_DAYS).json()["data"][SECOND]
    assert {name: counts(steps) for name, steps in day.items()} == {
        "$overall": [2, 1, 1],
        "pro": [1, 1, 1],
        "undefined": [1, 0, 0],
    }


@pytest.mark.parametrize("given", [{"interval": "3"}, {"unit": "month"}])
def test_a_user_has_one_attempt_in_each_span(ask: Ask, given: dict[str, str]) -> None:
    answer = ask("funnels", funnel_id="77", **FIRST_DAYS, **given).json()
    assert answer["meta"]["dates"] == [FIRST]
    assert counts(answer["data"][FIRST]["steps"]) == [3, 2, 2]


def test_unknown_funnels_and_long_windows_are_refused(ask: Ask) -> None:
    assert ask("funnels", funnel_id="1", **FIRST_DAYS).json()["error"] == "funnel_id 1 does not exist"
    assert ask("funnels", funnel_id="77", length="91", length_unit="day", **FIRST_DAYS).status_code == 400


VISITS = {"born_event": "Visit", "event": "Visit", "interval_count": "2", **FIRST_DAYS}


def test_a_cohort_is_that_of_the_first_event_ever(ask: Ask) -> None:
    assert ask("retention", **VISITS, unit="day").json() == {
        FIRST: {"counts": [1, 0, 1], "first": 2},  # bob comes back after 8:30 hours, ann after two days
        SECOND: {"counts": [0, 0, 0], "first": 1},
        THIRD: {"counts": [0, 0, 0], "first": 0},
    }


def test_unbounded_counts_everyone_who_is_still_to_come_back(ask: Ask) -> None:
    answer = ask("retention", **VISITS, unbounded_retention="true").json()
    assert [answer[day]["counts"] for day in (FIRST, SECOND)] == [[2, 1, 1], [1, 1, 1]]


def test_a_young_cohort_has_fewer_intervals(ask: Ask) -> None:
    given = {**VISITS, "from_date": "2026-03-09", "to_date": "2026-03-10"}
    assert ask("retention", **given).json() == {
        "2026-03-09": {"counts": [0, 0], "first": 1},
        "2026-03-10": {"counts": [0], "first": 0},
    }


def test_compounded_retention_takes_everyone_who_did_the_event_in_each_bucket(ask: Ask) -> None:
    """Bob visits twice, nine hours apart but on two days; on 2 March cid does too, and ann, who visits on the third."""
    given = {"retention_type": "compounded", "from_date": FIRST, "to_date": SECOND}
    assert ask("retention", **given, event="Visit", born_event="Purchase").json() == {
        FIRST: {"counts": [1, 0], "first": 2},
        SECOND: {"counts": [0, 0], "first": 2},
    }
    assert ask("retention", **given).json()[SECOND] == {"counts": [2, 1], "first": 3}


def test_a_month_of_retention_has_30_days(mixpanel: StandInMixpanel, ask: Ask) -> None:
    mixpanel.add(
        [event("Trial", "2026-02-01 09:00:00", "eve", "t1"), event("Trial", "2026-03-02 09:00:00", "eve", "t2")]
    )
    given = {"born_event": "Trial", "event": "Trial", "unit": "month", "interval_count": "1"}
    answer = ask("retention", **given, from_date="2026-02-01", to_date="2026-02-28").json()
    assert answer == {"2026-02-01": {"counts": [1, 0], "first": 1}}


def test_retention_has_its_own_conditions(ask: Ask) -> None:
    given = {**VISITS, "born_where": 'properties["plan"] == "pro"', "where": 'properties["plan"] == "pro"'}
    answer = ask("retention", **given).json()
    assert answer[FIRST] == {"counts": [1, 0, 0], "first": 1}


def test_intervals_can_have_several_days(ask: Ask) -> None:
    answer = ask("retention", **VISITS, interval="2").json()
    assert answer == {FIRST: {"counts": [1, 1, 0], "first": 3}, THIRD: {"counts": [0, 0, 0], "first": 0}}


@pytest.mark.parametrize(
    ("given", "part"),
    [
        ({"unit": "day", "interval": "1"}, "exclude each other"),
        ({"interval": "91"}, "from 1 to 90"),
        ({"born_event": ""}, "born_event"),
        ({"on": 'properties["plan"]'}, "does not serve the parameter on"),
    ],
)
def test_a_wrong_parameter_of_retention_is_named(ask: Ask, given: dict[str, str], part: str) -> None:
    answer = ask("retention", **{**VISITS, **given})
    assert (answer.status_code, part in answer.json()["error"]) == (400, True)


def test_frequency_counts_the_users_active_in_several_hours(ask: Ask) -> None:
    answer = ask("retention/addiction", from_date=SECOND, to_date=SECOND, unit="day", addiction_unit="hour").json()
    assert answer == {"data": {SECOND: [3, 1, *[0] * 22]}}


def test_frequency_counts_the_users_active_on_several_days(ask: Ask) -> None:
    given = {"from_date": FIRST, "to_date": "2026-03-07", "unit": "week", "addiction_unit": "day"}
    assert ask("retention/addiction", **given).json() == {
        "data": {"2026-02-23": [2, 0, 0, 0, 0, 0, 0], "2026-03-02": [3, 1, 0, 0, 0, 0, 0]}
    }
    only = ask("retention/addiction", **given, event="Visit", where='properties["plan"] == "plus"').json()
    assert only["data"]["2026-03-02"] == [1, 0, 0, 0, 0, 0, 0]
