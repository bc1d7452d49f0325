"""The data of the demo: two years of real events (`SAMPLE`), and invented traffic with a fault in it (`traffic`)."""

import json
from pathlib import Path

from mixpanel_data_standins.mixpanel import StandInMixpanel

SAMPLE = Path(__file__).parent
"""The history of a large project, 2019 and 2020, in Mixpanel's export format; people are pseudonymised."""

SAMPLE_METRICS = {
    "counters": {
        "commits": {"event": "commit"},
        "lines": {"event": "commit", "sum": "insertions"},
        "own_sign_offs": {"event": "Signed-off-by", "where": {"by_author": True}},
    },
    "latest": {"area": {"property": "area", "type": "STRING", "events": ["commit"]}},
}
"""User metrics for the people in the sample, as in config/user_metrics.json."""

GROWING_CLUSTER = {
    "identity": "original",
    "sources": [
        {
            "name": "website",
            "table": "website_data",
            "time": "event_time",
            "ids": [{"kind": "user", "column": "user_id"}, {"kind": "device", "column": "anon_id"}],
        },
        {
            "name": "erp",
            "table": "erp_data",
            "time": "event_time",
            "ids": [{"kind": "user", "column": "master_user_id"}],
        },
        {
            "name": "server",
            "table": "server_logs",
            "time": "event_time",
            "ids": [{"kind": "user", "column": "master_user_id"}],
        },
    ],
    "states": {"yesterday": [["foo"]], "today": [["foo", "bar"]], "tomorrow": [["foo", "bar", "baz"]]},
}
"""A cluster of ids that grows from day to day, as in config/identity_demo.json."""

EVERY_EVENT = '{"events": [{"name": "*"}]}'
"""An events configuration that enables every event, as in config/events_config.json."""


def settings_for(mixpanel: StandInMixpanel, database: Path) -> dict[str, str]:
    """The environment of a process that reads from this stand-in, and keeps the sample's metrics, in a DuckDB file."""
    return {
        **mixpanel.settings,
        "WAREHOUSE": f"duckdb:///{database}",
        "USER_METRICS_CONFIG": json.dumps(SAMPLE_METRICS),
    }
