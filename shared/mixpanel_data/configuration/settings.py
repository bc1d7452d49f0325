"""What the environment says, read once; a wrong value names its variable and what it accepts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, available_timezones

from mixpanel_data.base.errors import ConfigError
from mixpanel_data.base.identifiers import IDENTIFIER, RESERVED
from mixpanel_data.base.secret import Secret

_DUCKDB = "duckdb:///"
_DEFAULT_DUCKDB = "duckdb:///mixpanel_data.duckdb"
# Letters of other alphabets go on the wire as punycode; `_` stands in names of containers.
_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_HOST_CHARACTERS = 253
_PROJECT = re.compile(r"[A-Za-z][A-Za-z0-9.:-]*")
_LOCATION = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_NUMBER = re.compile(r"[0-9]+")
# Files that lie among the zones and are none: one for no place, and whatever this machine is set to.
_NO_ZONES = {"Factory", "localtime", "posixrules"}
_TRUE, _FALSE = ("true", "1", "yes", "on"), ("false", "0", "no", "off")


class TimeBasis(StrEnum):
    """What `time` counts in: UTC, or the project's wall clock (projects from before 2023)."""

    UTC = "utc"
    PROJECT = "project"


@dataclass(frozen=True, slots=True)
class SecretSource:
    """A secret itself, or the name of the Secret Manager secret that holds it."""

    value: Secret | None
    secret_name: str | None


@dataclass(frozen=True, slots=True)
class ConfigSource:
    """Where a configuration comes from: JSON text, `gs://bucket/object`, or a file; the first that is set."""

    variable: str
    text: str | None
    gcs_path: str | None
    file: Path


@dataclass(frozen=True, slots=True)
class Settings:
    """The environment's variables, checked each for itself; what a job needs besides, `connect` checks."""

    mixpanel_project_id: str | None
    mixpanel_region: str
    mixpanel_service_account: str | None
    mixpanel_service_account_secret: SecretSource
    mixpanel_api_secret: SecretSource
    mixpanel_project_token: SecretSource
    mixpanel_timezone: ZoneInfo
    mixpanel_time_basis: TimeBasis
    mixpanel_base_url: str | None
    mixpanel_calls_per_hour: int | None
    duckdb_path: Path | None
    gcp_project_id: str | None
    bigquery_dataset: str
    bigquery_table: str
    bigquery_location: str
    bigquery_emulator_host: str | None
    bigquery_max_bytes_billed: int | None
    storage_emulator_host: str | None
    create_tables: bool
    events_config: ConfigSource
    user_metrics_config: ConfigSource
    postgres_url: SecretSource
    slack_bot_token: SecretSource
    slack_webhook_url: SecretSource
    slack_channel: str | None
    slack_base_url: str | None
    collector_lookback_days: int
    collector_overlap_minutes: int
    collector_retention_days: int
    call_deadline_seconds: float

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Settings":
        """All that the environment says; an empty variable counts as unset. Raises ConfigError."""
        read = _Reader(env)
        gcp_project_id = read.matching("GCP_PROJECT_ID", _PROJECT, "the id of a Google Cloud project")
        return cls(
            mixpanel_project_id=read.matching("MIXPANEL_PROJECT_ID", _NUMBER, "the project's number"),
            mixpanel_region=read.one_of("MIXPANEL_REGION", ("us", "eu", "in"), "us"),
            mixpanel_service_account=read.text("MIXPANEL_SERVICE_ACCOUNT"),
            mixpanel_service_account_secret=read.secret("MIXPANEL_SERVICE_ACCOUNT_SECRET"),
            mixpanel_api_secret=read.secret("MIXPANEL_API_SECRET"),
            mixpanel_project_token=read.secret("MIXPANEL_PROJECT_TOKEN"),
            mixpanel_timezone=read.zone("MIXPANEL_TIMEZONE"),
            mixpanel_time_basis=TimeBasis(read.one_of("MIXPANEL_TIME_BASIS", tuple(TimeBasis), TimeBasis.UTC)),
            mixpanel_base_url=read.url("MIXPANEL_BASE_URL"),
            mixpanel_calls_per_hour=read.optional_number("MIXPANEL_CALLS_PER_HOUR", 1, 1_000_000),
            duckdb_path=read.duckdb_path(gcp_project_id),
            gcp_project_id=gcp_project_id,
            bigquery_dataset=read.identifier("BIGQUERY_DATASET", "mixpanel_data"),
            bigquery_table=read.identifier("BIGQUERY_TABLE", "mixpanel_events"),
            bigquery_location=read.matching("BIGQUERY_LOCATION", _LOCATION, "a location such as US or europe-west1")
            or "US",
            bigquery_emulator_host=read.url("BIGQUERY_EMULATOR_HOST"),
            bigquery_max_bytes_billed=read.optional_number("BIGQUERY_MAX_BYTES_BILLED", 1, 2**62),
            storage_emulator_host=read.url("STORAGE_EMULATOR_HOST"),
            create_tables=read.boolean("CREATE_TABLES", default=True),
            events_config=read.config("EVENTS_CONFIG", "EVENTS_CONFIG_GCS_PATH", Path("config/events_config.json")),
            user_metrics_config=read.config("USER_METRICS_CONFIG", None, Path("config/user_metrics.json")),
            postgres_url=read.secret("POSTGRES_URL"),
            slack_bot_token=read.secret("SLACK_BOT_TOKEN"),
            slack_webhook_url=read.secret("SLACK_WEBHOOK_URL"),
            slack_channel=read.text("SLACK_CHANNEL"),
            slack_base_url=read.url("SLACK_BASE_URL"),
            collector_lookback_days=read.number("COLLECTOR_LOOKBACK_DAYS", 1, 3650, default=90),
            collector_overlap_minutes=read.number("COLLECTOR_OVERLAP_MINUTES", 0, 525_600, default=60),
            collector_retention_days=read.number("COLLECTOR_RETENTION_DAYS", 8, 36_500, default=730),
            call_deadline_seconds=read.number("CALL_DEADLINE_SECONDS", 1, 86_400, default=300),
        )


