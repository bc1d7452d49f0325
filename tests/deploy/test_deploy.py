"""deploy.sh beyond a first deployment, against a gcloud that records its calls and keeps state."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from deploy.project import (
    FUNCTIONS,
    PROJECT,
    ROOT,
    SCHEDULES,
    SECRET,
    SETTINGS,
    Project,
    changing,
    python_with_libraries,
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


# Variables and secrets.


def test_a_secret_that_is_named_is_bound_by_reference(project: Project) -> None:
    name = f"projects/{PROJECT}/secrets/slack-bot-token/versions/3"
    project.deploy("--only", "detector", SLACK_BOT_TOKEN_NAME=name)
    flags = project.state["functions"]["detector"]["flags"]
    assert flags["set-secrets"] == f"SLACK_BOT_TOKEN=projects/{PROJECT}/secrets/slack-bot-token:3"


@pytest.mark.parametrize("arguments", [[], ["--dry-run"]])
def test_a_plain_secret_is_on_no_command_line_and_in_no_output(project: Project, arguments: list[str]) -> None:
    del project.environment["MIXPANEL_API_SECRET_NAME"]
    done = project.deploy("--only", "collector", *arguments, MIXPANEL_API_SECRET=SECRET)
    assert "MIXPANEL_API_SECRET travels as a plain variable" in done.err
    assert "s3cr3t" not in done.printed + json.dumps(project.calls)
    if not arguments:
        assert project.state["functions"]["collector"]["variables"]["MIXPANEL_API_SECRET"] == SECRET
        assert "clear-secrets" in project.state["functions"]["collector"]["flags"]


@pytest.mark.parametrize(
    "secret", [SECRET, "xoxb-1111111111-2222222222-AbCdEfGhIjKl", "0123456789abcdef0123456789abcdef"]
)
def test_a_secret_in_place_of_its_name_is_refused_and_not_shown(project: Project, secret: str) -> None:
    done = project.run(SLACK_BOT_TOKEN_NAME=secret)
    assert done.code == 1
    assert "SLACK_BOT_TOKEN_NAME is not the name of a secret" in done.err
    assert secret not in done.printed
    assert project.calls == []


def test_a_secret_without_a_version_stops_it_with_the_line_that_adds_one(project: Project) -> None:
    project.keep({"secrets": ["mixpanel-api-secret"]})
    done = project.run()
    assert done.code == 1
    assert f"gcloud secrets versions add slack-bot-token --data-file=- --project={PROJECT}" in done.err
    assert changing(project.calls) == []


@pytest.mark.parametrize("variable", ["SLACK_BOT_TOKEN_NAME", "SLACK_WEBHOOK_URL_NAME"])
def test_a_pinned_version_that_is_not_there_stops_it(project: Project, variable: str) -> None:
    done = project.run("--only", "detector", **{variable: "slack-bot-token/versions/99"})
    assert done.code == 1
    assert "slack-bot-token has no version 99" in done.err
    assert changing(project.calls) == []


def test_only_the_secrets_in_use_are_asked_for(project: Project) -> None:
    project.keep({"secrets": ["slack-bot-token"]})
    project.deploy("--only", "detector")


def test_a_function_that_has_none_of_its_secrets_is_not_deployed(project: Project) -> None:
    del project.environment["MIXPANEL_API_SECRET_NAME"]
    done = project.run(MIXPANEL_API_SECRET="")
    assert done.code == 1
    assert "Export MIXPANEL_SERVICE_ACCOUNT_SECRET_NAME=mixpanel-service-account-secret or" in done.err
    assert changing(project.calls) == []


def test_an_empty_variable_counts_as_unset(project: Project) -> None:
    project.deploy("--only", "detector", GCP_REGION="", BIGQUERY_DATASET=" ", MIXPANEL_REGION="")
    variables = project.state["functions"]["detector"]["variables"]
    assert variables["BIGQUERY_DATASET"] == "mixpanel_data"
    assert "MIXPANEL_REGION" not in variables


def test_variables_for_one_s_own_machine_are_not_shipped(project: Project) -> None:
    local = {"WAREHOUSE": "duckdb:///x.duckdb", "BIGQUERY_EMULATOR_HOST": "http://127.0.0.1:9050", "HOME_PAGE": "x"}
    project.deploy("--only", "detector", **local)
    assert not {*local, "PATH"} & project.state["functions"]["detector"]["variables"].keys()


def test_a_call_must_end_before_the_function_s_timeout(project: Project) -> None:
    done = project.run(CALL_DEADLINE_SECONDS="481")
    assert done.code == 1
    assert "CALL_DEADLINE_SECONDS is '481', and a call of collector can take at most 480 s." in done.err
    assert changing(project.calls) == []


@pytest.mark.parametrize(
    ("variable", "value", "remedy"),
    [
        ("CALL_DEADLINE_SECONDS", "soon", "Give a whole number from 1 to 86400."),
        ("MIXPANEL_REGION", "mars", "Give one of us, eu, in."),
        ("MIXPANEL_TIMEZONE", "Berlin", "Give a zone of the IANA database, such as Europe/Berlin."),
        ("EVENTS_CONFIG_GCS_PATH", "bucket/object", "Give gs://bucket/object."),
        ("COLLECTOR_LOOKBACK_DAYS", "0", "Give a whole number from 1 to 3650."),
    ],
)
def test_a_value_that_every_call_would_refuse_stops_it(
    project: Project, variable: str, value: str, remedy: str
) -> None:
    done = project.run("--only", "detector", **{variable: value})
    assert done.code == 1
    assert f"deploy.sh: error: {variable} is '{value}'. {remedy}\n" in done.err
    assert changing(project.calls) == []


def test_white_space_around_a_value_is_ignored(project: Project) -> None:
    spaced = {"GCP_PROJECT_ID": f" {PROJECT}\n", "BIGQUERY_DATASET": "\tevents\r\n", "BIGQUERY_LOCATION": "EU "}
    done = project.deploy("--only", "detector", **spaced)
    assert f"Project {PROJECT}, region us-central1, dataset events in EU," in done.out
    variables = project.state["functions"]["detector"]["variables"]
    assert {name: variables[name] for name in spaced} == {name: value.strip() for name, value in spaced.items()}


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("GCP_PROJECT_ID", "a-project\nanother"),
        ("GCP_PROJECT_ID", "a project"),
        ("BIGQUERY_DATASET", "my-data"),
        ("BIGQUERY_DATASET", "a\x1fb"),
        ("BIGQUERY_DATASET", "Select"),
        ("BIGQUERY_TABLE", "job_runs"),
        ("BIGQUERY_TABLE", "order"),
        ("BIGQUERY_LOCATION", "E U"),
    ],
)
def test_a_name_that_google_cloud_would_not_take_is_refused(project: Project, variable: str, value: str) -> None:
    """By the declarations alone: this Python has no library."""
    done = project.run(**{variable: value})
    assert (done.code, project.calls) == (1, [])
    assert f"{variable} is {value!r}" in done.err


@pytest.mark.parametrize("character", ["\n", "\x1f"])
def test_what_would_break_a_record_is_refused(project: Project, character: str) -> None:
    project.schedule({**SCHEDULES[0], "time_zone": f"Etc/UTC{character}x"})
    done = project.run()
    assert (done.code, project.calls) == (1, [])
    assert "Etc/UTC" in done.err


# Settings with which a function would refuse every call.

SERVICE_ACCOUNT = {"MIXPANEL_SERVICE_ACCOUNT": "robot.1", "MIXPANEL_SERVICE_ACCOUNT_SECRET_NAME": "mixpanel-api-secret"}


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"MIXPANEL_SERVICE_ACCOUNT": "robot.1"}, "MIXPANEL_SERVICE_ACCOUNT is set, but its secret is not"),
        ({**SERVICE_ACCOUNT, "MIXPANEL_PROJECT_ID": ""}, "MIXPANEL_PROJECT_ID is not set"),
        (
            {**SERVICE_ACCOUNT, "MIXPANEL_SERVICE_ACCOUNT": "", "MIXPANEL_API_SECRET_NAME": ""},
            "MIXPANEL_SERVICE_ACCOUNT_SECRET is set, but its account is not",
        ),
        ({"SLACK_CHANNEL": ""}, "SLACK_CHANNEL is not set, and '*' has no alert_channel"),
        (
            {"USER_METRICS_CONFIG": '{"sync": {"postgres": {"table": "t"}}}'},
            "asks for postgres. Export POSTGRES_URL_NAME",
        ),
        (
            {"USER_METRICS_CONFIG": '{"sync": {"mixpanel": {"properties": {"a": "b"}}}}'},
            "asks for mixpanel. Export MIXPANEL_PROJECT_TOKEN_NAME",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_setting_that_a_function_needs_is_named_if_it_is_missing(
    project: Project, variables: dict[str, str], message: str
) -> None:
    done = project.run(**variables)
    assert done.code == 1
    assert message in done.err
    assert changing(project.calls) == []


def test_a_setting_of_another_function_is_not_checked(project: Project) -> None:
    project.deploy(
        "--only", "collector", SLACK_CHANNEL="", USER_METRICS_CONFIG='{"sync": {"postgres": {"table": "t"}}}'
    )


def test_a_bot_needs_no_channel_of_its_own_where_every_event_has_one(project: Project) -> None:
    events = [{"name": "Visit", "alert_channel": "#web"}, {"name": "Old", "enabled": False}]
    project.deploy("--only", "detector", SLACK_CHANNEL="", EVENTS_CONFIG=json.dumps({"events": events}))


def test_a_user_sync_that_writes_nowhere_else_misses_no_secret(project: Project) -> None:
    done = project.deploy("--only", "incremental-user-sync")
    assert "secrets" not in done.err
    assert "credentials" not in done.err


def test_a_function_must_end_before_the_scheduler_gives_up_on_it(project: Project) -> None:
    project.describe("collector", timeout_seconds=601)
    done = project.run()
    assert done.code == 1
    assert "collector-arrivals: attempt_deadline is 600s, and collector can take 601 s" in done.err
    assert changing(project.calls) == []


@pytest.mark.parametrize("key", [*SCHEDULES[0]])
def test_a_schedule_without_a_key_is_named(project: Project, key: str) -> None:
    entry = {name: value for name, value in SCHEDULES[1].items() if name != key}
    project.schedule(SCHEDULES[0], entry)
    done = project.run()
    assert (done.code, project.calls) == (1, [])
    assert f"config/schedules.json: entry 2 has no {key}" in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "config/schedules.json cannot be read"),
        ("[]", "config/schedules.json has no list 'schedules'"),
        ('{"schedules": ["collector"]}', "config/schedules.json: entry 1 is not an object"),
    ],
)
def test_a_file_that_is_not_a_schedule_is_named(project: Project, text: str, message: str) -> None:
    (project.folder / "config" / "schedules.json").write_text(text)
    done = project.run()
    assert (done.code, project.calls) == (1, [])
    assert message in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"name": SCHEDULES[0]["name"]}, f"entry 2: {SCHEDULES[0]['name']} already exists"),
        ({"name": ""}, "entry 2: name is ''"),
        ({"name": "--quiet"}, "entry 2: name is '--quiet'"),
        ({"name": "my job"}, "entry 2: name is 'my job'"),
        ({"name": 7}, "entry 2: name is 7"),
        ({"retries": 6}, "retries is 6. Give a number from 0 to 5"),
        ({"retries": "x"}, "retries is 'x'. Give a number from 0 to 5"),
    ],
    ids=str,
)
def test_a_job_that_the_scheduler_would_not_take_is_named(
    project: Project, changed: dict[str, object], message: str
) -> None:
    entries = [SCHEDULES[0], {**SCHEDULES[1], **changed}]
    project.schedule(*entries)
    done = project.run()
    assert (done.code, project.calls) == (1, [])
    assert message in done.err


@pytest.mark.parametrize("deadline", ["600", "10m", "1801s"])
def test_an_attempt_deadline_that_the_scheduler_would_not_take_is_named(project: Project, deadline: str) -> None:
    entry = {**SCHEDULES[0], "attempt_deadline": deadline}
    project.schedule(entry)
    done = project.run()
    assert (done.code, project.calls) == (1, [])
    assert f"collector-arrivals: attempt_deadline is '{deadline}'" in done.err


# Terraform.


def outputs(**changed: Any) -> dict[str, Any]:
    """Terraform's outputs, in the form of `terraform output -json`."""
    accounts = {name: f"{name}@elsewhere.iam.gserviceaccount.com" for name in FUNCTIONS}
    values = {
        "project_id": PROJECT,
        "region": "europe-west4",
        "bigquery_location": "EU",
        "dataset": "events_of_dev",
        "events_table": "raw",
        "function_accounts": accounts,
        "scheduler_account": "calls@elsewhere.iam.gserviceaccount.com",
        "builds_account": "builds@elsewhere.iam.gserviceaccount.com",
        "repository": f"projects/{PROJECT}/locations/europe-west4/repositories/own",
    }
    return {name: {"value": value, "sensitive": False} for name, value in {**values, **changed}.items()}


