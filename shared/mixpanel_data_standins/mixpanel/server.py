"""The stand-in as a server on a port of this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, MutableMapping
from datetime import date, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from mixpanel_data_standins.listener import Listener
from mixpanel_data_standins.mixpanel import engage, events, export, wire
from mixpanel_data_standins.mixpanel.access import DEFAULT_ACCESS, Access
from mixpanel_data_standins.mixpanel.answers import Answer, RefusalError, Request
from mixpanel_data_standins.mixpanel.project import USUAL_BEHAVIOUR, Behaviour, Project, day_number, utc_now
from mixpanel_data_standins.mixpanel.quotas import Quotas

Endpoint = Callable[[Project, Request], Answer]
ENDPOINTS: Mapping[tuple[str, str], Endpoint] = {
    ("GET", "/api/2.0/export"): export.answer,
    ("POST", "/engage"): engage.answer,
}


class StandInMixpanel(Project):
    """A Mixpanel project on a port of this machine, for the time of a `with`; it may be entered once.

    `source` is a folder of event files (*.ndjson, *.jsonl, *.json, plain or .gz; ValueError if it has none),
    one such file, or lines as bytes, in one block or many. `now` is the clock that all but the faults goes by
    (aware; by default the real one). `resolve` maps ids that were merged away to the ids they count as now.
    `behaviour`, `access`, `quotas` (None: none), `now` and `resolve` may be replaced, and `resolve` changed,
    while it runs: the next call sees it. `faults` is the queue of what goes wrong with the next exports,
    `profile_faults` that of the next updates of profiles, which `profiles` holds by distinct id; `calls` are the
    requests so far, oldest first."""

    def __init__(
        self,
        source: Path | str | bytes | Iterable[bytes] = (),
        *,
        now: Callable[[], datetime] = utc_now,
        access: Access = DEFAULT_ACCESS,
        behaviour: Behaviour = USUAL_BEHAVIOUR,
        quotas: Quotas | None = None,
        resolve: MutableMapping[str, str] | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        super().__init__(events.Store(), now, access, behaviour, quotas, {} if resolve is None else resolve)
        self.calls: list[wire.Call] = []
        self._source = source
        self._listener = _Listener((host, port), self._respond)

    @property
    def url(self) -> str:
        """The base URL, without a slash at its end."""
        host, port = self._listener.address
        return f"http://{host}:{port}"

    def add(self, lines: bytes | Iterable[bytes], *, day: date | None = None) -> None:
        """Add lines, all at once in the eyes of a client.

        With `day` they are served on that day, whatever they say. Otherwise each is of the day of its `time`,
        one without readable time of the first day added with it, else of the project's first, else today."""
        forced = None if day is None else day_number(day)
        self.store.add(events.lines_of_bytes(lines), day=forced, otherwise=day_number(self.today()))

    def drop_day(self, day: date) -> None:
        """Forget a day's events, as retention and deletion do."""
        self.store.drop(day_number(day))

    def __enter__(self) -> Self:
        try:
            self._load()
        except BaseException:
            self.stop()
            raise
        self._listener.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End every connection, stalled ones too, and wait for all threads; may be repeated."""
        self._listener.stop()
        self.store.close()

    def _load(self) -> None:
        if not isinstance(self._source, (str, Path)):
            self.add(self._source)
            return
        path = Path(self._source)
        for file in events.files_of(path) if path.is_dir() else [path]:
            with events.lines_of_file(file) as lines:
                self.store.add(lines, day=None, otherwise=day_number(self.today()))

    def _respond(self, request: Request, connection: wire.Connection) -> None:
        call = wire.Call(request.method, request.path, dict(request.parameters))
        self.calls.append(call)
        behaviour = self.behaviour
        try:
            answer = ENDPOINTS.get((request.method, request.path), _not_found)(self, request)
        except RefusalError as refusal:
            answer = refusal.answer(request, behaviour.error_form)
        wire.deliver(answer, request, behaviour, connection, call, self.now())


def _not_found(_project: Project, request: Request) -> Answer:
    raise RefusalError(404, f"Not found: {request.method} {request.path}")


class _Listener(Listener):
    def __init__(self, address: tuple[str, int], respond: Callable[[Request, wire.Connection], None]) -> None:
        self.respond = respond
        super().__init__(address, _Handler, "stand-in-mixpanel")


class _Handler(BaseHTTPRequestHandler):
    """Reads a request and has it answered."""

    server: _Listener
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def _answer(self, body: bytes) -> None:
        target = urlsplit(self.path)
        request = Request(
            method=self.command,
            target=self.path,
            path=target.path,
            parameters=dict(parse_qsl(target.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=body,
        )
        connection = wire.Connection(
            self.connection, chunks=self.request_version == "HTTP/1.1", keeps_open=not self.close_connection
        )
        self.close_connection = True  # if the answer breaks off
        self.server.respond(request, connection)
        self.close_connection = not connection.keeps_open

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002, the base's
        pass
