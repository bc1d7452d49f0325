"""Live queries at the stand-in Mixpanel: their results equal counts made by hand, and quotas are kept on both sides."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import PlanError, QueryError, RateLimitError
from mixpanel_data.base.secret import Secret
from mixpanel_data.clients.mixpanel import Credentials, Region
from mixpanel_data.clients.mixpanel.querying import QueryClient, QueryLedger
from mixpanel_data.workspace.live import LiveQueries
from mixpanel_data.workspace.results import FunnelStep
from mixpanel_data_standins.mixpanel import StandInMixpanel
from mixpanel_data_standins.mixpanel.querying.state.saved import Annotation, Bookmark, Cohort, Funnel, Step
from support.live import QueriesOf

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
DAYS = ("2026-03-01", "2026-03-03")


def line(event: str, at: str, user: str, **properties: Any) -> bytes:
    """An event at a UTC time of March 2026, as DD HH:MM."""
    seconds = int(datetime.fromisoformat(f"2026-03-{at}:00+00:00").timestamp())
    identity = {"time": seconds, "distinct_id": user, "$insert_id": f"{event}{at}{user}"}
    return json.dumps({"event": event, "properties": {**identity, **properties}}).encode()


LINES = [
    line("Visit", "01 09:00", "ann", plan="plus"),
    line("Signup", "01 10:00", "ann", plan="plus"),
    line("Visit", "01 23:30", "bob", plan="pro"),
    line("Visit", "02 08:00", "bob", plan="pro"),
    line("Signup", "02 08:05", "bob", plan="pro"),
    line("Purchase", "02 09:30", "ann", plan="plus", amount=20),
    line("Visit", "02 10:00", "cid", **{'the "plan"': "free"}),
    line("Purchase", "03 13:00", "bob", plan="pro", amount=7.5),
    line("Visit", "09 10:00", "cid"),
    line("Visit", "10 10:00", "cid"),
]


def counts(*numbers: float) -> dict[str, float]:
    return {f"2026-03-{day:02d}": number for day, number in enumerate(numbers, start=1)}


@pytest.fixture
def mixpanel() -> Iterator[StandInMixpanel]:
    with StandInMixpanel(LINES, now=lambda: NOW) as running:
        running.profiles.put("ann", {"plan": "plus"})
        running.queries.funnels = (Funnel(77, "Buyers", (Step("Visit"), Step("Signup"), Step("Purchase"))),)
        running.queries.cohorts = (Cohort(5, "Plus", where='properties["plan"] == "plus"'),)
        running.queries.bookmarks = (Bookmark(9, ("Visit",), count=2),)
        running.queries.annotations = [Annotation(3, datetime(2026, 3, 2, 8), "Release", ("web",))]
        yield running


@pytest.fixture
def ledger(tmp_path: Path) -> QueryLedger:
    return QueryLedger(tmp_path, now=lambda: NOW)


def live_of(mixpanel: StandInMixpanel, ledger: QueryLedger) -> LiveQueries:
    access = mixpanel.access
    account = Credentials(Secret(access.secret), access.username, access.project_id)
    client = QueryClient(account, Region.US, ledger, mixpanel.url)
    return QueriesOf(client.within(Deadline.after(30.0)))


@pytest.fixture
def live(mixpanel: StandInMixpanel, ledger: QueryLedger) -> LiveQueries:
    return live_of(mixpanel, ledger)


def test_names_and_what_is_saved_are_listed(live: LiveQueries) -> None:
    assert live.events() == ["Purchase", "Signup", "Visit"]
    assert "amount" in live.properties("Purchase")
    assert sorted(live.property_values("Signup", "plan")) == ["plus", "pro"]
    assert [(one.event, one.count, one.percent_change) for one in live.top_events()] == [("Visit", 1, 0.0)]
    assert [(one.funnel_id, one.name) for one in live.funnels()] == [(77, "Buyers")]
    assert [(one.id, one.name, one.count) for one in live.cohorts()] == [(5, "Plus", 1)]
    assert [(one.id, one.description) for one in live.annotations()] == [(3, "Release")]
    assert live.annotations("2026-03-03", "2026-03-04") == []


@pytest.mark.parametrize("is_untidy", [False, True])
def test_counts_by_date_are_those_of_the_events(mixpanel: StandInMixpanel, live: LiveQueries, is_untidy: bool) -> None:
    mixpanel.queries.is_untidy = is_untidy
    segmented = live.segmentation("Visit", *DAYS, on="plan")
    assert segmented.total == 4
    assert segmented.series == {"plus": counts(1, 0, 0), "pro": counts(1, 1, 0), "undefined": counts(0, 1, 0)}
    assert live.segmentation("Visit", *DAYS).series == {"Visit": counts(2, 2, 0)}
    assert live.segmentation("Visit", *DAYS, on='the "plan"').series["free"] == counts(0, 1, 0)
    assert live.segmentation("Visit", *DAYS, where='properties["plan"] == "pro"').total == 2
    assert live.event_counts(["Visit", "Signup"], *DAYS).series == {"Visit": counts(2, 2, 0), "Signup": counts(1, 1, 0)}
    assert live.property_counts("Visit", "plan", *DAYS).series["pro"] == counts(1, 1, 0)


def test_numbers_are_put_into_ranges_added_up_and_averaged(live: LiveQueries) -> None:
    ranges = live.segmentation_numeric("Purchase", *DAYS, "amount")
    assert sum(row["count"] for row in ranges.records()) == 2
    assert live.segmentation_sum("Purchase", *DAYS, "amount").results == counts(0, 20, 7.5)
    assert live.segmentation_average("Purchase", *DAYS, "amount").results == counts(0, 20, 7.5)


def test_funnels_retention_and_frequency_are_those_of_the_users(mixpanel: StandInMixpanel, live: LiveQueries) -> None:
    funnel = live.funnel(77, *DAYS)
    # Bob enters on two days, and both of his visits lead to his one signup.
    assert funnel.steps == [FunnelStep("Visit", 4, 1.0), FunnelStep("Signup", 3, 0.75), FunnelStep("Purchase", 3, 1.0)]
    assert (funnel.funnel_name, funnel.conversion_rate) == ("Buyers", 0.75)
    segmented = live.funnel(77, *DAYS, on="plan")
    assert (segmented.steps, set(segmented.segments)) == (funnel.steps, {"plus", "pro", "undefined"})
    retention = live.retention("Signup", "Purchase", *DAYS, interval_count=2)
    # Ann comes back after 23 hours and a half, Bob after 29.
    assert [(one.date, one.size, one.retention[:2]) for one in retention.cohorts] == [
        ("2026-03-01", 1, [1.0, 0.0]),
        ("2026-03-02", 1, [0.0, 1.0]),
        ("2026-03-03", 0, [0.0, 0.0]),
    ]
    frequency = live.frequency(*DAYS, addiction_unit="hour", event="Visit")
    assert frequency.data["2026-03-01"][0] == 2
    lists = [call for call in mixpanel.calls if call.path == "/api/query/funnels/list"]
    assert len(lists) == 1


def test_reports_users_and_scripts_have_their_answers(live: LiveQueries) -> None:
    assert [row["count"] for row in live.insights(9).records()] == [1, 1]
    feed = live.activity_feed(["ann"], *DAYS)
    assert [one.event for one in feed.events] == ["Visit", "Signup", "Purchase"]
    assert feed.events[0].time == datetime(2026, 3, 1, 9, tzinfo=UTC)
    script = """function main() {
      return Events({from_date: params.first, to_date: "2026-03-03"}).groupBy(["name"], mixpanel.reducer.count());
    }"""
    found = {row["key_0"]: row["value"] for row in live.jql(script, {"first": "2026-03-01"}).records()}
    assert found == {"Visit": 4, "Signup": 2, "Purchase": 2}


def test_a_script_that_fails_names_its_line(live: LiveQueries) -> None:
    with pytest.raises(QueryError, match=r"The JQL script failed in line 2, `return undefined\.length;`: TypeError"):
        live.jql("function main() {\n  return undefined.length;\n}")


def test_a_query_that_mixpanel_refuses_says_why(mixpanel: StandInMixpanel, live: LiveQueries) -> None:
    mixpanel.queries.history_days = 5
    with pytest.raises(QueryError, match="exceeds 5 days into the past"):
        live.segmentation("Visit", *DAYS)
    mixpanel.queries.gone = {"jql": 410}
    with pytest.raises(QueryError, match="JQL is gone"):
        live.jql("function main() {}")
    mixpanel.queries.allows_queries = False
    with pytest.raises(PlanError, match="Exports still work"):
        live.events()


def test_the_61st_query_is_refused_here_and_mixpanel_would_refuse_it_too(
    mixpanel: StandInMixpanel, live: LiveQueries, tmp_path: Path
) -> None:
    for _ in range(60):
        live.cohorts()
    with pytest.raises(RateLimitError, match="MIXPANEL_QUERIES_PER_HOUR"):
        live.cohorts()
    assert len(mixpanel.calls) == 60
    elsewhere = QueryLedger(tmp_path / "of another machine", now=lambda: NOW)
    for _ in range(2):
        with pytest.raises(RateLimitError) as caught:
            live_of(mixpanel, elsewhere).cohorts()
        assert caught.value.retry_at == NOW + timedelta(hours=1)
    assert len(mixpanel.calls) == 61
