"""Configurations, wherever they are: in a variable, in a bucket or on the disk."""

from mixpanel_data.base.errors import ConfigError
from mixpanel_data.base.extras import extra
from mixpanel_data.configuration.base import Shape, parsed
from mixpanel_data.configuration.settings import ConfigSource, Settings


def configuration(shape: type[Shape], source: ConfigSource, settings: Settings) -> Shape:
    """The configuration of a source. Raises ConfigError naming entry and field, and what Cloud Storage raises."""
    if source.text is not None:
        return parsed(shape, source.text, source.variable)
    if source.gcs_path is not None:
        return parsed(shape, _object(source.gcs_path, settings), source.gcs_path)
    return parsed(shape, _file(source), str(source.file))


def is_given(source: ConfigSource) -> bool:
    """Whether there is a configuration: a variable names one, or the file exists."""
    return source.text is not None or source.gcs_path is not None or source.file.exists()


def _file(source: ConfigSource) -> bytes:
    try:
        return source.file.read_bytes()
    except IsADirectoryError as error:
        raise ConfigError(f"{source.file} is a folder. Move it away, or set {source.variable}.") from error
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ConfigError(f"{source.file} does not exist. Create it, or set {source.variable}.") from error
    except OSError as error:
        raise ConfigError(
            f"{source.file} cannot be read: {error.strerror}. Fix that, or set {source.variable}."
        ) from error


def _object(path: str, settings: Settings) -> bytes:
    with extra("bigquery", path):
        from mixpanel_data.clients.google.cloud_storage import content
        from mixpanel_data.clients.google.emulators import anonymous_credentials

    credentials = anonymous_credentials() if settings.storage_emulator_host else None
    return content(path, settings.gcp_project_id, credentials=credentials, endpoint=settings.storage_emulator_host)
