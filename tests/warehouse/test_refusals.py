"""What BigQuery refuses, told with what may be done about it."""

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import (
    AuthenticationError,
    MixpanelDataError,
    TableNotFoundError,
    WarehouseUnavailableError,
)
from mixpanel_data.warehouse.bigquery import BigQueryWarehouse
from mixpanel_data.warehouse.statements import Statement
from support.engines import bigquery_at

ONE = Statement("one", "SELECT 1 AS n")
HIDDEN = (
    "Access Denied: Table p:d.job_runs: User does not have permission to query table p:d.job_runs, "
    "or perhaps it does not exist."
)


@contextlib.contextmanager
def refusing(status: int, reason: str, message: str) -> Iterator[BigQueryWarehouse]:
    """A warehouse without a deadline, of a BigQuery that answers nothing else."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            told = json.dumps({"error": {"message": message, "errors": [{"reason": reason}]}}).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        warehouse = bigquery_at(f"http://127.0.0.1:{server.server_address[1]}", deadline=Deadline.after(60.0))
        try:
            yield warehouse
        finally:
            warehouse.close()
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("status", "reason", "message", "kind", "words"),
    [
        (
            403,
            "accessDenied",
            HIDDEN,
            AuthenticationError,
            ["missing", "terraform -chdir=infra apply", "has no role on it"],
        ),
        (403, "accessDenied", "Access Denied: User may not run jobs.", AuthenticationError, ["Check the roles"]),
        (403, "quotaExceeded", "Quota exceeded: too many of it.", WarehouseUnavailableError, []),
        (403, "jobRateLimitExceeded", "Exceeded rate limits: too many jobs.", WarehouseUnavailableError, []),
        (
            404,
            "notFound",
            "Not found: Table p:d.job_runs was not found in location US",
            TableNotFoundError,
            ["terraform -chdir=infra apply", "without Terraform", "CREATE_TABLES=true"],
        ),
    ],
    ids=["hidden or missing", "not allowed", "quota", "rate of jobs", "missing"],
)
def test_a_refusal_says_every_cause_and_its_remedy(
    status: int, reason: str, message: str, kind: type[MixpanelDataError], words: list[str]
) -> None:
    with refusing(status, reason, message) as warehouse, pytest.raises(kind) as raised:
        warehouse.rows(ONE)
    assert message.rstrip(".") in str(raised.value)
    for word in words:
        assert word in str(raised.value)
    assert ".." not in str(raised.value)
