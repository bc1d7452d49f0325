"""How a part's lines get to BigQuery: over real sockets, to a server that speaks the upload protocol."""

import itertools
import json
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import pytest

from mixpanel_data.base.errors import MixpanelDataError, QueryError, UnavailableError
from mixpanel_data.warehouse.base import Staging
from support.engines import bigquery_at

CHUNK = 8 * 1024 * 1024


@dataclass
class Sink:
    """What came: the chunks with the range that each told, the loads that were asked for, the jobs looked at."""

    body: bytearray = field(default_factory=bytearray)
    ranges: list[str] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    sessions: list[dict[str, Any]] = field(default_factory=list)
    jobs_looked_at: list[str] = field(default_factory=list)
    tables: list[dict[str, Any]] = field(default_factory=list)
    refusals: deque[int | None] = field(default_factory=deque)
    job_error: dict[str, str] | None = None
    is_finished: bool = False

    @property
    def job(self) -> dict[str, Any]:
        """The job that the last session asked for, done."""
        status = {"state": "DONE", **({"errorResult": self.job_error} if self.job_error else {})}
        asked = self.sessions[-1] if self.sessions else {}
        return {**asked, "status": status, "statistics": {}}

    @property
    def totals(self) -> list[str]:
        """What the chunks told of the whole size."""
        return [told.rpartition("/")[2] for told in self.ranges]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    sink: Sink

    def do_POST(self) -> None:
        document = json.loads(self._body() or b"{}")
        if "/upload/" not in self.path:
            self.sink.tables.append(document)
            return self._answer(200, document)
        self.sink.sessions.append(document)
        self.sink.body.clear()
        return self._answer(200, {}, {"Location": f"http://{self.headers['Host']}/upload/session"})

    def do_PUT(self) -> None:
        body, told = self._body(), self.headers["Content-Range"]
        refusal = self.sink.refusals.popleft() if self.sink.refusals else None
        if refusal:
            return self._answer(refusal, {"error": {"message": "refused for once"}})
        self.sink.ranges.append(told)
        self.sink.sizes.append(len(body))
        self.sink.body += body
        if told.endswith("/*"):
            return self._answer(308, {}, {"Range": f"bytes=0-{len(self.sink.body) - 1}"})
        self.sink.is_finished = True
        return self._answer(200, self.sink.job)

    def do_GET(self) -> None:
        self.sink.jobs_looked_at.append(self.path.partition("?")[0].rpartition("/")[2])
        self._answer(200, self.sink.job)

    def do_DELETE(self) -> None:
        self._answer(204, None)

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
        pass

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _answer(self, status: int, document: Any, headers: dict[str, str] | None = None) -> None:
        body = b"" if document is None else json.dumps(document).encode()
        self.send_response(status)
        told = {**(headers or {}), "Content-Type": "application/json", "Content-Length": str(len(body))}
        for name, value in told.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


