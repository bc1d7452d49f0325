"""The stand-in Slack as a server on a port of this machine."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from mixpanel_data.base.clock import Clock, utc_now
from mixpanel_data_standins.listener import Listener
from mixpanel_data_standins.slack import faults, methods, page
from mixpanel_data_standins.slack.workspace import ALL_SCOPES, Workspace

DEFAULT_CHANNELS = ("alerts",)
_API, _WEBHOOK, _UPLOAD, _FILE = "/api/", "/services/", "/upload/v1/", "/files/"
_JSON, _TEXT, _HTML = "application/json; charset=utf-8", "text/plain; charset=utf-8", "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Call:
    """A recorded request: the method (`webhook` and `upload` for requests outside the Web API) and its arguments."""

    method: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, before it is bytes on a connection."""

    status: int
    body: bytes
    content_type: str = _TEXT
    headers: tuple[tuple[str, str], ...] = ()


_NOTHING = Reply(200, b"")


class StandInSlack(Workspace):
    """A Slack workspace on a port of this machine, for the duration of a `with`; it can be entered once.

    `channels` are the names of the channels that the bot has joined; `add_channel` adds others. `now` is the clock
    that dates messages (aware; by default the real one). `messages` has the posted messages and `calls` the requests,
    oldest first. `faults` is the queue of faults of the next requests; `is_hanging` is set once a request hangs."""

    def __init__(
        self,
        channels: Iterable[str] = DEFAULT_CHANNELS,
        *,
        now: Clock = utc_now,
        scopes: Iterable[str] = ALL_SCOPES,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        super().__init__(now=now, scopes=frozenset(scopes))
        self.faults = faults.Faults()
        self.calls: list[Call] = []
        self.is_hanging = threading.Event()
        self._listener = _Listener((host, port), self._respond, lambda: self.now())
        self.base_url = self.url
        for name in channels:
            self.add_channel(name)

    @property
    def url(self) -> str:
        """The address of the page with the channels, without a trailing slash."""
        host, port = self._listener.address
        return f"http://{host!s}:{port}"

    @property
    def api_url(self) -> str:
        """The base URL of the Web API, as slack-sdk takes it."""
        return f"{self.url}{_API}"

    @property
    def settings(self) -> dict[str, str]:
        """The environment of a process that posts here with the bot token, by default to the first channel."""
        first = next(iter(self.channels.values()), None)
        default = {} if first is None else {"SLACK_CHANNEL": f"#{first.name}"}
        return {"SLACK_BOT_TOKEN": self.token, "SLACK_BASE_URL": self.api_url, **default}

    def webhook_url(self, channel: str) -> str:
        """The URL of this channel's incoming webhook."""
        return f"{self.url}{_WEBHOOK}T00000001/B00000002/stand-in-secret-{self.channel(channel).id}"

    def forget(self) -> None:
        """Delete messages, files, calls and faults."""
        self.clear()
        self.calls.clear()
        self.faults.clear()
        self.is_hanging.clear()

    def __enter__(self) -> Self:
        self._listener.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Close every connection, hanging ones too; can be repeated."""
        self._listener.stop()

    def _respond(self, handler: _Handler) -> None:
        path, read = urlsplit(handler.path).path, handler.read()
        if handler.command == "GET":
            handler.send(self._viewed(path))
            return
        method = _method(path)
        arguments = _arguments(handler.headers.get("Content-Type", ""), read) if method != "upload" else read
        shown = arguments if isinstance(arguments, dict) else {}
        self.calls.append(Call(method, {name: value for name, value in shown.items() if name != "token"}))
        fault = self.faults.take(method)
        reply = _NOTHING if _prevents(fault) else self._carried_out(path, handler.token(), arguments)
        if fault is None:
            handler.send(reply)
            return
        if isinstance(fault, faults.Hang):
            self.is_hanging.set()
        _spoil(fault, handler, reply, method)

    def _viewed(self, path: str) -> Reply:
        if path == "/":
            headers = (("Content-Security-Policy", page.security()), ("Cache-Control", "no-store"))
            return Reply(200, page.page(self).encode(), _HTML, headers)
        file = self.files.get(path.removeprefix(_FILE)) if path.startswith(_FILE) else None
        if file is not None and file.content is not None:
            # A browser shows the file as a picture or not at all, whatever was uploaded.
            return Reply(200, file.content, "image/png", (("X-Content-Type-Options", "nosniff"),))
        return Reply(404, b"Not found")

    def _carried_out(self, path: str, token: str | None, arguments: Any) -> Reply:
        if path.startswith(_API):
            given = arguments if isinstance(arguments, Mapping) else {}
            answer = methods.answer(self, path.removeprefix(_API), token or given.get("token"), given)
            is_known = (token or given.get("token")) == self.token
            scopes = (("X-OAuth-Scopes", ",".join(sorted(self.scopes))),) if is_known else ()
            return Reply(200, json.dumps(answer).encode(), _JSON, scopes)
        if path.startswith(_UPLOAD):
            return self._uploaded(path.removeprefix(_UPLOAD), arguments)
        paths = {urlsplit(self.webhook_url(channel.id)).path: channel for channel in self.channels.values()}
        channel = paths.get(path)
        if channel is None:
            return Reply(404, b"no_service")
        status, text = methods.webhook(self, channel, arguments)
        return Reply(status, text.encode())

    def _uploaded(self, file_id: str, content: bytes) -> Reply:
        if not self.put_file(file_id, content):
            return Reply(404, b"Not found")
        return Reply(200, f"OK - {len(content)}".encode())


def _method(path: str) -> str:
    if path.startswith(_API):
        return path.removeprefix(_API)
    return "upload" if path.startswith(_UPLOAD) else "webhook"


def _arguments(content_type: str, body: bytes) -> object:
    """The arguments, from JSON or a form; None if they cannot be parsed."""
    with suppress(ValueError):
        text = body.decode()
        if content_type.startswith("application/json"):
            return json.loads(text)
        form = dict(parse_qsl(text, keep_blank_values=True))
        return json.loads(form["payload"]) if "payload" in form else form
    return None


def _prevents(fault: faults.Fault | None) -> bool:
    """Whether the fault keeps the call from being carried out."""
    if fault is None or isinstance(fault, faults.Cut):
        return False
    return isinstance(fault, faults.RateLimited) or not fault.is_delivered


def _spoil(fault: faults.Fault, handler: _Handler, reply: Reply, method: str) -> None:
    match fault:
        case faults.RateLimited(seconds):
            headers = () if seconds is None else (("Retry-After", str(seconds)),)
            handler.send(_error("ratelimited", method, 429, headers))
        case faults.Error(code, status):
            handler.send(_error(code, method, status if method == "webhook" else 200))
        case faults.Status(status, text):
            handler.send(Reply(status, text.encode(), _HTML))
        case faults.Dropped(is_reset=is_reset):
            handler.drop(is_reset=is_reset)
        case faults.Cut():
            handler.send(reply, most=len(reply.body) // 2)
        case faults.Hang():
            handler.hang()


def _error(code: str, method: str, status: int, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    if method == "webhook":
        return Reply(status, code.encode(), _TEXT, headers)
    return Reply(status, json.dumps({"ok": False, "error": code}).encode(), _JSON, headers)


class _Listener(Listener):
    def __init__(self, address: tuple[str, int], respond: Callable[[_Handler], None], now: Clock) -> None:
        self.respond = respond
        self.now = now
        super().__init__(address, _Handler, "stand-in-slack")


class _Handler(BaseHTTPRequestHandler):
    """Reads a request and passes it on to be answered; each connection serves one request."""

    server: _Listener

    def do_GET(self) -> None:
        self.server.respond(self)

    def do_POST(self) -> None:
        self.server.respond(self)

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The date of an answer, by the workspace's clock."""
        return super().date_time_string(self.server.now().timestamp() if timestamp is None else timestamp)

    def read(self) -> bytes:
        """The body of the request."""
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def token(self) -> str | None:
        """The bearer token; None without one."""
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        return token if scheme == "Bearer" else None

    def send(self, reply: Reply, most: int | None = None) -> None:
        """Send the answer, with at most `most` bytes of its body."""
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        for name, value in reply.headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body[:most])

    def drop(self, *, is_reset: bool) -> None:
        """Close the connection without sending a byte."""
        if is_reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            # Without this the server would shut the connection down in order, before the reset.
            self.connection.close()

    def hang(self) -> None:
        """Send nothing until the client disconnects or the server stops."""
        while self.connection.recv(65536):
            pass

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002, an override
        pass
