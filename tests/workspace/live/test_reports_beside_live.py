"""Mixpanel's own answers beside reports over the same events: equal, or different for a reason that a test tells.

The stand-in answers by rules of its own. Its project counts days in Berlin, as the reports do, unless a test says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from mixpanel_data.base.errors import RequestError
from mixpanel_data_standins.mixpanel import Behaviour
from mixpanel_data_standins.mixpanel.querying.state.quotas import QueryQuotas
from support.beside_live import (
    BERLIN,
    FORM,
    FUNNELS,
    ODD,
    SHOP,
    VISIT_TO_BUY,
    WINTER,
    Both,
    a_winter,
    active,
    cohorts,
    counts,
    steps,
)
from support.desk import a_desk
from support.export_lines import event

VISITS = {"events": "Visit", "from_date": WINTER[0], "to_date": WINTER[1]}


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    behaviour = Behaviour(timezone=BERLIN)
    with pytest.MonkeyPatch.context() as patch:
        desk_folder = tmp_path_factory.mktemp("beside")
        with a_desk(desk_folder, patch, [*a_winter(), *ODD], behaviour=behaviour) as desk:
            patch.setenv("MIXPANEL_TIMEZONE", BERLIN)
            desk.mixpanel.queries.funnels = FUNNELS
            desk.mixpanel.queries.quotas = QueryQuotas(per_hour=None)
            patch.setenv("MIXPANEL_QUERIES_PER_HOUR", "1000")
            with desk.workspace() as workspace:
                found = Both(desk.mixpanel, workspace)
                found.fetch("events", "2023-12-01", "2024-12-31")
                yield found


# Equal


@pytest.mark.parametrize("unit", ["hour", "day", "month"])
def test_events_are_as_many(both: Both, unit: str) -> None:
    live = both.workspace.segmentation("Visit", *WINTER, unit=unit)
    report = both.workspace.report.segmentation(**VISITS, unit=unit)
    assert counts(report) == live.series
    assert live.total > 100


@pytest.mark.parametrize("unit", ["day", "week", "month"])
def test_users_are_as_many_and_events_of_nobody_have_none(both: Both, unit: str) -> None:
    live = both.workspace.event_counts("Visit", *WINTER, type="unique", unit=unit)
    assert counts(both.workspace.report.segmentation(**VISITS, measure="unique", unit=unit)) == live.series


@pytest.mark.parametrize("unit", ["day", "month"])
def test_a_breakdown_has_the_same_segments_and_undefined_is_one(both: Both, unit: str) -> None:
    live = both.workspace.segmentation("Visit", *WINTER, on="plan", unit=unit)
    assert counts(both.workspace.report.segmentation(**VISITS, on="plan", unit=unit)) == live.series
    assert live.series.keys() == {"pro", "free", "undefined"}


@pytest.mark.parametrize(
    ("expression", "where"),
    [
        ('properties["plan"] == "pro"', {"plan": "pro"}),
        ('properties["plan"] != "pro"', {"plan": {"not": "pro"}}),
        (
            'properties["amount"] >= 50 and defined(properties["plan"])',
            {"amount": {"at_least": 50}, "plan": {"set": True}},
        ),
    ],
)
def test_a_condition_selects_the_same_events(both: Both, expression: str, where: Mapping[str, Any]) -> None:
    live = both.workspace.segmentation("Visit", *WINTER, where=expression, unit="month")
    fields = {**VISITS, "events": [{"events": "Visit", "where": where}]}
    assert counts(both.workspace.report.segmentation(**fields, unit="month")) == live.series


def test_a_sum_is_the_same(both: Both) -> None:
    live = both.workspace.segmentation_sum("Visit", *WINTER, "amount")
    report = both.workspace.report.segmentation(**VISITS, measure="sum", property="amount")
    assert counts(report)["Visit"] == live.results


def test_ranges_are_the_same_once_their_width_is(both: Both) -> None:
    """Mixpanel chooses the width, and writes `10 - 20` where a report writes `[10, 20)`."""
    live = both.workspace.segmentation_numeric("Visit", *WINTER, "amount")
    report = both.workspace.report.segmentation(**VISITS, on="amount", width=10)
    assert counts(report) == {f"[{name.replace(' - ', ', ')})": row for name, row in live.series.items()}


@pytest.mark.parametrize("unit", ["day", "week", "month"])
def test_retention_of_the_first_event_ever_is_the_same(both: Both, unit: str) -> None:
    live = both.workspace.retention("Visit", "Buy", *WINTER, interval_count=4, unit=unit)
    report = both.workspace.report.retention(
        born="Visit", returned="Buy", from_date=WINTER[0], to_date=WINTER[1], unit=unit, buckets=4, first_ever=True
    )
    rates = {day: [users / (size or 1) for users in returns] for day, (size, returns) in cohorts(report).items()}
    assert rates == {cohort.date: cohort.retention for cohort in live.cohorts}
    assert {day: size for day, (size, _) in cohorts(report).items()} == {one.date: one.size for one in live.cohorts}


@pytest.mark.parametrize("unit", ["day", "week", "month"])
def test_compounded_retention_is_recurring_with_one_event(both: Both, unit: str) -> None:
    days = {"from_date": WINTER[0], "to_date": WINTER[1]}
    live = both.retention(**days, retention_type="compounded", event="Visit", unit=unit, interval_count="3")
    report = both.workspace.report.retention(
        **days, born="Visit", returned="Visit", mode="recurring", unit=unit, buckets=3
    )
    assert cohorts(report) == live
    assert sum(size for size, _ in live.values()) > 30


def test_intervals_of_7_days_from_a_monday_are_weeks(both: Both) -> None:
    live = both.workspace.retention("Visit", "Buy", *WINTER, interval=7, interval_count=2)
    report = both.workspace.report.retention(
        born="Visit", returned="Buy", from_date=WINTER[0], to_date=WINTER[1], unit="week", buckets=2, first_ever=True
    )
    assert [(cohort.date, cohort.size) for cohort in live.cohorts] == [
        (day, size) for day, (size, _) in cohorts(report).items()
    ]


@pytest.mark.parametrize(("unit", "part"), [("day", "hour"), ("week", "day"), ("month", "day")])
@pytest.mark.parametrize("name", ["Visit", None])
def test_frequency_is_the_same_up_to_the_highest_number(both: Both, unit: str, part: str, name: str | None) -> None:
    """Mixpanel goes on with zeros up to all hours or days of the period."""
    live = both.workspace.frequency(*WINTER, unit=unit, addiction_unit=part, event=name)
    asked: dict[str, Any] = {} if name is None else {"event": name}
    report = both.workspace.report.frequency(**asked, from_date=WINTER[0], to_date=WINTER[1], unit=unit, part=part)
    most = max(len(users) for users in active(report).values())
    assert active(report) == {day: users[:most] for day, users in live.data.items()}
    assert not any(users[most] for users in live.data.values())


@pytest.mark.parametrize("unit", ["day", "week", "month"])
def test_a_funnel_by_period_is_the_same(both: Both, unit: str) -> None:
    live = both.workspace.funnel(VISIT_TO_BUY, *WINTER, unit=unit)
    report = both.workspace.report.funnel(
        steps=["Visit", "Buy"], from_date=WINTER[0], to_date=WINTER[1], within="P7D", unit=unit
    )
    assert steps(report) == [step.count for step in live.steps]


# Different


def test_without_a_period_a_report_counts_a_user_of_a_funnel_once(both: Both) -> None:
    """Mixpanel's funnel begins anew each day, and the client adds the days up: Bob's one payment counts twice."""
    asked = {"steps": ["Enter", "Pay"], "grace": "PT0S", "from_date": "2024-01-10", "to_date": "2024-01-12"}
    live = both.workspace.funnel(SHOP, "2024-01-10", "2024-01-12")
    assert [step.count for step in live.steps] == [3, 2]
    assert steps(both.workspace.report.funnel(**asked)) == [2, 1]
    assert steps(both.workspace.report.funnel(**asked, unit="day")) == [3, 2]


def test_a_report_takes_events_two_seconds_apart_in_either_order(both: Both) -> None:
    """Mixpanel's page says so of its reports; an answer of the old API can be without it. `grace` turns it off."""
    asked = {"steps": ["Enter", "Pay"], "from_date": "2024-01-10", "to_date": "2024-01-10", "unit": "day"}
    live = both.workspace.funnel(SHOP, "2024-01-10", "2024-01-10")
    assert [step.count for step in live.steps] == [2, 1]
    assert steps(both.workspace.report.funnel(**asked)) == [2, 2]
    assert steps(both.workspace.report.funnel(**asked, grace="PT0S")) == [2, 1]


