"""What BigQuery says that it billed is counted for each call, and for the warehouse that the calls share."""

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import QueryError
from mixpanel_data.warehouse.bigquery import BigQueryWarehouse
from mixpanel_data.warehouse.statements import Statement
from support.engines import bigquery_at

TEN_MB = 10 * 1024 * 1024
ONE = Statement("one", "SELECT 1 AS n")
BROKEN = Statement("broken", "SELECT broken")
UNTOLD = Statement("untold", "SELECT untold")


class _BigQuery(BaseHTTPRequestHandler):
    """Every query is done at once and billed 10 MB; a broken one is billed too, and an untold one says nothing."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        sql = asked["configuration"]["query"]["query"]
        failed = {"errorResult": {"reason": "invalidQuery", "message": "no"}} if "broken" in sql else {}
        self._answer(
            {
                "jobReference": asked["jobReference"],
                "configuration": asked["configuration"],
                "status": {"state": "DONE", **failed},
                "statistics": {"query": {} if "untold" in sql else {"totalBytesBilled": str(TEN_MB)}},
            }
        )

    def do_GET(self) -> None:
        self._answer({"jobComplete": True, "schema": {"fields": []}, "totalRows": "0"})

    def _answer(self, document: dict[str, Any]) -> None:
        sent = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def billed() -> Iterator[BigQueryWarehouse]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _BigQuery)
    server.daemon_threads = True
    serving = threading.Thread(target=server.serve_forever, args=(0.01,))
    serving.start()
    with contextlib.closing(bigquery_at(f"http://127.0.0.1:{server.server_address[1]}")) as warehouse:
        yield warehouse
    server.shutdown()
    serving.join()
    server.server_close()


def test_each_call_has_a_bill_of_its_own_and_the_warehouse_that_of_all(billed: BigQueryWarehouse) -> None:
    one, other = billed.within(Deadline()), billed.within(Deadline(), "collector")
    one.rows(ONE)
    one.transact("run-step-1", [ONE])
    other.staging("run", 1).rows(ONE)
    with other.snapshot() as fixed:
        fixed.rows(ONE)
    assert [each.bytes_billed for each in (one, other, billed)] == [2 * TEN_MB, 2 * TEN_MB, 4 * TEN_MB]


def test_a_query_that_fails_is_billed_all_the_same(billed: BigQueryWarehouse) -> None:
    with pytest.raises(QueryError):
        billed.rows(BROKEN)
    assert billed.bytes_billed == TEN_MB


def test_a_query_of_which_nothing_is_told_counts_nothing(billed: BigQueryWarehouse) -> None:
    billed.rows(UNTOLD)
    assert billed.bytes_billed == 0
