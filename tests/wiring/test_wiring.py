"""How settings become clients: credentials, configuration, secrets, and what is told where one is missing."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from gcp_storage_emulator.server import create_server
from google.auth.credentials import AnonymousCredentials
from google.cloud.storage import Client

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.environment import environment
from mixpanel_data.base.errors import AuthenticationError, ConfigError
from mixpanel_data.clients.mixpanel import Mixpanel, Profiles
from mixpanel_data.clients.mixpanel.merging import Merges
from mixpanel_data.clients.postgres import Postgres
from mixpanel_data.configuration.events import EventsConfig
from mixpanel_data.configuration.settings import Settings
from mixpanel_data.users.targets import Target
from mixpanel_data.wiring.collect import mixpanel_client
from mixpanel_data.wiring.files import events_config, user_metrics_config
from mixpanel_data.wiring.identity import merges_client
from mixpanel_data.wiring.session import Call, Session
from mixpanel_data.wiring.users import targets

ACCOUNT = {
    "MIXPANEL_PROJECT_ID": "1000001",
    "MIXPANEL_SERVICE_ACCOUNT": "robot.1",
    "MIXPANEL_SERVICE_ACCOUNT_SECRET": "geheim",
}
EVENTS = '{"events": [{"name": "Purchase"}]}'
BUCKET = "config-bucket"


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In an empty folder, so that no file of the project is read."""
    monkeypatch.chdir(tmp_path)


def settings_of(**env: str) -> Settings:
    return Settings.from_env(env)


def mixpanel_of(**env: str) -> Mixpanel:
    return mixpanel_client(settings_of(**env))


def merges_of(**env: str) -> Merges:
    return merges_client(settings_of(**env))


def events_of(**env: str) -> EventsConfig:
    return events_config(settings_of(**env))


def targets_of(**env: str) -> list[Target]:
    settings = settings_of(**env)
    with Session(settings) as session:
        return list(targets(user_metrics_config(settings), session, Call("run-1", Deadline())))


# Tables


@pytest.mark.parametrize("name", ["job_runs", "JOB_RUNS", "event_minutes", "alerts"])
def test_the_table_of_events_is_no_other_table_of_ours(name: str) -> None:
    with pytest.raises(ConfigError, match=f"^BIGQUERY_TABLE is '{name}'"):
        _ = Session(settings_of(BIGQUERY_TABLE=name, WAREHOUSE="duckdb:///x.duckdb")).warehouse


# Credentials


def test_a_service_account_is_its_name_its_secret_and_the_project() -> None:
    mixpanel = mixpanel_of(**ACCOUNT, MIXPANEL_REGION="eu")
    assert mixpanel.credentials.auth() == ("robot.1", "geheim")
    assert mixpanel.credentials.parameters() == {"project_id": "1000001"}
    assert mixpanel.region == "eu"


def test_the_older_secret_will_do() -> None:
    mixpanel = mixpanel_of(MIXPANEL_API_SECRET="older")
    assert mixpanel.credentials.auth() == ("older", "")
    assert mixpanel.credentials.parameters() == {}


def test_a_service_account_wins_over_the_older_secret() -> None:
    mixpanel = mixpanel_of(**ACCOUNT, MIXPANEL_API_SECRET="older")
    assert mixpanel.credentials.auth() == ("robot.1", "geheim")


def test_a_secret_wins_over_the_name_of_one() -> None:
    mixpanel = mixpanel_of(**ACCOUNT, MIXPANEL_SERVICE_ACCOUNT_SECRET_NAME="never-asked")
    assert mixpanel.credentials.auth() == ("robot.1", "geheim")


def test_a_base_url_stands_in_place_of_the_hosts() -> None:
    mixpanel = mixpanel_of(**ACCOUNT, MIXPANEL_BASE_URL="http://localhost:8086/")
    assert mixpanel.base_url == "http://localhost:8086"