def test_a_funnel_by_a_property_takes_it_from_the_first_step_that_has_one(both: Both) -> None:
    """Mixpanel's query API takes it from the first step, has it or not; `attribute=1` does too."""
    asked = {"steps": ["Open", "Send"], "on": "plan", "from_date": "2024-01-10", "to_date": "2024-01-10"}
    live = both.workspace.funnel(FORM, "2024-01-10", "2024-01-10", on="plan")
    report = both.workspace.report.funnel
    assert live.segments.keys() == {"undefined"}
    assert {row["segment"] for row in report(**asked).rows} == {"pro"}
    assert {row["segment"] for row in report(**asked, attribute=1).rows} == {"undefined"}


def test_a_user_of_a_funnel_counts_once_in_each_segment(both: Both) -> None:
    """Mixpanel's report says so; an answer of the query API has a user once in each period, with one value."""
    days = ("2024-01-15", "2024-01-16")
    live = both.workspace.funnel(FORM, *days, on="plan", unit="month")
    report = both.workspace.report.funnel(steps=["Open", "Send"], on="plan", from_date=days[0], to_date=days[1])
    assert {name: [step.count for step in found] for name, found in live.segments.items()} == {"free": [1, 1]}
    assert [(row["segment"], row["count"]) for row in report.rows] == [("free", 1), ("free", 1), ("pro", 1), ("pro", 0)]


