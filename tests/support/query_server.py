"""A server that answers queries as a test says, and keeps what it was asked."""

from __future__ import annotations

import json
import threading
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Asked:
    """A request that arrived."""

    method: str
    path: str
    parameters: dict[str, str]
    form: dict[str, str]
    headers: dict[str, str]


@dataclass(frozen=True)
class Reply:
    """An answer: any JSON value, or text as it is. `is_held`: it is sent only once the server's `release` is set."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    is_held: bool = False

    @property
    def content(self) -> bytes:
        return self.body.encode() if isinstance(self.body, str) else json.dumps(self.body).encode()


@dataclass
class QueryServer:
    """What is answered, path by path; the last reply of a path stays. A path without replies answers 599."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    is_asked: threading.Event = field(default_factory=threading.Event)
    release: threading.Event = field(default_factory=threading.Event)
    _replies: dict[str, deque[Reply]] = field(default_factory=lambda: defaultdict(deque))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, path: str, *replies: Reply) -> None:
        self._replies[path].extend(replies)

    def refuse(self, path: str, status: int, text: str, **headers: str) -> None:
        """Refuse the next request as Mixpanel does; `Retry_After` stands for Retry-After."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answer(path, Reply({"request": path, "error": text}, status, named))

    @property
    def paths(self) -> list[str]:
        return [one.path for one in self.asked]

    def reply_to(self, asked: Asked) -> Reply:
        with self._lock:
            self.asked.append(asked)
            replies = self._replies[asked.path]
            reply = replies.popleft() if len(replies) > 1 else (replies or [Reply("no reply", 599)])[0]
        self.is_asked.set()
        if reply.is_held:
            self.release.wait(60.0)
        return reply


@contextmanager
def query_server() -> Iterator[QueryServer]:
    """A server on a port of its own."""
    served = QueryServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._serve()

        def do_POST(self) -> None:
            self._serve()

        def log_message(self, *_: object) -> None:
            pass

        def _serve(self) -> None:
            split = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            query = dict(parse_qsl(split.query, keep_blank_values=True))
            form = dict(parse_qsl(body, keep_blank_values=True))
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = served.reply_to(Asked(self.command, split.path, query, form, headers))
            content = reply.content
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            with suppress(BrokenPipeError, ConnectionResetError):
                self.wfile.write(content)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    served.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield served
    finally:
        served.release.set()
        server.shutdown()
        server.server_close()
