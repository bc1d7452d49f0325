"""Journeys, profiles and cohorts over a warehouse, beside plain Python."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from mixpanel_data.configuration.reports.choices import By
from mixpanel_data.configuration.reports.people import Cohort, Journey, Profile, Profiles
from mixpanel_data.configuration.reports.saved import definition_of, version_of
from mixpanel_data.reports.answers.answering import about_people
from mixpanel_data.reports.relations.asking import Asking
from mixpanel_data.reports.relations.sources import collected
from mixpanel_data.warehouse.base import OpenWarehouse, Warehouse
from reports.histories import Past, pasts
from reports.random_definitions import options, segments, where
from reports.small_histories import DAY, did, local, world
from reports.stored_histories import is_alike, store, stored_segments
from support.engines import DuckDB
from support.reports import people
from support.reports.events import Event, Row, World

AnyDefinition = Journey | Profile | Profiles | Cohort

few_examples = settings(max_examples=20)
BY = st.sampled_from(By)
IDS = st.sampled_from(["ann", "ann's phone", "bob", "cat", "stranger"])
EMAILS = ("ann@example.com", "bob@example.com", 1, None)


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenWarehouse]:
    opened = DuckDB(tmp_path_factory.mktemp("people")).open()
    yield opened
    opened.close()


def found(definition: AnyDefinition, past_world: World, warehouse: Warehouse) -> Row:
    as_of = past_world.as_of or past_world.now
    asking = Asking(collected(warehouse), past_world.zone, past_world.now, as_of, saved=stored_segments(past_world))
    return about_people(definition, asking)


def of_nobody(identity: str, by: By, known: World) -> Row:
    """What is told of a user without an event."""
    person = known.person_with(identity, by)
    return {
        "user": person,
        "ids": known.ids_of(person, by),
        "events": 0,
        "first_seen": None,
        "last_seen": None,
        "active_days": 0,
        "sessions": 0,
        "events_by_name": {},
        "properties": {},
        "changes": [],
    }


@pytest.mark.sequences
@few_examples
@given(past=pasts(), by=BY, identity=IDS)
def test_a_journey_and_a_profile_are_those_of_plain_python(
    warehouse: OpenWarehouse, past: Past, by: By, identity: str
) -> None:
    store(past.events, past.world, warehouse)
    timeline = people.journey(identity, past.events, past.world, by)
    assert is_alike(found(Journey(id=identity, by=by), past.world, warehouse), {"rows": timeline})
    expected = people.profile(identity, past.events, past.world, by) or of_nobody(identity, by, past.world)
    expected["rows"] = expected.pop("changes")
    known = found(Profile(id=identity, by=by), past.world, warehouse)
    assert is_alike(known, expected), (known, expected)


@st.composite
def searches(draw: DrawFn) -> tuple[Past, dict[str, Any]]:
    """A history in which some events have e-mails, and what is searched for in it."""
    past = draw(pasts())
    drawn = draw(st.lists(st.sampled_from(EMAILS), min_size=len(past.events) * 2, max_size=len(past.events) * 2))
    emails = iter(drawn)
    events = tuple(_with_emails(event, next(emails), next(emails)) for event in past.events)
    asked = draw(options(where=where, email=st.sampled_from(["ann@example.com", "bob@example.com", "x"]), id=IDS))
    return Past(events, past.world, past.first, past.last), asked


def _with_emails(event: Event, first: object, second: object) -> Event:
    emails = {"$email": first, "email": second} if event.name in ("A", "B") else {}
    properties = {**event.properties, **emails, "$insert_id": event.event_id}
    return Event(event.event_id, event.time, event.name, event.user, event.cluster, properties)


@pytest.mark.sequences
@few_examples
@given(search=searches(), by=BY)
def test_profiles_are_those_of_plain_python(
    warehouse: OpenWarehouse, search: tuple[Past, dict[str, Any]], by: By
) -> None:
    past, asked = search
    store(past.events, past.world, warehouse)
    definition = Profiles.model_validate({**asked, "by": by})
    expected = people.profiles(
        past.events, past.world, definition.where, email=definition.email, identity=definition.id, by=by
    )
    rows = found(definition, past.world, warehouse)["rows"]
    assert is_alike(rows, expected), (rows, expected)


@st.composite
def cohorts(draw: DrawFn) -> tuple[Past, dict[str, Any]]:
    past = draw(pasts())
    return past, {"segment": draw(segments(past)), "unit": draw(st.sampled_from(["day", "week", "month"]))}


@pytest.mark.sequences
@few_examples
@given(asked=cohorts(), by=BY)
def test_a_cohort_is_that_of_plain_python(warehouse: OpenWarehouse, asked: tuple[Past, dict[str, Any]], by: By) -> None:
    past, fields = asked
    store(past.events, past.world, warehouse)
    definition = Cohort.model_validate({**fields, "by": by, "from_date": past.first, "to_date": past.last})
    expected = people.cohort(definition.segment, past.events, past.world, (past.first, past.last), definition.unit, by)
    assert is_alike(found(definition, past.world, warehouse), expected)


SLIDING = st.fixed_dictionaries(
    {"did": st.sampled_from(["A", "B"]), "within_days": st.integers(1, 9), "at_least": st.sampled_from([0, 1, 2])},
    optional={"sum": st.just("amount"), "at_most": st.sampled_from([0, 2, 3])},
)


@pytest.mark.sequences
@few_examples
@given(past=pasts(), by=BY, sliding=SLIDING, unit=st.sampled_from(["day", "week", "month"]))
def test_events_count_in_a_cohort_until_they_are_too_old(
    warehouse: OpenWarehouse, past: Past, by: By, sliding: dict[str, Any], unit: str
) -> None:
    store(past.events, past.world, warehouse)
    segment = {"any": [{"not": sliding}, {"first_did": "A", "within_days": sliding["within_days"]}]}
    days = {"from_date": past.first, "to_date": past.last}
    definition = Cohort.model_validate({"segment": segment, "by": by, "unit": unit, **days})
    expected = people.cohort(definition.segment, past.events, past.world, (past.first, past.last), unit, by)
    assert is_alike(found(definition, past.world, warehouse), expected)


def test_the_first_property_with_an_e_mail_is_the_user_s(warehouse: OpenWarehouse) -> None:
    emails = {"ann": {"$email": "ann@example.com", "email": "old@example.com"}, "bob": {"email": "old@example.com"}}
    store([did("View", local("10:00"), user, each) for user, each in emails.items()], world(), warehouse)
    rows = found(Profiles(email="old@example.com"), world(), warehouse)["rows"]
    assert [row["user"] for row in rows] == ["bob"]


def test_a_cohort_has_the_event_of_midnight_on_the_new_day(warehouse: OpenWarehouse) -> None:
    days = [DAY, DAY + timedelta(days=1)]
    store([did("Buy", local("00:00", day), f"user of {day}") for day in days], world(), warehouse)
    fields = {"segment": {"did": "Buy"}, "from_date": days[0], "to_date": days[1]}
    rows = found(Cohort.model_validate(fields), world(), warehouse)["rows"]
    assert [(row["period"], row["size"]) for row in rows] == [(days[0], 1), (days[1], 2)]


def test_names_of_properties_can_have_any_characters(warehouse: OpenWarehouse) -> None:
    names = ("a.b", 'q"uote', '"', "sl/ash~", "$p", "ü 1", "[0]", "back\\slash")
    events = [did("View", local("10:00"), properties={name: place for place, name in enumerate(names)})]
    store(events, world(), warehouse)
    properties = {name: place for place, name in sorted(enumerate(names), key=lambda each: each[1])}
    known = found(Profile(id="ann"), world(), warehouse)
    assert (known["properties"], [row["property"] for row in known["rows"]]) == (properties, sorted(names))
    (profile,) = found(Profiles.model_validate({"where": {"a.b": 0, '"': 2}}), world(), warehouse)["rows"]
    assert profile["properties"] == properties


def test_a_definition_comes_back_from_its_json_with_the_same_version() -> None:
    given_: tuple[AnyDefinition, ...] = (
        Journey(id="ann"),
        Profile(id="ann", by=By.CLUSTER),
        Profiles.model_validate({"where": {"plan": "pro"}, "email": "a@b.c"}),
        Cohort.model_validate({"segment": "buyers", "from_date": DAY, "to_date": DAY, "as_of": "2026-03-04T12:00:00Z"}),
    )
    for definition in given_:
        again = type(definition).model_validate(definition_of(definition))
        assert (again, version_of(again)) == (definition, version_of(definition))
    assert len({version_of(definition) for definition in given_}) == len(given_)


def test_a_cohort_without_days_has_its_members_for_rows(warehouse: OpenWarehouse) -> None:
    store([did("Buy", local("10:00"), user) for user in ("bob", "ann")], world(), warehouse)
    known = found(Cohort.model_validate({"segment": {"did": "Buy"}}), world(), warehouse)
    assert known == {"rows": [{"user": "ann"}, {"user": "bob"}], "size": 2, "members": ["ann", "bob"]}


def test_a_cohort_with_one_day_or_with_days_out_of_order_is_refused(warehouse: OpenWarehouse) -> None:
    with pytest.raises(ValueError, match="give from_date and to_date"):
        found(Cohort.model_validate({"segment": {"ids": ["ann"]}, "from_date": DAY}), world(), warehouse)
    with pytest.raises(ValueError, match="swap them"):
        Cohort.model_validate({"segment": "buyers", "from_date": "2026-03-05", "to_date": "2026-03-04"})
