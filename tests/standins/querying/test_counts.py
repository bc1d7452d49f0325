"""The stand-in's counts over time, compared with counts made by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mixpanel_data_standins.mixpanel import Behaviour, StandInMixpanel
from mixpanel_data_standins.mixpanel.querying.state.saved import Bookmark
from support.export_lines import event

if TYPE_CHECKING:
    from standins.querying.conftest import Ask

FIRST_DAYS = {"from_date": "2026-03-01", "to_date": "2026-03-03"}
PLAN = 'properties["plan"]'


def days(*counts: float, first: int = 1) -> dict[str, float]:
    """Counts by day of March, from the first one."""
    return {f"2026-03-{day:02d}": count for day, count in enumerate(counts, first)}


@pytest.mark.parametrize(
    ("kind", "visits", "signups"),
    [("general", (2, 3, 1), (1, 1, 0)), ("unique", (2, 2, 1), (1, 1, 0)), ("average", (1, 1.5, 1), (1, 1, 0))],
)
def test_events_are_counted_by_day(ask: Ask, kind: str, visits: Any, signups: Any) -> None:
    answer = ask("events", event=["Visit", "Signup"], type=kind, unit="day", **FIRST_DAYS).json()
    assert answer["data"]["series"] == list(days(0, 0, 0))
    assert answer["data"]["values"] == {"Visit": days(*visits), "Signup": days(*signups)}
    assert answer["legend_size"] == 2


@pytest.mark.parametrize(
    ("unit", "expected"),
    [("week", {"2026-02-23": 2, "2026-03-02": 4, "2026-03-09": 2}), ("month", {"2026-03-01": 8})],
)
def test_weeks_start_on_monday_and_months_on_their_first_day(ask: Ask, unit: str, expected: dict[str, int]) -> None:
    given = {"from_date": "2026-03-01", "to_date": "2026-03-09"}
    answer = ask("events", event=["Visit"], type="general", unit=unit, **given).json()
    assert answer["data"]["values"]["Visit"] == expected


def test_an_interval_ends_with_the_current_unit(ask: Ask) -> None:
    answer = ask("events", event=["Visit"], type="general", unit="hour", interval="3").json()
    hours = [f"2026-03-10 {hour}:00:00" for hour in (10, 11, 12)]
    assert answer["data"] == {"series": hours, "values": {"Visit": dict(zip(hours, (1, 0, 0), strict=True))}}


def test_days_are_those_of_the_projects_time_zone(mixpanel: StandInMixpanel, ask: Ask) -> None:
    mixpanel.behaviour = Behaviour(timezone="Europe/Berlin")  # bob's visit at 23:30 UTC is on the next day
    answer = ask("events", event=["Visit"], type="general", unit="day", **FIRST_DAYS).json()
    assert answer["data"]["values"]["Visit"] == days(1, 4, 1)


@pytest.mark.parametrize(
    ("timezone", "day", "count"),
    [("Europe/Berlin", "2026-03-02", 4), ("Pacific/Pago_Pago", "2026-03-01", 3)],
)
def test_a_day_of_another_zone_reaches_into_two_days_of_utc(
    mixpanel: StandInMixpanel, ask: Ask, timezone: str, day: str, count: int
) -> None:
    mixpanel.behaviour = Behaviour(timezone=timezone)
    answer = ask("events", event=["Visit"], type="general", unit="day", from_date=day, to_date=day).json()
    assert answer["data"]["values"]["Visit"] == {day: count}


def test_a_wall_clock_is_not_converted_again(mixpanel: StandInMixpanel, ask: Ask) -> None:
    mixpanel.behaviour = Behaviour(time_basis="project", timezone="Europe/Berlin")
    answer = ask("events", event=["Visit"], type="general", unit="day", **FIRST_DAYS).json()
    assert answer["data"]["values"]["Visit"] == days(2, 3, 1)


def test_merged_ids_are_one_user(mixpanel: StandInMixpanel, ask: Ask) -> None:
    mixpanel.resolve["bob"] = "ann"
    answer = ask("events", event=["Visit"], type="unique", unit="day", **FIRST_DAYS).json()
    assert answer["data"]["values"]["Visit"] == days(1, 2, 1)


def test_the_names_of_the_last_31_days_are_ranked(ask: Ask) -> None:
    assert ask("events/names", type="general").json() == ["Visit", "Purchase", "Signup"]
    assert ask("events/names", type="general", limit="1").json() == ["Visit"]
    older = ask("events/names", type="general", from_date="2026-02-01", to_date="2026-02-28")
    assert older.json() == []


def test_top_compares_today_with_yesterday(ask: Ask) -> None:
    expected = {"events": [{"amount": 1, "event": "Visit", "percent_change": -0.5}], "type": "general"}
    assert ask("events/top", type="general").json() == expected


def test_an_event_is_counted_by_the_values_of_a_property(ask: Ask) -> None:
    given: dict[str, Any] = {"event": "Visit", "name": "plan", "type": "general", "unit": "day", **FIRST_DAYS}
    answer = ask("events/properties", **given).json()
    assert answer["data"]["values"] == {"pro": days(1, 1, 0), "plus": days(1, 0, 1), "free": days(0, 1, 0)}
    chosen = ask("events/properties", **given, values=["free", "none"]).json()
    assert chosen["data"]["values"] == {"free": days(0, 1, 0), "none": days(0, 0, 0)}


def test_properties_are_ranked_by_the_events_that_have_them(ask: Ask) -> None:
    answer = ask("events/properties/top", event="Purchase").json()
    assert answer == {
        name: {"count": 1 if name == "items" else 3} for name in ("$insert_id", "amount", "plan", "items")
    }


def test_values_are_texts(ask: Ask) -> None:
    assert ask("events/properties/values", event="Purchase", name="amount").json() == ["20", "7.5", "much"]
    assert ask("events/properties/values", event="Visit", name="plan", limit="1").json() == ["plus"]


def test_segmentation_counts_the_event_or_its_values(ask: Ask) -> None:
    plain = ask("segmentation", event="Visit", **FIRST_DAYS).json()
    assert plain["data"]["values"] == {"Visit": days(2, 3, 1)}
    by_plan = ask("segmentation", event="Visit", on=PLAN, type="unique", **FIRST_DAYS).json()
    assert by_plan["data"]["values"] == {
        "pro": days(1, 1, 0),
        "plus": days(1, 0, 1),
        "free": days(0, 0, 0),
        "undefined": days(0, 1, 0),
    }
    assert by_plan["legend_size"] == 4


def test_segmentation_keeps_the_largest_values(ask: Ask) -> None:
    answer = ask("segmentation", event="Visit", on=PLAN, limit="2", **FIRST_DAYS).json()
    assert sorted(answer["data"]["values"]) == ["plus", "pro"]


@pytest.mark.parametrize(
    ("where", "counts"),
    [(f'{PLAN} == "pro"', (1, 1, 0)), ('user["age"] > 30', (1, 0, 1)), (f"not defined({PLAN})", (0, 1, 0))],
)
def test_where_sees_events_and_profiles(ask: Ask, where: str, counts: Any) -> None:
    answer = ask("segmentation", event="Visit", where=where, **FIRST_DAYS).json()
    assert answer["data"]["values"]["Visit"] == days(*counts)


def test_an_untidy_answer_has_the_same_counts(mixpanel: StandInMixpanel, ask: Ask) -> None:
    mixpanel.queries.is_untidy = True
    data = ask("segmentation", event="Signup", **FIRST_DAYS).json()["data"]
    assert data["series"] == ["2026-03-03", "2026-03-02", "2026-03-01"]
    assert data["values"] == {"Signup": days(1, 1)}


def test_numbers_are_counted_by_ranges(mixpanel: StandInMixpanel, ask: Ask) -> None:
    answer = ask("segmentation/numeric", event="Purchase", on='properties["amount"]', **FIRST_DAYS).json()
    assert answer["data"]["values"] == {"6 - 8": days(0, 1, 0), "20 - 22": days(0, 1, 0)}


def test_numbers_are_added_up_and_averaged(ask: Ask) -> None:
    given = {"event": "Purchase", "on": 'properties["amount"]', **FIRST_DAYS}
    assert ask("segmentation/sum", **given).json() == {
        "status": "ok",
        "computed_at": "2026-03-10T12:00:00+00:00",
        "results": days(0.0, 27.5, 0.0),
    }
    assert ask("segmentation/average", **given).json() == {"status": "ok", "results": days(0.0, 13.75, 0.0)}


def test_a_value_that_is_no_number_counts_as_zero_in_an_average(mixpanel: StandInMixpanel, ask: Ask) -> None:
    mixpanel.add([event("Purchase", "2026-03-02 14:00:00", "cid", "p1")])
    answer = ask("segmentation/average", event="Purchase", on='properties["amount"]', **FIRST_DAYS).json()
    assert answer["results"] == days(0.0, 27.5 / 3, 0.0)


def test_a_report_has_times_with_the_projects_offset(mixpanel: StandInMixpanel, ask: Ask) -> None:
    mixpanel.behaviour = Behaviour(timezone="Europe/Berlin")
    mixpanel.queries.bookmarks = (Bookmark(9, ("Visit", "Signup"), count=2),)
    assert ask("insights", bookmark_id="9").json() == {
        "computed_at": "2026-03-10T13:00:00+01:00",
        "date_range": {"from_date": "2026-03-09T00:00:00+01:00", "to_date": "2026-03-10T23:59:59+01:00"},
        "headers": ["$event"],
        "series": {
            "Visit": {"2026-03-09T00:00:00+01:00": 2, "2026-03-10T00:00:00+01:00": 1},
            "Signup": {"2026-03-09T00:00:00+01:00": 0, "2026-03-10T00:00:00+01:00": 0},
        },
    }


@pytest.mark.parametrize(
    ("path", "given", "part"),
    [
        ("events", {"event": "Visit", "type": "general", "unit": "day", **FIRST_DAYS}, "Invalid value for event"),
        ("events", {"event": ["Visit"], "type": "all", "unit": "day", **FIRST_DAYS}, "one of general, unique, average"),
        ("events/names", {}, "missing required parameter: type"),
        ("segmentation", {"event": "Visit", "from_date": "2026-03-01"}, "missing required parameter: to_date"),
        ("segmentation", {"event": "Visit", "from_date": "1999-03-01", "to_date": "2026-03-01"}, "bad year"),
        ("segmentation", {"event": "Visit", "from_date": "03/01/2026", "to_date": "2026-03-01"}, "invalid date"),
        ("segmentation", {"event": "Visit", "on": "plan", **FIRST_DAYS}, "Error in on"),
        ("segmentation", {"event": "Visit", "where": "1 ==", **FIRST_DAYS}, "Error in where"),
        ("segmentation", {"event": "Visit", "where": "1 and 2", **FIRST_DAYS}, "Error in expression"),
        (
            "segmentation",
            {"event": "Visit", "type": "unique", "unit": "hour", **FIRST_DAYS},
            "cannot be counted by hour",
        ),
        ("insights", {"bookmark_id": "9"}, "bookmark 9 does not exist"),
    ],
)
def test_a_wrong_parameter_is_named(ask: Ask, path: str, given: dict[str, Any], part: str) -> None:
    answer = ask(path, **given)
    assert answer.status_code == 400
    assert answer.json()["request"].startswith(f"/api/query/{path}?")
    assert part in answer.json()["error"]
