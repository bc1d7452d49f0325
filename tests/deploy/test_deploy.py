"""deploy.sh beyond a first deployment, against a gcloud that records its calls and keeps state."""

import json
from pathlib import Path

import pytest

from deploy.project import (
    FUNCTIONS,
    PROJECT,
    ROOT,
    SCHEDULES,
    Project,
)

pytestmark = pytest.mark.deploy


# A further deployment.


def test_a_second_deployment_ends_where_the_first_did(project: Project) -> None:
    project.deploy()
    first = project.state
    project.deploy()
    assert project.state == first


def test_a_changed_schedule_is_brought_to_its_job(twin: Project) -> None:
    project = twin
    file = project.folder / "config" / "schedules.json"
    file.write_text(file.read_text().replace('"*/5 * * * *"', '"*/10 * * * *"'))
    project.deploy("--only", "detector")
    assert project.state["jobs"]["detector"]["schedule"] == "*/10 * * * *"


def test_one_function_can_be_deployed_alone(project: Project) -> None:
    project.deploy("--only=detector")
    assert list(project.state["functions"]) == ["detector"]
    assert list(project.state["jobs"]) == ["detector"]


def test_the_region_is_that_of_the_option_then_of_the_variable(project: Project) -> None:
    for arguments, region in ((["--region", "europe-west1"], "europe-west1"), ([], "asia-east1")):
        project.deploy("--only", "detector", *arguments, GCP_REGION="asia-east1")
        flags = project.state["functions"]["detector"]["flags"]
        assert flags["region"] == region
        assert f"/locations/{region}/" in flags["docker-repository"]


# Refusals.


def test_a_dry_run_says_what_is_missing_and_goes_on(project: Project) -> None:
    project.keep({"secrets": []})
    done = project.deploy("--dry-run")
    assert "gcloud secrets versions add mixpanel-api-secret" in done.err
    assert "+ gcloud functions deploy detector" in done.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--only", "nobody"], "nobody is not a function. Functions: collector, "),
        (["--only"], "--only needs a value"),
        (["--region", "Mars"], "--region is 'Mars'. Give a region such as us-central1"),
        (["--fast"], "--fast is not an option"),
        (["status", "--last", "all"], "--last is all. Give a number"),
        (["status", "--delete", "--yes"], "status and --delete cannot be combined"),
        (["--delete", "status"], "status and --delete cannot be combined"),
    ],
)
def test_a_wrong_argument_is_refused(project: Project, arguments: list[str], message: str) -> None:
    done = project.run(*arguments)
    assert done.code == 1
    assert message in done.err
    assert project.calls == []


def test_without_a_project_it_says_so(project: Project) -> None:
    done = project.run(GCP_PROJECT_ID="")
    assert done.code == 1
    assert "GCP_PROJECT_ID is not set" in done.err


def test_programs_that_are_missing_are_all_named(project: Project, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("bash", "dirname", "mktemp", "rm"):
        (tools / tool).symlink_to(f"/usr/bin/{tool}")
    done = project.run(PATH=str(tools))
    assert done.code == 1
    assert "gcloud is missing" in done.err
    assert "Python 3.11 or later is missing" in done.err


# Status.


def test_the_status_is_asked_of_the_dataset_s_own_table(project: Project, tmp_path: Path) -> None:
    project.install("bq", f"(printf '%s\\n' \"$@\"; cat) >'{tmp_path}/asked'; echo 'the newest runs'")
    done = project.deploy("status", "--last", "7", BIGQUERY_DATASET="events", BIGQUERY_LOCATION="EU")
    assert done.out.splitlines()[-1] == "the newest runs"
    asked = (tmp_path / "asked").read_text()
    for flag in (f"--dataset_id={PROJECT}:events", "--location=EU", "--parameter=last:INT64:7", "--nouse_legacy_sql"):
        assert f"{flag}\n" in asked
    assert (ROOT / "deploy" / "status.sql").read_text() in asked
    assert project.calls == []


# A new function.


def test_a_new_function_needs_its_folder_and_an_entry_in_the_schedule(project: Project) -> None:
    project.describe("sixth", secrets=[])
    main = (project.folder / "functions" / "collector" / "main.py").read_text()
    (project.folder / "functions" / "sixth" / "main.py").write_text(main.replace("def collector", "def sixth"))
    (project.folder / "functions" / "sixth" / "requirements.txt").write_text("functions-framework>=3.8,<4\n")
    lock = (project.folder / "functions" / "collector" / "requirements.lock").read_text()
    (project.folder / "functions" / "sixth" / "requirements.lock").write_text(lock)
    project.schedule(*SCHEDULES, {**SCHEDULES[0], "name": "sixth", "function": "sixth"})
    project.deploy()
    state = project.state
    assert state["functions"]["sixth"]["flags"]["entry-point"] == "sixth"
    assert "mixpanel_data/collect/__init__.py" in state["functions"]["sixth"]["files"]
    assert state["jobs"]["sixth"]["uri"] == "https://sixth-abc-uc.a.run.app"
    assert state["invokers"]["sixth"] == state["invokers"]["collector"]


@pytest.mark.parametrize("file", ["main.py", "function.json"])
def test_a_folder_that_is_half_a_function_is_named(project: Project, file: str) -> None:
    (project.folder / "functions" / "detector" / file).unlink()
    done = project.run()
    assert (done.code, project.calls) == (1, [])
    assert f"functions/detector/{file} does not exist. Add it, or remove the folder." in done.err


@pytest.mark.parametrize("key", ["memory", "timeout_seconds", "secrets"])
def test_a_description_without_a_key_is_named(project: Project, key: str) -> None:
    file = project.folder / "functions" / "detector" / "function.json"
    file.write_text(json.dumps({name: value for name, value in FUNCTIONS["detector"].items() if name != key}))
    assert f"functions/detector/function.json has no {key}. Add it." in project.run().err


def test_a_secret_that_is_not_declared_is_named(project: Project) -> None:
    project.describe("detector", secrets=["SLACK_TOKEN"])
    err = project.run().err
    assert "functions/detector/function.json: secrets has 'SLACK_TOKEN'. Give some of MIXPANEL_" in err


def test_a_schedule_of_a_function_that_does_not_exist_is_named(project: Project) -> None:
    project.schedule({**SCHEDULES[0], "function": "nobody"})
    assert f"config/schedules.json: {SCHEDULES[0]['name']} calls nobody, and functions/" in project.run().err
