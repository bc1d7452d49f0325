"""Every environment variable that the project reads: name, reader, default, meaning, and who reads it.

`Settings.from_env` reads through these declarations. `deploy/` checks and ships variables by them, and generates
`docs/variables.md` and `.env.example` from them (`deploy/generate.py`), in the order of this file. Like `readers`, this
module needs Python's standard library alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mixpanel_data.base.secret import Secret
from mixpanel_data.configuration.environment import analyst_variables, job_variables, readers
from mixpanel_data.configuration.environment.readers import optional
from mixpanel_data.configuration.environment.variable import Group, ReadBy, SecretVariable, Variable, secret_for

FUNCTION_MARGIN_SECONDS = 60
"""A call ends at least this long before Cloud Functions stops its function; `deploy.sh` refuses other settings."""


def _secret(name: str, group: Group, read_by: ReadBy, meaning: str) -> SecretVariable:
    itself = Variable(name, group, read_by, optional(Secret), meaning, is_secret=True)
    reference = Variable(
        f"{name}_NAME",
        group,
        read_by,
        optional(readers.secret_name(secret_for(name))),
        f"In place of `{name}`: the name of the Secret Manager secret that holds it.",
        is_secret=True,
    )
    return SecretVariable(itself, reference)


MIXPANEL_PROJECT_ID = Variable(
    "MIXPANEL_PROJECT_ID",
    Group.MIXPANEL,
    ReadBy.MIXPANEL_CLIENTS,
    optional(readers.matching("[0-9]+", "Give the project's number")),
    "The project's number. A service account needs it.",
)
MIXPANEL_REGION = Variable(
    "MIXPANEL_REGION",
    Group.MIXPANEL,
    ReadBy.MIXPANEL_CLIENTS,
    readers.one_of(("us", "eu", "in")),
    "Where the project's data resides: `us`, `eu` or `in`.",
    default="us",
)
MIXPANEL_SERVICE_ACCOUNT = Variable(
    "MIXPANEL_SERVICE_ACCOUNT",
    Group.MIXPANEL,
    ReadBy.MIXPANEL_CLIENTS,
    optional(readers.any_text),
    "The user name of a service account.",
)
MIXPANEL_SERVICE_ACCOUNT_SECRET = _secret(
    "MIXPANEL_SERVICE_ACCOUNT_SECRET", Group.MIXPANEL, ReadBy.MIXPANEL_CLIENTS, "The service account's secret."
)
MIXPANEL_API_SECRET = _secret(
    "MIXPANEL_API_SECRET",
    Group.MIXPANEL,
    ReadBy.MIXPANEL_CLIENTS,
    "The project's API secret, the older kind of credential. It is used where no service account is set.",
)
MIXPANEL_PROJECT_TOKEN = _secret(
    "MIXPANEL_PROJECT_TOKEN",
    Group.MIXPANEL,
    ReadBy.USER_SYNC,
    "The project token, which the user sync needs to update profiles.",
)
MIXPANEL_TIMEZONE = Variable(
    "MIXPANEL_TIMEZONE",
    Group.MIXPANEL,
    ReadBy.ZONED,
    readers.time_zone,
    "The project's time zone, as the IANA database names it. The detector learns hours and days by it.",
    default="UTC",
)
MIXPANEL_TIME_BASIS = Variable(
    "MIXPANEL_TIME_BASIS",
    Group.MIXPANEL,
    ReadBy.COLLECTOR,
    readers.one_of(("utc", "project")),
    "What the property `time` counts in: `utc`, or `project`, the project's own clock (projects from before 2023).",
    default="utc",
)
MIXPANEL_BASE_URL = Variable(
    "MIXPANEL_BASE_URL",
    Group.MIXPANEL,
    ReadBy.MIXPANEL_CLIENTS,
    optional(readers.base_url),
    "One base URL in place of the region's hosts: that of a proxy or a stand-in.",
)
MIXPANEL_CALLS_PER_HOUR = Variable(
    "MIXPANEL_CALLS_PER_HOUR",
    Group.MIXPANEL,
    ReadBy.COLLECTOR,
    optional(readers.whole_number(1, 1_000_000)),
    "The most exports per hour, over all runs of the collector. Without it, Mixpanel's own limit holds.",
)

WAREHOUSE = Variable(
    "WAREHOUSE",
    Group.WAREHOUSE,
    ReadBy.EVERY_JOB,
    optional(readers.warehouse),
    "`bigquery`, `duckdb:///relative.duckdb` or `duckdb:////absolute.duckdb`. Without it, BigQuery if `GCP_PROJECT_ID` "
    "is set, else the DuckDB file `mixpanel_data.duckdb` in the working directory; if that is not there, `mp` takes "
    "`PROJECT.duckdb` in `MP_DATA_DIR`, which the analyst's commands share with the jobs.",
    is_shipped=False,
)
GCP_PROJECT_ID = Variable(
    "GCP_PROJECT_ID",
    Group.WAREHOUSE,
    ReadBy.EVERY_JOB,
    optional(readers.matching("[A-Za-z][A-Za-z0-9.:-]*", "Give the id of a Google Cloud project")),
    "The id of the Google Cloud project.",
)
BIGQUERY_DATASET = Variable(
    "BIGQUERY_DATASET",
    Group.WAREHOUSE,
    ReadBy.EVERY_JOB,
    readers.identifier,
    "The dataset in BigQuery, the schema in DuckDB. Staging tables are in the dataset of this name with `_staging` "
    "appended.",
    default="mixpanel_data",
)
BIGQUERY_TABLE = Variable(
    "BIGQUERY_TABLE",
    Group.WAREHOUSE,
    ReadBy.EVERY_JOB,
    readers.identifier,
    "The events table, on both engines.",
    default="mixpanel_events",
)
BIGQUERY_LOCATION = Variable(
    "BIGQUERY_LOCATION",
    Group.WAREHOUSE,
    ReadBy.EVERY_JOB,
    readers.matching("[A-Za-z][A-Za-z0-9-]*", "Give a location such as US or europe-west1"),
    "Where BigQuery keeps the dataset.",
    default="US",
)
BIGQUERY_MAX_BYTES_BILLED = Variable(
    "BIGQUERY_MAX_BYTES_BILLED",
    Group.WAREHOUSE,
    ReadBy.EVERY_JOB,
    optional(readers.whole_number(1, 2**62)),
    "BigQuery refuses a query that would be billed for more bytes than this. By default there is no limit.",
)
BIGQUERY_MAX_BYTES_PER_DAY = Variable(
    "BIGQUERY_MAX_BYTES_PER_DAY",
    Group.WAREHOUSE,
    ReadBy.EVERY_JOB,
    optional(readers.whole_number(1, 2**62)),
    "A run does not begin, and answers 503, once BigQuery has billed as much as this for the runs of the UTC day; the "
    "user sync, the registry, the identity transition and re-reads stop at 80% of it. By default there is no limit.",
)
DUCKDB_MEMORY_LIMIT = Variable(
    "DUCKDB_MEMORY_LIMIT",
    Group.WAREHOUSE,
    ReadBy.EVERY_JOB,
    optional(readers.memory_size),
    "The most memory that DuckDB uses, such as `400MB`, `1GB` or `2GiB`; what exceeds it goes to temporary files. "
    "Without it, functions use 400MB; `mp` and reports use half of the machine's memory, at most 4GB.",
    is_shipped=False,
)
CREATE_TABLES = Variable(
    "CREATE_TABLES",
    Group.WAREHOUSE,
    ReadBy.EVERY_JOB,
    readers.boolean,
    "Whether a run creates the dataset and the tables that are missing. `deploy.sh` sets it to `false` where Terraform "
    "creates them.",
    default="true",
)

EVENTS_CONFIG = Variable(
    "EVENTS_CONFIG",
    Group.CONFIGURATION,
    ReadBy.EVERY_JOB,
    optional(readers.json_or_bucket_object),
    "The events configuration: JSON text, or `gs://bucket/object`.",
)
EVENTS_CONFIG_GCS_PATH = Variable(
    "EVENTS_CONFIG_GCS_PATH",
    Group.CONFIGURATION,
    ReadBy.EVERY_JOB,
    optional(readers.bucket_object),
    "The same as `gs://bucket/object`; `EVENTS_CONFIG` wins. Without both, jobs read `config/events_config.json`.",
)
USER_METRICS_CONFIG = Variable(
    "USER_METRICS_CONFIG",
    Group.CONFIGURATION,
    ReadBy.USER_SYNC,
    optional(readers.json_or_bucket_object),
    "The metrics to keep per user: JSON text, or `gs://bucket/object`. Without it, the job reads "
    "`config/user_metrics.json`.",
)
IDENTITY_CONFIG = Variable(
    "IDENTITY_CONFIG",
    Group.CONFIGURATION,
    ReadBy.IDENTITY,
    optional(readers.json_or_bucket_object),
    "The sources of the identity graph and its limits: JSON text, or `gs://bucket/object`. Without it, the job reads "
    "`config/identity.json`.",
)
TRACKING_PLAN = Variable(
    "TRACKING_PLAN",
    Group.CONFIGURATION,
    ReadBy.REGISTRY,
    optional(readers.json_or_bucket_object),
    "The tracking plan: JSON text, or `gs://bucket/object`. Without it, the job reads `config/tracking_plan.json`, if "
    "that exists.",
)

POSTGRES_URL = _secret(
    "POSTGRES_URL",
    Group.USER_SYNC,
    ReadBy.USER_SYNC,
    "The PostgreSQL database that the user sync writes to: `postgresql://user:password@host:5432/database`. "
    "Percent-encode special characters in the password.",
)

SLACK_BOT_TOKEN = _secret(
    "SLACK_BOT_TOKEN",
    Group.SLACK,
    ReadBy.DETECTOR,
    "A bot token. With it the detector posts to any channel, updates its messages, and sends each exactly once.",
)
SLACK_WEBHOOK_URL = _secret(
    "SLACK_WEBHOOK_URL",
    Group.SLACK,
    ReadBy.DETECTOR,
    "An incoming webhook, which posts to its own channel only. It is used where no bot token is set.",
)
SLACK_CHANNEL = Variable(
    "SLACK_CHANNEL",
    Group.SLACK,
    ReadBy.ALERTING_JOBS,
    optional(readers.any_text),
    "The channel for breaking changes, and for alerts of events without an `alert_channel`, such as `#alerts`.",
)
SLACK_BASE_URL = Variable(
    "SLACK_BASE_URL",
    Group.SLACK,
    ReadBy.DETECTOR,
    optional(readers.base_url),
    "The base URL of Slack's Web API: that of a proxy or a stand-in.",
)

MP_FORMAT = Variable(
    "MP_FORMAT",
    Group.COMMAND_LINE,
    ReadBy.COMMAND_LINE,
    readers.one_of(("json", "table", "csv", "jsonl")),
    "The output format without `--format`: `json`, `table`, `csv` or `jsonl`.",
    default="json",
    is_shipped=False,
)
NO_COLOR = Variable(
    "NO_COLOR",
    Group.COMMAND_LINE,
    ReadBy.COMMAND_LINE,
    optional(readers.any_text),
    "Any value turns colors off. Set it in the environment; a `.env` file comes too late for it.",
    is_shipped=False,
)

GCP_REGION = Variable(
    "GCP_REGION",
    Group.DEPLOYMENT,
    ReadBy.DEPLOYMENT,
    readers.matching("[a-z]+-[a-z]+[0-9]+", "Give a region such as us-central1"),
    "The region of functions and schedule, where Terraform did not set one.",
    default="us-central1",
    is_shipped=False,
)

BIGQUERY_EMULATOR_HOST = Variable(
    "BIGQUERY_EMULATOR_HOST",
    Group.EMULATORS,
    ReadBy.EVERY_JOB,
    optional(readers.base_url),
    "The base URL of a BigQuery emulator.",
    is_shipped=False,
)
STORAGE_EMULATOR_HOST = Variable(
    "STORAGE_EMULATOR_HOST",
    Group.EMULATORS,
    ReadBy.EVERY_JOB,
    optional(readers.base_url),
    "The base URL of a Cloud Storage emulator.",
    is_shipped=False,
)


def _declared(names: Mapping[str, object]) -> Iterator[Variable[Any] | SecretVariable]:
    for each in names.values():
        if isinstance(each, Variable | SecretVariable):
            yield each


SECRETS: Sequence[SecretVariable] = [each for each in _declared(dict(globals())) if isinstance(each, SecretVariable)]
"""The secrets, each once."""

VARIABLES: Sequence[Variable[Any]] = [
    variable
    for each in _declared({**globals(), **vars(job_variables), **vars(analyst_variables)})
    for variable in ((each.itself, each.reference) if isinstance(each, SecretVariable) else (each,))
]
"""Every variable in the order of this file, then of `job_variables` and `analyst_variables`; a secret as two."""
