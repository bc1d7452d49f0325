"""A server that answers as BigQuery's REST API does, as far as `mp doctor` asks it."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

PROJECT, DATASET = "my-project", "mixpanel_data"
OF_DATASET = f"/bigquery/v2/projects/{PROJECT}/datasets/{DATASET}"
OF_JOBS = f"/bigquery/v2/projects/{PROJECT}/jobs"
OF_RIGHTS = f"{OF_DATASET}/tables/mixpanel_events:testIamPermissions"


@dataclass
class BigQueryServer:
    """The answers by path; a test puts another in the place of one. `asked` has the methods and paths of requests."""

    url: str = ""
    answers: dict[str, tuple[int, Mapping[str, Any]]] = field(
        default_factory=lambda: {
            OF_DATASET: (200, {"datasetReference": {"projectId": PROJECT, "datasetId": DATASET}, "location": "US"}),
            OF_JOBS: (200, {"jobReference": {"projectId": PROJECT, "jobId": "j"}, "status": {"state": "DONE"}}),
            OF_RIGHTS: (200, {"permissions": ["bigquery.tables.getData", "bigquery.tables.updateData"]}),
            f"{OF_DATASET}/tables": (200, {"tables": []}),
        }
    )
    asked: list[tuple[str, str, Any]] = field(default_factory=list)

    def refuse(self, path: str, status: int, reason: str, message: str) -> None:
        """Answer a path with an error of Google's."""
        self.answers[path] = (status, {"error": {"message": message, "errors": [{"reason": reason}]}})


@contextmanager
def bigquery_server() -> Iterator[BigQueryServer]:
    """The server on a port of its own."""
    served = BigQueryServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def _answer(self) -> None:
            path = self.path.partition("?")[0]
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            served.asked.append((self.command, path, json.loads(body or b"null")))
            status, document = served.answers.get(path, (404, {"error": {"message": f"Not found: Table {path}"}}))
            told = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        served.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield served
        finally:
            server.shutdown()
            thread.join()
