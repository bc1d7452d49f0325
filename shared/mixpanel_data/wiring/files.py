"""The files of `config/`, from the environment, a bucket or the disk."""

from mixpanel_data.base.errors import ConfigError
from mixpanel_data.base.extras import extra
from mixpanel_data.configuration.base import Shape, parsed
from mixpanel_data.configuration.events import EventsConfig
from mixpanel_data.configuration.identity import IdentityConfig
from mixpanel_data.configuration.settings import ConfigSource, Settings
from mixpanel_data.configuration.tracking_plan import TrackingPlan
from mixpanel_data.configuration.user_metrics import UserMetrics


def events_config(settings: Settings) -> EventsConfig:
    """The events configuration. Raises ConfigError naming entry and field."""
    return _configuration(EventsConfig, settings.events_config, settings)


def user_metrics_config(settings: Settings) -> UserMetrics:
    """The user metrics. Raises ConfigError naming entry and field."""
    return _configuration(UserMetrics, settings.user_metrics_config, settings)


def identity_config(settings: Settings) -> IdentityConfig:
    """The sources and rules of the identity graph. Raises ConfigError naming entry and field."""
    return _configuration(IdentityConfig, settings.identity_config, settings)


def tracking_plan(settings: Settings) -> TrackingPlan | None:
    """The tracking plan; None where no variable names one and there is no file. Raises ConfigError naming the entry."""
    source = settings.tracking_plan
    return _configuration(TrackingPlan, source, settings) if is_given(source) else None


def is_given(source: ConfigSource) -> bool:
    """Whether there is a configuration: a variable names one, or the file exists."""
    return source.text is not None or source.gcs_path is not None or source.file.exists()


def _configuration(shape: type[Shape], source: ConfigSource, settings: Settings) -> Shape:
    if source.text is not None:
        return parsed(shape, source.text, source.variable)
    if source.gcs_path is not None:
        return parsed(shape, _object(source.gcs_path, settings), source.gcs_path)
    return parsed(shape, _file(source), str(source.file))


def _file(source: ConfigSource) -> bytes:
    try:
        return source.file.read_bytes()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        raise ConfigError(f"{source.file} does not exist. Create it, or set {source.variable}.") from error
    except OSError as error:
        raise ConfigError(
            f"{source.file} cannot be read: {error.strerror}. Fix that, or set {source.variable}."
        ) from error


def _object(path: str, settings: Settings) -> bytes:
    with extra("bigquery", path):
        from mixpanel_data.clients.google.cloud_storage import content
        from mixpanel_data.wiring.google import anonymous_credentials

    credentials = anonymous_credentials() if settings.storage_emulator_host else None
    return content(path, settings.gcp_project_id, credentials=credentials, endpoint=settings.storage_emulator_host)
