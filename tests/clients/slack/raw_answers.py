"""Answers whose every byte the test decides."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass


@dataclass
class Raw:
    """A socket that answers each connection with the same bytes and closes it. `requests` are the requests so far."""

    url: str
    requests: list[bytes]


@contextmanager
def raw(answer: bytes) -> Iterator[Raw]:
    """Serve an answer while the block runs."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        wire = Raw(f"http://127.0.0.1:{listening.getsockname()[1]}", [])
        answering = threading.Thread(target=_answer, args=(listening, answer, wire), daemon=True)
        answering.start()
        yield wire
        listening.shutdown(socket.SHUT_RDWR)
        answering.join()


def _answer(listening: socket.socket, answer: bytes, wire: Raw) -> None:
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        with connection, suppress(OSError):
            wire.requests.append(_request(connection))
            connection.sendall(answer)


def _request(connection: socket.socket) -> bytes:
    with connection.makefile("rb") as stream:
        head = b"".join(iter(stream.readline, b"\r\n"))
        length = next((line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), b":0")
        return head + stream.read(int(length.partition(b":")[2]))


def answer_of(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    """An answer with this body."""
    head = [b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), b"Connection: close", *headers]
    return b"\r\n".join([*head, b"", body])
