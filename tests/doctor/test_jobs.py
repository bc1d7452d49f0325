"""The rows of `mp doctor` about schedules and jobs: their ages, their errors, and calls that did not come."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from cli.shell import Mp
from doctor.diagnosis import checks_of, failed, text_of
from mixpanel_data.configuration.schedules import Schedules
from mixpanel_data.doctor.check import Check
from mixpanel_data.doctor.jobs import job_checks
from support.engines import DATASET, DuckDB

NOW = datetime(2026, 3, 1, 12, 10, tzinfo=UTC)
OTHERS = {"function": "collector", "time_zone": "Etc/UTC", "body": {}, "attempt_deadline": "600s", "retries": 5}
QUARTERS = {**OTHERS, "name": "arrivals", "schedule": "*/15 * * * *"}
NIGHTLY = {**OTHERS, "name": "recent", "schedule": "5 2 * * *", "time_zone": "Europe/Berlin"}
REFUSED = "AuthenticationError: Mixpanel answered 401: no. Check the credentials."


def run(minutes_ago: int, status: str = "ok", error: str | None = None) -> dict[str, Any]:
    began = NOW - timedelta(minutes=minutes_ago)
    return {"job": "collector", "status": status, "started_at": began, "finished_at": began, "error": error}


def told(*runs: Mapping[str, Any], schedules: list[dict[str, Any]], is_deployed: bool = True) -> Check:
    """The only check."""
    known = Schedules.model_validate({"schedules": schedules})
    (check,) = job_checks(runs, known, NOW, is_deployed=is_deployed)
    return check


@pytest.mark.parametrize(
    ("runs", "verdict", "words"),
    [
        ([run(9)], "ok", "9 min ago."),
        # 11:45 was the last call but one: a call can be missed.
        ([run(25)], "ok", "25 min ago."),
        ([run(40)], "failed", "40 min ago. By its schedule it should have since 2026-03-01 11:45 UTC."),
        ([run(9), run(30, "failed", REFUSED)], "ok", "9 min ago. The last failure was 30 min ago."),
        ([run(3, "failed", REFUSED), run(120)], "failed", "it succeeded 2 h ago: AuthenticationError: Mixpanel"),
        ([run(3, "failed", REFUSED)], "failed", "it never succeeded"),
        ([run(3, "running")], "skipped", "began 3 min ago and has not ended"),
        ([], "skipped", "It never ran."),
    ],
)
def test_a_job_is_judged_by_its_last_runs_and_its_schedule(
    runs: list[dict[str, Any]], verdict: str, words: str
) -> None:
    check = told(*runs, schedules=[QUARTERS, NIGHTLY])
    assert (check.name, check.verdict, words in check.found) == ("collector", verdict, True), check
    assert (check.remedy is not None) == (verdict == "failed")


def test_a_remedy_is_that_of_the_error_and_a_schedule_that_nothing_calls_is_a_warning() -> None:
    assert told(run(3, "failed", REFUSED), schedules=[QUARTERS]).remedy == "Check the credentials."
    assert told(run(3, "failed", "KeyError: 'x'"), schedules=[]).remedy == "Look into it: mp runs --job collector"
    assert told(run(40), schedules=[QUARTERS], is_deployed=False).verdict == "warning"
    # 02:05 in Berlin was 01:05 UTC: eleven hours ago, and a day before.
    assert told(run(60 * 34), schedules=[NIGHTLY]).verdict == "ok"
    assert told(run(60 * 36), schedules=[NIGHTLY]).verdict == "failed"


def test_jobs_are_read_from_the_table_of_runs(mp: Mp, dataset: DuckDB) -> None:
    began = datetime.now(UTC) - timedelta(hours=5)
    with duckdb.connect(str(dataset.path)) as connection:
        for number, (status, error) in enumerate([("ok", None), ("failed", "ConfigError: old"), ("failed", REFUSED)]):
            connection.execute(
                f"INSERT INTO {DATASET}.job_runs (run_id, part, job, status, started_at, error)"
                " VALUES (?, 0, 'collector', ?, ?, ?)",
                [f"r{number}", status, began + timedelta(hours=number), error],
            )
    checks = checks_of(mp)
    assert failed(checks) == ["jobs collector"]
    text = text_of(checks, "jobs collector")
    assert "failed 3 h ago, and it succeeded 5 h ago" in text
    assert "Mixpanel answered 401: no. Check the credentials." in text


@pytest.mark.parametrize(
    ("entries", "row", "words"),
    [
        ([QUARTERS, {**NIGHTLY, "schedule": "every day"}], "schedules.json", "schedules[1].schedule is"),
        ([QUARTERS, QUARTERS], "schedules.json", "schedules[1].name repeats 'arrivals'"),
        # What deploy.sh refuses.
        ([{**QUARTERS, "attempt_deadline": "1801s"}], "schedules.json", "give seconds from 15s to 1800s"),
        ([{**QUARTERS, "retries": 6}], "schedules.json", "retries is 6: give 5 or less"),
        ([{**QUARTERS, "name": "a b"}], "schedules.json", "use letters, digits, _ and -"),
        ([{"name": "x"}], "schedules.json", "schedules[0].retries is missing"),
        ([{**QUARTERS, "function": "colector"}], "arrivals", "calls colector, and functions/ has no such folder"),
    ],
)
def test_a_schedule_that_cannot_work_is_told(
    mp: Mp, tmp_path: Path, entries: list[dict[str, Any]], row: str, words: str
) -> None:
    (tmp_path / "functions" / "collector").mkdir(parents=True)
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "schedules.json").write_text(json.dumps({"schedules": entries}))
    checks = checks_of(mp)
    assert failed(checks) == [f"schedules {row}"]
    assert words in text_of(checks, f"schedules {row}")
