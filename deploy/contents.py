"""Checks of contents that take the library's requirements: configuration files and Slack credentials."""

from deploy.files import ROOT

from mixpanel_data.base.errors import ConfigError
from mixpanel_data.clients.slack import BotSlack, WebhookSlack
from mixpanel_data.configuration.base import Shape, parsed
from mixpanel_data.configuration.events import EventsConfig
from mixpanel_data.configuration.settings import ConfigSource, Settings
from mixpanel_data.configuration.tracking_plan import TrackingPlan
from mixpanel_data.configuration.user_metrics import UserMetrics
from mixpanel_data.users.metrics import metrics_of


def check_configurations(settings: Settings, *, with_user_metrics: bool) -> None:
    """Read the configurations as a function will. Raises ConfigError naming source, entry and field."""
    events = _read(EventsConfig, settings.events_config)
    metrics = _read(UserMetrics, settings.user_metrics_config) if with_user_metrics else None
    if events is not None and metrics is not None:
        metrics_of(metrics, events)
    plan = settings.tracking_plan
    if plan.text is not None or (ROOT / plan.file).is_file():
        _read(TrackingPlan, plan)


def check_slack_credentials(settings: Settings) -> None:
    """Make the clients of the credentials that are plain variables. Raises ConfigError."""
    if settings.slack_bot_token.value is not None:
        BotSlack(settings.slack_bot_token.value)
    if settings.slack_webhook_url.value is not None:
        WebhookSlack(settings.slack_webhook_url.value)


def _read(shape: type[Shape], source: ConfigSource) -> Shape | None:
    """A configuration; None for one in a bucket, which only the function's account may be allowed to read."""
    if source.gcs_path is not None:
        return None
    if source.text is not None:
        return parsed(shape, source.text, source.variable)
    if not (ROOT / source.file).is_file():
        raise ConfigError(f"{source.file} does not exist. Make it, or set {source.variable}.")
    return parsed(shape, (ROOT / source.file).read_bytes(), str(source.file))
