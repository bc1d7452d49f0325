"""Reports in Google's executor of GoogleSQL, over random small histories, beside plain Python."""

import os
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixpanel_data.configuration.reports.choices import By
from mixpanel_data.configuration.reports.people import AboutPeople, Cohort, Journey, Profile, Profiles
from mixpanel_data.reports.answers.answering import about_people, parts_of
from mixpanel_data.warehouse.statements import Statement
from reports.histories import Past, pasts
from reports.random_definitions import REPORTS, questions, segments, where
from reports.stored_histories import differences
from sql.checks import foreign_to_bigquery, invalid_paths, outer_joins, unbounded
from sql.executor import Executor, asked_of, tables_of
from sql.library import relations
from support.reports import people
from support.reports.answers import answer

examples = settings(max_examples=int(os.environ.get("STATE_MACHINE_EXAMPLES", "12")))
BY = st.sampled_from(By)
IDS = st.sampled_from(["ann", "ann's phone", "bob", "cat"])


# What the executor lets pass.
CHECKS = (foreign_to_bigquery, invalid_paths, outer_joins, unbounded)


def check_all(ran: list[Statement]) -> None:
    """Every statement that was run is one that BigQuery runs."""
    problems = [problem for one in ran for check in CHECKS for problem in check(one, relations())]
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("report", REPORTS)
@examples
@given(data=st.data())
def test_a_report_has_the_figures_of_plain_python(report: str, data: st.DataObject) -> None:
    definition, past = data.draw(questions(report))
    is_fetched = data.draw(st.sampled_from([False, False, False, True]))
    executor = Executor(tables_of(past))
    found = parts_of(definition, asked_of(executor, past.world, is_fetched=is_fetched))
    assert not differences(found, answer(definition, past.events, past.world)), definition
    check_all(executor.ran)


def same_of_people(definition: AboutPeople, past: Past, expected: dict[str, Any]) -> None:
    executor = Executor(tables_of(past))
    found = about_people(definition, asked_of(executor, past.world))
    assert not differences([found], [expected]), definition
    check_all(executor.ran)


@examples
@given(past=pasts(), by=BY, identity=IDS)
def test_a_journey_and_a_profile_are_those_of_plain_python(past: Past, by: By, identity: str) -> None:
    timeline = people.journey(identity, past.events, past.world, by)
    same_of_people(Journey(id=identity, by=by), past, {"rows": timeline})
    known = people.profile(identity, past.events, past.world, by)
    if known:
        same_of_people(Profile(id=identity, by=by), past, known | {"rows": known.pop("changes")})


@examples
@given(past=pasts(), by=BY, condition=where, identity=st.none() | IDS)
def test_profiles_are_those_of_plain_python(past: Past, by: By, condition: Any, identity: str | None) -> None:
    definition = Profiles.model_validate({"where": condition, "id": identity, "by": by})
    expected = people.profiles(past.events, past.world, definition.where, identity=identity, by=by)
    same_of_people(definition, past, {"rows": expected})


@examples
@given(data=st.data(), past=pasts(), by=BY, unit=st.sampled_from(["day", "week", "month"]))
def test_a_cohort_is_that_of_plain_python(data: st.DataObject, past: Past, by: By, unit: str) -> None:
    days = {"from_date": past.first, "to_date": past.last}
    definition = Cohort.model_validate({"segment": data.draw(segments(past)), "by": by, "unit": unit, **days})
    expected = people.cohort(definition.segment, past.events, past.world, (past.first, past.last), unit, by)
    same_of_people(definition, past, expected)
