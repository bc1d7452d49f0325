"""Reports of a workspace: definitions in, answers out, over fetched events."""

import dataclasses
import json
import shutil
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mixpanel_data import Answer, Cohort, Funnel, Segmentation
from mixpanel_data.base.errors import ConfigError, NotFoundError, RequestError, TableNotFoundError, WarehouseBusyError
from mixpanel_data.workspace.workspace import Workspace
from support.desk import Desk, a_desk
from support.export_lines import event

DAYS = {"from_date": "2024-03-01", "to_date": "2024-03-03"}
LINES = [
    event("Sign Up", "2024-03-01 09:00:00", "ann", "e1"),
    event("Purchase", "2024-03-01 10:00:00", "ann", "e2", plan="pro", amount=20),
    event("Purchase", "2024-03-02 11:00:00", "ann", "e3", plan="pro", amount=5),
    event("Sign Up", "2024-03-02 12:00:00", "bob", "e4"),
    event("Purchase", "2024-03-03 23:30:00", "bob", "e5", plan="free", amount=1),
    event("Purchase", "2024-03-20 12:00:00", "eve", "e6", plan="free", amount=2),
]
ASKED: Mapping[str, Mapping[str, Any]] = {
    "segmentation": {"events": "Purchase"},
    "active_users": {},
    "frequency": {},
    "funnel": {"steps": ["Sign Up", "Purchase"]},
    "retention": {"buckets": 1},
    "sessions": {},
    "paths": {"anchor": "Sign Up"},
}
ABOUT_PEOPLE: Mapping[str, Mapping[str, Any]] = {
    "journey": {"id": "ann"},
    "profile": {"id": "ann", "timezone": "Europe/Berlin"},
    "profiles": {"where": {"plan": "pro"}},
    "cohort": {"segment": "buyers", "unit": "week", **DAYS},
}
SEGMENTS = {"buyers": {"did": "Purchase"}, "pro": {"all": ["buyers", {"did": "Purchase", "where": {"plan": "pro"}}]}}


