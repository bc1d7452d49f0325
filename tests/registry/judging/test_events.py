"""How an event stands, by its days and the tracking plan."""

from datetime import date, timedelta

import pytest

from mixpanel_data.base.choices import ChangeKind, EventStatus
from mixpanel_data.configuration.tracking_plan import PlannedStatus
from mixpanel_data.registry.judging.events import Planned, judge_event
from mixpanel_data.registry.judging.shapes import Change, EventDay
from mixpanel_data.registry.judging.typos import Resemblance

START = date(2026, 1, 5)
LISTED = Planned(PlannedStatus.ACTIVE, lists_events=True)


def on(*days: int, events: int = 10) -> list[EventDay]:
    return [EventDay(START + timedelta(days=day), events) for day in days]


def judged(
    days: list[EventDay], at: int, *, planned: Planned | None = None, resemblance: Resemblance | None = None
) -> tuple[EventStatus, list[Change]]:
    end = START + timedelta(days=at)
    days = [day for day in days if day.day <= end]
    judgement, changes = judge_event(
        "Purchase", days, end, history=START, planned=planned or Planned(), resemblance=resemblance
    )
    return judgement.status, changes


def told(changes: list[Change]) -> list[tuple[str, int]]:
    return [(change.kind, (change.day - START).days) for change in changes]


def test_an_event_of_the_first_week_is_not_new() -> None:
    assert told(judged(on(*range(6, 40)), 40)[1]) == []
    assert told(judged(on(*range(7, 40)), 40)[1]) == [("new_event", 7)]


def test_an_event_that_comes_now_and_then_is_not_new() -> None:
    assert told(judged(on(20, 29, 40, 52), 59)[1]) == []


def test_an_event_seen_once_is_not_new_because_nobody_knows() -> None:
    assert told(judged(on(300), 320)[1]) == []


def test_a_new_event_is_told_once_days_show_it() -> None:
    assert told(judged(on(*range(30, 32)), 31)[1]) == []
    assert told(judged(on(*range(30, 35)), 34)[1]) == [("new_event", 30)]


def test_an_event_that_begins_slowly_is_new_from_its_first_day() -> None:
    assert told(judged(on(200, 290, *range(400, 460)), 460)[1])[0] == ("new_event", 200)


def test_an_event_unseen_for_30_days_is_dormant() -> None:
    days = on(*range(20))
    assert judged(days, 48) == (EventStatus.ACTIVE, [])
    status, changes = judged(days, 49)
    assert (status, told(changes)) == (EventStatus.DORMANT, [("became_dormant", 49)])
    assert changes[0].is_breaking
    assert judged(days, 90)[1][0].change_id == changes[0].change_id


def test_an_event_with_long_gaps_is_dormant_after_twice_the_longest() -> None:
    days = on(0, 1, 2, 22, 23, 24)
    assert judged(days, 24 + 39)[0] == EventStatus.ACTIVE
    assert judged(days, 24 + 40)[0] == EventStatus.DORMANT


def test_an_event_seen_on_few_days_is_dormant_after_90() -> None:
    assert judged(on(0, 1, 2, 3), 92)[0] == EventStatus.ACTIVE
    assert judged(on(0, 1, 2, 3), 93)[0] == EventStatus.DORMANT
    assert judged(on(0, 1, 2, 3, 4), 34)[0] == EventStatus.DORMANT


def test_an_event_comes_back() -> None:
    status, changes = judged(on(*range(20), *range(60, 70)), 70)
    assert (status, told(changes)) == (EventStatus.ACTIVE, [("became_dormant", 49), ("came_back", 60)])
    assert [change.is_breaking for change in changes] == [True, False]


def test_an_event_on_the_last_day_of_its_patience_never_slept() -> None:
    assert told(judged(on(*range(20), 49), 50)[1]) == []


def test_a_typo_is_told_on_its_first_day_and_not_when_it_goes() -> None:
    typo = Resemblance("Purchased", is_typo=True)
    status, changes = judged(on(20), 200, resemblance=typo)
    assert (status, told(changes)) == (EventStatus.LIKELY_TYPO, [("likely_typo", 20)])
    assert (changes[0].before, changes[0].after, changes[0].kind) == ("Purchased", "Purchase", ChangeKind.LIKELY_TYPO)


def test_a_resemblance_alone_changes_nothing() -> None:
    assert judged(on(0, 1, 2), 3, resemblance=Resemblance("Purchased", is_typo=False)) == (EventStatus.ACTIVE, [])


@pytest.mark.parametrize("status", ["experimental", "deprecated", "blocked"])
def test_the_status_of_the_plan_wins(status: str) -> None:
    planned = Planned(PlannedStatus(status), lists_events=True)
    assert judged(on(*range(20)), 90, planned=planned)[0] == status


def test_an_event_that_the_plan_lacks_is_unexpected() -> None:
    planned = Planned(None, lists_events=True)
    assert judged(on(1), 1, planned=planned)[0] == EventStatus.UNEXPECTED
    typo = Resemblance("Purchased", is_typo=True)
    assert judged(on(1), 1, planned=planned, resemblance=typo)[0] == EventStatus.UNEXPECTED
    assert judged(on(1), 1, planned=Planned(None, lists_events=False))[0] == EventStatus.ACTIVE


def test_a_name_that_the_plan_has_is_no_typo() -> None:
    assert judged(on(1), 1, planned=LISTED, resemblance=Resemblance("Purchased", is_typo=True)) == (
        EventStatus.ACTIVE,
        [],
    )
    assert judged(on(*range(20)), 90, planned=LISTED)[0] == EventStatus.DORMANT