def beside_terraform(project: Project, answer: dict[str, Any]) -> None:
    (project.folder / "outputs.json").write_text(json.dumps(answer))
    project.install("terraform", '[ "$*" = "-chdir=infra output -json" ] && exec cat outputs.json')


def test_what_terraform_made_is_used_and_its_tables_are_left_to_it(project: Project) -> None:
    beside_terraform(project, outputs())
    project.deploy(CREATE_TABLES="true", GCP_PROJECT_ID="")
    for name, deployed in project.state["functions"].items():
        flags, variables = deployed["flags"], deployed["variables"]
        assert flags["service-account"] == f"{name}@elsewhere.iam.gserviceaccount.com"
        assert flags["build-service-account"].endswith("/serviceAccounts/builds@elsewhere.iam.gserviceaccount.com")
        assert flags["docker-repository"].endswith("/repositories/own")
        assert flags["region"] == "europe-west4"
        assert variables["GCP_PROJECT_ID"] == PROJECT
        assert (variables["BIGQUERY_LOCATION"], variables["BIGQUERY_DATASET"]) == ("EU", "events_of_dev")
        assert (variables["BIGQUERY_TABLE"], variables["CREATE_TABLES"]) == ("raw", "false")
    assert {job["oidc-service-account-email"] for job in project.state["jobs"].values()} == {
        "calls@elsewhere.iam.gserviceaccount.com"
    }


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"GCP_PROJECT_ID": "another"}, "GCP_PROJECT_ID is 'another', and Terraform made 'a-project'"),
        ({"BIGQUERY_DATASET": "other"}, "BIGQUERY_DATASET is 'other', and Terraform made 'events_of_dev'"),
        ({"GCP_REGION": "us-east1"}, "GCP_REGION is 'us-east1', and Terraform made 'europe-west4'"),
    ],
)
def test_what_contradicts_terraform_is_refused(project: Project, variables: dict[str, str], message: str) -> None:
    beside_terraform(project, outputs())
    done = project.run(**variables)
    assert done.code == 1
    assert message in done.err
    assert project.calls == []