@pytest.fixture(scope="module")
def events_of_march(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file into which a workspace fetched the events of March."""
    folder = tmp_path_factory.mktemp("march")
    with pytest.MonkeyPatch.context() as patch, a_desk(folder, patch, LINES) as desk, desk.workspace() as workspace:
        workspace.fetch_events("events", "2024-03-01", "2024-03-31")
    return desk.path


@pytest.fixture
def fetched(desk: Desk, events_of_march: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk whose file has the events of March, and whose segments have names."""
    shutil.copy(events_of_march, desk.path)
    monkeypatch.setenv("SEGMENTS_CONFIG", json.dumps(SEGMENTS))
    return desk


@pytest.fixture
def workspace(fetched: Desk) -> Workspace:
    return Workspace.open(fetched.path)


def counted(answer: Answer) -> list[int]:
    return [row["value"] for row in answer.rows]


def test_a_report_counts_fetched_events_by_day(workspace: Workspace) -> None:
    answer = workspace.report.segmentation(events="Purchase", **DAYS)
    assert counted(answer) == [1, 1, 1]
    assert answer.source == f"events in DuckDB file {workspace.info().path}"
    assert (answer.from_date, answer.to_date, answer.timezone) == (date(2024, 3, 1), date(2024, 3, 3), "UTC")


@pytest.mark.parametrize("name", [*ASKED, *ABOUT_PEOPLE])
def test_an_answer_has_its_definition_which_asks_the_same_again(workspace: Workspace, name: str) -> None:
    report = getattr(workspace.report, name)
    answer = report(**{**ASKED[name], **DAYS} if name in ASKED else ABOUT_PEOPLE[name])
    assert answer.rows
    assert len(answer.df) == len(answer.rows)
    assert answer.report == name
    document = json.loads(json.dumps(answer.to_dict(), allow_nan=False))
    again = report(document["definition"])
    assert (again.parts, again.version) == (answer.parts, answer.version)
    assert set(document) == {field.name for field in dataclasses.fields(answer)}


def test_a_funnel_s_times_to_convert_have_text_for_keys_in_json(workspace: Workspace) -> None:
    document = workspace.report.funnel(steps=["Sign Up", "Purchase"], **DAYS).to_dict()
    below = document["parts"][0]["time_to_convert"][0]["below"]
    assert (below["3600"], below["86400"]) == (0, 1)
    assert all(isinstance(name, str) for name in below)


def test_what_is_asked_about_users_has_no_days(workspace: Workspace) -> None:
    for answer in (workspace.report.journey("ann"), workspace.report.profile("ann"), workspace.report.profiles()):
        assert (answer.from_date, answer.to_date) == (None, None)
    assert [row["event"] for row in workspace.report.journey("ann").rows] == ["Sign Up", "Purchase", "Purchase"]
    (profile,) = workspace.report.profiles(id="eve").rows
    assert (profile["user"], profile["properties"]) == ("eve", {"plan": "free", "amount": 2})


def test_a_profile_has_totals_and_the_changes_of_properties(workspace: Workspace) -> None:
    answer = workspace.report.profile("ann")
    (summary,) = answer.summary
    assert (summary["events"], summary["properties"]) == (3, {"amount": 5, "plan": "pro"})
    changes = [(row["property"], row["from"], row["to"]) for row in answer.rows]
    assert changes == [("amount", None, 20), ("plan", None, "pro"), ("amount", 20, 5)]


def test_a_cohort_is_a_name_an_object_or_json_and_without_days_its_members(workspace: Workspace) -> None:
    by_name = workspace.report.cohort("buyers", **DAYS)
    assert [row["size"] for row in by_name.rows] == [1, 1, 2]
    assert list(by_name.segments) == ["buyers"]
    did = {"did": "Purchase"}
    definition = Cohort.model_validate({"segment": did})
    for segment in (did, definition.segment, definition, {"segment": did}):
        answer = workspace.report.cohort(segment)
        assert answer.rows == [{"user": "ann"}, {"user": "bob"}, {"user": "eve"}]
        assert (answer.summary[0]["size"], answer.from_date) == (3, None)


@pytest.mark.parametrize(
    ("name", "asked", "fields", "message"),
    [
        ("journey", None, {}, "id is missing"),
        ("journey", "", {}, 'id is ""'),
        ("journey", "ann", {"compare": "previous"}, "compare is not known here"),
        ("profile", 5, {}, "id is 5"),
        ("profiles", None, {"where": {}}, "where[0] is {}: give a JSON object that has something in it"),
        ("profiles", None, {"where": []}, "where is []: give a list of at least 1"),
        ("profiles", None, {"email": 1}, "email is 1"),
        ("cohort", None, {}, "segment is missing"),
        ("cohort", {"done": "Purchase"}, {}, "give one of all, any, not, did"),
        ("cohort", {"did": "Purchse"}, {}, "segment.did is 'Purchse', and no event has this name. Nearest: 'Purchase'"),
        ("cohort", "buyers", {"from_date": "2024-03-01"}, "to_date is missing"),
        ("cohort", "buyers", {"to_date": "2024-03-01"}, "from_date is missing"),
        ("cohort", "buyers", {"from_date": "2024-03-02", "to_date": "2024-03-01"}, "from_date is after to_date"),
    ],
)
def test_what_is_wrong_about_users_is_told_with_its_field(
    workspace: Workspace, name: str, asked: Any, fields: dict[str, Any], message: str
) -> None:
    with pytest.raises(RequestError) as told:
        getattr(workspace.report, name)(*([] if asked is None else [asked]), **fields)
    assert message in str(told.value)


def test_a_user_without_events_and_an_unknown_segment_are_not_found(workspace: Workspace) -> None:
    for report in (workspace.report.journey, workspace.report.profile):
        with pytest.raises(NotFoundError, match="has the id 'anna'"):
            report("anna")
    with pytest.raises(NotFoundError, match=r"no segment 'buyer'\. Nearest: 'buyers'"):
        workspace.report.cohort("buyer")
    assert workspace.report.profiles(id="anna").rows == []


@pytest.mark.parametrize("name", [*ASKED, *ABOUT_PEOPLE])
def test_clusters_without_an_identity_graph_are_refused(workspace: Workspace, name: str) -> None:
    fields = {**ASKED[name], **DAYS} if name in ASKED else ABOUT_PEOPLE[name]
    with pytest.raises(TableNotFoundError, match=r"no identity graph in DuckDB file .*`mp identity build`"):
        getattr(workspace.report, name)(**fields, by="cluster")
    with pytest.raises(TableNotFoundError, match="no identity graph"):
        workspace.segments.freeze("buyers", by="cluster")


def test_rows_of_several_segments_tell_whose_they_are(workspace: Workspace) -> None:
    for name in ASKED:
        asked = {**ASKED[name], **DAYS, "segments": ["buyers", {"ids": ["bob"]}]}
        answer = getattr(workspace.report, name)(**asked)
        for rows in (answer.rows, answer.summary):
            assert [row["users_of"] for row in rows if row["users_of"] != {"ids": ["bob"]}]
            assert {str(row["users_of"]) for row in rows} == {"buyers", "{'ids': ['bob']}"}


def test_only_a_breakdown_has_a_number_of_segments(workspace: Workspace) -> None:
    for name in ("segmentation", "funnel", "retention"):
        asked = {**ASKED[name], **DAYS}
        alone, broken_down = (getattr(workspace.report, name)(**asked, **on) for on in ({}, {"on": "plan"}))
        assert alone.summary[0]["segments"] in (0, [0])
        assert broken_down.summary[0]["segments"] not in (0, [0])


@pytest.mark.parametrize("name", ABOUT_PEOPLE)
def test_a_named_report_can_be_about_users(workspace: Workspace, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("REPORTS_CONFIG", json.dumps({"saved": {"report": name, **ABOUT_PEOPLE[name]}}))
    answer = workspace.report.run("saved", timezone="UTC")
    assert (answer.name, answer.report, answer.timezone) == ("saved", name, "UTC")


def test_a_definition_is_an_object_or_json_or_fields_and_fields_replace_its_own(workspace: Workspace) -> None:
    asked = Segmentation.model_validate({"events": "Purchase", "unit": "month", **DAYS})
    by_object = workspace.report.segmentation(asked)
    assert (
        by_object.definition
        == workspace.report.segmentation({"events": ["Purchase"], "unit": "month", **DAYS}).definition
    )
    assert counted(by_object) == [3]
    assert counted(workspace.report.segmentation(asked, unit="day", to_date=date(2024, 3, 2))) == [1, 1]


def test_days_are_those_of_the_zone(workspace: Workspace) -> None:
    """23:30 in UTC is the next day in Berlin."""
    assert counted(workspace.report.segmentation(events="Purchase", timezone="Europe/Berlin", **DAYS)) == [1, 1, 0]


def test_the_environment_has_the_zone_of_a_definition_without_one(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIXPANEL_TIMEZONE", "Europe/Berlin")
    answer = workspace.report.segmentation(events="Purchase", **DAYS)
    assert (counted(answer), answer.timezone) == ([1, 1, 0], "Europe/Berlin")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"events": "Purchse"}, "events[0] is 'Purchse', and no event has this name. Nearest: 'Purchase'."),
        ({"events": "sign up"}, "events[0] is 'sign up', and no event has this name. Nearest: 'Sign Up'."),
        (
            {"events": "Purchase", "segment": {"not": {"did": "SignUp"}}},
            "segment.not.did is 'SignUp', and no event has this name. Nearest: 'Sign Up'.",
        ),
        ({"events": "Purchase", "unit": "fortnight"}, 'unit is "fortnight"'),
        ({"events": "Purchase", "measure": "sum"}, "the measure sum needs a property"),
        ({"event": "Purchase"}, "event is not known here"),
        ({"events": [{"events": "Purchase", "where": {"amount": {"above": "x"}}}]}, "events[0].where[0].amount"),
        ({"events": "Purchase", "to_date": None}, "to_date is missing"),
        ({"events": "Purchase", "to_date": "2024-02-01"}, "from_date is after to_date"),
    ],
)
def test_a_wrong_definition_is_told_with_its_field(workspace: Workspace, fields: dict[str, Any], message: str) -> None:
    with pytest.raises(RequestError) as told:
        workspace.report.segmentation(**{**DAYS, **fields})
    assert message in str(told.value)


