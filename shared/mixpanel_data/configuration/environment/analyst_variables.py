"""The environment variables that only the analyst's desk reads; `variables` collects them with all others."""

from collections.abc import Callable

from mixpanel_data.configuration.environment import readers
from mixpanel_data.configuration.environment.readers import optional
from mixpanel_data.configuration.environment.variable import Group, ReadBy, Value, Variable


def _variable(
    name: str,
    reader: Callable[[str], Value],
    meaning: str,
    default: str = "",
    read_by: ReadBy = ReadBy.ANALYST,
) -> Variable[Value]:
    return Variable(
        name, Group.ANALYST, read_by, reader, meaning, default, is_secret=name == "MP_SECRET", is_shipped=False
    )


MP_USERNAME = _variable(
    "MP_USERNAME",
    optional(readers.any_text),
    "The user name of a service account. Set in the environment, it wins over `--account`; a `.env` file does not.",
)
MP_SECRET = _variable("MP_SECRET", optional(readers.any_text), "The secret of `MP_USERNAME`.")
MP_PROJECT_ID = _variable(
    "MP_PROJECT_ID",
    optional(readers.matching("[0-9]+", "Give the project's number")),
    "The project's number. `MP_USERNAME` needs it; without `MP_USERNAME` it replaces the project of the account.",
)
MP_REGION = _variable(
    "MP_REGION",
    optional(readers.one_of(("us", "eu", "in"))),
    "Where the project's data resides: `us`, `eu` or `in`. `MP_USERNAME` without it is in `us`; without `MP_USERNAME` "
    "it replaces the region of the account.",
)
MP_CONFIG_PATH = _variable(
    "MP_CONFIG_PATH", readers.path, "The file with the accounts, which `mp auth` writes.", "~/.mp/config.toml"
)
MP_DATA_DIR = _variable("MP_DATA_DIR", readers.path, "The folder for the DuckDB files of projects.", "~/.mp/data")
MIXPANEL_QUERIES_PER_HOUR = _variable(
    "MIXPANEL_QUERIES_PER_HOUR",
    readers.whole_number(1, 1_000_000),
    "The most queries that all `mp` commands and workspaces of this machine send to a project within an hour.",
    "60",
)
MIXPANEL_QUERIES_AT_ONCE = _variable(
    "MIXPANEL_QUERIES_AT_ONCE",
    readers.whole_number(1, 1_000),
    "The most queries that all `mp` commands and workspaces of this machine run in a project at the same time.",
    "5",
)
REPORTS_CONFIG = _variable(
    "REPORTS_CONFIG",
    optional(readers.json_or_bucket_object),
    "The named reports: JSON text, or `gs://bucket/object`. Without it, `mp report` reads `config/reports.json`.",
    read_by=ReadBy.REPORTS,
)
SEGMENTS_CONFIG = _variable(
    "SEGMENTS_CONFIG",
    optional(readers.json_or_bucket_object),
    "The named segments: JSON text, or `gs://bucket/object`. Without it, `mp report` reads `config/segments.json`.",
    read_by=ReadBy.REPORTS,
)
