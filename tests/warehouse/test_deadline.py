"""Nothing that is asked of BigQuery outlives the time of the call, but for the row that tells how a run ended."""

import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from mixpanel_data import runs
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import DeadlineError, UnavailableError
from mixpanel_data.base.window import Window
from mixpanel_data.warehouse.bigquery import BigQueryWarehouse
from mixpanel_data.warehouse.statements import Statement
from support.engines import bigquery_at

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ONE = Statement("one", "SELECT 1 AS n")
KEPT = Statement("kept", "SELECT 1 AS n", creates="kept")
CALL_SECONDS = 60.0
CLOCKS = (
    "mixpanel_data.base.deadline",
    "mixpanel_data.warehouse.bigquery.jobs",
    "google.api_core.retry.retry_base",
    "google.api_core.retry.retry_unary",
    "google.cloud.bigquery.job.query",
    "google.resumable_media.requests._request_helpers",
)


@dataclass
class Time:
    """A clock that stands still until somebody waits."""

    now: float = 1000.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class Jobs:
    """A BigQuery whose requests take `request_seconds` each.

    `refuses` tells by method and path which of them are answered 503, `is_done` by its id whether a job is, `error` is
    what jobs end with.
    """

    time: Time
    request_seconds: float = 0.0
    refuses: Callable[[str], bool] = lambda _: False
    is_done: Callable[[str], bool] = lambda _: True
    error: dict[str, str] | None = None
    requests: list[str] = field(default_factory=list)
    scripts: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, request: str, document: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """The status and the body for a request with this body."""
        self.requests.append(request)
        self.time.now += self.request_seconds
        if self.refuses(request):
            return 503, {"error": {"message": "not now", "errors": [{"reason": "backendError"}]}}
        if "/jobs" not in request and "/queries" not in request:
            return 200, {**document, "datasetReference": {"projectId": "local", "datasetId": "mixpanel_data"}}
        if document:
            self.scripts.append(document)
        reference = document.get("jobReference") or {"projectId": "local", "jobId": request.split("/")[-1]}
        job = {**self._job(reference["jobId"]), "jobReference": reference}
        return 200, {"job": job} if request.endswith("/cancel") else job

    def _job(self, job_id: str) -> dict[str, Any]:
        is_done = self.is_done(job_id)
        status = {"state": "DONE", **({"errorResult": self.error} if self.error else {})} if is_done else {}
        return {
            "status": status or {"state": "RUNNING"},
            "configuration": {"query": {"query": "SELECT 1"}},
            "statistics": {"query": {}},
            "jobComplete": is_done,
            "schema": {"fields": []},
        }

    def written(self, job_id: str) -> dict[str, str]:
        """The parameters that a job was sent with."""
        (script,) = [each for each in self.scripts if each["jobReference"]["jobId"] == job_id]
        parameters = script["configuration"]["query"]["queryParameters"]
        return {each["name"]: each["parameterValue"].get("value", "") for each in parameters}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    jobs: Jobs

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        document = json.loads(body) if body[:1] == b"{" else {}
        path = self.path.partition("?")[0]
        status, answer = self.jobs.answer(f"{self.command} {path}", document)
        sent = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(sent)))
        if path.startswith("/upload"):
            self.send_header("Location", f"http://{self.headers['Host']}/upload/session")
        self.end_headers()
        self.wfile.write(sent)

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
        pass


class Stream:
    """Lines without an end of their own."""

    is_gzip = False
    lines = 1
    longest_line = 2

    def __iter__(self) -> Iterator[bytes]:
        yield b"{}\n"

    def text(self) -> Iterator[bytes]:
        return iter(self)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    time = Time()
    for module in CLOCKS:
        monkeypatch.setattr(f"{module}.time", time)
    return time


@pytest.fixture
def jobs(time: Time) -> Jobs:
    return Jobs(time)


