"""What is hidden of event names and values, by the settings."""

from mixpanel_data.base.redaction import Redactor
from mixpanel_data.clients.config_files import is_given
from mixpanel_data.configuration.settings import Settings
from mixpanel_data.wiring.files import events_config


def redactor(settings: Settings) -> Redactor:
    """Hides what `redact` of the events configuration names, and what is always hidden.

    Without an events configuration only the latter: reading needs none. Raises ConfigError for a wrong one.
    """
    if not is_given(settings.events_config):
        return Redactor()
    redact = events_config(settings).redact
    return Redactor(redact.properties, redact.patterns)
