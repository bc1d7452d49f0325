"""Jobs that are no longer listed are deleted, and everything on request; nothing of others."""

from typing import Any

import pytest

from deploy.project import (
    FUNCTIONS,
    SCHEDULES,
    Project,
)

pytestmark = pytest.mark.deploy


def foreign(project: Project) -> dict[str, Any]:
    """A job that this project did not create."""
    job = {"description": "Nightly report", "schedule": "0 1 * * *"}
    project.keep({**project.state, "jobs": {**project.state["jobs"], "collector-report": job}})
    return job


def test_a_job_that_is_listed_no_longer_is_deleted_and_no_other(twin: Project) -> None:
    project = twin
    job = foreign(project)
    project.schedule(*SCHEDULES[1:])
    project.deploy("--only", "detector")
    assert SCHEDULES[0]["name"] in project.state["jobs"]
    project.deploy()
    assert SCHEDULES[0]["name"] not in project.state["jobs"]
    assert project.state["jobs"]["collector-report"] == job
    assert len(project.state["jobs"]) == len(SCHEDULES)


def test_a_job_that_calls_another_function_now_is_not_deleted(twin: Project) -> None:
    project = twin
    (moved,) = [place for place, each in enumerate(SCHEDULES) if each["name"] == "collector-slice"]
    entries = [{**each, "function": "detector"} if place == moved else each for place, each in enumerate(SCHEDULES)]
    project.schedule(*entries)
    project.deploy("--only", "collector")
    assert "collector-slice" in project.state["jobs"]


@pytest.mark.parametrize("typed", ["", "no\n"])
def test_nothing_is_deleted_without_a_yes(twin: Project, typed: str) -> None:
    project = twin
    before = project.state
    done = project.run("--delete", typed=typed)
    assert done.code == 1
    assert "Nothing was deleted" in done.err
    assert project.state == before


def test_a_deletion_leaves_foreign_jobs_and_can_be_repeated(twin: Project) -> None:
    project = twin
    job = foreign(project)
    for _ in range(2):
        done = project.run("--delete", typed="y\n")
        assert done.code == 0, done.printed
        assert {name: project.state[name] for name in ("functions", "invokers", "jobs", "secrets")} == {
            "functions": {},
            "invokers": {},
            "jobs": {"collector-report": job},
            "secrets": ["mixpanel-api-secret", "slack-bot-token"],
        }


def test_one_function_can_be_deleted_alone(twin: Project) -> None:
    project = twin
    assert project.run("--delete", "--yes", "--only", "collector").code == 0
    assert {*project.state["functions"]} == {*FUNCTIONS} - {"collector"}
    assert {*project.state["jobs"]} == {each["name"] for each in SCHEDULES if each["function"] != "collector"}


def test_a_deletion_that_fails_says_so(twin: Project) -> None:
    project = twin
    done = project.run("--delete", "--yes", GCLOUD_FAILS_AT=str(len(project.calls) + 1))
    assert done.code == 1
    assert "the API did not answer" in done.err
