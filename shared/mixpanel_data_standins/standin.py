"""The stand-in Mixpanel with the sample events, and the variables that lead a function to it."""

import json
from pathlib import Path

from mixpanel_data_standins.mixpanel import StandInMixpanel

SAMPLE = Path(__file__).parent / "sample"
"""Two years of the history of a large project as Mixpanel would export it, people pseudonymised."""

SAMPLE_METRICS = {
    "counters": {
        "commits": {"event": "commit"},
        "lines": {"event": "commit", "sum": "insertions"},
        "own_sign_offs": {"event": "Signed-off-by", "where": {"by_author": True}},
    },
    "latest": {"area": {"property": "area", "type": "STRING", "events": ["commit"]}},
}
"""What is worth keeping of the people in it."""


def settings_for(mixpanel: StandInMixpanel, database: Path) -> dict[str, str]:
    """The environment of a function that works on this stand-in and this DuckDB file."""
    return {
        "MIXPANEL_BASE_URL": mixpanel.url,
        "MIXPANEL_PROJECT_ID": mixpanel.access.project_id,
        "MIXPANEL_SERVICE_ACCOUNT": mixpanel.access.username,
        "MIXPANEL_SERVICE_ACCOUNT_SECRET": mixpanel.access.secret,
        "WAREHOUSE": f"duckdb:///{database}",
        "USER_METRICS_CONFIG": json.dumps(SAMPLE_METRICS),
    }
