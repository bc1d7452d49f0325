"""The settings of a process: every variable of its environment, read once and checked each for itself.

Python's standard library is enough, so that `deploy.sh` checks the settings as a function will read them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

from mixpanel_data.base.errors import ConfigError
from mixpanel_data.configuration.environment import analyst_variables, job_variables, variables
from mixpanel_data.configuration.environment.variable import SecretSource, Variable

DEFAULT_DUCKDB_FILE = Path("mixpanel_data.duckdb")
"""The warehouse, in the working directory, if no variable names one."""

EVENTS_FILE = Path("config/events_config.json")
"""The events configuration, from the working directory, if no variable has it or names it."""

_USER_METRICS_FILE = Path("config/user_metrics.json")
_IDENTITY_FILE = Path("config/identity.json")
_TRACKING_PLAN_FILE = Path("config/tracking_plan.json")
_REPORTS_FILE = Path("config/reports.json")
_SEGMENTS_FILE = Path("config/segments.json")


class TimeBasis(StrEnum):
    """The time zone of the property `time`: UTC, or the project's own clock (projects from before 2023)."""

    UTC = "utc"
    PROJECT = "project"


@dataclass(frozen=True, slots=True)
class ConfigSource:
    """The source of a configuration: JSON text, `gs://bucket/object`, or a file; the first that is set.

    `variable` is the one to name in a message about its text.
    """

    variable: str
    text: str | None
    gcs_path: str | None
    file: Path