class _Reader:
    """Variables of an environment, each checked as it is read."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env

    def text(self, name: str) -> str | None:
        value = self._env.get(name, "").strip()
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise ConfigError(f"{name} is no UTF-8 text. Set it again.") from error
        return value or None

    def secret(self, name: str) -> SecretSource:
        value = self.text(name)
        return SecretSource(Secret(value) if value else None, self.text(f"{name}_NAME"))

    def matching(self, name: str, pattern: re.Pattern[str], what: str) -> str | None:
        value = self.text(name)
        if value is not None and not pattern.fullmatch(value):
            raise _wrong(name, value, f"Give {what}")
        return value

    def identifier(self, name: str, default: str) -> str:
        value = self.matching(name, IDENTIFIER, "letters, digits and _ only, no digit first, at most 1024") or default
        if RESERVED.fullmatch(value):
            raise _wrong(name, value, "That is a word of SQL: give another name")
        return value

    def one_of(self, name: str, choices: tuple[str, ...], default: str) -> str:
        value = (self.text(name) or default).lower()
        if value not in choices:
            raise _wrong(name, value, f"Give one of {', '.join(choices)}")
        return value

    def boolean(self, name: str, *, default: bool) -> bool:
        value = (self.text(name) or str(default)).lower()
        if value not in _TRUE + _FALSE:
            raise _wrong(name, value, "Give true or false")
        return value in _TRUE

    def number(self, name: str, least: int, most: int, *, default: int) -> int:
        value = self.optional_number(name, least, most)
        return default if value is None else value

    def optional_number(self, name: str, least: int, most: int) -> int | None:
        value = self.text(name)
        if value is None:
            return None
        if not _NUMBER.fullmatch(value) or len(value) > len(str(most)) or not least <= int(value) <= most:
            raise _wrong(name, value, f"Give a whole number from {least} on, at most {most}")
        return int(value)

    def zone(self, name: str) -> ZoneInfo:
        value = self.text(name) or "UTC"
        if value not in _zones():
            raise _wrong(name, value, "Give a zone of the IANA database, such as Europe/Berlin")
        return ZoneInfo(value)

    def url(self, name: str) -> str | None:
        value = self.text(name)
        if value is None:
            return None
        try:
            parts = urlsplit(value)
            is_callable = parts.scheme in ("http", "https") and _is_host(parts) and parts.port != 0
        except ValueError:
            is_callable = False
        # A path is put behind it.
        if not is_callable or re.search(r"[?#\s]", value):
            raise _wrong(
                name,
                value,
                "Give a base URL that begins with http:// or https://, such as https://host, without ? and #, "
                "its host by a name in ASCII or by its address",
            )
        return value.rstrip("/")

    def config(self, variable: str, gcs_variable: str | None, file: Path) -> ConfigSource:
        text = self.text(variable)
        gcs_path = self.text(gcs_variable) if gcs_variable else None
        if text is not None and text.startswith("gs://"):
            text, gcs_path = None, text
        if text is None and gcs_path is not None and not re.fullmatch(r"gs://[^/]+/.+", gcs_path):
            blamed = variable if self.text(variable) else gcs_variable or variable
            raise _wrong(blamed, gcs_path, "Give gs://bucket/object")
        return ConfigSource(variable, text, gcs_path, file)

    def duckdb_path(self, gcp_project_id: str | None) -> Path | None:
        """The DuckDB file; None where BigQuery is the warehouse."""
        value = self.text("WAREHOUSE") or ("bigquery" if gcp_project_id else _DEFAULT_DUCKDB)
        if value == "bigquery":
            if gcp_project_id is None:
                raise ConfigError("WAREHOUSE is 'bigquery' and GCP_PROJECT_ID is not set. Set it.")
            return None
        if not value.startswith(_DUCKDB) or value in (_DUCKDB, f"{_DUCKDB}:memory:"):
            raise _wrong("WAREHOUSE", value, "Give bigquery, or duckdb:///path/to/file.duckdb")
        return Path(value.removeprefix(_DUCKDB))


def _is_host(parts: SplitResult) -> bool:
    """Whether a URL names a host that can be looked for."""
    host = parts.hostname or ""
    # An address in brackets was looked at when the URL was split; what stands around it was not.
    if "[" in parts.netloc:
        return re.fullmatch(r"([^@]*@)?\[[^]]+\](:[0-9]*)?", parts.netloc) is not None
    labels = host.removesuffix(".").split(".")
    return len(host) <= _HOST_CHARACTERS and all(_LABEL.fullmatch(label) for label in labels)


@cache
def _zones() -> set[str]:
    """Found by a walk through the database's files, which takes a while."""
    return available_timezones() - _NO_ZONES


def _wrong(name: str, value: str, remedy: str) -> ConfigError:
    # An address may carry a password before its host.
    return ConfigError(f"{name} is {re.sub(r'//[^/]*@', '//***@', value)!r}. {remedy}.")
