"""Settings come from the environment; a wrong value is refused with its variable and with what the variable accepts."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from mixpanel_data.base.errors import ConfigError
from mixpanel_data.configuration.environment.variables import VARIABLES
from mixpanel_data.configuration.settings import Settings, TimeBasis


def read(**env: str) -> Settings:
    return Settings.from_env(env)


def test_an_empty_environment_has_defaults() -> None:
    settings = read()
    assert settings.mixpanel_project_id is None
    assert settings.mixpanel_region == "us"
    assert settings.mixpanel_timezone == ZoneInfo("UTC")
    assert settings.mixpanel_time_basis is TimeBasis.UTC
    assert settings.mixpanel_base_url is None
    assert settings.mixpanel_calls_per_hour is None
    assert settings.duckdb_path == Path("mixpanel_data.duckdb")
    assert settings.gcp_project_id is None
    assert (settings.bigquery_dataset, settings.bigquery_table) == ("mixpanel_data", "mixpanel_events")
    assert settings.bigquery_location == "US"
    assert settings.bigquery_max_bytes_billed is None
    assert settings.bigquery_max_bytes_per_day is None
    assert settings.duckdb_memory_limit is None
    assert settings.create_tables is True
    assert (settings.collector_lookback_days, settings.collector_overlap_minutes) == (90, 60)
    assert settings.call_deadline_seconds == 300


@pytest.mark.parametrize("empty", ["", " ", "\t\n"])
def test_an_empty_variable_counts_as_unset(empty: str) -> None:
    assert read(**{variable.name: empty for variable in VARIABLES}) == read()


def test_every_variable_is_read() -> None:
    settings = read(
        MIXPANEL_PROJECT_ID="1000001",
        MIXPANEL_REGION="EU",
        MIXPANEL_SERVICE_ACCOUNT="robot.1",
        MIXPANEL_SERVICE_ACCOUNT_SECRET=" geheim ",
        MIXPANEL_API_SECRET_NAME="older",
        MIXPANEL_TIMEZONE="Europe/Berlin",
        MIXPANEL_TIME_BASIS="project",
        MIXPANEL_BASE_URL="http://localhost:8086/",
        MIXPANEL_CALLS_PER_HOUR="40",
        WAREHOUSE="bigquery",
        GCP_PROJECT_ID="example.com:acme-1",
        BIGQUERY_DATASET="dataset_1",
        BIGQUERY_TABLE="_table",
        BIGQUERY_LOCATION="europe-west1",
        BIGQUERY_EMULATOR_HOST="http://localhost:9050",
        BIGQUERY_MAX_BYTES_BILLED="1000000000000",
        BIGQUERY_MAX_BYTES_PER_DAY="200000000000",
        DUCKDB_MEMORY_LIMIT="2GiB",
        STORAGE_EMULATOR_HOST="http://localhost:9023",
        CREATE_TABLES="false",
        EVENTS_CONFIG_GCS_PATH="gs://bucket/folder/events.json",
        COLLECTOR_LOOKBACK_DAYS="30",
        COLLECTOR_OVERLAP_MINUTES="0",
        CALL_DEADLINE_SECONDS="480",
    )
    assert settings.mixpanel_project_id == "1000001"
    assert settings.mixpanel_region == "eu"
    assert settings.mixpanel_service_account == "robot.1"
    assert settings.mixpanel_service_account_secret.value is not None
    assert settings.mixpanel_service_account_secret.value.reveal() == "geheim"
    assert settings.mixpanel_api_secret.secret_name == "older"
    assert settings.mixpanel_timezone == ZoneInfo("Europe/Berlin")
    assert settings.mixpanel_time_basis is TimeBasis.PROJECT
    assert settings.mixpanel_base_url == "http://localhost:8086"
    assert settings.mixpanel_calls_per_hour == 40
    assert settings.duckdb_path is None
    assert settings.gcp_project_id == "example.com:acme-1"
    assert (settings.bigquery_dataset, settings.bigquery_table) == ("dataset_1", "_table")
    assert settings.bigquery_location == "europe-west1"
    assert settings.bigquery_emulator_host == "http://localhost:9050"
    assert settings.bigquery_max_bytes_billed == 10**12
    assert settings.bigquery_max_bytes_per_day == 2 * 10**11
    assert settings.duckdb_memory_limit == "2GiB"
    assert settings.storage_emulator_host == "http://localhost:9023"
    assert settings.create_tables is False
    assert settings.events_config.gcs_path == "gs://bucket/folder/events.json"
    assert (settings.collector_lookback_days, settings.collector_overlap_minutes) == (30, 0)
    assert settings.call_deadline_seconds == 480


WRONG = [
    ("MIXPANEL_PROJECT_ID", "acme", "number"),
    ("MIXPANEL_PROJECT_ID", "12a", "number"),
    ("MIXPANEL_PROJECT_ID", "-1", "number"),
    ("MIXPANEL_REGION", "de", "us, eu, in"),
    ("MIXPANEL_TIMEZONE", "Berlin", "Europe/Berlin"),
    ("MIXPANEL_TIMEZONE", "../../etc/passwd", "IANA"),
    ("MIXPANEL_TIMEZONE", "Europe", "IANA"),
    ("MIXPANEL_TIMEZONE", "UTC+2", "IANA"),
    *[("MIXPANEL_TIMEZONE", zone, "IANA") for zone in ("Factory", "localtime", "posixrules")],
    ("MIXPANEL_TIMEZONE", "posix/Europe/Berlin", "IANA"),
    ("MIXPANEL_TIMEZONE", "right/Europe/Berlin", "IANA"),
    ("MIXPANEL_TIME_BASIS", "local", "utc, project"),
    ("MIXPANEL_BASE_URL", "localhost:8086", "http://"),
    ("MIXPANEL_BASE_URL", "ftp://mixpanel", "http://"),
    ("MIXPANEL_BASE_URL", "http://[::1]foo", "http://"),
    ("MIXPANEL_BASE_URL", "http://", "http://"),
    ("MIXPANEL_BASE_URL", "http://h/?x=1#f", "http://"),
    ("MIXPANEL_BASE_URL", "http://h?x=1", "http://"),
    ("MIXPANEL_BASE_URL", "http://h/#f", "http://"),
    ("BIGQUERY_EMULATOR_HOST", "http://h/?", "http://"),
    ("STORAGE_EMULATOR_HOST", "http://h/#", "http://"),
    ("MIXPANEL_CALLS_PER_HOUR", "0", "from 1"),
    ("MIXPANEL_CALLS_PER_HOUR", "many", "whole number"),
    ("WAREHOUSE", "postgres://x", "duckdb:///path/to/file.duckdb"),
    ("WAREHOUSE", "duckdb://x", "duckdb:///path"),
    ("WAREHOUSE", "duckdb:///", "duckdb:///path"),
    ("WAREHOUSE", "duckdb:///:memory:", "duckdb:///path"),
    ("WAREHOUSE", "x.duckdb", "duckdb:///path"),
    ("WAREHOUSE", "bigquery", "GCP_PROJECT_ID"),
    ("GCP_PROJECT_ID", "my project", "id of a Google Cloud project"),
    ("GCP_PROJECT_ID", "a/b", "id of a Google Cloud project"),
    ("BIGQUERY_DATASET", "my-dataset", "letters"),
    ("BIGQUERY_DATASET", "1st", "letters"),
    ("BIGQUERY_DATASET", "p.d", "letters"),
    ("BIGQUERY_TABLE", "t`; DROP TABLE t", "letters"),
    ("BIGQUERY_TABLE", "größe", "letters"),
    ("BIGQUERY_TABLE", "x" * 1025, "at most 1024"),
    ("BIGQUERY_DATASET", "x" * 1025, "at most 1024"),
    *[
        (name, word, "another name")
        for name in ("BIGQUERY_TABLE", "BIGQUERY_DATASET")
        for word in ("select", "From", "table")
    ],
    ("BIGQUERY_LOCATION", "Europe West", "europe-west1"),
    ("BIGQUERY_EMULATOR_HOST", "localhost:9050", "http://"),
    ("BIGQUERY_MAX_BYTES_BILLED", "1e12", "whole number"),
    ("BIGQUERY_MAX_BYTES_BILLED", "0", "from 1"),
    ("BIGQUERY_MAX_BYTES_PER_DAY", "0", "from 1"),
    *[
        ("DUCKDB_MEMORY_LIMIT", size, "at least 32MB, such as 400MB, 1GB or 2GiB")
        for size in ("400", "1.5GB", "1 GB", "-1GB", "0GB", "31MB", "64KB", "80%", "none", "9999999GB", "٣GB")
    ],
    ("STORAGE_EMULATOR_HOST", "localhost", "http://"),
    ("CREATE_TABLES", "maybe", "true or false"),
    ("EVENTS_CONFIG_GCS_PATH", "bucket/object", "gs://bucket/object"),
    ("EVENTS_CONFIG_GCS_PATH", "gs:///object", "gs://bucket/object"),
    ("EVENTS_CONFIG_GCS_PATH", "gs://bucket/", "gs://bucket/object"),
    ("COLLECTOR_LOOKBACK_DAYS", "0", "from 1"),
    ("COLLECTOR_LOOKBACK_DAYS", "1.5", "whole number"),
    ("COLLECTOR_LOOKBACK_DAYS", "-3", "whole number"),
    ("COLLECTOR_LOOKBACK_DAYS", "٣", "whole number"),
    ("COLLECTOR_OVERLAP_MINUTES", "-1", "from 0"),
    ("COLLECTOR_OVERLAP_MINUTES", "an hour", "whole number"),
    ("CALL_DEADLINE_SECONDS", "0", "from 1"),
    ("CALL_DEADLINE_SECONDS", "5m", "whole number"),
]


@pytest.mark.parametrize(("variable", "value", "remedy"), WRONG)
def test_a_wrong_value_names_its_variable_and_what_it_accepts(variable: str, value: str, remedy: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(**{variable: value})
    message = str(caught.value)
    assert message.startswith(f"{variable} is ")
    assert repr(value) in message
    assert remedy in message
    assert caught.value.http_status == 400


@pytest.mark.parametrize(
    ("variable", "value"),
    [("MIXPANEL_BASE_URL", "http://user:s3cret@host:x/"), ("WAREHOUSE", "postgresql://user:s3cret@host/db")],
)
def test_a_password_in_a_wrong_address_is_not_shown(variable: str, value: str) -> None:
    with pytest.raises(ConfigError, match=variable) as caught:
        read(**{variable: value})
    assert "s3cret" not in str(caught.value)
    assert "//***@host" in str(caught.value)


@pytest.mark.parametrize("value", ["gs://bucket", "gs://", "gs://bucket/"])
def test_a_wrong_path_names_the_variable_that_holds_it(value: str) -> None:
    with pytest.raises(ConfigError, match=r"^EVENTS_CONFIG is "):
        read(EVENTS_CONFIG=value)


@pytest.mark.parametrize("variable", ["MIXPANEL_BASE_URL", "BIGQUERY_EMULATOR_HOST", "STORAGE_EMULATOR_HOST"])
@pytest.mark.parametrize(
    "value",
    [
        *("http://[::1", "http://localhost:port", "http://localhost:99999", "http://:80"),
        *("http://a..b", f"http://{'a' * 70}.com", "http://a b", "http://.example.com", "http://*", "http://%zz"),
        *("http://ex☃", "http://-a", "http://a-.b", "http://h\\x", "http://..", "http://.", "http://a\tb"),
        f"http://{'a.' * 130}com",
    ],
)
def test_a_url_that_cannot_be_called_names_its_variable(variable: str, value: str) -> None:
    with pytest.raises(ConfigError, match=variable):
        read(**{variable: value})


@pytest.mark.parametrize(
    "value",
    [
        *(
            "http://localhost:8086",
            "https://example.com",
            "http://example.com.",
            "http://h/a/b",
            "http://mixpanel_1:80",
        ),
        *("http://127.0.0.1:8086", "http://[::1]:8086", "http://[::1]", "http://xn--mnchen-3ya.de", "http://a-b.c"),
        *("http://user:pw@h:1", f"http://{'a' * 63}.com"),
    ],
)
def test_a_url_names_its_host_by_name_or_address(value: str) -> None:
    assert read(MIXPANEL_BASE_URL=value).mixpanel_base_url == value


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("COLLECTOR_LOOKBACK_DAYS", "1000000"),
        ("COLLECTOR_LOOKBACK_DAYS", "9" * 20),
        ("COLLECTOR_OVERLAP_MINUTES", "9" * 20),
        ("CALL_DEADLINE_SECONDS", "9" * 400),
        ("MIXPANEL_CALLS_PER_HOUR", "9" * 5000),
    ],
    ids=lambda value: value[:30],
)
def test_a_number_out_of_range_names_its_variable(variable: str, value: str) -> None:
    with pytest.raises(ConfigError, match=variable):
        read(**{variable: value})


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ("duckdb:///x.duckdb", Path("x.duckdb")),
        ("duckdb:///data/x.duckdb", Path("data/x.duckdb")),
        ("duckdb:////tmp/x.duckdb", Path("/tmp/x.duckdb")),  # noqa: S108, never opened
        ("duckdb:///with space.duckdb", Path("with space.duckdb")),
    ],
)
def test_a_duckdb_file_is_relative_with_three_slashes_and_absolute_with_four(value: str, path: Path) -> None:
    assert read(WAREHOUSE=value).duckdb_path == path


def test_bigquery_is_the_warehouse_where_a_google_project_is_set() -> None:
    assert read(GCP_PROJECT_ID="acme-1").duckdb_path is None
    assert read(GCP_PROJECT_ID="acme-1", WAREHOUSE="bigquery").duckdb_path is None
    assert read(GCP_PROJECT_ID="acme-1", WAREHOUSE="duckdb:///x").duckdb_path == Path("x")


@pytest.mark.parametrize(
    ("value", "is_on"),
    [("true", True), ("TRUE", True), ("1", True), ("yes", True), ("false", False), ("False", False), ("0", False)],
)
def test_a_switch_can_be_spelled_in_several_ways(value: str, is_on: bool) -> None:
    assert read(CREATE_TABLES=value).create_tables is is_on


TEXT = '{"events": [{"name": "a"}]}'


@pytest.mark.parametrize(
    ("env", "text", "gcs_path"),
    [
        ({}, None, None),
        ({"EVENTS_CONFIG": TEXT}, TEXT, None),
        ({"EVENTS_CONFIG": "gs://b/o"}, None, "gs://b/o"),
        ({"EVENTS_CONFIG_GCS_PATH": "gs://b/path/o"}, None, "gs://b/path/o"),
        ({"EVENTS_CONFIG": "gs://b/o", "EVENTS_CONFIG_GCS_PATH": "gs://other/o"}, None, "gs://b/o"),
        ({"EVENTS_CONFIG": "", "EVENTS_CONFIG_GCS_PATH": "gs://b/o"}, None, "gs://b/o"),
    ],
)
def test_the_events_come_from_what_is_set_first(env: dict[str, str], text: str | None, gcs_path: str | None) -> None:
    source = read(**env).events_config
    assert (source.text, source.gcs_path) == (text, gcs_path)
    assert source.file == Path("config/events_config.json")


@pytest.mark.parametrize(
    ("env", "text", "gcs_path"),
    [
        ({}, None, None),
        ({"IDENTITY_CONFIG": TEXT}, TEXT, None),
        ({"IDENTITY_CONFIG": "gs://b/path/o"}, None, "gs://b/path/o"),
    ],
)
def test_the_sources_of_identities_are_text_a_path_or_a_file(
    env: dict[str, str], text: str | None, gcs_path: str | None
) -> None:
    source = read(**env).identity_config
    assert (source.variable, source.text, source.gcs_path) == ("IDENTITY_CONFIG", text, gcs_path)
    assert source.file == Path("config/identity.json")


@pytest.mark.parametrize("size", ["32MB", "400MB", "1GB", "2GiB", "512mib", "999999GB"])
def test_a_size_of_memory_has_a_unit_of_thousands_or_of_1024s(size: str) -> None:
    assert read(DUCKDB_MEMORY_LIMIT=size).duckdb_memory_limit == size


def test_events_as_text_win_over_a_path() -> None:
    source = read(EVENTS_CONFIG=TEXT, EVENTS_CONFIG_GCS_PATH="gs://b/o").events_config
    assert source.text == TEXT


def test_settings_show_no_secret() -> None:
    settings = read(
        MIXPANEL_SERVICE_ACCOUNT_SECRET="geheim-1",
        MIXPANEL_API_SECRET="geheim-2",
        MIXPANEL_PROJECT_TOKEN="geheim-3",
        POSTGRES_URL="postgresql://u:geheim@h/d",
    )
    for shown in (repr(settings), str(settings), f"{settings.mixpanel_api_secret}"):
        assert "geheim" not in shown
        assert "***" in shown


@pytest.mark.parametrize(
    "variable", ["MIXPANEL_SERVICE_ACCOUNT", "MIXPANEL_SERVICE_ACCOUNT_SECRET", "MIXPANEL_API_SECRET", "WAREHOUSE"]
)
def test_bytes_that_are_not_text_name_their_variable_and_are_not_shown(variable: str) -> None:
    """Python reads such bytes of the environment as lone surrogates, which no request can carry."""
    with pytest.raises(ConfigError, match=f"^{variable} .*UTF-8") as caught:
        read(**{variable: b"geheim\xff".decode(errors="surrogateescape")})
    assert "geheim" not in str(caught.value)


def test_settings_are_frozen() -> None:
    settings = read()
    with pytest.raises(AttributeError):
        settings.mixpanel_region = "eu"  # type: ignore[misc]


def test_variables_of_other_programs_are_ignored() -> None:
    assert read(PATH="/bin", MIXPANEL_COLOUR="blue") == read()
    assert "mixpanel_colour" not in asdict(read())