NOT_READ = 'echo "Error: Backend initialization required" >&2; exit 1'


@pytest.mark.parametrize("block", ['backend "gcs" {', "cloud {"])
def test_a_state_that_lies_elsewhere_is_not_forgotten(project: Project, block: str) -> None:
    (project.folder / "infra" / "backend.tf").write_text(f"terraform {{\n  {block}\n  }}\n}}\n")
    assert "terraform is not on the PATH" in project.run().err


def test_a_state_of_a_workspace_is_not_forgotten(project: Project) -> None:
    (project.folder / "infra" / "terraform.tfstate.d" / "dev").mkdir(parents=True)
    project.install("terraform", "echo '{}'")
    assert "Terraform has no outputs here" in project.run().err


def test_outputs_that_cannot_be_read_stop_it(project: Project) -> None:
    """However the backend is written down."""
    project.install("terraform", NOT_READ)
    done = project.run()
    assert (done.code, project.calls) == (1, [])
    assert "Backend initialization required" in done.err
    assert "terraform -chdir=infra init" in done.err
    project.deploy("--only", "detector", "--without-terraform")


def test_outputs_that_are_empty_are_refused_where_terraform_was_set_up(project: Project) -> None:
    (project.folder / "infra" / ".terraform").mkdir()
    assert "terraform is not on the PATH" in project.run().err
    project.install("terraform", "echo '{}'")
    done = project.run()
    assert (done.code, project.calls) == (1, [])
    assert "Terraform has no outputs here" in done.err
    assert "--without-terraform" in done.err
    project.deploy("--only", "detector", "--without-terraform")