def test_an_event_of_other_days_is_known(workspace: Workspace) -> None:
    answer = workspace.report.segmentation(events="Sign Up", from_date="2024-03-10", to_date="2024-03-10")
    assert counted(answer) == [0]


def test_a_definition_of_another_report_is_refused(workspace: Workspace) -> None:
    funnel = Funnel.model_validate({"steps": ["Sign Up", "Purchase"], **DAYS})
    with pytest.raises(RequestError, match="of the report funnel, not of segmentation"):
        workspace.report.segmentation(funnel)


def test_named_segments_are_used_with_their_versions(workspace: Workspace) -> None:
    answer = workspace.report.segmentation(events="Purchase", measure="unique", segment="pro", unit="month", **DAYS)
    assert counted(answer) == [1]
    assert sorted(answer.segments) == ["buyers", "pro"]
    assert all(len(version) == 64 for version in answer.segments.values())


def test_an_unknown_segment_is_told_with_the_nearest_names(workspace: Workspace) -> None:
    with pytest.raises(NotFoundError, match=r"SEGMENTS_CONFIG has no segment 'buyer'\. Nearest: 'buyers'"):
        workspace.report.segmentation(events="Purchase", segment="buyer", **DAYS)


def test_segments_that_name_each_other_in_a_circle_are_refused(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEGMENTS_CONFIG", '{"a": {"not": "b"}, "b": {"not": "a"}}')
    with pytest.raises(ConfigError, match="a → b → a"):
        workspace.report.segmentation(events="Purchase", segment="a", **DAYS)


def test_a_dynamic_segment_is_worked_out_as_of_a_moment(workspace: Workspace) -> None:
    noon = datetime(2024, 3, 2, 11, 30, tzinfo=UTC)
    segment = {"did": "Purchase", "at_least": 2}
    asked = {"events": "Sign Up", "measure": "unique", "segment": segment, "unit": "month", **DAYS}
    assert counted(workspace.report.segmentation(**asked, as_of=noon)) == [1]
    early = workspace.report.segmentation(**asked, as_of=noon - timedelta(hours=1))
    assert counted(early) == [0]
    assert workspace.report.segmentation(early.definition).parts == early.parts


def test_a_named_report_is_run_with_changes(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    saved = {"sales": {"report": "segmentation", "events": ["Purchase"], "unit": "month"}}
    monkeypatch.setenv("REPORTS_CONFIG", json.dumps(saved))
    answer = workspace.report.run("sales", **DAYS)
    assert (answer.name, counted(answer)) == ("sales", [3])
    assert counted(workspace.report.run("sales", unit="day", **DAYS)) == [1, 1, 1]
    with pytest.raises(NotFoundError, match=r"REPORTS_CONFIG has no report 'sale'\. Nearest: 'sales'"):
        workspace.report.run("sale", **DAYS)
    with pytest.raises(RequestError, match="from_date is missing"):
        workspace.report.run("sales")


def test_periods_stand_side_by_side(workspace: Workspace) -> None:
    answer = workspace.report.segmentation(
        events="Purchase", from_date="2024-03-02", to_date="2024-03-02", compare="previous"
    )
    assert [(row["from_date"], row["value"]) for row in answer.rows] == [(date(2024, 3, 2), 1), (date(2024, 3, 1), 1)]


def test_a_table_of_events_can_be_named(workspace: Workspace, fetched: Desk) -> None:
    with fetched.workspace() as writer:
        writer.connection.execute("CREATE TABLE few AS FROM events WHERE insert_id IN ('e2', 'e3')")
    assert counted(workspace.report.segmentation(events="Purchase", table="few", **DAYS)) == [1, 1, 0]
    with pytest.raises(TableNotFoundError, match="fewer"):
        workspace.report.segmentation(events="Purchase", table="fewer", **DAYS)


def test_without_events_the_way_to_them_is_told(desk: Desk) -> None:
    with desk.workspace() as workspace:
        with pytest.raises(TableNotFoundError, match="mp collect"):
            workspace.report.active_users(**DAYS)
        workspace.connection.execute("CREATE TABLE other (a INT)")
    with Workspace.open(desk.path) as workspace, pytest.raises(TableNotFoundError, match="mp fetch events"):
        workspace.report.active_users(**DAYS)


def test_a_report_waits_for_no_connection_of_its_own_workspace(workspace: Workspace) -> None:
    assert workspace.connection
    with pytest.raises(WarehouseBusyError, match="Call close"):
        workspace.report.active_users(**DAYS)
    workspace.close()
    assert workspace.report.active_users(**DAYS).rows
