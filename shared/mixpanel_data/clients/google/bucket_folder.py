"""A folder of a bucket in Cloud Storage: its objects, read and written."""

import contextlib
from collections.abc import Mapping
from pathlib import Path

from google.api_core.exceptions import NotFound
from google.api_core.retry import Retry
from google.auth.credentials import AnonymousCredentials
from google.cloud.storage import Blob, Client
from google.cloud.storage.retry import DEFAULT_RETRY

from mixpanel_data.clients.google.api import SECONDS, Resource, google_errors, options

# A request carries up to 100 MB, and Cloud Storage answers when it has stored them.
_UPLOAD_SECONDS = 120.0


class BucketFolder:
    """The objects of the folder at `path`, `gs://bucket/prefix`, by their names below it; the caller closes it.

    `emulator` is the base URL of an emulator, which asks for no credentials; without it, Google's library takes those
    of the account that runs this. Methods raise ConfigError, AuthenticationError, QueryError and UnavailableError,
    which name the folder.
    """

    def __init__(self, path: str, gcp_project_id: str | None, *, emulator: str | None = None) -> None:
        self._path = path.rstrip("/")
        bucket, _, prefix = self._path.removeprefix("gs://").partition("/")
        self._prefix = f"{prefix}/" if prefix else ""
        self._resource = Resource(
            service="Cloud Storage",
            name=self._path,
            missing=f"The bucket of {self._path} does not exist",
            create="Create it, or name another.",
            grant="Grant roles/storage.objectUser on the bucket to the account that runs this.",
            check="Check the names of bucket and folder.",
        )
        with google_errors(self._resource):
            self._client = Client(
                project=gcp_project_id,
                credentials=AnonymousCredentials() if emulator else None,  # type: ignore[no-untyped-call]
                client_options=options(emulator),
            )
            self._bucket = self._client.bucket(bucket)

    def __str__(self) -> str:
        return self._path

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def sizes(self) -> Mapping[str, int]:
        """The objects directly in the folder by name, each with its bytes."""
        with google_errors(self._resource):
            blobs = self._client.list_blobs(
                self._bucket, prefix=self._prefix or None, delimiter="/", timeout=SECONDS, retry=_retry()
            )
            return {blob.name.removeprefix(self._prefix): int(blob.size) for blob in blobs}

    def content(self, name: str) -> bytes | None:
        """The bytes of an object; None if there is none."""
        with google_errors(self._resource):
            try:
                found: bytes = self._blob(name).download_as_bytes(timeout=SECONDS, retry=_retry())
            except NotFound:
                return None
        return found

    def upload(self, name: str, path: Path) -> None:
        """Store a file as an object, which replaces an earlier one when all bytes are there."""
        with google_errors(self._resource):
            self._blob(name).upload_from_filename(str(path), timeout=_UPLOAD_SECONDS, retry=DEFAULT_RETRY)

    def remove(self, name: str) -> None:
        """Delete an object; one that is not there is no error."""
        with google_errors(self._resource), contextlib.suppress(NotFound):
            self._blob(name).delete(timeout=SECONDS, retry=_retry())

    def _blob(self, name: str) -> Blob:
        return self._bucket.blob(f"{self._prefix}{name}")


def _retry() -> Retry:
    retry: Retry = DEFAULT_RETRY.with_timeout(SECONDS)
    return retry
