"""The stand-in's profiles, cohorts, activity, annotations and account, compared with what was stored."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
import requests

from mixpanel_data_standins.mixpanel import Access, Behaviour, StandInMixpanel
from mixpanel_data_standins.mixpanel.querying.state.quotas import QueryQuotas
from mixpanel_data_standins.mixpanel.querying.state.saved import Annotation, Cohort

if TYPE_CHECKING:
    from standins.querying.conftest import Ask


@pytest.fixture(autouse=True)
def cohorts(mixpanel: StandInMixpanel) -> None:
    mixpanel.queries.cohorts = (
        Cohort(1, "Paying", where='properties["plan"] != "free"', description="pays"),
        Cohort(2, "Chosen", members=frozenset({"bob", "eve"}), created=datetime(2026, 2, 1, 8), is_visible=False),
    )


def ids(answer: requests.Response) -> list[Any]:
    return [one["$distinct_id"] for one in answer.json()["results"]]


def test_a_page_has_profiles_and_a_session(ask: Ask) -> None:
    answer = ask("engage", method="POST").json()
    assert {**answer, "session_id": ""} == {
        "status": "ok",
        "page": 0,
        "page_size": 1000,
        "total": 3,
        "session_id": "",
        "results": [
            {"$distinct_id": "ann", "$properties": {"plan": "plus", "age": 31, "$last_seen": "2026-03-03T10:00:00"}},
            {"$distinct_id": "bob", "$properties": {"plan": "pro", "age": 25, "$last_seen": "2026-03-02T13:00:00"}},
            {"$distinct_id": "7", "$properties": {"plan": "free", "$last_seen": "2026-01-01T00:00:00"}},
        ],
    }
    assert answer["session_id"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"where": 'properties["plan"] == "pro"'}, ["bob"]),
        ({"where": 'properties["$last_seen"] >= "2026-03-01T00:00:00"'}, ["ann", "bob"]),
        ({"where": 'user["age"] < 30'}, ["bob"]),
        ({"distinct_id": "ann"}, ["ann"]),
        ({"distinct_ids": ["ann", "7", "none"]}, ["ann", "7"]),
        ({"filter_by_cohort": {"id": 1}}, ["ann", "bob"]),
        ({"filter_by_cohort": {"id": 2}}, ["bob", "eve"]),
        ({"filter_by_cohort": {"id": 2}, "include_all_users": "false"}, ["bob"]),
    ],
)
def test_profiles_are_selected(ask: Ask, given: dict[str, Any], expected: list[str]) -> None:
    assert ids(ask("engage", method="POST", **given)) == expected
    assert ids(ask("/api/2.0/engage", **given)) == expected


def test_a_json_body_wins_over_the_url(mixpanel: StandInMixpanel) -> None:
    access = mixpanel.access
    answer = requests.post(
        f"{mixpanel.url}/api/query/engage",
        params={"project_id": access.project_id, "distinct_ids": '["ann"]'},
        json={"distinct_ids": ["bob"], "output_properties": ["plan", "none"]},
        auth=(access.username, access.secret),
        timeout=10,
    )
    assert answer.json()["results"] == [{"$distinct_id": "bob", "$properties": {"plan": "pro"}}]


def test_later_pages_need_the_session_of_the_first(mixpanel: StandInMixpanel, ask: Ask) -> None:
    mixpanel.queries.page_size = 2
    first = ask("engage", method="POST").json()
    assert (len(first["results"]), first["total"], first["page_size"]) == (2, 3, 2)
    second = ask("engage", method="POST", page="1", session_id=first["session_id"])
    assert ids(second) == ["7"]
    assert (second.json()["page"], second.json()["total"]) == (1, 1)
    assert second.json()["session_id"] == first["session_id"]
    assert ids(ask("engage", method="POST", page="2", session_id=first["session_id"])) == []
    refused = ask("engage", method="POST", page="1")
    assert (refused.status_code, refused.json()["error"]) == (400, "request for page in uncached query for params")
    mixpanel.queries.sessions.expire()
    assert ask("engage", method="POST", page="1", session_id=first["session_id"]).status_code == 400


@pytest.mark.parametrize(("caches", "expected"), [(True, ["7"]), (False, [])])
def test_a_profile_that_goes_meanwhile_shifts_uncached_pages(
    mixpanel: StandInMixpanel, ask: Ask, caches: bool, expected: list[str]
) -> None:
    mixpanel.queries.page_size, mixpanel.queries.caches_pages = 2, caches
    session_id = ask("engage", method="POST").json()["session_id"]
    update = {"$token": mixpanel.access.token, "$distinct_id": "ann", "$delete": ""}
    mixpanel.profiles.apply(update, mixpanel.now())
    assert ids(ask("engage", method="POST", page="1", session_id=session_id)) == expected


@pytest.mark.parametrize(("counts", "expected"), [(False, 1), (True, 3)])
def test_later_pages_are_free_or_counted(mixpanel: StandInMixpanel, ask: Ask, counts: bool, expected: int) -> None:
    mixpanel.queries.page_size, mixpanel.queries.quotas = 1, QueryQuotas(count_pages=counts)
    session_id = ask("engage", method="POST").json()["session_id"]
    for page in ("1", "2"):
        assert ask("engage", method="POST", page=page, session_id=session_id).status_code == 200
    assert mixpanel.queries.gate.counted == expected
    assert [call.parameters.get("page") for call in mixpanel.calls] == [None, "1", "2"]


def test_ids_can_be_numbers(mixpanel: StandInMixpanel, ask: Ask) -> None:
    mixpanel.queries.numeric_ids = True
    assert ids(ask("engage", method="POST")) == ["ann", "bob", 7]


def test_behaviors_are_refused(ask: Ask) -> None:
    assert ask("engage", method="POST", behaviors=[{"window": "7d"}]).status_code == 400
    assert ask("engage", method="POST", filter_by_cohort={"id": 5}).status_code == 400


def test_cohorts_are_listed_with_their_sizes(mixpanel: StandInMixpanel, ask: Ask) -> None:
    project_id = int(mixpanel.access.project_id)
    assert ask("cohorts/list", method="POST").json() == [
        {
            "id": 1,
            "name": "Paying",
            "count": 2,
            "is_visible": 1,
            "description": "pays",
            "created": "2026-01-01 00:00:00",
            "project_id": project_id,
        },
        {
            "id": 2,
            "name": "Chosen",
            "count": 2,
            "is_visible": 0,
            "description": "",
            "created": "2026-02-01 08:00:00",
            "project_id": project_id,
        },
    ]


def test_the_activity_of_users_is_served_with_a_warning(mixpanel: StandInMixpanel, ask: Ask) -> None:
    mixpanel.resolve["old"] = "cid"
    answer = ask("stream/query", distinct_ids=["old"], from_date="2026-03-02", to_date="2026-03-09")
    assert answer.headers["Deprecation"] == "true"
    assert answer.json() == {
        "status": "ok",
        "results": {
            "events": [
                {
                    "event": "Visit",
                    "properties": {"time": time, "distinct_id": "cid", "$insert_id": f"Visit{day} 10:00:00cid"},
                }
                for day, time in (("02", 1772445600), ("09", 1773050400))
            ]
        },
    }
    assert len(ask("stream/query", distinct_ids=["cid"]).json()["results"]["events"]) == 3


def test_the_account_knows_the_projects_time_zone(mixpanel: StandInMixpanel, ask: Ask) -> None:
    mixpanel.behaviour = Behaviour(timezone="Europe/Berlin")
    answer = ask("/api/app/me").json()
    assert answer["status"] == "ok"
    assert answer["results"]["projects"][mixpanel.access.project_id]["timezone"] == "Europe/Berlin"
    assert mixpanel.queries.gate.counted == 0


@pytest.mark.parametrize(
    ("host", "path", "status"),
    [
        ("eu.mixpanel.com", "/api/app/me", 200),
        ("mixpanel.com", "/api/app/me", 401),
        ("in.mixpanel.com:443", "/api/app/me", 401),
        ("eu.mixpanel.com", "/api/query/funnels/list", 200),
        ("mixpanel.com", "/api/query/funnels/list", 401),
        ("data-eu.mixpanel.com", "/api/query/funnels/list", 404),
        ("eu.mixpanel.com", "/api/2.0/export", 404),
        ("data-eu.mixpanel.com", "/api/2.0/export", 200),
        ("data.mixpanel.com", "/api/2.0/export", 401),
        ("localhost", "/api/app/me", 200),
    ],
)
def test_a_project_answers_on_the_hosts_of_its_region(
    mixpanel: StandInMixpanel, host: str, path: str, status: int
) -> None:
    mixpanel.access = access = Access(region="eu")
    answer = requests.get(
        mixpanel.url + path,
        params={"project_id": access.project_id, "from_date": "2026-03-01", "to_date": "2026-03-01"},
        headers={"Host": host},
        auth=(access.username, access.secret),
        timeout=10,
    )
    assert answer.status_code == status


def test_wrong_secrets_are_refused(mixpanel: StandInMixpanel) -> None:
    for path in ("/api/app/me", "/api/query/funnels/list"):
        parameters = {"project_id": mixpanel.access.project_id}
        answer = requests.get(mixpanel.url + path, params=parameters, auth=("nobody", "wrong"), timeout=10)
        assert answer.status_code == 401
    assert mixpanel.queries.gate.counted == 0


def test_annotations_are_listed_and_added(mixpanel: StandInMixpanel, ask: Ask) -> None:
    mixpanel.queries.annotations += [
        Annotation(4, datetime(2026, 3, 2, 9, 30), "Release", ("web",)),
        Annotation(5, datetime(2026, 3, 5), "Sale"),
    ]
    path = f"/api/app/projects/{mixpanel.access.project_id}/annotations"
    user = {"id": 1, "first_name": "Stand", "last_name": "In"}
    release = {"id": 4, "date": "2026-03-02 09:30:00", "description": "Release", "user": user}
    expected = {"status": "ok", "results": [{**release, "tags": [{"id": 1, "name": "web"}]}]}
    assert ask(path, fromDate="2026-03-01", toDate="2026-03-02").json() == expected
    added = ask(path, method="POST", date="2026-03-06 12:00:00", description="More")
    assert (added.status_code, added.json()["results"]["id"]) == (201, 6)
    assert [one["id"] for one in ask(path).json()["results"]] == [4, 5, 6]
    assert ask("/api/app/projects/5/annotations").status_code == 403
