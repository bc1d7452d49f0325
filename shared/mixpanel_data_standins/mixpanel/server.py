"""The stand-in Mixpanel as a server on a port of this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, MutableMapping
from datetime import date
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from mixpanel_data.base.clock import Clock, utc_now
from mixpanel_data_standins.listener import Listener
from mixpanel_data_standins.mixpanel import wire
from mixpanel_data_standins.mixpanel.access import DEFAULT_ACCESS, Access
from mixpanel_data_standins.mixpanel.answers import Answer, RefusalError, Request
from mixpanel_data_standins.mixpanel.events.files import files_of, lines_of_bytes, lines_of_file
from mixpanel_data_standins.mixpanel.events.store import Store
from mixpanel_data_standins.mixpanel.export import endpoint as export
from mixpanel_data_standins.mixpanel.hosts import serves
from mixpanel_data_standins.mixpanel.imports import endpoint as imports
from mixpanel_data_standins.mixpanel.lexicon import endpoint as lexicon
from mixpanel_data_standins.mixpanel.profiles import engage
from mixpanel_data_standins.mixpanel.project import USUAL_BEHAVIOUR, Behaviour, Project, day_number
from mixpanel_data_standins.mixpanel.querying import app
from mixpanel_data_standins.mixpanel.querying import endpoint as queries
from mixpanel_data_standins.mixpanel.quotas import Quotas

Endpoint = Callable[[Project, Request], Answer]
ENDPOINTS: Mapping[tuple[str, str], Endpoint] = {
    ("GET", "/api/2.0/export"): export.answer,
    ("POST", "/engage"): engage.answer,
    ("POST", "/import"): imports.answer,
}


class StandInMixpanel(Project):
    """A Mixpanel project on a port of this machine, for the duration of a `with`; it can be entered once.

    `source` is a folder of event files (*.ndjson, *.jsonl, *.json, plain or .gz; ValueError for a folder without
    any), one event file, or lines as bytes, in one block or several. `now` is the clock (aware; by default the real
    one) of everything but the faults. `resolve` maps ids that were merged to the ids that replaced them. While the
    server runs, `behaviour`, `access`, `quotas` (None: no limits), `now` and `resolve` can be replaced, and `resolve`
    changed: the next call sees it. `faults` is the queue of faults of the next exports, `profile_faults` that of the
    next updates of profiles, `import_faults` that of the next imports, `lexicon_faults` that of the next calls
    of the Lexicon; `profiles` holds the profiles by distinct id, `merges` the merges of ids, `lexicon` its schemas,
    `queries` the quotas, faults and saved reports of queries, `calls` the requests, with the fields of their forms,
    oldest first."""

    def __init__(
        self,
        source: Path | str | bytes | Iterable[bytes] = (),
        *,
        now: Clock = utc_now,
        access: Access = DEFAULT_ACCESS,
        behaviour: Behaviour = USUAL_BEHAVIOUR,
        quotas: Quotas | None = None,
        resolve: MutableMapping[str, str] | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        super().__init__(Store(), now, access, behaviour, quotas, {} if resolve is None else resolve)
        self.calls: list[wire.Call] = []
        self._source = source
        self._listener = _Listener((host, port), self._respond)

    @property
    def url(self) -> str:
        """The base URL, without a trailing slash."""
        host, port = self._listener.address
        return f"http://{host}:{port}"

    @property
    def settings(self) -> dict[str, str]:
        """The environment of a process that reads from this stand-in with the service account."""
        return {
            "MIXPANEL_BASE_URL": self.url,
            "MIXPANEL_PROJECT_ID": self.access.project_id,
            "MIXPANEL_SERVICE_ACCOUNT": self.access.username,
            "MIXPANEL_SERVICE_ACCOUNT_SECRET": self.access.secret,
        }

    def add(self, lines: bytes | Iterable[bytes], *, day: date | None = None) -> None:
        """Add lines; a client sees all of them or none.

        With `day` all of them belong to that day, whatever their `time`. Without it, each line belongs to the day of
        its `time`; a line without a readable time belongs to the first day among the lines added with it, else to the
        project's first day, else to today."""
        forced = None if day is None else day_number(day)
        self.store.add(lines_of_bytes(lines), day=forced, otherwise=day_number(self.today()))

    def drop_day(self, day: date) -> None:
        """Forget the events of a day, as retention and deletion do."""
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
        """Close every connection, stalled ones too, and wait for all threads; can be repeated."""
        self._listener.stop()
        self.store.close()

    def _load(self) -> None:
        if not isinstance(self._source, (str, Path)):
            self.add(self._source)
            return
        path = Path(self._source)
        for file in files_of(path) if path.is_dir() else [path]:
            with lines_of_file(file) as lines:
                self.store.add(lines, day=None, otherwise=day_number(self.today()))

    def _respond(self, request: Request, connection: wire.Connection) -> None:
        call = wire.Call(request.method, request.path, dict(request.parameters))
        self.calls.append(call)
        behaviour = self.behaviour
        try:
            answer = _endpoint(request)(self, request)
        except RefusalError as refusal:
            answer = refusal.answer(request, behaviour.error_form)
        wire.deliver(answer, request, behaviour, connection, call, self.now())


def _endpoint(request: Request) -> Endpoint:
    if not serves(request.headers.get("host", ""), request.path):
        return _not_found
    if queries.is_for(request.path):
        return queries.answer
    if app.is_for(request.path):
        return app.answer
    if lexicon.is_for(request.path) and request.method in ("GET", "POST"):
        return lexicon.answer
    return ENDPOINTS.get((request.method, request.path), _not_found)


def _not_found(_project: Project, request: Request) -> Answer:
    raise RefusalError(404, f"Not found: {request.method} {request.path}")


class _Listener(Listener):
    def __init__(self, address: tuple[str, int], respond: Callable[[Request, wire.Connection], None]) -> None:
        self.respond = respond
        super().__init__(address, _Handler, "stand-in-mixpanel")


class _Handler(BaseHTTPRequestHandler):
    """Reads a request and passes it on to be answered."""

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
            parameters=dict(parse_qsl(target.query, keep_blank_values=True)) | self._form(body),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=body,
        )
        connection = wire.Connection(
            self.connection, chunks=self.request_version == "HTTP/1.1", keeps_open=not self.close_connection
        )
        self.close_connection = True  # unless the answer is sent in full
        self.server.respond(request, connection)
        self.close_connection = not connection.keeps_open

    def _form(self, body: bytes) -> dict[str, str]:
        if not self.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded"):
            return {}
        return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002, an override
        pass
