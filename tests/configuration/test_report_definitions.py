"""Definitions of reports: out and in again unchanged, and every wrong value told with its field."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from mixpanel_data.base.errors import ConfigError
from mixpanel_data.configuration.base import Configuration, parsed
from mixpanel_data.configuration.reports.definitions import Retention
from mixpanel_data.configuration.reports.saved import SavedReports, SavedSegments, definition_of, version_of
from reports.histories import pasts
from reports.random_definitions import REPORTS, questions, segments

some_examples = settings(max_examples=30, deadline=None)

# No field takes a list of lists of objects.
WRONG: list[list[dict[str, object]]] = [[{}]]
Place = tuple[str | int, ...]


def read(document: object) -> Configuration:
    """The definition that `config/reports.json` has under a name."""
    return parsed(SavedReports, json.dumps({"named": document}), "reports.json").root["named"]


def document_of(report: str, data: st.DataObject) -> dict[str, Any]:
    """A random definition of this report as JSON has it."""
    definition, _ = data.draw(questions(report))
    document: dict[str, Any] = json.loads(json.dumps(definition_of(definition)))
    return document


@pytest.mark.parametrize("report", REPORTS)
@some_examples
@given(data=st.data())
def test_a_definition_comes_back_from_its_json_with_the_same_version(report: str, data: st.DataObject) -> None:
    definition, _ = data.draw(questions(report))
    shortest = json.loads(json.dumps(definition_of(definition)))
    complete = json.loads(definition.model_dump_json(by_alias=True))
    for document in (shortest, complete):
        again = read(document)
        assert again == definition
        assert definition_of(again) == shortest
        assert version_of(again) == version_of(definition)


@some_examples
@given(data=st.data())
def test_a_segment_comes_back_from_its_json_with_the_same_version(data: st.DataObject) -> None:
    asked = data.draw(st.one_of(segments(data.draw(pasts())), st.just("another")))
    segment = parsed(SavedSegments, json.dumps({"named": asked}, default=str), "segments.json").root["named"]
    document = definition_of(segment)
    again = parsed(SavedSegments, json.dumps({"named": document}), "segments.json").root["named"]
    assert again == segment
    assert version_of(again) == version_of(segment)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"returned": {"events": "A", "where": {"n": 10}}}, {"returned": {"events": ["A"], "where": [{"n": [10.0]}]}}),
        ({"returned": "A", "unit": "day", "by": "user"}, {"returned": {"events": ["A"]}, "limit": 60}),
        ({"segment": "buyers"}, {"segment": {"segment": "buyers"}}),
        ({"on": "n", "width": 2}, {"width": 2.0, "on": "n"}),
        ({"as_of": "2026-01-31T12:00:00+02:00"}, {"as_of": "2026-01-31T10:00:00Z"}),
    ],
)
def test_two_spellings_of_a_definition_have_one_version(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert version_of(Retention.model_validate(one)) == version_of(Retention.model_validate(other))


def test_versions_differ_where_definitions_do() -> None:
    values: list[object] = ["1", 1, True, "true", 1.5, ["1", 1], [1, "1"], {"at_least": 1}, {"not": 1}, {"set": True}]
    asked = [Retention.model_validate({"returned": {"events": "A", "where": {"n": value}}}) for value in values]
    assert len({version_of(one) for one in asked}) == len(values)


@pytest.mark.parametrize("report", REPORTS)
@some_examples
@given(data=st.data())
def test_a_wrong_value_anywhere_is_told_with_its_field(report: str, data: st.DataObject) -> None:
    document = document_of(report, data)
    place = data.draw(st.sampled_from(sorted(places(document), key=str)))
    field = next(step for step in reversed(place) if isinstance(step, str))
    # A property's name can end with any character, behind which \b is no end of a word.
    with pytest.raises(ConfigError, match=rf"reports\.json: named.*(?<!\w){re.escape(field)}(?!\w)"):
        read(with_value(document, place, WRONG))


@pytest.mark.parametrize("report", REPORTS)
@some_examples
@given(data=st.data())
def test_an_unknown_field_anywhere_is_told_by_its_name(report: str, data: st.DataObject) -> None:
    document = document_of(report, data)
    shapes = [place for place in [(), *places(document)] if isinstance(value_in(document, place), dict)]
    # A condition takes any name: it is that of a property.
    place = data.draw(st.sampled_from([place for place in shapes if "where" not in place]))
    with pytest.raises(ConfigError, match=r"\bevnet is not known here"):
        read(with_value(document, (*place, "evnet"), "A"))


def test_a_report_s_own_rules_name_their_fields() -> None:
    for fields, message in (
        ({"from_date": "2026-02-01", "to_date": "2026-01-01"}, "from_date is after to_date"),
        ({"from_date": "2026-02-30"}, r"from_date.*2026-02-30"),
        ({"timezone": "Europe/Berln"}, r"timezone.*Europe/Berln"),
        ({"segment": "a", "segments": ["b"]}, "segment or segments"),
        ({"on": "n", "edges": [2, 1]}, "edges in ascending order"),
        ({"width": 1}, "give on"),
        ({"brackets": [1], "buckets": 2}, "buckets or brackets"),
        ({"mode": "recurring", "first_ever": True}, "first_ever"),
        ({"segment": {"did": "A", "sum": "n"}}, "at_least, at_most or exactly"),
        ({"from_date": "0001-01-01"}, "from_date is .*0001-01-01.*: give a day from 1900-01-01 to 2999-12-31"),
        ({"to_date": "9999-12-31"}, "to_date is .*9999-12-31"),
        ({"as_of": "0001-01-01T00:00:00Z"}, "as_of is .*0001-01-01"),
        ({"born": {"where": {"n": 10**400}}}, r"n\.equals is .*: give a finite number"),
        ({"segment": {"did": "A", "at_most": -(10**400)}}, "at_most is .*: give a finite number"),
    ):
        with pytest.raises(ConfigError, match=message):
            read({"report": "retention", **fields})


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"compare": "prev"},
            'named.funnel.compare is "prev": give previous, or an object with from_date and to_date.',
        ),
        ({"compare": {"from_date": "May"}}, 'named.funnel.compare.from_date is "May": give a day such as 2026-01-31; '),
        (
            {"attribute": "middle"},
            'named.funnel.attribute is "middle": give first, last, or the number of a step, from 1.',
        ),
        ({"grace": 1}, "grace is 1: give a length of time such as P7D or PT30M"),
        ({"attribute": True}, "named.funnel.attribute is true: give first, last, or the number of a step, from 1."),
    ],
)
def test_a_field_of_two_kinds_is_told_once_and_by_its_own_name(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)):
        read({"report": "funnel", "steps": ["A", "B"], **fields})


@pytest.mark.parametrize("test", ["\ud800", {"not": ["a", "\udfff"]}, {"contains": "\ud800"}])
def test_half_a_character_is_told_with_its_field(test: object) -> None:
    with pytest.raises(ValidationError, match=r"unpaired surrogate|valid string"):
        Retention.model_validate({"returned": {"events": "A", "where": {"n": test}}})


@pytest.mark.parametrize("kind", ["all", "any", "not"])
def test_a_segment_nested_too_deep_is_refused(kind: str) -> None:
    nested: object = "buyers"
    for _ in range(2_000):
        nested = {kind: nested if kind == "not" else [nested]}
    with pytest.raises(ValidationError, match="nested more than 20 levels deep"):
        Retention.model_validate({"segment": nested})


def places(value: object, before: Place = ()) -> Iterator[Place]:
    """The place of every member within a JSON value, but for the name of the report."""
    members: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        members = [(name, member) for name, member in value.items() if (before, name) != ((), "report")]
    elif isinstance(value, list):
        members = list(enumerate(value))
    for step, member in members:
        yield (*before, step)
        yield from places(member, (*before, step))


def value_in(document: Any, place: Place) -> Any:
    for step in place:
        document = document[step]
    return document


def with_value(document: dict[str, Any], place: Place, value: object) -> dict[str, Any]:
    """The document with another value in one place."""
    changed: dict[str, Any] = json.loads(json.dumps(document))
    value_in(changed, place[:-1])[place[-1]] = value
    return changed
