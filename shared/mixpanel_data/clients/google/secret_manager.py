"""Secrets in Google Secret Manager."""

import re

import requests
from google.api_core import exceptions, retry
from google.auth.credentials import Credentials
from google.cloud import secretmanager

from mixpanel_data.base.errors import ConfigError
from mixpanel_data.base.secret import Secret
from mixpanel_data.clients.google.api import SECONDS, Resource, google_errors, options

_RETRY = retry.Retry(
    predicate=retry.if_exception_type(exceptions.ServiceUnavailable, requests.ConnectionError, requests.Timeout),
    timeout=SECONDS,
)
_FULL_NAME = re.compile(r"projects/[^/]+/secrets/[^/]+(/versions/[^/]+)?")


def latest_version(
    name: str,
    gcp_project_id: str | None,
    *,
    credentials: Credentials | None = None,
    endpoint: str | None = None,
) -> Secret:
    """Return a secret without the newline behind it, by default its latest version.

    `name` is the secret's name, or `projects/P/secrets/S` with or without `/versions/V`. `credentials` None: those of
    the account that runs this; `endpoint`: a base URL in place of Google's. Raises ConfigError, AuthenticationError,
    UnavailableError and QueryError, which name the secret.
    """
    full_name = _full_name(name, gcp_project_id)
    resource = Resource(
        service="Secret Manager",
        name=full_name,
        missing=f"The secret {full_name} has no enabled version",
        create=f"Add one with: gcloud secrets versions add {name} --data-file=-",
        grant="Grant roles/secretmanager.secretAccessor on it to the account that runs this.",
        check="Check the name of the secret.",
        # Google answers 400 if the version is disabled or destroyed.
        missing_kinds=(exceptions.NotFound, exceptions.BadRequest),
    )
    with (
        google_errors(resource),
        secretmanager.SecretManagerServiceClient(
            credentials=credentials, transport="rest", client_options=options(endpoint)
        ) as client,
    ):
        answer = client.access_secret_version(name=full_name, retry=_RETRY, timeout=SECONDS)
    return _secret(answer.payload.data, full_name)


def _secret(payload: bytes, full_name: str) -> Secret:
    try:
        value = payload.decode().rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"The secret {full_name} is not text. Add a version that holds the secret and nothing else."
        ) from error
    if not value.strip():
        raise ConfigError(f"The secret {full_name} is empty. Add a version that holds the secret.")
    return Secret(value)


def _full_name(name: str, gcp_project_id: str | None) -> str:
    if not _FULL_NAME.fullmatch(name):
        if gcp_project_id is None:
            raise ConfigError(
                f"GCP_PROJECT_ID is not set, and the secret {name!r} is looked for in that project. "
                "Set it, or give the full name of the secret."
            )
        name = f"projects/{gcp_project_id}/secrets/{name}"
    return name if "/versions/" in name else f"{name}/versions/latest"
