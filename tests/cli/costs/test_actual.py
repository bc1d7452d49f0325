"""`mp cost actual` puts what BigQuery billed beside what was planned."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cli.costs.listed_queries import PROJECT, VIEW, ListedQueries, listed_queries
from cli.shell import Mp

ROOT = Path(__file__).parents[3]
NOW = datetime.now(UTC)
GB, TIB = 10**9, 2**40
HIDDEN = (
    f"Access Denied: Table {PROJECT}:region-us.{VIEW}: User does not have permission to query table "
    f"{PROJECT}:region-us.{VIEW}, or perhaps it does not exist in location US."
)


@pytest.fixture
def bigquery(mp: Mp, monkeypatch: pytest.MonkeyPatch) -> Iterator[ListedQueries]:
    """A dataset with a million events a day for 28 days; the settings lead to it."""
    shutil.copytree(ROOT / "config", "config")
    with listed_queries() as served:
        served.measures(NOW - timedelta(days=28), NOW - timedelta(days=1), 28_000_000)
        monkeypatch.setenv("GCP_PROJECT_ID", PROJECT)
        monkeypatch.setenv("WAREHOUSE", "bigquery")
        monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", served.url)
        yield served


def week(job: str, step: str, count: int, billed: int) -> tuple[object, ...]:
    return job, step, count, billed, 0, NOW - timedelta(days=6, hours=23, minutes=50)


def test_billed_and_planned_stand_side_by_side_for_each_job(mp: Mp, bigquery: ListedQueries) -> None:
    bigquery.billed = [week("collector", "suspects", 700, 90 * GB), week("collector", "publish", 30, 10 * GB)]
    bigquery.billed.append(week("mp", "report", 4, TIB))
    done = mp("cost", "actual")
    planned = {job["job"]: job for job in mp("cost", "plan", "--from-warehouse").data["jobs"]}
    jobs = {job["job"]: job for job in done.data["jobs"]}
    collector = jobs["collector"]
    assert (collector["queries"], collector["billed_bytes"]) == (730, 100 * GB)
    assert collector["ratio"] == round(100 * GB / collector["most_bytes"], 2)
    assert collector["least_bytes"] <= collector["most_bytes"]
    assert planned.keys() <= jobs.keys()
    # What people ask is in no plan.
    assert (jobs["mp"]["least_bytes"], jobs["mp"]["ratio"], jobs["mp"]["usd"]) == (None, None, 6.25)
    assert done.data["total"]["billed_bytes"] == 100 * GB + TIB
    assert [(step["job"], step["step"]) for step in done.data["steps"]] == [
        ("mp", "report"),
        ("collector", "suspects"),
        ("collector", "publish"),
    ]
    assert done.data["workload"]["events_per_day"] == pytest.approx(1_000_000)


def test_the_view_of_the_region_is_read_for_the_days_that_are_asked_for(mp: Mp, bigquery: ListedQueries) -> None:
    bigquery.location = "europe-west3"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BIGQUERY_LOCATION", "europe-west3")
        told = mp("cost", "actual", "--days", "2", "--usd-per-tib", "7.5").data
    asked = next(each for each in bigquery.configurations if VIEW in each["query"]["query"])
    assert f"FROM `region-europe-west3`.{VIEW} AS jobs" in asked["query"]["query"]
    given = {each["name"]: each["parameterValue"]["value"] for each in asked["query"]["queryParameters"]}
    since, until = (datetime.fromisoformat(given[name]) for name in ("since", "until"))
    assert (until - since, given["app"]) == (timedelta(days=2), asked["labels"]["app"])
    assert (told["from"], told["usd_per_tib"]) == (f"{since:%Y-%m-%dT%H:%M:%S.%fZ}", 7.5)


def test_the_plan_is_for_the_days_since_the_first_query(mp: Mp, bigquery: ListedQueries) -> None:
    bigquery.billed = [("collector", "suspects", 9, GB, 0, NOW - timedelta(days=2, hours=12))]
    done = mp("cost", "actual", "--format", "table")
    assert "The first query ran 2.5 days ago, so the plan is for these days, not for 7." in done.err
    assert mp("cost", "actual").data["days_compared"] == 2.5


def test_a_table_of_80_columns_has_the_dearest_steps_below(
    mp: Mp, bigquery: ListedQueries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    steps = [week("incremental-user-sync", f"users/step_{number}.sql", 7, number * GB) for number in range(1, 13)]
    bigquery.billed = [*steps, week("", "", 3, 5 * GB)]
    out = mp("cost", "actual", "--format", "table").out
    assert max(map(len, out.splitlines())) <= 80
    jobs, below = out.split("\n\n")
    assert "incremental-user-sync" in jobs
    assert "(no label)" in jobs
    assert "total" in jobs
    assert "No room" not in out
    assert below.count(".sql") == 9
    assert below.splitlines()[2].split()[1] == "users/step_12.sql"


def test_what_a_reservation_pays_for_costs_nothing_by_the_byte(mp: Mp, bigquery: ListedQueries) -> None:
    bigquery.billed = [("collector", "suspects", 9, 5 * TIB, 4 * TIB, NOW - timedelta(days=7))]
    done = mp("cost", "actual")
    assert "4.40 TB were billed to a reservation" in done.err
    assert (done.data["total"]["billed_bytes"], done.data["total"]["usd"]) == (5 * TIB, 6.25)


def test_without_a_query_everything_that_was_planned_is_there(mp: Mp, bigquery: ListedQueries) -> None:
    done = mp("cost", "actual")
    assert done.code == 0
    assert "BigQuery lists no query of ours since" in done.err
    assert {job["billed_bytes"] for job in done.data["jobs"]} == {0}


def test_whoever_may_not_list_queries_learns_which_role_is_missing(mp: Mp, bigquery: ListedQueries) -> None:
    bigquery.refusal = (403, HIDDEN)
    done = mp("cost", "actual")
    assert (done.code, done.out) == (2, "")
    for words in ("bigquery.jobs.listAll", "BigQuery Resource Viewer (roles/bigquery.resourceViewer)", HIDDEN):
        assert words in done.err
    assert "terraform" not in done.err


def test_another_region_than_the_datasets_is_told_before_anything_is_asked(mp: Mp, bigquery: ListedQueries) -> None:
    bigquery.location = "EU"
    done = mp("cost", "actual")
    assert (done.code, bigquery.asked) == (3, [])
    assert "BigQuery dataset my-project.mixpanel_data is in EU" in done.err
    assert "Set BIGQUERY_LOCATION=EU." in done.err


def test_on_duckdb_nothing_is_billed(mp: Mp) -> None:
    done = mp("cost", "actual")
    assert done.code == 3
    assert "DuckDB file" in done.err
    assert "WAREHOUSE=bigquery" in done.err


@pytest.mark.parametrize("days", ["0", "181", "-1", "1.5"])
def test_bigquery_lists_180_days(mp: Mp, days: str) -> None:
    assert mp("cost", "actual", "--days", days).code == 3