def test_a_report_begins_retention_in_its_days_or_with_the_first_stored_event(both: Both) -> None:
    """Mixpanel's birth is the first event ever; `first_ever` is, too, of a file that has the whole history."""
    both.fetch("winter_alone", *WINTER)
    live = both.workspace.retention("Visit", "Buy", *WINTER, unit="month")
    asked = {"born": "Visit", "unit": "month", "from_date": WINTER[0], "to_date": WINTER[1]}

    def size(**more: Any) -> int:
        return sum(size for size, _ in cohorts(both.workspace.report.retention(**asked, **more)).values())

    assert sum(cohort.size for cohort in live.cohorts) == size(first_ever=True) < size() == 20
    assert size(first_ever=True, table="winter_alone") == 20


def test_unbounded_looks_behind_the_last_bucket_and_on_or_after_does_not(both: Both) -> None:
    """With buckets up to the last return, both are the same."""
    days = {"from_date": WINTER[0], "to_date": WINTER[1]}
    for buckets, are_equal in ((1, False), (15, True)):
        live = both.retention(
            **days,
            born_event="Visit",
            event="Buy",
            unit="week",
            interval_count=str(buckets),
            unbounded_retention="true",
        )
        report = both.workspace.report.retention(
            **days,
            born="Visit",
            returned="Buy",
            unit="week",
            buckets=buckets,
            counting="on_or_after",
            first_ever=True,
        )
        assert (cohorts(report) == live) == are_equal


