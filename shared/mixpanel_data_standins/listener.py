"""The HTTP server of both stand-ins."""

import socket
import socketserver
import sys
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any


class Listener(socketserver.ThreadingMixIn, HTTPServer):
    """Accepts connections in one thread, answers each in a thread of its own, and closes all of them when it stops."""

    # stop() has to wait for every thread.
    daemon_threads = False
    block_on_close = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler], name: str) -> None:
        self._open: set[socket.socket] = set()
        self._changing = threading.Lock()
        self._stopping = False
        self._accepting = threading.Thread(target=self._accept, name=name, daemon=True)
        super().__init__(address, handler)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        host, port = self.server_address[:2]
        return str(host), port

    def start(self) -> None:
        """Start to accept connections."""
        self._accepting.start()

    def stop(self) -> None:
        """Stop accepting, close all connections, wait for their threads."""
        self._stopping = True
        if self._accepting.is_alive():
            with suppress(OSError):  # wakes the accepting thread
                socket.create_connection(self.address).close()
            self._accepting.join()
        with self._changing:
            for connection in self._open:
                with suppress(OSError):  # closed already
                    connection.shutdown(socket.SHUT_RDWR)
        self.server_close()

    def _accept(self) -> None:
        while not self._stopping:
            self.handle_request()

    def server_bind(self) -> None:
        # HTTPServer would look up the host's name, which can take seconds.
        socketserver.TCPServer.server_bind(self)

    def verify_request(self, request: Any, client_address: Any) -> bool:  # noqa: ARG002, an override
        return not self._stopping

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._changing:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._changing:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), OSError):  # a client that disconnected, often by design
            super().handle_error(request, client_address)