def test_merges_are_sent_with_the_credentials_of_the_collector_and_the_project_s_token() -> None:
    merges = merges_of(**ACCOUNT, MIXPANEL_REGION="eu", MIXPANEL_PROJECT_TOKEN="token")
    assert merges.credentials.auth() == ("robot.1", "geheim")
    assert merges.token is not None
    assert (merges.token.reveal(), merges.region, merges.base_url) == ("token", "eu", None)


def test_merges_need_no_token() -> None:
    merges = merges_of(MIXPANEL_API_SECRET="older", MIXPANEL_BASE_URL="http://localhost:8086/")
    assert merges.credentials.auth() == ("older", "")
    assert (merges.token, merges.base_url) == (None, "http://localhost:8086")


@pytest.mark.parametrize("client_of", [mixpanel_of, merges_of])
@pytest.mark.parametrize("missing", [*ACCOUNT, "all"])
def test_a_missing_credential_is_named(missing: str, client_of: Callable[..., Mixpanel | Merges]) -> None:
    env = {} if missing == "all" else {name: value for name, value in ACCOUNT.items() if name != missing}
    with pytest.raises(ConfigError) as caught:
        _ = client_of(**env)
    named = ["MIXPANEL_SERVICE_ACCOUNT", "MIXPANEL_API_SECRET"] if missing == "all" else [missing]
    for name in named:
        assert name in str(caught.value)
    assert "Set " in str(caught.value)
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize("kind", ["MIXPANEL_SERVICE_ACCOUNT_SECRET", "MIXPANEL_API_SECRET"])
def test_the_name_of_a_secret_needs_a_google_project(kind: str) -> None:
    env = {"MIXPANEL_PROJECT_ID": "1", f"{kind}_NAME": "mixpanel-secret"}
    if kind.startswith("MIXPANEL_SERVICE"):
        env["MIXPANEL_SERVICE_ACCOUNT"] = "robot.1"
    with pytest.raises(ConfigError, match=r"GCP_PROJECT_ID.*mixpanel-secret"):
        _ = mixpanel_of(**env)


# The warehouse


def test_without_an_account_bigquery_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none.json"))
    with pytest.raises(AuthenticationError, match="Connecting: Google refused the credentials"):
        _ = Session(settings_of(GCP_PROJECT_ID="acme-1")).warehouse


def test_a_configuration_that_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config").mkdir()
    loop = tmp_path / "config" / "events_config.json"
    loop.symlink_to(loop)
    with pytest.raises(ConfigError, match=r"events_config.json cannot be read: .*EVENTS_CONFIG"):
        _ = events_of()


def test_a_duckdb_file_in_a_folder_that_is_not_there_is_a_config_error(tmp_path: Path) -> None:
    from mixpanel_data.warehouse.leases import ADD_LOCK

    with (
        Session(settings_of(WAREHOUSE="duckdb:///not/there/x.duckdb")) as session,
        pytest.raises(ConfigError, match="not/there"),
    ):
        session.warehouse.transact("x", [ADD_LOCK], job="collector")
    assert list(tmp_path.iterdir()) == []


def test_a_session_makes_its_clients_once_and_closes_them() -> None:
    class Client:
        closed = 0

        def close(self) -> None:
            self.closed += 1

    with Session(settings_of()) as session:
        client = session.client(Client, Client)
        assert session.client(Client, Client) is client
        assert client.closed == 0
    assert client.closed == 1


def test_a_session_keeps_one_warehouse_for_all_its_calls(tmp_path: Path) -> None:
    with Session(settings_of(WAREHOUSE=f"duckdb:///{tmp_path / 'x.duckdb'}")) as session:
        assert session.warehouse is session.warehouse


# The environment


