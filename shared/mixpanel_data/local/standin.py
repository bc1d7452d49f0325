"""The stand-in Mixpanel with the sample events, and the variables that lead a function to it."""

from pathlib import Path

from mixpanel_data.local.mixpanel import StandInMixpanel

SAMPLE = Path(__file__).parent / "sample"
"""Two years of the history of a large project as Mixpanel would export it, people pseudonymised."""


def settings_for(mixpanel: StandInMixpanel, database: Path) -> dict[str, str]:
    """The environment of a function that collects from this stand-in into this DuckDB file."""
    return {
        "MIXPANEL_BASE_URL": mixpanel.url,
        "MIXPANEL_PROJECT_ID": mixpanel.access.project_id,
        "MIXPANEL_SERVICE_ACCOUNT": mixpanel.access.username,
        "MIXPANEL_SERVICE_ACCOUNT_SECRET": mixpanel.access.secret,
        "WAREHOUSE": f"duckdb:///{database}",
    }