@dataclass(frozen=True, slots=True)
class Settings:
    """The values of all variables. Whether a job has what it needs is checked where its clients are made.

    `duckdb_path` is None where BigQuery is the warehouse; `gcp_project_id` is then set. `duckdb_memory_limit` is a size
    that DuckDB takes, such as 400MB. Times are in the units that the names carry.
    """

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
    duckdb_memory_limit: str | None
    gcp_project_id: str | None
    bigquery_dataset: str
    bigquery_table: str
    bigquery_location: str
    bigquery_emulator_host: str | None
    bigquery_max_bytes_billed: int | None
    bigquery_max_bytes_per_day: int | None
    storage_emulator_host: str | None
    create_tables: bool
    events_config: ConfigSource
    user_metrics_config: ConfigSource
    identity_config: ConfigSource
    tracking_plan: ConfigSource
    reports_config: ConfigSource
    segments_config: ConfigSource
    postgres_url: SecretSource
    slack_bot_token: SecretSource
    slack_webhook_url: SecretSource
    slack_channel: str | None
    slack_base_url: str | None
    collector_lookback_days: int
    collector_overlap_minutes: int
    collector_short_overlap_minutes: int
    collector_reread_days: int
    collector_retention_days: int
    registry_interval_hours: int
    identity_interval_hours: int
    call_deadline_seconds: float
    every_event_by_default: bool = False
    """Whether a missing events configuration enables every event. A function to which none was shipped says so."""

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Settings":
        """Read all variables; an empty one counts as unset. Raises ConfigError naming variable, value and remedy."""
        return cls(
            mixpanel_project_id=variables.MIXPANEL_PROJECT_ID.read(env),
            mixpanel_region=variables.MIXPANEL_REGION.read(env),
            mixpanel_service_account=variables.MIXPANEL_SERVICE_ACCOUNT.read(env),
            mixpanel_service_account_secret=variables.MIXPANEL_SERVICE_ACCOUNT_SECRET.read(env),
            mixpanel_api_secret=variables.MIXPANEL_API_SECRET.read(env),
            mixpanel_project_token=variables.MIXPANEL_PROJECT_TOKEN.read(env),
            mixpanel_timezone=variables.MIXPANEL_TIMEZONE.read(env),
            mixpanel_time_basis=TimeBasis(variables.MIXPANEL_TIME_BASIS.read(env)),
            mixpanel_base_url=variables.MIXPANEL_BASE_URL.read(env),
            mixpanel_calls_per_hour=variables.MIXPANEL_CALLS_PER_HOUR.read(env),
            duckdb_path=_duckdb_path(env),
            duckdb_memory_limit=variables.DUCKDB_MEMORY_LIMIT.read(env),
            gcp_project_id=variables.GCP_PROJECT_ID.read(env),
            bigquery_dataset=variables.BIGQUERY_DATASET.read(env),
            bigquery_table=variables.BIGQUERY_TABLE.read(env),
            bigquery_location=variables.BIGQUERY_LOCATION.read(env),
            bigquery_emulator_host=variables.BIGQUERY_EMULATOR_HOST.read(env),
            bigquery_max_bytes_billed=variables.BIGQUERY_MAX_BYTES_BILLED.read(env),
            bigquery_max_bytes_per_day=variables.BIGQUERY_MAX_BYTES_PER_DAY.read(env),
            storage_emulator_host=variables.STORAGE_EMULATOR_HOST.read(env),
            create_tables=variables.CREATE_TABLES.read(env),
            events_config=_source(env, EVENTS_FILE, variables.EVENTS_CONFIG, variables.EVENTS_CONFIG_GCS_PATH),
            user_metrics_config=_source(env, _USER_METRICS_FILE, variables.USER_METRICS_CONFIG),
            identity_config=_source(env, _IDENTITY_FILE, variables.IDENTITY_CONFIG),
            tracking_plan=_source(env, _TRACKING_PLAN_FILE, variables.TRACKING_PLAN),
            reports_config=_source(env, _REPORTS_FILE, analyst_variables.REPORTS_CONFIG),
            segments_config=_source(env, _SEGMENTS_FILE, analyst_variables.SEGMENTS_CONFIG),
            postgres_url=variables.POSTGRES_URL.read(env),
            slack_bot_token=variables.SLACK_BOT_TOKEN.read(env),
            slack_webhook_url=variables.SLACK_WEBHOOK_URL.read(env),
            slack_channel=variables.SLACK_CHANNEL.read(env),
            slack_base_url=variables.SLACK_BASE_URL.read(env),
            collector_lookback_days=job_variables.COLLECTOR_LOOKBACK_DAYS.read(env),
            collector_overlap_minutes=job_variables.COLLECTOR_OVERLAP_MINUTES.read(env),
            collector_short_overlap_minutes=job_variables.COLLECTOR_SHORT_OVERLAP_MINUTES.read(env),
            collector_reread_days=job_variables.COLLECTOR_REREAD_DAYS.read(env),
            collector_retention_days=job_variables.COLLECTOR_RETENTION_DAYS.read(env),
            registry_interval_hours=job_variables.REGISTRY_INTERVAL_HOURS.read(env),
            identity_interval_hours=job_variables.IDENTITY_INTERVAL_HOURS.read(env),
            call_deadline_seconds=job_variables.CALL_DEADLINE_SECONDS.read(env),
        )


def _duckdb_path(env: Mapping[str, str]) -> Path | None:
    """The DuckDB file; None where BigQuery is the warehouse, by WAREHOUSE or because a Google Cloud project is set."""
    project, chosen = variables.GCP_PROJECT_ID.read(env), variables.WAREHOUSE.read(env)
    if isinstance(chosen, Path):
        return chosen
    if chosen == "bigquery" and project is None:
        raise ConfigError("WAREHOUSE is 'bigquery', but GCP_PROJECT_ID is not set. Set it.")
    return DEFAULT_DUCKDB_FILE if project is None else None


def _source(env: Mapping[str, str], file: Path, *candidates: Variable[str | None]) -> ConfigSource:
    """The source that the first of these variables names, else the file."""
    given = next(filter(None, (variable.read(env) for variable in candidates)), None)
    is_path = given is not None and given.startswith("gs://")
    return ConfigSource(candidates[0].name, None if is_path else given, given if is_path else None, file)
