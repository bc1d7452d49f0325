"""Configuration from Google Cloud Storage."""

from google.api_core import exceptions
from google.api_core.client_options import ClientOptions
from google.auth.credentials import Credentials
from google.auth.exceptions import GoogleAuthError
from google.cloud.storage import Client

from mixpanel_data.errors import AuthenticationError, ConfigError, UnavailableError


def content(
    path: str, gcp_project_id: str | None, *, credentials: Credentials | None = None, endpoint: str | None = None
) -> bytes:
    """The bytes of `gs://bucket/object`. Raises ConfigError, AuthenticationError, UnavailableError naming the path.

    `credentials` None: the account that runs this; `endpoint` a base URL in place of Google's.
    """
    bucket, _, name = path.removeprefix("gs://").partition("/")
    options = ClientOptions(api_endpoint=endpoint) if endpoint else None
    try:
        client = Client(project=gcp_project_id, credentials=credentials, client_options=options)
        found: bytes = client.bucket(bucket).blob(name).download_as_bytes(timeout=30.0)
    except exceptions.NotFound as error:
        raise ConfigError(f"{path} is not there. Upload it, or name another object.") from error
    except (exceptions.Forbidden, exceptions.Unauthorized, GoogleAuthError) as error:
        raise AuthenticationError(
            f"Cloud Storage refuses {path}: {error}. Grant roles/storage.objectViewer on the bucket."
        ) from error
    except exceptions.GoogleAPIError as error:
        raise UnavailableError(f"Cloud Storage did not answer for {path}: {error}") from error
    return found
