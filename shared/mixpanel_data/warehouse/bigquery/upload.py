"""The upload of a stream as a load job, in chunks of 8 MB; the job starts only with the last, when the stream is whole.

The protocol is https://cloud.google.com/bigquery/docs/reference/api-uploads.
"""

from typing import Any

from google.auth.transport.requests import AuthorizedSession
from google.cloud import bigquery
from google.resumable_media.requests import ResumableUpload

from mixpanel_data.base.streams import ByteStream
from mixpanel_data.warehouse.bigquery.dataset import labels, schema_fields
from mixpanel_data.warehouse.bigquery.errors import google_errors
from mixpanel_data.warehouse.bigquery.jobs import Jobs
from mixpanel_data.warehouse.bigquery.patience import bound_upload
from mixpanel_data.warehouse.tables import STAGED_LINES

_CHUNK_BYTES = 8 * 1024 * 1024


def upload(jobs: Jobs, job_id: str, table: str, stream: ByteStream) -> bool:
    """Send the bytes of a stream as they come; returns False for a stream without bytes, which needs no job.

    Raises what the stream raises, and then no job starts.
    """
    dataset, deadline, body = jobs.dataset, jobs.deadline, _Body(stream)
    if body.is_empty():
        return False
    url = f"{dataset.endpoint}/upload/bigquery/v2/projects/{dataset.project}/jobs?uploadType=resumable"
    sending = ResumableUpload(url, _CHUNK_BYTES)
    with _session(dataset.client) as session, google_errors(job_id):
        metadata = _load_job(dataset.client, job_id, table, labels("load", jobs.job))
        timeout = bound_upload(sending, deadline)
        sending.initiate(session, body, metadata, "application/octet-stream", stream_final=False, timeout=timeout)
        while not sending.finished:
            if body.ends_within(_CHUNK_BYTES):
                # The library takes a chunk that is not full for the last one; of a full one it has to be told.
                sending._total_bytes = body.size
            sending.transmit_next_chunk(session, timeout=bound_upload(sending, deadline))
    return True


class _Body:
    """A stream as a file to read from, which knows a chunk ahead whether it ends."""

    def __init__(self, stream: ByteStream) -> None:
        self._chunks = iter(stream)
        self._ahead = bytearray()
        self._position = 0
        self._is_at_end = False

    @property
    def size(self) -> int:
        """Bytes in all; known once `ends_within` was true."""
        return self._position + len(self._ahead)

    def is_empty(self) -> bool:
        """Whether there is not a single byte."""
        return self.ends_within(0)

    def ends_within(self, size: int) -> bool:
        """Whether at most that many bytes are left; raises what the stream raises, so that its end is its proof."""
        while len(self._ahead) <= size and not self._is_at_end:
            chunk = next(self._chunks, None)
            self._is_at_end = chunk is None
            self._ahead += chunk or b""
        return len(self._ahead) <= size

    def read(self, size: int) -> bytes:
        """The next bytes: as many, or all that are left."""
        self.ends_within(size)
        taken = bytes(memoryview(self._ahead)[:size])
        del self._ahead[:size]
        self._position += len(taken)
        return taken

    def tell(self) -> int:
        """The number of bytes read so far."""
        return self._position


def _load_job(client: bigquery.Client, job_id: str, table: str, own_labels: dict[str, str]) -> dict[str, Any]:
    """The load job of one-column text: no quotes, and a delimiter that no line contains (see `mixpanel/lines.py`)."""
    config = bigquery.LoadJobConfig(
        source_format=bigquery.SourceFormat.CSV,
        schema=schema_fields(STAGED_LINES.resource),
        field_delimiter="\x01",
        quote_character="",
        preserve_ascii_control_characters=True,
        max_bad_records=0,
        create_disposition=bigquery.CreateDisposition.CREATE_NEVER,
        write_disposition=bigquery.WriteDisposition.WRITE_TRUNCATE,
        labels=own_labels,
    ).to_api_repr()
    config["load"]["destinationTable"] = bigquery.TableReference.from_string(table).to_api_repr()
    reference = {"projectId": client.project, "jobId": job_id, "location": client.location}
    return {"jobReference": reference, "configuration": config}


def _session(client: bigquery.Client) -> AuthorizedSession:
    return AuthorizedSession(client._credentials)
