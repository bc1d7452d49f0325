"""Answers as bytes on a connection: content coding, framing, and the faults of both."""

from __future__ import annotations

import os
import socket
import struct
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

from mixpanel_data_standins.mixpanel import faults
from mixpanel_data_standins.mixpanel.answers import Answer, Headers, Request, reason_of
from mixpanel_data_standins.mixpanel.events import pieces
from mixpanel_data_standins.mixpanel.project import Behaviour

CHUNK_BYTES = 1 << 16
IN_MEMORY_BYTES = 1 << 23


@dataclass(slots=True)
class Call:
    """A recorded request. Status and bytes are recorded before they are sent, so a client with the answer finds them.

    `status` is None until the answer starts, `body_bytes` counts the body as sent (compressed, without the framing of
    chunks)."""

    method: str
    path: str
    parameters: dict[str, str]
    status: int | None = None
    body_bytes: int = 0


class Connection:
    """The server's end of a connection, with the operations that the faults need."""

    def __init__(self, server_end: socket.socket, *, chunks: bool, keeps_open: bool) -> None:
        self.chunks = chunks  # whether the client knows chunks, as HTTP/1.1 does
        self.keeps_open = keeps_open
        self._socket = server_end

    def send(self, data: bytes) -> None:
        """Send all of the data."""
        self._socket.sendall(data)

    def reset(self) -> None:
        """Close with RST."""
        self.keeps_open = False
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # close() would wait until the file that requests are read from is closed.
        os.close(self._socket.detach())

    def wait(self, seconds: float | None) -> None:
        """Wait (None: for ever). ConnectionAbortedError once the client disconnects or the server stops."""
        self._socket.settimeout(seconds)
        try:
            while self._socket.recv(CHUNK_BYTES):
                pass
        except TimeoutError:
            self._socket.settimeout(None)
            return
        raise ConnectionAbortedError("the client went away")


def deliver(
    answer: Answer, request: Request, behaviour: Behaviour, connection: Connection, call: Call, now: datetime
) -> None:
    """Send an answer, as far as its fault lets it. OSError if the client disconnects meanwhile."""
    with ExitStack() as leaving:
        leaving.callback(answer.done)
        match answer.fault:
            case faults.EmptyReply():
                connection.keeps_open = False
                return
            case faults.ResetBeforeHeader():
                connection.reset()
                return
            case faults.SlowFirstByte(seconds):
                connection.wait(seconds)
        call.status = answer.status
        coding, content = _coded(answer, request, behaviour)
        framing = _framing(behaviour.framing, content, connection, leaving)
        connection.send(_head(answer, now if behaviour.sends_date else None, (*coding, *framing.headers)))
        _send_body(answer.fault, framing, connection, call, leaving)


@dataclass(frozen=True, slots=True)
class _Framing:
    """The framing of a body: its headers, the frame around each chunk, and the end."""

    headers: Headers
    content: Iterable[bytes]
    frame: Callable[[bytes], bytes]
    end: bytes = b""


def _coded(answer: Answer, request: Request, behaviour: Behaviour) -> tuple[Headers, Iterator[bytes]]:
    """The body as sent; gzipped, if the client accepts gzip, where the body is long or has a gzip fault."""
    trailer = _TRAILERS.get(type(answer.fault))
    body = answer.pieces
    if request.takes_gzip:
        is_long, body = pieces.longer_than(body, behaviour.gzip_above_bytes if trailer is None else -1)
        if is_long:
            return (("Content-Encoding", "gzip"),), pieces.gzip_member(body, trailer or bytes)
    return (), (piece.raw() for piece in body)


def _framing(kind: str, content: Iterator[bytes], connection: Connection, leaving: ExitStack) -> _Framing:
    if kind == "length":
        spool = leaving.enter_context(tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES))  # noqa: SIM115, entered
        spool.writelines(content)
        length = spool.tell()
        spool.seek(0)
        headers: Headers = (("Content-Length", str(length)), *(() if connection.keeps_open else _CLOSES))
        return _Framing(headers, iter(lambda: spool.read(CHUNK_BYTES), b""), bytes)
    if kind == "chunked" and connection.chunks:
        headers = (("Transfer-Encoding", "chunked"), *(() if connection.keeps_open else _CLOSES))
        return _Framing(headers, content, lambda chunk: b"%x\r\n%b\r\n" % (len(chunk), chunk), b"0\r\n\r\n")
    connection.keeps_open = False
    return _Framing(_CLOSES, content, bytes)


def _head(answer: Answer, now: datetime | None, framing: Headers) -> bytes:
    dates = () if now is None else (("Date", format_datetime(now.astimezone(UTC), usegmt=True)),)
    headers = (*dates, ("Content-Type", answer.content_type), *answer.headers, *framing)
    first = f"HTTP/1.1 {answer.status} {reason_of(answer.status)}"
    return "\r\n".join([first, *(f"{name}: {value}" for name, value in headers), "", ""]).encode("latin-1")


def _send_body(
    fault: faults.Fault | None, framing: _Framing, connection: Connection, call: Call, leaving: ExitStack
) -> None:
    if not isinstance(fault, (faults.Reset, faults.CloseEarly, faults.Stall)):
        _send_whole(framing, connection, call, leaving)
        return
    connection.keeps_open = False
    for chunk in _first_bytes(_chunks(framing.content), fault.after_bytes):
        call.body_bytes += len(chunk)
        connection.send(framing.frame(chunk))
    if isinstance(fault, faults.Reset):
        connection.reset()
    elif isinstance(fault, faults.Stall):
        connection.wait(None)


def _send_whole(framing: _Framing, connection: Connection, call: Call, leaving: ExitStack) -> None:
    held = b""
    for chunk in _chunks(framing.content):
        connection.send(held)
        held = framing.frame(chunk)
        call.body_bytes += len(chunk)
    # End the call before the client can see the end, so that its next call does not meet the quota of this one.
    leaving.close()
    connection.send(held + framing.end)


def _chunks(content: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in chunks of at least 64 KiB, except for the last."""
    gathered: list[bytes] = []
    size = 0
    for data in content:
        gathered.append(data)
        size += len(data)
        if size >= CHUNK_BYTES:
            yield b"".join(gathered)
            gathered, size = [], 0
    if size:
        yield b"".join(gathered)


def _first_bytes(chunks: Iterable[bytes], count: int) -> Iterator[bytes]:
    for chunk in chunks:
        if count <= 0:
            return
        yield chunk[:count]
        count -= len(chunk)


_CLOSES: Headers = (("Connection", "close"),)
_TRAILERS: Mapping[type, Callable[[bytes], bytes]] = {
    faults.TruncatedGzip: lambda _right: b"",
    faults.WrongChecksum: lambda right: bytes(byte ^ 0xFF for byte in right[:4]) + right[4:],
}