def test_without_outputs_the_names_are_those_that_terraform_would_give(project: Project) -> None:
    project.install("terraform", "echo '{}'")
    project.deploy("--only", "detector", CREATE_TABLES="")
    flags = project.state["functions"]["detector"]["flags"]
    assert flags["service-account"] == f"detector@{PROJECT}.iam.gserviceaccount.com"
    assert "CREATE_TABLES" not in project.state["functions"]["detector"]["variables"]


def test_the_names_without_terraform_are_those_in_its_files(project: Project) -> None:
    project.deploy("--only", "collector")
    flags = project.state["functions"]["collector"]["flags"]
    text = "".join(file.read_text() for file in sorted((ROOT / "infra").glob("*.tf")))
    named = dict(re.findall(r'resource "\w+" "(\w+)" {[^}]*?(?:account_id|repository_id) += "([a-z-]+)"', text))
    assert flags["build-service-account"].rpartition("/")[2].partition("@")[0] == named["builds"]
    assert flags["docker-repository"].rpartition("/")[2] == named["functions"]
    (invoker,) = project.state["invokers"]["collector"]
    assert invoker.startswith(f"serviceAccount:{named['scheduler']}@")
    read = {*re.findall(r'(?:outputs\.get\(|_agreed\(given, outputs, \w+, )"([a-z_]+)"', DESTINATION)}
    assert read == {*outputs()} <= {*re.findall(r'^output "(\w+)"', text, re.MULTILINE)}


