"""Secrets from Google Secret Manager."""

import re

import requests
from google.api_core import exceptions, retry
from google.api_core.client_options import ClientOptions
from google.auth.credentials import Credentials
from google.auth.exceptions import GoogleAuthError
from google.cloud import secretmanager

from mixpanel_data.base.errors import AuthenticationError, ConfigError, QueryError, UnavailableError
from mixpanel_data.base.secret import Secret

# A request, and again what is tried again: 20 seconds at the most, whatever the deadline of the call is.
_SECONDS = 10.0
_RETRY = retry.Retry(
    predicate=retry.if_exception_type(exceptions.ServiceUnavailable, requests.ConnectionError, requests.Timeout),
    timeout=_SECONDS,
)
_FULL_NAME = re.compile(r"projects/[^/]+/secrets/[^/]+(/versions/[^/]+)?")


def latest_version(
    name: str,
    gcp_project_id: str | None,
    *,
    credentials: Credentials | None = None,
    endpoint: str | None = None,
) -> Secret:
    """The secret of that name, by default its latest version; a line end behind it is dropped.

    `name` is the secret's, or `projects/P/secrets/S` with or without `/versions/V`. Raises ConfigError,
    AuthenticationError, UnavailableError and QueryError naming the secret.
    """
    options = ClientOptions(api_endpoint=endpoint) if endpoint else None
    full_name = _full_name(name, gcp_project_id)
    try:
        with secretmanager.SecretManagerServiceClient(
            credentials=credentials, transport="rest", client_options=options
        ) as client:
            answer = client.access_secret_version(name=full_name, retry=_RETRY, timeout=_SECONDS)
    except (exceptions.Forbidden, exceptions.Unauthorized, GoogleAuthError) as error:
        raise AuthenticationError(
            f"Secret Manager refuses {full_name}: {error}. "
            "Grant roles/secretmanager.secretAccessor on it to the account that runs this."
        ) from error
    except (exceptions.NotFound, exceptions.BadRequest) as error:
        raise ConfigError(
            f"The secret {full_name} has no enabled version: {error}. "
            f"Add one with: gcloud secrets versions add {name} --data-file=-"
        ) from error
    except (
        exceptions.ServerError,
        exceptions.RetryError,
        exceptions.TooManyRequests,
        requests.RequestException,
    ) as error:
        raise UnavailableError(f"Secret Manager did not answer for {full_name}: {error}") from error
    except exceptions.GoogleAPICallError as error:
        raise QueryError(f"Secret Manager refused {full_name}: {error}") from error
    return _read(answer.payload.data, full_name)


def _read(payload: bytes, full_name: str) -> Secret:
    try:
        value = payload.decode().rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise ConfigError(f"The secret {full_name} is no text. Add a version that holds the secret alone.") from error
    if not value.strip():
        raise ConfigError(f"The secret {full_name} is empty. Add a version that holds the secret.")
    return Secret(value)


def _full_name(name: str, gcp_project_id: str | None) -> str:
    if not _FULL_NAME.fullmatch(name):
        if gcp_project_id is None:
            raise ConfigError(
                f"GCP_PROJECT_ID is not set; the secret {name!r} needs it. Set it, or give the full name."
            )
        name = f"projects/{gcp_project_id}/secrets/{name}"
    return name if "/versions/" in name else f"{name}/versions/latest"
