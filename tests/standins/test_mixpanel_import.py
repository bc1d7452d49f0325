"""The stand-in's merges of ids: imports and their answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from mixpanel_data_standins.mixpanel import Behaviour, StandInMixpanel, faults

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def mixpanel() -> Iterator[StandInMixpanel]:
    with StandInMixpanel(now=lambda: NOON) as running:
        yield running


def merge(insert_id: str, *ids: str, **changed: Any) -> dict[str, Any]:
    usual = {"$distinct_ids": ids, "$insert_id": insert_id, "time": 1772355600, "distinct_id": ""}
    return {"event": "$merge", "properties": {**usual, **changed}}


def post(mixpanel: StandInMixpanel, body: Any, secret: str | None = None) -> requests.Response:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    access = mixpanel.access
    return requests.post(
        f"{mixpanel.url}/import",
        params={"strict": "1", "project_id": access.project_id},
        data=data,
        auth=(access.username, secret or access.secret),
        timeout=10,
    )


def test_a_repeated_merge_is_kept_once(mixpanel: StandInMixpanel) -> None:
    answer = post(mixpanel, [merge("m1", "a", "b"), merge("m2", "b", "c")])
    assert answer.json() == {"code": 200, "num_records_imported": 2, "status": "OK"}
    assert post(mixpanel, [merge("m1", "a", "b")]).status_code == 200
    assert mixpanel.merges.pairs == [("a", "b"), ("b", "c")]
    assert mixpanel.merges.received == {"m1": 2, "m2": 1}


def test_a_merge_with_another_time_is_another_one(mixpanel: StandInMixpanel) -> None:
    post(mixpanel, [merge("m1", "a", "b"), merge("m1", "a", "b", time=1772355601)])
    assert len(mixpanel.merges) == 2


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ("text", ""),
        ({"event": "$merge"}, ""),
        ({"event": "Visit", "properties": {}}, "event"),
        (merge("m", "a", "b", time=None), "properties.time"),
        (merge("m", "a", "b", time=1), "properties.time"),
        (merge("m", "a", "b", time=1772460000), "properties.time"),
        (merge("m", "a", "b", distinct_id=None), "properties.distinct_id"),
        (merge("", "a", "b"), "properties.$insert_id"),
        (merge("m_1", "a", "b"), "properties.$insert_id"),
        (merge("m" * 37, "a", "b"), "properties.$insert_id"),
        (merge("m", "a", "b", token="another"), "properties.token"),
        (merge("m", "a"), "properties.$distinct_ids"),
        (merge("m", "a", "b", "c"), "properties.$distinct_ids"),
        (merge("m", "a", "Null "), "properties.$distinct_ids"),
    ],
)
def test_a_wrong_event_is_refused_and_the_others_are_stored(mixpanel: StandInMixpanel, wrong: Any, field: str) -> None:
    answer = post(mixpanel, [wrong, merge("m1", "a", "b")])
    assert answer.status_code == 400
    assert answer.json()["num_records_imported"] == 1
    assert [(one["index"], one["field"]) for one in answer.json()["failed_records"]] == [(0, field)]
    assert mixpanel.merges.pairs == [("a", "b")]


def test_a_project_with_simplified_identity_refuses_merges(mixpanel: StandInMixpanel) -> None:
    mixpanel.behaviour = Behaviour(identity="simplified")
    answer = post(mixpanel, [merge("m1", "a", "b")])
    (record,) = answer.json()["failed_records"]
    assert (answer.status_code, record["$insert_id"]) == (400, "m1")
    assert record["message"].endswith("not allowed when project is using simplified identity management")
    assert len(mixpanel.merges) == 0


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ("docs", {"index": 1, "$insert_id": "m2", "field": "properties.$distinct_ids"}),
        ("spec", {"insert_id": "m2", "field": "properties.$distinct_ids"}),
        ("text", None),
    ],
)
def test_chosen_merges_can_be_refused_in_each_form_of_the_answer(
    mixpanel: StandInMixpanel, records: Any, expected: dict[str, Any] | None
) -> None:
    mixpanel.import_faults.append(faults.RefusedMerges(frozenset({"c"}), records))
    answer = post(mixpanel, [merge("m1", "a", "b"), merge("m2", "b", "c")])
    message = "this merge is refused"
    assert answer.json()["failed_records"] == [message if expected is None else {**expected, "message": message}]
    assert mixpanel.merges.pairs == [("a", "b")]


def test_too_much_is_answered_413_and_a_body_that_is_no_array_400(mixpanel: StandInMixpanel) -> None:
    assert post(mixpanel, [merge("m1", "a", "b")] * 2001).status_code == 413
    mixpanel.behaviour = Behaviour(body_bytes=10)
    assert post(mixpanel, [merge("m1", "a", "b")]).status_code == 413
    assert [post(mixpanel, body).status_code for body in (b"{", b"{}")] == [400, 400]
    assert len(mixpanel.merges) == 0


def test_an_import_needs_the_projects_credentials(mixpanel: StandInMixpanel) -> None:
    assert post(mixpanel, [merge("m1", "a", "b")], secret="another").status_code == 401
    assert len(mixpanel.merges) == 0


def test_imports_have_faults_of_their_own(mixpanel: StandInMixpanel) -> None:
    mixpanel.faults.permanent = mixpanel.profile_faults.permanent = faults.Status(500)
    mixpanel.import_faults.append(faults.Status(429, retry_after="3"))
    answer = post(mixpanel, [merge("m1", "a", "b")])
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3")
    assert post(mixpanel, [merge("m1", "a", "b")]).status_code == 200


def test_merges_whose_answer_is_lost_were_stored(mixpanel: StandInMixpanel) -> None:
    mixpanel.import_faults.append(faults.ResetBeforeHeader())
    with pytest.raises(requests.ConnectionError):
        post(mixpanel, [merge("m1", "a", "b")])
    assert mixpanel.merges.pairs == [("a", "b")]