@pytest.fixture
def open_warehouse(jobs: Jobs) -> Iterator[Callable[..., BigQueryWarehouse]]:
    """Opens a warehouse of that BigQuery for a call of a minute."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"jobs": jobs}))
    server.daemon_threads = True
    serving = threading.Thread(target=server.serve_forever, args=(0.01,))
    serving.start()
    opened: list[BigQueryWarehouse] = []

    def opens(*, create_tables: bool = False, has_deadline: bool = True) -> BigQueryWarehouse:
        deadline = Deadline.after(CALL_SECONDS) if has_deadline else Deadline()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        warehouse = bigquery_at(url, create_tables=create_tables, deadline=deadline)
        opened.append(warehouse)
        return warehouse

    yield opens
    for warehouse in opened:
        warehouse.close()
    server.shutdown()
    serving.join()
    server.server_close()


Opens = Callable[..., BigQueryWarehouse]
Call = Callable[[BigQueryWarehouse], object]
CALLS: dict[str, Call] = {
    "rows": lambda warehouse: warehouse.rows(ONE),
    "transact": lambda warehouse: warehouse.transact("run-step-0", [ONE]),
    "rows of a part": lambda warehouse: warehouse.staging("run", 1).rows(ONE),
    "materialise": lambda warehouse: warehouse.staging("run", 1).materialise(KEPT),
    "publish": lambda warehouse: warehouse.staging("run", 1).transact("run-publish-1", [ONE]),
    "load": lambda warehouse: warehouse.staging("run", 1).load(Stream()),
}
each_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())


@each_call
def test_nothing_is_sent_after_the_deadline(open_warehouse: Opens, jobs: Jobs, time: Time, call: Call) -> None:
    warehouse = open_warehouse()
    time.now += CALL_SECONDS
    with pytest.raises(DeadlineError, match="CALL_DEADLINE_SECONDS"):
        call(warehouse)
    assert jobs.requests == []


@each_call
def test_a_job_that_outlives_the_call_is_cancelled(open_warehouse: Opens, jobs: Jobs, call: Call) -> None:
    jobs.is_done = lambda _: False
    jobs.request_seconds = 7.0
    with pytest.raises(DeadlineError, match="did not finish before this call's deadline"):
        call(open_warehouse())
    assert jobs.requests[-1].endswith("/cancel")


@each_call
def test_a_job_that_somebody_waits_for_is_cancelled_at_ctrl_c(open_warehouse: Opens, jobs: Jobs, call: Call) -> None:
    looked: list[str] = []

    def is_done(job_id: str) -> bool:
        looked.append(job_id)
        if len(looked) == 3:
            os.kill(os.getpid(), signal.SIGINT)
        return False

    jobs.is_done = is_done
    with pytest.raises(KeyboardInterrupt):
        call(open_warehouse())
    assert jobs.requests[-1].endswith("/cancel")


@pytest.mark.parametrize("seconds_before", [1e-9, 0.5])
def test_a_job_can_start_just_before_the_deadline(open_warehouse: Opens, time: Time, seconds_before: float) -> None:
    warehouse = open_warehouse()
    time.now += CALL_SECONDS - seconds_before
    warehouse.transact("run-step-0", [ONE])


@each_call
@pytest.mark.parametrize("create_tables", [False, True], ids=["tables are there", "tables are made"])
def test_what_is_refused_is_tried_again_until_the_deadline_and_no_longer(
    open_warehouse: Opens, jobs: Jobs, time: Time, call: Call, create_tables: bool
) -> None:
    jobs.refuses = lambda _: True
    jobs.request_seconds = 2.0
    began = time.now
    with pytest.raises(UnavailableError):
        call(open_warehouse(create_tables=create_tables))
    assert len(jobs.requests) > 2
    # A wait that has begun and the request behind it.
    assert time.now - began < CALL_SECONDS + 12.0


@pytest.mark.parametrize("refused", ["GET /bigquery/v2/projects/local/datasets/", "POST", "PUT", "DELETE", "/jobs/"])
def test_no_request_of_a_load_is_tried_again_after_the_deadline(
    open_warehouse: Opens, jobs: Jobs, time: Time, refused: str
) -> None:
    jobs.refuses = lambda request: refused in request
    jobs.request_seconds = 2.0
    began = time.now
    with pytest.raises(UnavailableError):
        open_warehouse(create_tables=True).staging("run", 1).load(Stream())
    assert time.now - began < CALL_SECONDS + 12.0


def test_a_job_whose_state_is_refused_at_the_deadline_is_not_asked_for_any_longer(
    open_warehouse: Opens, jobs: Jobs, time: Time
) -> None:
    jobs.is_done = lambda _: False
    jobs.request_seconds = 5.0
    warehouse = open_warehouse()
    late = time.now + CALL_SECONDS - 6.0
    jobs.refuses = lambda _: time.now > late
    with pytest.raises(UnavailableError):
        warehouse.rows(ONE)
    assert time.now < late + 30.0


def a_run(warehouse: BigQueryWarehouse, time: Time, ending: BaseException | None = None) -> None:
    """A run that takes longer than its call may, and ends so."""
    window = Window(NOON - timedelta(days=1), NOON)
    run = runs.Run("r1", "collector", NOON, window, warehouse, lambda: NOON)
    with runs.begin(run):
        time.now += CALL_SECONDS + 1.0
        if ending:
            raise ending


def test_a_run_that_its_deadline_ended_is_recorded_as_failed(open_warehouse: Opens, jobs: Jobs, time: Time) -> None:
    with pytest.raises(DeadlineError):
        a_run(open_warehouse(), time, DeadlineError("the time is up"))
    written = jobs.written("r1-end-0")
    assert (written["status"], written["error"]) == ("failed", "DeadlineError: the time is up")


def test_a_run_that_succeeded_after_its_deadline_is_recorded_as_ok(
    open_warehouse: Opens, jobs: Jobs, time: Time
) -> None:
    a_run(open_warehouse(), time)
    assert jobs.written("r1-end-0")["status"] == "ok"


def test_the_last_row_of_a_run_is_not_waited_for_without_end(open_warehouse: Opens, jobs: Jobs, time: Time) -> None:
    jobs.is_done = lambda job_id: "end" not in job_id
    jobs.request_seconds = 1.0
    began = time.now
    with pytest.raises(DeadlineError, match="the time is up"):
        a_run(open_warehouse(), time, DeadlineError("the time is up"))
    assert time.now - began < CALL_SECONDS + 30.0


@pytest.mark.parametrize("call", [CALLS["rows"], CALLS["materialise"]], ids=["rows", "materialise"])
def test_a_conflict_outside_of_a_transaction_is_worth_a_repeat(open_warehouse: Opens, jobs: Jobs, call: Call) -> None:
    jobs.error = {"reason": "invalidQuery", "message": "Transaction is aborted due to concurrent update against t"}
    with pytest.raises(UnavailableError, match="concurrent update"):
        call(open_warehouse())
