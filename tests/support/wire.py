"""A server each of whose bytes the test decides, and a Mixpanel client that reads from it."""

from __future__ import annotations

import gzip
import re
import socket
import struct
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import MixpanelDataError
from mixpanel_data.base.secret import Secret
from mixpanel_data.clients.mixpanel import Credentials, ExportQuery, ExportStream, Mixpanel, MixpanelCall, Region

Form = Literal["chunked", "length", "close"]
Ending = Literal["close", "reset", "stall"]
DAY = date(2026, 3, 1)


@dataclass(frozen=True)
class Answer:
    """Bytes that are sent piece by piece, and how the connection ends after them."""

    pieces: Sequence[bytes]
    ending: Ending = "close"
    gap_seconds: float = 0.0


@dataclass
class Arrived:
    """The bytes that a reader of an export got, and the error that ended it."""

    stream: ExportStream
    passed: bytes = b""
    error: Exception | None = None

    @property
    def text(self) -> bytes:
        """The bytes passed on, inflated."""
        return gzip.decompress(self.passed) if self.stream.is_gzip else self.passed


@dataclass
class Wire:
    """A listening socket; each connection takes the next answer.

    `requests` are the heads that arrived, `bodies` the bytes behind them. `is_asked` is set with the first request,
    `is_sent` with the last byte of an answer, `is_left` once a client has gone before that.
    """

    answers: deque[Answer] = field(default_factory=deque)
    requests: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    is_asked: threading.Event = field(default_factory=threading.Event)
    is_sent: threading.Event = field(default_factory=threading.Event)
    is_left: threading.Event = field(default_factory=threading.Event)

    query = ExportQuery(DAY, DAY)

    def __post_init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def forget(self) -> None:
        """Drop the answers and the traces of an earlier test."""
        self.answers.clear()
        self.requests.clear()
        self.bodies.clear()
        self.is_asked.clear()
        self.is_sent.clear()
        self.is_left.clear()

    def close(self) -> None:
        self._listening.close()

    def call(self, deadline: Deadline | None = None) -> MixpanelCall:
        """One call of a client of its own."""
        client = Mixpanel(Credentials(Secret("s3cret-of-ours"), "robot.1", "123"), Region.EU, self.url)
        return client.within(deadline or Deadline.after(20.0))

    def answer(self, status: str, *headers: str, body: bytes = b"") -> None:
        """Have the next request answered with this."""
        lines = [f"HTTP/1.1 {status}", *headers, "Connection: close", f"Content-Length: {len(body)}", "", ""]
        self.answers.append(Answer(["\r\n".join(lines).encode("latin-1") + body]))

    def export(
        self,
        pieces: Sequence[bytes],
        ending: Ending = "close",
        *,
        gap_seconds: float = 0.0,
        call: MixpanelCall | None = None,
        is_quoting: bool = False,
        as_text: bool = False,
    ) -> Arrived:
        """What a client makes of an export whose answer is these bytes, reading it as it is sent or as text."""
        self.answers.append(Answer(pieces, ending, gap_seconds))
        return self.read(call or self.call(), is_quoting=is_quoting, as_text=as_text)

    def read(self, call: MixpanelCall, *, is_quoting: bool = False, as_text: bool = False) -> Arrived:
        arrived = Arrived(call.export(self.query, is_quoting=is_quoting))
        try:
            for chunk in arrived.stream.text() if as_text else arrived.stream:
                arrived.passed += chunk
        except MixpanelDataError as error:
            arrived.error = error
        return arrived

    def answer_of(self, body: bytes, form: Form = "chunked", *, is_gzip: bool = False, chunk: int = 1 << 16) -> Answer:
        """A whole export."""
        return Answer(self.body(body, form, is_gzip=is_gzip, chunk=chunk))

    def body(self, body: bytes, form: Form = "chunked", *, is_gzip: bool = False, chunk: int = 1 << 16) -> list[bytes]:
        """The answer 200 with this body in pieces: its head, then chunk after chunk, then the end of the form."""
        head = ["HTTP/1.1 200 OK", *(["Content-Encoding: gzip"] if is_gzip else [])]
        pieces = [body[start : start + chunk] for start in range(0, len(body), chunk)]
        if form == "chunked":
            head.append("Transfer-Encoding: chunked")
            pieces = [*(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces), b"0\r\n\r\n"]
        head.append(f"Content-Length: {len(body)}" if form == "length" else "Connection: close")
        return ["\r\n".join([*head, "", ""]).encode(), *pieces]

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            head, body = _request(connection)
            if not head:
                return
            self.requests.append(head.decode("latin-1"))
            self.bodies.append(body)
            answer = self.answers.popleft()
            self.is_asked.set()
            self._send(connection, answer)
            if answer.ending == "reset":
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            elif answer.ending == "stall":
                connection.recv(1)  # returns when the client goes

    def _send(self, connection: socket.socket, answer: Answer) -> None:
        try:
            for piece in answer.pieces:
                connection.sendall(piece)
                if answer.gap_seconds:
                    self.is_left.wait(answer.gap_seconds)
        except OSError:
            self.is_left.set()
            raise
        self.is_sent.set()


def _request(connection: socket.socket) -> tuple[bytes, bytes]:
    """The head and the body of a request; nothing if the client goes first."""
    received = b""
    while b"\r\n\r\n" not in received:
        more = connection.recv(65536)
        if not more:
            return b"", b""
        received += more
    head, _, body = received.partition(b"\r\n\r\n")
    announced = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
    while announced and len(body) < int(announced[1]):
        body += connection.recv(65536)
    return head + b"\r\n\r\n", body
