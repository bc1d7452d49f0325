"""Variables and secrets reach the functions that need them, and nobody else."""

import json

import pytest

from deploy.project import (
    PROJECT,
    SCHEDULES,
    SECRET,
    Project,
    changing,
)

pytestmark = pytest.mark.deploy


def test_a_secret_that_is_named_is_bound_by_reference(project: Project) -> None:
    name = f"projects/{PROJECT}/secrets/slack-bot-token/versions/3"
    project.deploy("--only", "detector", SLACK_BOT_TOKEN_NAME=name)
    flags = project.state["functions"]["detector"]["flags"]
    assert flags["set-secrets"] == f"SLACK_BOT_TOKEN=projects/{PROJECT}/secrets/slack-bot-token:3"


@pytest.mark.parametrize("arguments", [[], ["--dry-run"]])
def test_a_plain_secret_is_on_no_command_line_and_in_no_output(project: Project, arguments: list[str]) -> None:
    del project.environment["MIXPANEL_API_SECRET_NAME"]
    done = project.deploy("--only", "collector", *arguments, MIXPANEL_API_SECRET=SECRET)
    assert "MIXPANEL_API_SECRET is deployed as a plain variable" in done.err
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
    assert "SLACK_BOT_TOKEN_NAME is not a valid secret name" in done.err
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
    assert changing(project.calls)


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
    assert "CALL_DEADLINE_SECONDS is 481, and a call of collector can take at most 480 s." in done.err
    assert changing(project.calls) == []


@pytest.mark.parametrize(
    ("variable", "value", "remedy"),
    [
        ("CALL_DEADLINE_SECONDS", "soon", "Give a whole number from 1 to 86400."),
        ("CALL_DEADLINE_SECONDS", "9" * 5000, "Give a whole number from 1 to 86400."),
        ("MIXPANEL_REGION", "mars", "Give one of us, eu, in."),
        ("MIXPANEL_TIMEZONE", "Berlin", "Give a zone of the IANA database, such as Europe/Berlin."),
        ("EVENTS_CONFIG_GCS_PATH", "bucket/object", "Give gs://bucket/object."),
        ("COLLECTOR_LOOKBACK_DAYS", "0", "Give a whole number from 1 to 3650."),
    ],
    ids=lambda value: value[:30],
)
def test_a_value_that_every_call_would_refuse_stops_it(
    project: Project, variable: str, value: str, remedy: str
) -> None:
    done = project.run("--only", "detector", **{variable: value})
    assert done.code == 1
    assert "Traceback" not in done.err
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
