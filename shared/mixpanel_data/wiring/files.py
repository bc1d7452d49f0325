"""The files of `config/` that jobs read."""

import logging

from mixpanel_data.clients.config_files import configuration, is_given
from mixpanel_data.configuration.events import Event, EventsConfig
from mixpanel_data.configuration.identity import IdentityConfig
from mixpanel_data.configuration.settings import Settings
from mixpanel_data.configuration.tracking_plan import TrackingPlan
from mixpanel_data.configuration.user_metrics import UserMetrics

log = logging.getLogger(__name__)


def events_config(settings: Settings) -> EventsConfig:
    """The events configuration. Raises ConfigError naming entry and field.

    Where `settings` enable every event by default, a missing file does so, with a warning.
    """
    source = settings.events_config
    if settings.every_event_by_default and not is_given(source):
        log.warning("%s does not exist, so every event is enabled", source.file)
        return EventsConfig(events=(Event(name="*"),))
    return configuration(EventsConfig, source, settings)


def user_metrics_config(settings: Settings) -> UserMetrics:
    """The user metrics. Raises ConfigError naming entry and field."""
    return configuration(UserMetrics, settings.user_metrics_config, settings)


def identity_config(settings: Settings) -> IdentityConfig:
    """The sources and rules of the identity graph. Raises ConfigError naming entry and field."""
    return configuration(IdentityConfig, settings.identity_config, settings)


def tracking_plan(settings: Settings) -> TrackingPlan | None:
    """The tracking plan; None where no variable names one and there is no file. Raises ConfigError naming the entry."""
    source = settings.tracking_plan
    return configuration(TrackingPlan, source, settings) if is_given(source) else None
