"""Checks of contents that take the library's requirements: configuration files and Slack credentials."""

from deploy.files import ROOT

from mixpanel_data.base.errors import ConfigError
from mixpanel_data.clients.slack import BotSlack, WebhookSlack
from mixpanel_data.configuration.base import Shape, parsed
from mixpanel_data.configuration.events import EventsConfig
from mixpanel_data.configuration.reports.saved import SavedReports, SavedSegments, check_names
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
    _read_if_given(TrackingPlan, settings.tracking_plan)
    # No function reads these, and they lie beside what functions read: analysts take them from the same place.
    _read_if_given(SavedReports, settings.reports_config)
    segments = _read_if_given(SavedSegments, settings.segments_config)
    if segments is not None:
        source = settings.segments_config
        check_names(segments.root, source.variable if source.text is not None else str(source.file))


def check_slack_credentials(settings: Settings) -> None:
    """Make the clients of the credentials that are plain variables. Raises ConfigError."""
    if settings.slack_bot_token.value is not None:
        BotSlack(settings.slack_bot_token.value)
    if settings.slack_webhook_url.value is not None:
        WebhookSlack(settings.slack_webhook_url.value)


def _read_if_given(shape: type[Shape], source: ConfigSource) -> Shape | None:
    """A configuration that may be left out; None for one that is, and for one in a bucket."""
    is_given = source.text is not None or (ROOT / source.file).is_file()
    return _read(shape, source) if is_given else None


def _read(shape: type[Shape], source: ConfigSource) -> Shape | None:
    """A configuration; None for one in a bucket, which only the function's account may be allowed to read."""
    if source.gcs_path is not None:
        return None
    if source.text is not None:
        return parsed(shape, source.text, source.variable)
    if not (ROOT / source.file).is_file():
        raise ConfigError(f"{source.file} does not exist. Make it, or set {source.variable}.")
    return parsed(shape, (ROOT / source.file).read_bytes(), str(source.file))
