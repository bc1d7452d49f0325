"""A server that answers BigQuery's client during a load and discards the data: tables, resumable uploads, jobs.

usage: bigquery_sink.py PORT
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Sink(BaseHTTPRequestHandler):
    """Answers each request with the minimum that the client needs."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Create a table, or start an upload."""
        document = json.loads(self._body() or b"{}")
        location = {"Location": f"http://{self.headers['Host']}/upload/session"} if "/upload/" in self.path else {}
        self._answer(200, document, location)

    def do_PUT(self) -> None:
        """Take a chunk of the upload; the chunk that states the total size is the last one."""
        body = self._body()
        if self.headers["Content-Range"].endswith("/*"):
            start = int(self.headers["Content-Range"].split()[1].partition("-")[0])
            self._answer(308, {}, {"Range": f"bytes=0-{start + len(body) - 1}"})
        else:
            self._answer(200, _DONE, {})

    def do_GET(self) -> None:
        """Report the job as done."""
        self._answer(200, _DONE, {})

    def do_DELETE(self) -> None:
        """Delete a table."""
        self._answer(204, None, {})

    def log_message(self, *_: Any) -> None:
        """Write no access log."""

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _answer(self, status: int, document: Any, headers: dict[str, str]) -> None:
        body = b"" if document is None else json.dumps(document).encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Type": "application/json", "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


_DONE = {
    "jobReference": {"projectId": "bench", "jobId": "bench-load-1", "location": "US"},
    "status": {"state": "DONE"},
    "configuration": {"jobType": "LOAD", "load": {}},
    "statistics": {},
}

if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Sink).serve_forever()
