"""Configuration from Google Cloud Storage."""

import contextlib

import requests
from google.api_core import exceptions
from google.api_core.client_options import ClientOptions
from google.auth.credentials import Credentials
from google.auth.exceptions import GoogleAuthError
from google.cloud.storage import Client
from google.cloud.storage.retry import DEFAULT_RETRY

from mixpanel_data.base.errors import AuthenticationError, ConfigError, QueryError, UnavailableError

# A request, and again what is tried again: 20 seconds at the most, whatever the deadline of the call is.
_SECONDS = 10.0


def content(
    path: str, gcp_project_id: str | None, *, credentials: Credentials | None = None, endpoint: str | None = None
) -> bytes:
    """The bytes of `gs://bucket/object`.

    Raises ConfigError, AuthenticationError, QueryError, UnavailableError naming the path.

    `credentials` None: the account that runs this; `endpoint` a base URL in place of Google's.
    """
    bucket, _, name = path.removeprefix("gs://").partition("/")
    options = ClientOptions(api_endpoint=endpoint) if endpoint else None
    try:
        with contextlib.closing(
            Client(project=gcp_project_id, credentials=credentials, client_options=options)
        ) as client:
            blob = client.bucket(bucket).blob(name)
            found: bytes = blob.download_as_bytes(timeout=_SECONDS, retry=DEFAULT_RETRY.with_timeout(_SECONDS))
    except exceptions.NotFound as error:
        raise ConfigError(f"{path} is not there. Upload it, or name another object.") from error
    except (exceptions.Forbidden, exceptions.Unauthorized, GoogleAuthError) as error:
        raise AuthenticationError(
            f"Cloud Storage refuses {path}: {error}. Grant roles/storage.objectViewer on the bucket."
        ) from error
    except exceptions.TooManyRequests as error:
        raise UnavailableError(f"Cloud Storage did not answer for {path}: {error}") from error
    except exceptions.ClientError as error:
        raise QueryError(f"Cloud Storage refuses {path}: {error}. Check the names of bucket and object.") from error
    except (exceptions.GoogleAPIError, requests.RequestException) as error:
        raise UnavailableError(f"Cloud Storage did not answer for {path}: {error}") from error
    return found
