"""Configuration from Google Cloud Storage."""

from google.api_core import exceptions
from google.auth.exceptions import GoogleAuthError
from google.cloud.storage import Client

from mixpanel_data.errors import AuthenticationError, ConfigError, UnavailableError


def text(path: str, gcp_project_id: str | None) -> str:
    """The text of `gs://bucket/object`. Raises ConfigError, AuthenticationError, UnavailableError naming the path."""
    bucket, _, name = path.removeprefix("gs://").partition("/")
    try:
        client = Client(project=gcp_project_id)
        content: str = client.bucket(bucket).blob(name).download_as_text(timeout=30.0)
    except exceptions.NotFound as error:
        raise ConfigError(f"{path} is not there. Upload it, or name another object.") from error
    except (exceptions.Forbidden, exceptions.Unauthorized, GoogleAuthError) as error:
        raise AuthenticationError(
            f"Cloud Storage refuses {path}: {error}. Grant roles/storage.objectViewer on the bucket."
        ) from error
    except exceptions.GoogleAPIError as error:
        raise UnavailableError(f"Cloud Storage did not answer for {path}: {error}") from error
    return content
