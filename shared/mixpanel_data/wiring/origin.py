"""What the state of the dataset has to belong to, by the settings."""

from mixpanel_data.configuration.settings import Settings
from mixpanel_data.runs import Origin


def origin(settings: Settings) -> Origin:
    """The Mixpanel project, if it is set, and the events table."""
    return Origin(settings.mixpanel_project_id or "", settings.bigquery_table)