def test_a_file_adds_what_the_environment_does_not_say(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("MIXPANEL_REGION=eu\nMIXPANEL_PROJECT_ID=7\nEVENTS_CONFIG='{\"a\": 1}'\nNOTHING\n")
    monkeypatch.setenv("MIXPANEL_PROJECT_ID", "8")
    monkeypatch.delenv("MIXPANEL_REGION", raising=False)
    monkeypatch.delenv("EVENTS_CONFIG", raising=False)
    env = environment()
    assert (env["MIXPANEL_REGION"], env["MIXPANEL_PROJECT_ID"]) == ("eu", "8")
    assert env["EVENTS_CONFIG"] == '{"a": 1}'
    assert env["NOTHING"] == ""
    assert "MIXPANEL_REGION" not in os.environ


def test_a_deployed_function_reads_no_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("MIXPANEL_REGION=eu\n")
    monkeypatch.delenv("MIXPANEL_REGION", raising=False)
    monkeypatch.setenv("K_SERVICE", "collector")
    assert "MIXPANEL_REGION" not in environment()


def test_a_file_adds_what_is_empty_in_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("MIXPANEL_REGION=eu\n")
    monkeypatch.setenv("MIXPANEL_REGION", "")
    assert Settings.from_env(environment()).mixpanel_region == "eu"


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"MIXPANEL_REGION=\xff\n")
    with pytest.raises(ConfigError, match=r"\.env"):
        environment()


# The configuration


def test_the_events_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "events_config.json").write_text(EVENTS)
    assert [event.name for event in events_of().events] == ["Purchase"]


def test_text_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "events_config.json").write_text(EVENTS)
    named = events_of(EVENTS_CONFIG='{"events": [{"name": "Other"}]}').events
    assert [event.name for event in named] == ["Other"]


def test_a_missing_file_is_named_with_what_may_stand_for_it() -> None:
    with pytest.raises(ConfigError, match=r"config/events_config\.json does not exist.*EVENTS_CONFIG"):
        _ = events_of()


def test_where_every_event_is_the_default_a_missing_file_means_that_and_is_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = replace(settings_of(), every_event_by_default=True)
    assert [event.name for event in events_config(settings).events] == ["*"]
    assert caplog.messages == ["config/events_config.json does not exist, so every event is enabled"]
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "events_config.json").write_text(EVENTS)
    assert [event.name for event in events_config(settings).events] == ["Purchase"]
    assert len(caplog.messages) == 1


def test_a_mistake_in_the_file_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "events_config.json").write_text('{"events": [{}]}')
    with pytest.raises(ConfigError, match=r"config/events_config\.json: events\[0\]\.name is missing"):
        _ = events_of()


def test_a_mistake_in_the_text_names_the_variable() -> None:
    with pytest.raises(ConfigError, match=r"EVENTS_CONFIG: events\[0\]\.name is missing"):
        _ = events_of(EVENTS_CONFIG='{"events": [{}]}')


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "events_config.json").write_bytes(EVENTS.encode("utf-16"))
    with pytest.raises(ConfigError, match="events_config"):
        _ = events_of()


# Cloud Storage


@pytest.fixture(scope="module")
def storage_url() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    with create_server("127.0.0.1", port, in_memory=True, default_bucket=BUCKET):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def storage(storage_url: str, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, bytes], str]:
    """Uploads an object, and returns its path."""
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", storage_url)

    def upload(name: str, content: bytes) -> str:
        client = Client(project="acme-1", credentials=AnonymousCredentials())  # type: ignore[no-untyped-call]
        client.bucket(BUCKET).blob(name).upload_from_string(content)
        return f"gs://{BUCKET}/{name}"

    return upload


Upload = Callable[[str, bytes], str]


@pytest.mark.parametrize("variable", ["EVENTS_CONFIG", "EVENTS_CONFIG_GCS_PATH"])
@pytest.mark.parametrize("name", ["events.json", "folder/größe 1.json"])
def test_the_events_stand_in_a_bucket(storage: Upload, variable: str, name: str) -> None:
    path = storage(name, '{"events": [{"name": "größe"}]}'.encode())
    (event,) = events_of(**{variable: path}).events
    assert event.name == "größe"


def test_a_google_project_changes_nothing_about_it(storage: Upload) -> None:
    path = storage("events.json", EVENTS.encode())
    assert events_of(EVENTS_CONFIG=path, GCP_PROJECT_ID="acme-1").events