def test_a_young_cohort_is_short_in_mixpanel_and_marked_in_a_report(both: Both) -> None:
    """Mixpanel leaves out buckets that have not begun, and shows those that go on like any other."""
    both.fetch("young", "2040-03-14", "2040-03-14")
    (live,) = both.workspace.retention("Young", "Young", "2040-03-14", "2040-03-14", interval_count=5).cohorts
    rows = both.workspace.report.retention(
        born="Young", returned="Young", from_date="2040-03-14", to_date="2040-03-14", buckets=5, table="young"
    ).rows
    assert live.retention == [1.0, 0.0]
    assert [row["rate"] for row in rows] == [1.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    assert not any(row["is_complete"] for row in rows)


def test_a_day_since_an_event_has_24_hours_in_a_report(both: Both) -> None:
    """The stand-in reads a project's wall clock, which a change moves by an hour: 12:30 is a day after 12:00."""
    live = both.workspace.retention("Spring", "Spring", "2024-03-30", "2024-03-30", interval_count=1)
    report = both.workspace.report.retention(
        born="Spring", returned="Spring", from_date="2024-03-30", to_date="2024-03-30", buckets=1
    )
    assert live.cohorts[0].retention == [0.0, 1.0]
    assert cohorts(report) == {"2024-03-30": (1, [1, 0])}


def test_an_hour_that_comes_twice_is_two_hours_in_a_report(both: Both) -> None:
    """A project's wall clock shows 02:30 twice when the clocks go back."""
    day = "2024-10-27"
    live = both.workspace.frequency(day, day, event="Autumn")
    report = both.workspace.report.frequency(event="Autumn", from_date=day, to_date=day)
    assert live.data[day][:2] == [1, 0]
    assert active(report)[day] == [1, 1]


def test_days_are_those_of_the_zone_and_a_fetch_has_days_of_utc(both: Both) -> None:
    """A report in another zone has other days; a file with the days alone lacks their first hours in Berlin."""
    days = ("2024-01-10", "2024-01-10")
    asked = {"events": "Midnight", "from_date": days[0], "to_date": days[1]}
    both.fetch("days_alone", *days)
    report = both.workspace.report.segmentation
    assert both.workspace.segmentation("Midnight", *days).total == 2
    assert counts(report(**asked)) == {"Midnight": {days[0]: 2}}
    assert counts(report(**asked, timezone="UTC")) == {"Midnight": {days[0]: 1}}
    assert counts(report(**asked, table="days_alone")) == {"Midnight": {days[0]: 1}}


def test_an_average_of_events_is_that_of_events_with_a_user(both: Both) -> None:
    """Mixpanel's average is `general` by `unique`, and events of nobody are in the one and not in the other."""
    day = "2024-01-10"
    live = both.workspace.event_counts("Beacon", day, day, type="average")
    report = both.workspace.report.segmentation(events="Beacon", from_date=day, to_date=day, measure="average")
    assert live.series == {"Beacon": {day: 3}}
    assert counts(report) == {"Beacon": {day: 2}}


def test_a_null_is_undefined_in_a_report_and_no_event_counts_twice(both: Both) -> None:
    """Mixpanel tells null from a missing property; lists are JSON with and without spaces."""
    day = "2024-01-10"
    live = both.workspace.segmentation("Rate", day, day, on="score")
    report = counts(both.workspace.report.segmentation(events="Rate", from_date=day, to_date=day, on="score"))
    assert {name: row[day] for name, row in report.items()} == {
        "20": 2,
        "undefined": 2,
        "10.5": 1,
        "true": 1,
        '[1,"a"]': 1,
    }
    as_in_report: dict[str, float] = {}
    for name, row in live.series.items():
        known = {"null": "undefined", '[1.0, "a"]': '[1,"a"]'}.get(name, name)
        as_in_report[known] = as_in_report.get(known, 0) + row[day]
    assert as_in_report == {name: row[day] for name, row in report.items()}


def test_a_mean_is_of_numbers_alone(both: Both) -> None:
    """Mixpanel counts a value that is no number as 0, as its page says; a day without events has 0, too, or None."""
    days = ("2024-01-10", "2024-01-11")
    live = both.workspace.segmentation_average("Rate", *days, "score")
    report = both.workspace.report.segmentation(
        events="Rate", from_date=days[0], to_date=days[1], measure="mean", property="score"
    )
    assert live.results == {days[0]: 30.5 / 7, days[1]: 0}
    assert counts(report) == {"Rate": {days[0]: 15.25, days[1]: None}}


def test_the_values_of_a_property_leave_out_events_without_it(both: Both) -> None:
    live = both.workspace.property_counts("Visit", "plan", *WINTER, type="unique", unit="week")
    report = counts(both.workspace.report.segmentation(**VISITS, on="plan", measure="unique", unit="week"))
    assert report.pop("undefined")
    assert report == live.series


def test_weeks_of_events_begin_on_the_monday_before_the_first_day(both: Both) -> None:
    """`event_counts` has weeks; Mixpanel's segmentation refuses them, and `Workspace.segmentation` before it."""
    days = ("2024-01-10", "2024-01-16")
    with pytest.raises(RequestError, match="unit is 'week'"):
        both.workspace.segmentation("Visit", *days, unit="week")
    report = both.workspace.report.segmentation(events="Visit", from_date=days[0], to_date=days[1], unit="week")
    assert counts(report) == both.workspace.event_counts("Visit", *days, unit="week").series
    assert [*counts(report)["Visit"]] == ["2024-01-08", "2024-01-15"]


def test_mixpanel_knows_what_came_after_the_fetch(both: Both) -> None:
    """Ids merged, and events sent, since the fetch are in a report once the days are fetched again."""
    day = "2024-01-10"
    asked = {"events": "Join", "measure": "unique", "from_date": day, "to_date": day}
    report = both.workspace.report.segmentation
    assert counts(report(**asked)) == both.workspace.event_counts("Join", day, day, type="unique").series
    both.mixpanel.resolve["device-1"] = "user-eve"
    both.mixpanel.add(
        [event("Join", f"{day} 12:00:00", "user-max", "j3"), event("Join", f"{day} 13:00:00", "user-kim", "j4")]
    )
    assert both.workspace.event_counts("Join", day, day, type="unique").series == {"Join": {day: 3}}
    assert counts(report(**asked)) == {"Join": {day: 2}}
    both.fetch("again", day, day)
    assert counts(report(**asked, table="again")) == {"Join": {day: 3}}
