"""The saved reports that `mp serve` has, over its invented traffic."""

from __future__ import annotations

import gzip
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest

from mixpanel_data_standins.mixpanel import StandInMixpanel
from mixpanel_data_standins.sample import SAMPLE
from mixpanel_data_standins.sample.saved import save_reports
from mixpanel_data_standins.sample.traffic import PEOPLE, traffic

if TYPE_CHECKING:
    from standins.querying.conftest import Ask


@pytest.fixture(autouse=True)
def served(mixpanel: StandInMixpanel) -> None:
    save_reports(mixpanel, mixpanel.now())


def test_every_saved_report_has_an_answer(mixpanel: StandInMixpanel, ask: Ask) -> None:
    mixpanel.add(islice(traffic(mixpanel.now()), 0, None, 25))
    mixpanel.add(gzip.decompress((SAMPLE / "events-2020.ndjson.gz").read_bytes()))
    today = mixpanel.now().date()
    days = {"from_date": str(today - timedelta(days=3)), "to_date": str(today)}
    assert [(one["funnel_id"], one["name"]) for one in ask("funnels/list").json()] == [
        (1, "Checkout"),
        (2, "From helper to author"),
    ]
    steps = ask("funnels", funnel_id="1", **days).json()["data"][str(today)]["steps"]
    assert steps[0]["count"] > steps[1]["count"] > 0
    year = ask("funnels", funnel_id="2", from_date="2020-01-01", to_date="2020-12-31", unit="month").json()["data"]
    helped, committed = (sum(month["steps"][step]["count"] for month in year.values()) for step in (0, 1))
    assert helped > committed > 0
    series: dict[str, Any] = ask("insights", bookmark_id="1").json()["series"]
    assert all(sum(counts.values()) > 0 for counts in series.values())
    annotations = ask(f"/api/app/projects/{mixpanel.access.project_id}/annotations").json()["results"]
    assert [one["description"] for one in annotations] == ["Released 3.2.1"]


def test_a_saved_cohort_has_the_profiles_that_it_describes(mixpanel: StandInMixpanel, ask: Ask) -> None:
    cohorts = {one["name"]: one for one in ask("cohorts/list", method="POST").json()}
    profiles = [properties for distinct_id, properties in mixpanel.profiles.items() if "person" in distinct_id]
    assert len(profiles) == PEOPLE
    germans = sum(properties["$country_code"] == "DE" for properties in profiles)
    assert cohorts["Germany"]["count"] == germans
    page = ask("engage", method="POST", filter_by_cohort={"id": cohorts["Germany"]["id"]}).json()
    assert page["total"] == germans
