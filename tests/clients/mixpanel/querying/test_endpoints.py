"""What the query client sends to each endpoint, and what it makes of the answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from mixpanel_data.base.errors import ConfigError, QueryError, RequestError, UnavailableError
from mixpanel_data.base.secret import Secret
from mixpanel_data.clients.mixpanel import Credentials, Region
from mixpanel_data.clients.mixpanel.querying import Days, EngagePage, Numbers, QueryClient, Series
from support.query_server import QueryServer, Reply

if TYPE_CHECKING:
    from clients.mixpanel.querying.conftest import Asking
    from support.wire import Wire

DAYS = Days(date(2026, 1, 1), date(2026, 1, 2))
FROM_TO = {"from_date": "2026-01-01", "to_date": "2026-01-02"}
SERIES = {
    "data": {"series": ["2026-01-02", "2026-01-01"], "values": {"pro": {"2026-01-01": 3}, "free": {"2026-01-02": 1}}},
    "legend_size": 2,
}
READ = Series(
    ("2026-01-01", "2026-01-02"),
    {"pro": {"2026-01-01": 3, "2026-01-02": 0}, "free": {"2026-01-01": 0, "2026-01-02": 1}},
)
FUNNEL = {"meta": {"dates": ["2026-01-01"]}, "data": {"2026-01-01": {"steps": [{"count": 5, "event": "A"}]}}}

Call = Callable[[QueryClient], object]
ENDPOINTS: list[tuple[str, Call, dict[str, str], Any, object]] = [
    ("events/names", lambda c: c.event_names(), {"type": "general", "limit": "5000"}, ["A", "ä"], ["A", "ä"]),
    (
        "events",
        lambda c: c.event_series(["A", "ä"], DAYS, kind="unique", unit="week"),
        {**FROM_TO, "event": '["A", "\\u00e4"]', "type": "unique", "unit": "week"},
        SERIES,
        READ,
    ),
    (
        "events/top",
        lambda c: c.top_events(limit=3),
        {"type": "general", "limit": "3"},
        {"events": [{"event": "A", "amount": 5}], "type": "general"},
        [{"event": "A", "amount": 5}],
    ),
    (
        "events/properties",
        lambda c: c.property_series("A", "plan", DAYS, kind="general", unit="day", values=["pro"], limit=9),
        {**FROM_TO, "event": "A", "name": "plan", "values": '["pro"]', "type": "general", "unit": "day", "limit": "9"},
        SERIES,
        READ,
    ),
    (
        "events/properties/top",
        lambda c: c.top_properties("A"),
        {"event": "A", "limit": "5000"},
        {"plan": {"count": 12}, "$city": {}},
        ["plan", "$city"],
    ),
    (
        "events/properties/values",
        lambda c: c.property_values("A", "plan", 7),
        {"event": "A", "name": "plan", "limit": "7"},
        ["pro", 1, True, None],
        ["pro", "1", "true", "null"],
    ),
    (
        "segmentation",
        lambda c: c.segmentation("A", DAYS, unit="day"),
        {**FROM_TO, "event": "A", "unit": "day", "type": "general"},
        SERIES,
        READ,
    ),
    (
        "segmentation",
        lambda c: c.segmentation("A", DAYS, unit="day", on='properties["plan"]', where="true"),
        {
            **FROM_TO,
            "event": "A",
            "unit": "day",
            "type": "general",
            "on": 'properties["plan"]',
            "where": "true",
            "limit": "10000",
        },
        SERIES,
        READ,
    ),
    (
        "segmentation/numeric",
        lambda c: c.segmentation_numeric("A", DAYS, "x", unit="hour", kind="general"),
        {**FROM_TO, "event": "A", "on": "x", "unit": "hour", "type": "general"},
        SERIES,
        READ,
    ),
    (
        "segmentation/sum",
        lambda c: c.segmentation_sum("A", DAYS, "x", unit="day"),
        {**FROM_TO, "event": "A", "on": "x", "unit": "day"},
        {"status": "ok", "computed_at": "2026-01-03T00:00:01+00:00", "results": {"2026-01-02": 1, "2026-01-01": 12.5}},
        Numbers({"2026-01-01": 12.5, "2026-01-02": 1}, "2026-01-03T00:00:01+00:00"),
    ),
    (
        "segmentation/average",
        lambda c: c.segmentation_average("A", DAYS, "x", unit="day", where="true"),
        {**FROM_TO, "event": "A", "on": "x", "unit": "day", "where": "true"},
        {"status": "ok", "results": {"2026-01-01": 12.5, "2026-01-02": None}},
        Numbers({"2026-01-01": 12.5}),
    ),
    (
        "funnels/list",
        lambda c: c.funnels(),
        {},
        [{"funnel_id": 77, "name": "Signup"}],
        [{"funnel_id": 77, "name": "Signup"}],
    ),
    (
        "funnels",
        lambda c: c.funnel(77, DAYS, unit="week"),
        {**FROM_TO, "funnel_id": "77", "unit": "week"},
        FUNNEL,
        {"2026-01-01": {"steps": [{"count": 5, "event": "A"}]}},
    ),
    (
        "retention",
        lambda c: c.retention("A", "B", DAYS, interval_count=2, unit="week", born_where="true"),
        {
            **FROM_TO,
            "retention_type": "birth",
            "born_event": "A",
            "event": "B",
            "born_where": "true",
            "unit": "week",
            "interval_count": "2",
        },
        {"2026-01-02": {"counts": [3], "first": 3}, "2026-01-01": {"counts": [9, 4], "first": 10}},
        {"2026-01-01": {"counts": [9, 4], "first": 10}, "2026-01-02": {"counts": [3], "first": 3}},
    ),
    (
        "retention/addiction",
        lambda c: c.frequency(DAYS, unit="day", addiction_unit="hour", event="A"),
        {**FROM_TO, "unit": "day", "addiction_unit": "hour", "event": "A"},
        {"data": {"2026-01-01": [305, 107, 60]}},
        {"2026-01-01": [305, 107, 60]},
    ),
    (
        "insights",
        lambda c: c.insights(9),
        {"bookmark_id": "9"},
        {"headers": ["$event"], "series": {"A": {"x": 9}}},
        {"headers": ["$event"], "series": {"A": {"x": 9}}},
    ),
    (
        "stream/query",
        lambda c: c.activity_feed(["u-1", "2"], DAYS),
        {**FROM_TO, "distinct_ids": '["u-1", "2"]'},
        {"status": "ok", "results": {"events": [{"event": "A", "properties": {"time": 1}}]}},
        [{"event": "A", "properties": {"time": 1}}],
    ),
]


@pytest.mark.parametrize(("path", "call", "sent", "answer", "result"), ENDPOINTS, ids=[one[0] for one in ENDPOINTS])
def test_each_endpoint_gets_its_parameters_and_its_answer_is_read(
    server: QueryServer, client: Asking, path: str, call: Call, sent: dict[str, str], answer: Any, result: object
) -> None:
    server.answer(f"/api/query/{path}", Reply(answer))
    assert call(client()) == result
    (asked,) = server.asked
    assert (asked.method, asked.parameters) == ("GET", {"project_id": "123", **sent})
    assert asked.headers["authorization"].startswith("Basic ")


def test_cohorts_are_read_with_a_post(server: QueryServer, client: Asking) -> None:
    server.answer("/api/query/cohorts/list", Reply([{"id": 1, "name": "C"}]))
    assert client().cohorts() == [{"id": 1, "name": "C"}]
    assert (server.asked[0].method, server.asked[0].form) == ("POST", {})


def test_a_script_is_sent_as_a_form(server: QueryServer, client: Asking) -> None:
    server.answer("/api/query/jql", Reply([1, {"a": None}]))
    script = "function main() {\n  return 'ä&=';\n}"
    assert client().jql(script, {"day": "2026-01-01"}) == [1, {"a": None}]
    (asked,) = server.asked
    assert (asked.method, asked.parameters) == ("POST", {"project_id": "123"})
    assert asked.form == {"script": script, "params": '{"day": "2026-01-01"}'}


def test_pages_of_profiles_follow_the_session_of_the_first(server: QueryServer, client: Asking) -> None:
    user = {"$distinct_id": 7, "$properties": {"plan": "pro"}}
    page = {"page": 0, "page_size": 1, "total": 2, "session_id": "s-1", "status": "ok", "results": [user]}
    server.answer("/api/query/engage", Reply(page), Reply({**page, "page": 1}))
    asking = client()
    first = asking.engage(where="true", cohort_id=5, output_properties=["plan"])
    assert first == EngagePage(0, 1, 2, "s-1", [user])
    assert asking.engage(where="true", session_id=first.session_id, page=1).page == 1
    assert server.asked[0].form == {
        "where": "true",
        "filter_by_cohort": '{"id": 5}',
        "output_properties": '["plan"]',
    }
    assert server.asked[1].form == {"where": "true", "session_id": "s-1", "page": "1"}


def test_annotations_are_read_from_the_project_without_a_query(
    server: QueryServer, client: Asking, ledger: Any
) -> None:
    server.answer("/api/app/projects/123/annotations", Reply({"status": "ok", "results": [{"id": 5}]}))
    assert client().annotations(DAYS) == [{"id": 5}]
    assert server.asked[0].parameters == {"project_id": "123", "fromDate": "2026-01-01", "toDate": "2026-01-02"}
    assert not ledger.folder.exists()


def test_annotations_need_the_number_of_the_project(client: Asking) -> None:
    with pytest.raises(ConfigError, match="MIXPANEL_PROJECT_ID"):
        client(credentials=Credentials(Secret("0lder-secret"))).annotations()


def test_who_the_credentials_belong_to_is_no_query(server: QueryServer, client: Asking, ledger: Any) -> None:
    server.answer("/api/app/me", Reply({"status": "ok", "results": {"user_id": 7, "projects": {}}}))
    assert client().me() == {"user_id": 7, "projects": {}}
    assert not ledger.folder.exists()


WRONG: list[Any] = [
    "<html>Sign in</html>",
    "",
    "[1, 2",
    None,
    7,
    [7],
    {"data": {}},
    {"data": {"series": ["2026-01-01"], "values": []}},
    {"data": {"series": ["2026-01-01"], "values": {"A": {"2026-01-01": "many"}}}},
    '{"data": {"series": ["2026-01-01"], "values": {"A": {"2026-01-01": 1e999}}}}',
    {"data": {"series": ["2026-01-01"], "values": {"A": {"2026-01-01": 10**400}}}},
]


@pytest.mark.parametrize("body", WRONG, ids=map(json.dumps, WRONG))
def test_an_answer_of_another_shape_is_a_query_error_that_shows_it(
    server: QueryServer, client: Asking, body: Any
) -> None:
    server.answer("/api/query/segmentation", Reply(body))
    with pytest.raises(QueryError, match="MIXPANEL_BASE_URL"):
        client().segmentation("A", DAYS, unit="day")
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("region", "host"),
    [(Region.US, "mixpanel.com"), (Region.EU, "eu.mixpanel.com"), (Region.IN, "in.mixpanel.com")],
)
def test_queries_go_to_the_host_of_the_projects_region(
    wire: Wire, client: Asking, monkeypatch: pytest.MonkeyPatch, region: Region, host: str
) -> None:
    for name in ("HTTPS_PROXY", "no_proxy", "NO_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("https_proxy", wire.url)
    for _ in range(3):
        wire.answer("403 Forbidden")
    with pytest.raises(UnavailableError):
        client(region=region, base_url=None).event_names()
    assert wire.requests[0].startswith(f"CONNECT {host}:443 ")


def test_a_number_that_is_none_is_missing(server: QueryServer, client: Asking) -> None:
    server.answer("/api/query/retention/addiction", Reply('{"data": {"2026-01-01": [3.0, NaN, null]}}'))
    server.answer("/api/query/segmentation/sum", Reply('{"results": {"2026-01-01": -Infinity, "2026-01-02": 1}}'))
    (counts,) = client().frequency(DAYS, unit="day", addiction_unit="hour").values()
    assert counts == [3, 0, 0]
    assert all(type(count) is int for count in counts)
    assert client().segmentation_sum("A", DAYS, "x", unit="day").results == {"2026-01-02": 1}


@pytest.mark.parametrize(
    "call",
    [lambda c: c.segmentation("A\ud83d", DAYS, unit="day"), lambda c: c.jql("'\ud83d'")],
    ids=["event", "script"],
)
def test_half_of_a_character_is_refused_before_mixpanel_is_asked(
    server: QueryServer, client: Asking, ledger: Any, call: Call
) -> None:
    with pytest.raises(RequestError, match="has half of a character in it"):
        call(client())
    assert server.asked == []
    assert not ledger.folder.exists()


def test_a_bool_is_not_a_number(server: QueryServer, client: Asking) -> None:
    server.answer("/api/query/retention/addiction", Reply({"data": {"2026-01-01": [True]}}))
    with pytest.raises(QueryError, match="lists of numbers"):
        client().frequency(DAYS, unit="day", addiction_unit="hour")