@pytest.mark.parametrize("path", [f"gs://{BUCKET}/missing.json", "gs://no-bucket/events.json"])
def test_an_object_that_is_not_there_is_named(storage: Upload, path: str) -> None:
    with pytest.raises(ConfigError) as caught:
        _ = events_of(EVENTS_CONFIG_GCS_PATH=path)
    assert f"{path} does not exist" in str(caught.value)
    assert "Upload" in str(caught.value)
    assert caught.value.http_status == 400


def test_a_mistake_in_an_object_names_its_path(storage: Upload) -> None:
    path = storage("wrong.json", b'{"events": [{"name": "a", "treshold": 1}]}')
    with pytest.raises(ConfigError, match=rf"{path}: events\[0\]\.treshold is not known"):
        _ = events_of(EVENTS_CONFIG=path)


def test_an_object_that_is_no_text_is_named(storage: Upload) -> None:
    path = storage("binary.json", EVENTS.encode("utf-16"))
    with pytest.raises(ConfigError, match=path):
        _ = events_of(EVENTS_CONFIG=path)


def test_the_emulator_may_be_named_in_the_file_alone(
    storage: Upload, storage_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = storage("events.json", EVENTS.encode())
    monkeypatch.delenv("STORAGE_EMULATOR_HOST")
    # Nothing may be found that would let the client go to Google.
    for name in ("GOOGLE_APPLICATION_CREDENTIALS", "CLOUDSDK_CONFIG"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    (tmp_path / ".env").write_text(f"STORAGE_EMULATOR_HOST={storage_url}\nEVENTS_CONFIG={path}\n")
    assert events_config(Settings.from_env(environment())).events


# Where users' totals go besides

SYNC = {
    "counters": {"commits": {"event": "commit"}, "lines": {"event": "commit", "sum": "insertions"}},
    "latest": {"area": {"property": "area", "type": "STRING"}},
}


def synced(**sync: Any) -> str:
    return json.dumps({**SYNC, "sync": sync})


def test_the_totals_go_nowhere_else_by_default() -> None:
    assert targets_of(USER_METRICS_CONFIG=json.dumps(SYNC), POSTGRES_URL="postgresql://u:p@h/d") == []


def test_the_totals_go_where_the_configuration_says() -> None:
    written = synced(
        postgres={
            "table": "app.totals",
            "columns": {"distinct_id": "id", "lines": "lines_changed", "updated_at": None},
        },
        mixpanel={"properties": {"commits": "Commits"}},
    )
    postgres, profiles = targets_of(
        USER_METRICS_CONFIG=written,
        POSTGRES_URL="postgresql://u:p@h/d",
        MIXPANEL_PROJECT_TOKEN="t0ken",
        MIXPANEL_REGION="eu",
    )
    assert isinstance(postgres, Postgres)
    assert isinstance(profiles, Profiles)
    assert (postgres.table, postgres.url.reveal()) == ("app.totals", "postgresql://u:p@h/d")
    assert [(column.name, column.source, column.type) for column in postgres.columns] == [
        ("id", "distinct_id", "STRING"),
        ("commits", "commits", "INT64"),
        ("lines_changed", "lines", "NUMERIC"),
        ("area", "area", "STRING"),
        ("events_processed", "events_processed", "INT64"),
        ("first_event_time", "first_event_time", "TIMESTAMP"),
        ("last_event_time", "last_event_time", "TIMESTAMP"),
    ]
    assert (profiles.token.reveal(), profiles.region, profiles.properties) == ("t0ken", "eu", {"commits": "Commits"})


@pytest.mark.parametrize(
    ("sync", "says"),
    [
        ({"postgres": {"table": "totals"}}, "POSTGRES_URL or POSTGRES_URL_NAME"),
        ({"mixpanel": {"properties": {"commits": "c"}}}, "MIXPANEL_PROJECT_TOKEN or MIXPANEL_PROJECT_TOKEN_NAME"),
    ],
)
def test_a_target_without_access_is_told(sync: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        targets_of(USER_METRICS_CONFIG=synced(**sync))
