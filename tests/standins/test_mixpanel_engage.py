"""The stand-in's profiles: updates and their answers."""

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


def update(mixpanel: StandInMixpanel, **operations: Any) -> dict[str, Any]:
    named = {f"${name}": value for name, value in operations.items()}
    return {"$token": mixpanel.access.token, "$distinct_id": "u1", "$ip": "0", "$ignore_time": True, **named}


def post(mixpanel: StandInMixpanel, body: Any, *, verbose: str = "1") -> requests.Response:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return requests.post(f"{mixpanel.url}/engage", params={"verbose": verbose}, data=data, timeout=10)


def test_each_operation_updates_a_profile_as_its_name_says(mixpanel: StandInMixpanel) -> None:
    done = [
        update(mixpanel, set={"a": 1, "b": ["x"], "c": "c"}),
        update(mixpanel, set_once={"a": 2, "d": 4}),
        update(mixpanel, add={"a": 10, "n": 1}),
        update(mixpanel, append={"b": "y"}),
        update(mixpanel, union={"b": ["y", "z"]}),
        update(mixpanel, remove={"b": "x"}),
        update(mixpanel, unset=["c"]),
    ]
    assert post(mixpanel, done).json() == {"status": 1, "error": None}
    assert mixpanel.profiles["u1"] == {"a": 11, "b": ["y", "z"], "d": 4, "n": 1}
    assert mixpanel.profiles.writes == {"u1": 7}
    post(mixpanel, update(mixpanel, delete=""))
    assert "u1" not in mixpanel.profiles


def test_an_update_sets_location_and_last_seen_unless_it_turns_this_off(mixpanel: StandInMixpanel) -> None:
    post(mixpanel, {"$token": mixpanel.access.token, "$distinct_id": "u1", "$set": {"a": 1}})
    assert mixpanel.profiles["u1"].keys() == {"a", "$city", "$region", "$country_code", "$last_seen"}
    assert mixpanel.profiles["u1"]["$last_seen"] == "2026-03-02T12:00:00"


def test_an_unknown_token_is_answered_with_1_and_changes_nothing(mixpanel: StandInMixpanel) -> None:
    assert post(mixpanel, {**update(mixpanel, set={"a": 1}), "$token": "another"}, verbose="0").text == "1"
    assert len(mixpanel.profiles) == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"$token": ""},
        {"$distinct_id": ""},
        {"$distinct_id": None},
        {"$set": ["a"]},
        {"$unset": {"a": 1}},
        {"$multiply": {"a": 2}},
    ],
)
def test_a_wrong_update_is_answered_200_and_0_and_changes_nothing(
    mixpanel: StandInMixpanel, wrong: dict[str, Any]
) -> None:
    body = [update(mixpanel, set={"a": 1}), {**update(mixpanel, set={"a": 1}), **wrong}]
    answer = post(mixpanel, body)
    assert (answer.status_code, answer.json()["status"]) == (200, 0)
    assert answer.json()["error"]
    assert post(mixpanel, body, verbose="0").text == "0"
    assert len(mixpanel.profiles) == 0


def test_more_than_2000_updates_are_refused(mixpanel: StandInMixpanel) -> None:
    assert post(mixpanel, [update(mixpanel, set={"a": 1})] * 2000).json()["status"] == 1
    assert post(mixpanel, [update(mixpanel, set={"a": 1})] * 2001).json()["status"] == 0
    assert post(mixpanel, []).json()["status"] == 0


def test_a_long_body_is_answered_413_and_a_body_that_is_not_json_400(mixpanel: StandInMixpanel) -> None:
    mixpanel.behaviour = Behaviour(body_bytes=1000)
    assert post(mixpanel, update(mixpanel, set={"a": "x" * 1000})).status_code == 413
    assert post(mixpanel, b"{").status_code == 400
    assert len(mixpanel.profiles) == 0


def test_updates_and_exports_have_separate_faults(mixpanel: StandInMixpanel) -> None:
    mixpanel.faults.permanent = faults.Status(500)
    mixpanel.profile_faults.append(faults.Status(429, retry_after="3"))
    refused = post(mixpanel, update(mixpanel, set={"a": 1}))
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "3")
    assert post(mixpanel, update(mixpanel, set={"a": 1})).status_code == 200


def test_a_partial_answer_names_the_failed_updates_and_applies_the_others(mixpanel: StandInMixpanel) -> None:
    mixpanel.profile_faults.append(faults.Partial(frozenset({"u1"})))
    both = [{**update(mixpanel, set={"a": 1}), "$distinct_id": name} for name in ("u0", "u1")]
    answer = post(mixpanel, both)
    assert answer.status_code == 400
    assert [record["index"] for record in answer.json()["failed_records"]] == [1]
    assert "u0" in mixpanel.profiles
    assert "u1" not in mixpanel.profiles


def test_an_update_whose_answer_is_lost_was_applied(mixpanel: StandInMixpanel) -> None:
    mixpanel.profile_faults.append(faults.ResetBeforeHeader())
    with pytest.raises(requests.ConnectionError):
        post(mixpanel, update(mixpanel, set={"a": 1}))
    assert mixpanel.profiles["u1"] == {"a": 1}
