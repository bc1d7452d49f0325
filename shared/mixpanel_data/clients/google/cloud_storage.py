"""Files in Google Cloud Storage."""

import contextlib

from google.auth.credentials import Credentials
from google.cloud.storage import Client
from google.cloud.storage.retry import DEFAULT_RETRY

from mixpanel_data.clients.google.api import SECONDS, Resource, google_errors, options


def content(
    path: str, gcp_project_id: str | None, *, credentials: Credentials | None = None, endpoint: str | None = None
) -> bytes:
    """Return the bytes of `gs://bucket/object`.

    `credentials` None: those of the account that runs this; `endpoint`: a base URL in place of Google's. Raises
    ConfigError, AuthenticationError, QueryError and UnavailableError, which name the path.
    """
    bucket, _, name = path.removeprefix("gs://").partition("/")
    resource = Resource(
        service="Cloud Storage",
        name=path,
        missing=f"{path} does not exist",
        create="Upload it, or name another object.",
        grant="Grant roles/storage.objectViewer on the bucket to the account that runs this.",
        check="Check the names of bucket and object.",
    )
    with (
        google_errors(resource),
        contextlib.closing(
            Client(project=gcp_project_id, credentials=credentials, client_options=options(endpoint))
        ) as client,
    ):
        blob = client.bucket(bucket).blob(name)
        found: bytes = blob.download_as_bytes(timeout=SECONDS, retry=DEFAULT_RETRY.with_timeout(SECONDS))
    return found
