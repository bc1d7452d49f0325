"""What holds for the reports in plain Python, whatever the definition and the history."""

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from mixpanel_data.configuration.reports.choices import By, FunnelCount, Measure
from mixpanel_data.configuration.reports.definitions import Funnel, Segmentation
from mixpanel_data.configuration.reports.segments import Segment
from reports.histories import Past, pasts
from reports.random_definitions import REPORTS, questions
from reports.small_histories import DAY, did, local, world
from support.reports.answers import answer
from support.reports.events import Row, histories
from support.reports.people import cohort, journey, profile, profiles
from support.reports.segments import members

_SEGMENT: TypeAdapter[Segment] = TypeAdapter(Segment)
few_examples = settings(max_examples=25, deadline=None)


@pytest.mark.parametrize("report", REPORTS)
@few_examples
@given(data=st.data())
def test_an_answer_does_not_depend_on_how_the_events_are_listed(report: str, data: st.DataObject) -> None:
    definition, past = data.draw(questions(report))
    shuffled = random.Random(7).sample(past.events, len(past.events))
    assert answer(definition, shuffled, past.world) == answer(definition, past.events, past.world)


@few_examples
@given(question=questions("funnel"))
def test_no_more_get_to_a_step_than_to_the_one_before(question: tuple[Funnel, Past]) -> None:
    definition, past = question
    for part in answer(definition, past.events, past.world):
        for before, after in zip(part["rows"], part["rows"][1:], strict=False):
            assert after["step"] == 1 or after["count"] <= before["count"]


@few_examples
@given(question=questions("funnel"))
def test_a_user_has_at_least_one_attempt(question: tuple[Funnel, Past]) -> None:
    """Without a breakdown, the users that a funnel counts are those who have an attempt."""
    definition, past = question
    whole = definition.model_copy(update={"on": None, "width": None, "edges": ()})
    users, attempts = (
        answer(whole.model_copy(update={"count": count}), past.events, past.world)
        for count in (FunnelCount.USERS, FunnelCount.ATTEMPTS)
    )
    for some, more in zip(map(first_steps, users), map(first_steps, attempts), strict=True):
        assert some <= more
        assert (some > 0) == (more > 0)


def first_steps(part: Row) -> int:
    return sum(row["count"] for row in part["rows"] if row["step"] == 1)


@few_examples
@given(question=questions("segmentation"))
def test_events_add_up_over_periods_and_users_do_not_exceed_the_sum(question: tuple[Segmentation, Past]) -> None:
    definition, past = question
    for measure, is_additive in ((Measure.GENERAL, True), (Measure.UNIQUE, False)):
        asked = definition.model_copy(update={"measure": measure, "property": None})
        for part in answer(asked, past.events, past.world):
            for total in part["totals"]:
                key = (total["step"], total["segment"])
                over = sum(row["value"] for row in part["rows"] if (row["step"], row["segment"]) == key)
                assert total["value"] == over if is_additive else total["value"] <= over


@few_examples
@given(past=pasts(), by=st.sampled_from(By))
def test_everybody_has_a_journey_and_a_profile_that_agree(past: Past, by: By) -> None:
    for person in histories(past.events, by):
        timeline, known = journey(person, past.events, past.world, by), profile(person, past.events, past.world, by)
        assert known is not None
        assert known["events"] == len(timeline)
        assert known["sessions"] == len({row["session"] for row in timeline} - {None})
        assert {row["property"]: row["to"] for row in known["changes"]}.keys() == known["properties"].keys()
        (found,) = profiles(past.events, past.world, identity=person, by=by)
        assert found["properties"] == known["properties"]


def test_a_profile_has_the_changes_of_a_property_over_time() -> None:
    stream = [("free", "10:00"), ("free", "11:00"), (None, "12:00"), ("pro", "13:00")]
    events = [did("View", local(clock), properties={"plan": plan, "$insert_id": clock}) for plan, clock in stream]
    known = profile("ann", events, world())
    assert known is not None
    assert known["properties"] == {"plan": "pro"}
    assert [(row["time"], row["from"], row["to"]) for row in known["changes"]] == [
        (local("10:00"), None, "free"),
        (local("13:00"), "free", "pro"),
    ]


BUYERS: dict[str, object] = {"did": ["Buy"]}
MEMBERS: list[tuple[dict[str, object], list[str]]] = [
    (BUYERS, ["ann", "bob"]),
    (BUYERS | {"at_least": 2}, ["ann"]),
    (BUYERS | {"at_most": 1}, ["bob", "cat"]),
    (BUYERS | {"exactly": 0}, ["cat"]),
    (BUYERS | {"sum": "amount", "at_least": 10}, ["ann"]),
    (BUYERS | {"sum": "amount", "exactly": 5}, ["bob"]),
    (BUYERS | {"within_days": 1}, ["ann"]),
    (BUYERS | {"within_days": 2}, ["ann", "bob"]),
    (BUYERS | {"to": DAY - timedelta(days=1)}, ["bob"]),
    ({"first_did": ["Buy"], "from": DAY}, ["ann"]),
    ({"not": BUYERS}, ["cat"]),
    ({"all": [BUYERS, {"not": {"ids": ["ann"]}}]}, ["bob"]),
    ({"any": [{"ids": ["cat", "stranger"]}, {"segment": "kept"}]}, ["ann", "cat"]),
]


@pytest.mark.parametrize(("segment", "expected"), MEMBERS, ids=str)
def test_a_segment_has_its_members(segment: dict[str, object], expected: list[str]) -> None:
    events = [
        did("Buy", local("09:00"), "ann", {"amount": 4}),
        did("Buy", local("10:00"), "ann", {"amount": 6}),
        did("Buy", local("23:59", DAY - timedelta(days=1)), "bob", {"amount": 5}),
        did("View", local("09:00"), "cat", {"amount": 50}),
        did("Buy", local("12:00:00.000001"), "dan"),
    ]
    then = replace(world(), as_of=local("12:00"), saved={"kept": frozenset({"ann"})})
    assert sorted(members(_SEGMENT.validate_python(segment), events, then, By.USER)) == expected


def test_a_cohort_grows_with_its_members() -> None:
    events = [did("Buy", local("12:00", DAY + timedelta(days=days)), f"user {days}") for days in range(3)]
    then = replace(world(), as_of=local("12:00", DAY + timedelta(days=1)))
    found = cohort(_SEGMENT.validate_python(BUYERS), events, then, (DAY, DAY + timedelta(days=2)))
    assert [row["size"] for row in found["rows"]] == [1, 2]
    assert found["members"] == ["user 0", "user 1"]
