"""The refusals and failures of the stand-in's queries, as a client meets them."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

import pytest
import requests

from mixpanel_data_standins.mixpanel import StandInMixpanel, faults
from mixpanel_data_standins.mixpanel.querying.state.quotas import QueryQuotas

if TYPE_CHECKING:
    from standins.querying.conftest import Ask


def test_the_61st_query_of_an_hour_is_refused(mixpanel: StandInMixpanel, ask: Ask) -> None:
    start = mixpanel.now()
    for minute in range(60):
        moment = start + timedelta(seconds=10 * minute)
        mixpanel.now = lambda moment=moment: moment  # type: ignore[misc]
        assert ask("funnels/list").status_code == 200
    answer = ask("funnels/list")
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "3010"  # an hour after the first, 590 seconds ago
    assert answer.headers["RateLimit-Policy"] == (
        '"project";q=60;w=3600, "project-concurrency";q=5;qu="concurrent-requests"'
    )
    assert answer.headers["RateLimit"] == '"project";r=0;t=3010, "project-concurrency";r=5'
    assert "(61/60 queries running in the last hour)" in answer.json()["error"]
    assert answer.json()["request"].startswith("/api/query/funnels/list?")
    mixpanel.now = lambda: start + timedelta(hours=1)
    assert ask("funnels/list").status_code == 200
    assert ask("funnels/list").status_code == 429


@pytest.mark.parametrize(
    ("form", "expected"), [("seconds", "3600"), ("date", "Tue, 10 Mar 2026 13:00:00 GMT"), ("none", None)]
)
def test_the_moment_to_come_back_has_several_forms(
    mixpanel: StandInMixpanel, ask: Ask, form: Literal["seconds", "date", "none"], expected: str | None
) -> None:
    mixpanel.queries.quotas = QueryQuotas(per_hour=1, retry_after=form)
    assert ask("funnels/list").status_code == 200
    assert ask("funnels/list").headers.get("Retry-After") == expected


def test_all_queries_share_the_quota_and_other_calls_do_not(mixpanel: StandInMixpanel, ask: Ask) -> None:
    mixpanel.queries.quotas = QueryQuotas(per_hour=2)
    assert ask("funnels/list").status_code == 200
    assert ask("cohorts/list", method="POST").status_code == 200
    assert ask("engage", method="POST").status_code == 429
    assert ask("/api/app/me").status_code == 200
    assert ask("/api/2.0/export", from_date="2026-03-01", to_date="2026-03-01").status_code == 200


def test_the_sixth_query_at_once_is_refused(mixpanel: StandInMixpanel, ask: Ask) -> None:
    mixpanel.queries.quotas = QueryQuotas(concurrent=1)
    mixpanel.queries.faults.append(faults.Stall(1))
    with requests.Session() as session:
        access = mixpanel.access
        stalled = session.get(
            f"{mixpanel.url}/api/query/funnels/list",
            params={"project_id": access.project_id},
            auth=(access.username, access.secret),
            stream=True,
            timeout=10,
        )
        assert stalled.status_code == 200
        answer = ask("funnels/list")
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "10")
        assert answer.headers["RateLimit"] == '"project";r=59, "project-concurrency";r=0;t=10'
        assert "(2/1 queries running concurrently)" in answer.json()["error"]
        stalled.close()


def test_queries_at_once_are_all_answered_or_refused(mixpanel: StandInMixpanel, ask: Ask) -> None:
    mixpanel.queries.quotas = QueryQuotas(per_hour=10, concurrent=None)
    statuses: list[int] = []
    threads = [threading.Thread(target=lambda: statuses.append(ask("funnels/list").status_code)) for _ in range(14)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] * 10 + [429] * 4


@pytest.mark.parametrize(
    ("status", "part", "counted"),
    [
        (400, "Timeout Error.", 1),
        (401, "Unauthorized", 0),
        (402, "Your plan does not allow API calls", 0),
        (403, "Date range exceeds 90 days into the past", 1),
        (412, "Uncaught exception TypeError", 1),
        (429, "Query rate limit exceeded", 0),
    ],
)
def test_a_fault_has_mixpanels_words(mixpanel: StandInMixpanel, ask: Ask, status: int, part: str, counted: int) -> None:
    mixpanel.queries.faults.append(faults.Status(status))
    answer = ask("events/names", type="general")
    assert answer.status_code == status
    assert part in answer.json()["error"]
    assert answer.json()["request"].startswith("/api/query/events/names?")
    assert "RateLimit" not in answer.headers
    assert mixpanel.queries.gate.counted == counted
    assert ask("events/names", type="general").status_code == 200


def test_a_fault_can_say_when_to_come_back(mixpanel: StandInMixpanel, ask: Ask) -> None:
    mixpanel.queries.faults.append(faults.Status(429, retry_after="3600"))
    answer = ask("funnels/list")
    assert answer.headers["Retry-After"] == "3600"
    assert answer.headers["RateLimit"] == '"project";r=0;t=3600, "project-concurrency";r=5'


def test_a_fault_can_have_its_own_text_and_status_200(mixpanel: StandInMixpanel, ask: Ask) -> None:
    mixpanel.queries.faults.append(faults.Status(200, '{"error": "no such report"}'))
    answer = ask("insights", bookmark_id="1")
    assert (answer.status_code, answer.json()) == (200, {"error": "no such report"})


@pytest.mark.parametrize("fault", [faults.EmptyReply(), faults.ResetBeforeHeader(), faults.CloseEarly(3)])
def test_a_connection_can_be_cut(mixpanel: StandInMixpanel, ask: Ask, fault: faults.Fault) -> None:
    mixpanel.queries.faults.append(fault)
    with pytest.raises(requests.RequestException):
        ask("events/names", type="general")
    assert ask("events/names", type="general").status_code == 200


def test_a_free_plan_has_exports_and_no_queries(mixpanel: StandInMixpanel, ask: Ask) -> None:
    mixpanel.queries.allows_queries = False
    assert ask("funnels/list").status_code == 402
    assert ask("/api/app/me").status_code == 200
    assert ask("/api/2.0/export", from_date="2026-03-01", to_date="2026-03-01").status_code == 200
    mixpanel.access = type(mixpanel.access)(secret="changed")  # credentials are checked before the plan
    answer = requests.get(
        f"{mixpanel.url}/api/query/funnels/list", params={"project_id": "1000001"}, auth=("a", "b"), timeout=10
    )
    assert answer.status_code == 401


def test_days_that_the_plan_does_not_keep_are_refused(mixpanel: StandInMixpanel, ask: Ask) -> None:
    mixpanel.queries.history_days = 8
    given = {"event": "Visit", "to_date": "2026-03-03"}
    assert ask("segmentation", from_date="2026-03-02", **given).status_code == 200
    refused = ask("segmentation", from_date="2026-03-01", **given)
    assert (refused.status_code, refused.json()["error"]) == (403, "Date range exceeds 8 days into the past")


def test_a_retired_query_is_gone(mixpanel: StandInMixpanel, ask: Ask) -> None:
    mixpanel.queries.gone = {"jql": 410, "stream/query": 404}
    assert ask("jql", method="POST", script="function main() { return [] }").status_code == 410
    assert ask("stream/query").status_code == 404


def test_a_wrong_method_or_path_is_refused(ask: Ask) -> None:
    assert ask("jql").status_code == 405
    assert ask("events/names", method="POST", type="general").status_code == 405
    assert ask("arb_funnels").status_code == 404