class Stream:
    """So many bytes in pieces of this size, and an error behind them if there is one."""

    is_gzip = True
    lines = 1
    longest_line = 1

    def __init__(self, size: int, piece: int = 1 << 16, *, error: Exception | None = None) -> None:
        pattern = bytes(range(251)) * (piece // 251 + 2)
        self.pieces = [pattern[start % 251 :][: min(piece, size - start)] for start in range(0, size, piece)]
        self._error = error

    def __iter__(self) -> Iterator[bytes]:
        yield from self.pieces
        if self._error:
            raise self._error

    def text(self) -> Iterator[bytes]:
        raise AssertionError("what is uploaded stays as it was sent")


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that the upload would have waited before it tried again."""
    waited: list[float] = []
    # The clock of the library goes by what was waited.
    clock = SimpleNamespace(sleep=waited.append, monotonic=lambda: sum(waited), time=lambda: sum(waited))
    for module in ("google.resumable_media.requests._request_helpers", "google.resumable_media._helpers"):
        monkeypatch.setattr(f"{module}.time", clock, raising=False)
    return waited


@pytest.fixture
def sink() -> Sink:
    return Sink()


@pytest.fixture
def staging(sink: Sink) -> Iterator[Staging]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"sink": sink}))
    server.daemon_threads = True
    serving = threading.Thread(target=server.serve_forever, args=(0.01,))
    serving.start()
    warehouse = bigquery_at(f"http://127.0.0.1:{server.server_address[1]}")
    yield warehouse.staging("run", 4)
    warehouse.close()
    server.shutdown()
    serving.join()
    server.server_close()


def ranges_of(sizes: list[int]) -> list[str]:
    """What the chunks of these sizes have to tell: the last one, and no other, the whole size."""
    starts = [0, *itertools.accumulate(sizes)]
    total = starts.pop()
    told = [f"bytes {start}-{start + size - 1}/*" for start, size in zip(starts, sizes, strict=True)]
    return [*told[:-1], told[-1].replace("*", str(total))]


@pytest.mark.parametrize(
    "sizes",
    [[1], [CHUNK - 1], [CHUNK], [CHUNK, 1], [CHUNK, CHUNK], [CHUNK, CHUNK, CHUNK - 1]],
    ids=lambda sizes: f"{len(sizes)} chunks, the last of {sizes[-1]}",
)
def test_bytes_go_in_chunks_of_8_mb_and_only_the_last_has_the_size(
    staging: Staging, sink: Sink, sizes: list[int]
) -> None:
    stream = Stream(sum(sizes))
    staging.load(stream)
    assert sink.sizes == sizes
    assert sink.ranges == ranges_of(sizes)
    assert sink.body == b"".join(stream.pieces)


@pytest.mark.parametrize("piece", [1000, CHUNK, 3 * CHUNK + 5], ids=str)
def test_the_size_of_the_pieces_does_not_matter(staging: Staging, sink: Sink, piece: int) -> None:
    stream = Stream(2 * CHUNK + 17, piece)
    staging.load(stream)
    assert sink.sizes == [CHUNK, CHUNK, 17]
    assert sink.body == b"".join(stream.pieces)


def test_the_job_has_an_id_of_the_run_and_labels_and_is_waited_for(staging: Staging, sink: Sink) -> None:
    staging.load(Stream(10))
    (session,) = sink.sessions
    assert session["jobReference"] == {"projectId": "local", "jobId": "run-load-4", "location": "US"}
    assert session["configuration"]["labels"]["app"] == "mixpanel_data"
    assert set(sink.jobs_looked_at) == {"run-load-4"}


def test_the_table_that_is_loaded_was_made_to_expire(staging: Staging, sink: Sink) -> None:
    staging.load(Stream(10))
    (table,) = sink.tables
    destination = sink.sessions[0]["configuration"]["load"]["destinationTable"]
    assert table["tableReference"] == destination
    assert destination["datasetId"] == "mixpanel_data_staging"
    assert int(table["expirationTime"]) > 0


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
@pytest.mark.parametrize("position", [0, 1, 2])
def test_a_chunk_that_is_refused_once_is_sent_again(
    staging: Staging, sink: Sink, waits: list[float], status: int, position: int
) -> None:
    sink.refusals.extend([*[None] * position, status])
    stream = Stream(2 * CHUNK + 17)
    staging.load(stream)
    assert sink.ranges == ranges_of([CHUNK, CHUNK, 17])
    assert sink.body == b"".join(stream.pieces)
    assert len(waits) == 1


def test_a_chunk_that_is_refused_for_good_ends_the_load(staging: Staging, sink: Sink) -> None:
    sink.refusals.extend([None, 400])
    with pytest.raises(QueryError, match="run-load-4"):
        staging.load(Stream(CHUNK + 17))
    assert not sink.is_finished
    assert sink.jobs_looked_at == []


def test_an_upload_that_stays_refused_can_be_repeated_later(staging: Staging, sink: Sink) -> None:
    sink.refusals.extend([503] * 1000)
    with pytest.raises(UnavailableError, match="run-load-4"):
        staging.load(Stream(17))
    assert not sink.is_finished


@pytest.mark.parametrize("size", [1, 17, CHUNK - 1, CHUNK, CHUNK + 17, 2 * CHUNK], ids=str)
def test_a_stream_that_raises_at_its_end_never_gets_a_size(staging: Staging, sink: Sink, size: int) -> None:
    with pytest.raises(ZeroDivisionError):
        staging.load(Stream(size, error=ZeroDivisionError()))
    assert set(sink.totals) <= {"*"}
    assert not sink.is_finished
    assert sink.jobs_looked_at == []


def test_a_stream_that_raised_is_loaded_again_under_another_id(staging: Staging, sink: Sink) -> None:
    with pytest.raises(ZeroDivisionError):
        staging.load(Stream(CHUNK + 17, error=ZeroDivisionError()))
    stream = Stream(23)
    staging.load(stream)
    assert [session["jobReference"]["jobId"] for session in sink.sessions] == ["run-load-4", "run-load-4-a2"]
    assert sink.body == b"".join(stream.pieces)
    assert set(sink.jobs_looked_at) == {"run-load-4-a2"}


def test_a_stream_that_raises_before_its_first_byte_starts_no_upload(staging: Staging, sink: Sink) -> None:
    with pytest.raises(ZeroDivisionError):
        staging.load(Stream(0, error=ZeroDivisionError()))
    assert sink.sessions == []


@pytest.mark.parametrize("pieces", [[], [b""], [b"", b""]], ids=["none", "one", "two"])
def test_a_stream_without_a_byte_starts_no_job(staging: Staging, sink: Sink, pieces: list[bytes]) -> None:
    stream = Stream(0)
    stream.pieces = pieces
    staging.load(stream)
    assert sink.sessions == []
    assert sink.jobs_looked_at == []
    assert len(sink.tables) == 1


def test_empty_pieces_in_the_middle_end_nothing(staging: Staging, sink: Sink) -> None:
    stream = Stream(0)
    stream.pieces = [b"", b"ab", b"", b"", b"c", b""]
    staging.load(stream)
    assert sink.body == b"abc"


@pytest.mark.parametrize(
    ("reason", "kind"), [("invalid", QueryError), ("backendError", UnavailableError)], ids=["invalid", "passing"]
)
def test_a_load_that_fails_raises_what_its_reason_means(
    staging: Staging, sink: Sink, reason: str, kind: type[MixpanelDataError]
) -> None:
    sink.job_error = {"reason": reason, "message": "it did not work"}
    with pytest.raises(kind, match="it did not work"):
        staging.load(Stream(17))
