"""The files of `config/` that jobs read."""

from mixpanel_data.clients.config_files import configuration, is_given
from mixpanel_data.configuration.events import EventsConfig
from mixpanel_data.configuration.identity import IdentityConfig
from mixpanel_data.configuration.settings import Settings
from mixpanel_data.configuration.tracking_plan import TrackingPlan
from mixpanel_data.configuration.user_metrics import UserMetrics


def events_config(settings: Settings) -> EventsConfig:
    """The events configuration. Raises ConfigError naming entry and field."""
    return configuration(EventsConfig, settings.events_config, settings)


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