DESTINATION = (ROOT / "deploy" / "destination.py").read_text()


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


# Jobs that are no longer listed, and deletion.


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
        assert project.state == {
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


# A .env file.


def test_a_dotenv_file_is_read_and_the_environment_wins(project: Project) -> None:
    """This Python has the library that reads such files."""
    project.install("python3", python_with_libraries())
    lines = [
        "MIXPANEL_REGION=eu",
        "SLACK_CHANNEL='#from-file'",
        'EVENTS_CONFIG="{\\"events\\": [{\\"name\\": \\"*\\"}]}"',
    ]
    (project.folder / ".env").write_text("\n".join(lines))
    project.deploy("--only", "detector", **SETTINGS)
    variables = project.state["functions"]["detector"]["variables"]
    assert variables["MIXPANEL_REGION"] == "eu"
    assert variables["SLACK_CHANNEL"] == SETTINGS["SLACK_CHANNEL"]
    assert variables["EVENTS_CONFIG"] == '{"events": [{"name": "*"}]}'


def test_a_dotenv_file_that_cannot_be_read_here_stops_it(project: Project) -> None:
    (project.folder / ".env").write_text("MIXPANEL_REGION=eu\n")
    done = project.run()
    assert done.code == 1
    assert "make .venv/installed" in done.err


def test_a_dotenv_file_that_is_not_text_is_named(project: Project) -> None:
    project.install("python3", python_with_libraries())
    (project.folder / ".env").write_bytes(b"MIXPANEL_REGION=\xff\n")
    done = project.run()
    assert (done.code, project.calls) == (1, [])
    assert ".env cannot be read" in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"USER_METRICS_CONFIG": '{"counters": 1}'}, "USER_METRICS_CONFIG: counters"),
        ({"MIXPANEL_REGION": "mars"}, "MIXPANEL_REGION is 'mars'"),
        ({"EVENTS_CONFIG": '{"events": []}'}, "EVENTS_CONFIG: events is []"),
        ({"SLACK_BOT_TOKEN_NAME": "", "SLACK_BOT_TOKEN": '"xoxb-1 2"'}, "SLACK_BOT_TOKEN is no token"),
        ({"SLACK_BOT_TOKEN_NAME": "", "SLACK_WEBHOOK_URL": "hooks.example.com/B/x"}, "SLACK_WEBHOOK_URL is no URL"),
        (
            {
                "EVENTS_CONFIG": '{"events": [{"name": "Open"}]}',
                "USER_METRICS_CONFIG": '{"counters": {"visits": {"event": "Visit"}}}',
            },
            "counters.visits.event is 'Visit'",
        ),
    ],
)
def test_what_a_function_would_refuse_is_refused_first(
    project: Project, variables: dict[str, str], message: str
) -> None:
    project.install("python3", python_with_libraries())
    done = project.run(**variables)
    assert done.code == 1
    assert message in done.err
    assert changing(project.calls) == []
