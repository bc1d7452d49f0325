"""`mp cost plan` tells what a workload will cost, and what would cost less."""

import csv
import io
import json
import shutil
from pathlib import Path

import pytest

from cli.shell import MARCH, Ended, Mp

ROOT = Path(__file__).parents[3]
TIB, MONTH = 2**40, 365 / 12
MILLION = ("--events-per-day", "1e6")


@pytest.fixture
def plan(mp: Mp) -> Mp:
    """The command, in a folder with the schedules of the project."""
    Path("config").mkdir()
    shutil.copy(ROOT / "config" / "schedules.json", "config")
    return mp


def planned(plan: Mp, *options: str) -> Ended:
    return plan("cost", "plan", *options)


def test_a_plan_has_each_kind_of_run_and_what_it_costs_a_month(plan: Mp) -> None:
    told = planned(plan, *MILLION, "--usd-per-tib", "5").data
    for job in told["jobs"]:
        assert 0 <= job["least_bytes_per_month"] <= job["most_bytes_per_month"]
        assert job["most_usd_per_month"] == pytest.approx(job["most_bytes_per_month"] / TIB * 5, abs=1e-4)
    arrivals = [job["runs_per_month"] for job in told["jobs"] if job["kind"].startswith("arrivals")]
    assert sum(arrivals) == pytest.approx(96 * MONTH, abs=1)
    for name, value in told["total"].items():
        assert value == pytest.approx(sum(job[name] for job in told["jobs"]), abs=1e-3)


def test_three_settings_would_save_most_the_best_first(plan: Mp) -> None:
    savings = planned(plan, *MILLION).data["savings"]
    assert len(savings) == 3
    assert [each["most_bytes_per_month"] for each in savings] == sorted(
        (each["most_bytes_per_month"] for each in savings), reverse=True
    )
    assert all(each["setting"] and each["loses"] for each in savings)


def test_a_schedule_that_is_not_there_costs_nothing(plan: Mp) -> None:
    before = planned(plan, *MILLION).data["total"]["least_bytes_per_month"]
    document = json.loads(Path("config/schedules.json").read_text())
    document["schedules"] = [one for one in document["schedules"] if one["function"] != "detector"]
    Path("config/schedules.json").write_text(json.dumps(document))
    told = planned(plan, *MILLION).data
    assert {job["job"] for job in told["jobs"]} >= {"collector", "incremental-user-sync"}
    assert "detector" not in {job["job"] for job in told["jobs"]}
    assert told["total"]["least_bytes_per_month"] < before


def test_settings_of_the_environment_count(plan: Mp, monkeypatch: pytest.MonkeyPatch) -> None:
    before = planned(plan, *MILLION).data["total"]
    monkeypatch.setenv("COLLECTOR_OVERLAP_MINUTES", "600")
    assert planned(plan, *MILLION).data["total"]["most_bytes_per_month"] > before["most_bytes_per_month"]


def test_users_follow_the_events_unless_they_are_given(plan: Mp) -> None:
    workload = planned(plan, "--events-per-day", "2000").data["workload"]
    assert (workload["users_per_day"], workload["users"]) == (100, 2000)
    workload = planned(plan, "--events-per-day", "2000", "--users-per-day", "7", "--late", "0.5").data["workload"]
    assert (workload["users_per_day"], workload["users"], workload["late"]) == (7, 140, 0.5)
    assert workload["sources"] | {"late": "given", "users": "assumed", "users_per_day": "given"} == workload["sources"]


def test_a_csv_has_a_row_for_each_kind_and_no_total(plan: Mp) -> None:
    rows = list(csv.DictReader(io.StringIO(planned(plan, *MILLION, "--format", "csv").out)))
    assert [row["job"] for row in rows] == [job["job"] for job in planned(plan, *MILLION).data["jobs"]]
    assert all(int(row["most_bytes_per_month"]) >= 0 for row in rows)


@pytest.mark.parametrize("events", ["1", "1000000", "1e10"])
def test_a_table_fits_80_columns(plan: Mp, monkeypatch: pytest.MonkeyPatch, events: str) -> None:
    for name, value in {"COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    done = planned(plan, "--events-per-day", events, "--format", "table")
    assert max(map(len, done.out.splitlines())) <= 80
    assert "─ 1 ─" not in done.out
    assert "\ntotal" in done.out
    assert "first TiB" in done.err


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ((), "Nothing says how many events there are. Give --events-per-day, or --from-warehouse."),
        (("--events-per-day", "nan"), "--events-per-day is 'nan'"),
        (("--events-per-day", "inf"), "--events-per-day is 'inf'"),
        (("--events-per-day", "1e13"), "--events-per-day is '1e13'"),
        ((*MILLION, "--usd-per-tib", "nan"), "--usd-per-tib is 'nan'"),
        (("--events-per-day", "0"), "--events-per-day"),
        (("--events-per-day", "1,000"), "--events-per-day"),
        ((*MILLION, "--late", "5"), "--late"),
        ((*MILLION, "--names", "0"), "--names"),
        ((*MILLION, "--history-days", str(10**30)), "--history-days is 1" + 30 * "0"),
    ],
)
def test_a_wrong_figure_is_named(plan: Mp, options: tuple[str, ...], told: str) -> None:
    done = planned(plan, *options)
    assert (done.code, done.out) == (3, "")
    assert told in done.err


def test_without_schedules_there_is_no_plan(mp: Mp) -> None:
    done = planned(mp, *MILLION)
    assert done.code == 3
    assert f"{Path('config/schedules.json')} is not there" in done.err


def test_a_broken_file_of_schedules_is_named(plan: Mp) -> None:
    Path("config/schedules.json").write_text('{"schedules": [{"name": "x"}]}')
    done = planned(plan, *MILLION)
    assert done.code == 3
    assert "schedules.json" in done.err


# From the warehouse.


def test_a_plan_is_for_what_was_collected(plan: Mp) -> None:
    plan("collect", *MARCH)
    done = planned(plan, "--from-warehouse", "--format", "table")
    assert "Measured over 20 whole days from 2024-03-01 (UTC): 0 events a day, " in done.err
    workload = planned(plan, "--from-warehouse").data["workload"]
    assert (workload["events_per_day"], workload["names"], workload["history_days"]) == (0.2, 2, 20)
    assert (workload["measured_from"], workload["measured_to"]) == ("2024-03-01", "2024-03-21")
    # What somebody reads again is no arrival.
    assert workload["sources"]["late"] == workload["sources"]["users_per_day"] == "assumed"


def test_what_is_given_wins_over_what_is_measured(plan: Mp) -> None:
    plan("collect", *MARCH)
    workload = planned(plan, "--from-warehouse", *MILLION).data["workload"]
    assert (workload["events_per_day"], workload["names"]) == (1_000_000, 2)
    assert (workload["sources"]["events_per_day"], workload["sources"]["names"]) == ("given", "measured")


def test_without_a_warehouse_there_is_nothing_to_measure(plan: Mp) -> None:
    done = planned(plan, "--from-warehouse")
    assert (done.code, done.out) == (4, "")
    assert "mp collect" in done.err
    assert not Path("events.duckdb").exists()
