"""Settings and schedules that would fail later stop deploy.sh before it changes anything."""

import json

import pytest

from deploy.project import (
    SCHEDULES,
    SETTINGS,
    Project,
    changing,
    python_with_libraries,
)

pytestmark = pytest.mark.deploy


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
    assert changing(project.calls)


def test_a_bot_needs_no_channel_of_its_own_where_every_event_has_one(project: Project) -> None:
    events = [{"name": "Visit", "alert_channel": "#web"}, {"name": "Old", "enabled": False}]
    project.deploy("--only", "detector", SLACK_CHANNEL="", EVENTS_CONFIG=json.dumps({"events": events}))
    assert changing(project.calls)


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


@pytest.mark.parametrize("key", [key for key in SCHEDULES[0] if key != "description"])
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
    """Without the library that reads any of them, the lines have to be plain."""
    (project.folder / ".env").write_text("MIXPANEL_REGION=${REGION}\n")
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
        ({"TRACKING_PLAN": '{"events": {"A": {"status": "gone"}}}'}, "TRACKING_PLAN: events.A.status is"),
        ({"SLACK_BOT_TOKEN_NAME": "", "SLACK_BOT_TOKEN": '"xoxb-1 2"'}, "SLACK_BOT_TOKEN is not a Slack token"),
        ({"SLACK_BOT_TOKEN_NAME": "", "SLACK_WEBHOOK_URL": "hooks.example.com/B/x"}, "SLACK_WEBHOOK_URL is not a URL"),
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


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("reports.json", '{"sales": {"report": "funnel", "steps": ["A"]}}', "config/reports.json: sales"),
        ("reports.json", '{"sales": {"report": "sales"}}', "config/reports.json: sales"),
        (
            "segments.json",
            '{"buyers": {"did": "Buy", "at_least": "2"}}',
            "config/segments.json: buyers.did.at_least is",
        ),
        (
            "segments.json",
            '{"a": {"not": "b"}, "b": "a"}',
            "config/segments.json: segments name each other in a circle",
        ),
        ("segments.json", '{"buyers": {"not": "buyer"}}', "config/segments.json: buyers names the segment 'buyer'"),
    ],
)
def test_a_file_that_a_report_would_refuse_is_refused_first(
    project: Project, file: str, text: str, message: str
) -> None:
    project.install("python3", python_with_libraries())
    (project.folder / "config" / file).write_text(text)
    done = project.run()
    assert done.code == 1
    assert message in done.err
    assert changing(project.calls) == []
