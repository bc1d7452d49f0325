"""A server in place of a Google API, which gives every request the same answer."""

from __future__ import annotations

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import TracebackType
from typing import Any, Self


class GoogleApi:
    """Answers 404 until a test sets another answer; a context manager. `paths` are those of the requests so far."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self._answer: tuple[int, bytes] = (404, b"{}")
        self._server = HTTPServer(("127.0.0.1", 0), self._handler())

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, status: int, body: bytes) -> None:
        """Answer with these bytes from now on."""
        self._answer = status, body

    def hold(self, secret: bytes) -> None:
        """Answer as Secret Manager does for a secret."""
        document = {"name": "x", "payload": {"data": base64.b64encode(secret).decode()}}
        self.answer(200, json.dumps(document).encode())

    def refuse(self, status: int, kind: str, message: str) -> None:
        """Answer with an error in the form of Google's APIs."""
        document = {"error": {"code": status, "message": message, "status": kind}}
        self.answer(status, json.dumps(document).encode())

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        api = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                api.paths.append(self.path.partition("?")[0])
                status, body = api._answer
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        return Handler


class Clock:
    """A clock that only the waits of Google's retries move."""

    seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds
