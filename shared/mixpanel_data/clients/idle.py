"""Connections that outlive a call."""

import threading
import time
from typing import Generic, Protocol, TypeVar


class _Closable(Protocol):
    def close(self) -> None: ...


Connection = TypeVar("Connection", bound=_Closable)

# Firewalls and load balancers drop silent connections without a word to either end, the most impatient ones (Azure's)
# after 4 minutes. A request over a dropped connection would hang until its deadline.
_LONGEST_IDLE_SECONDS = 60.0


class IdleConnections(Generic[Connection]):
    """The connections of a client that no call uses at present.

    A request takes a connection out, or opens one if none is idle, and puts it back when nothing can interrupt it any
    more. So no two calls share a connection, and cancelling one call cannot end the reading of another. There are as
    many connections as there were requests at the same time.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[tuple[float, Connection]] = []

    def take(self) -> Connection | None:
        """Return the connection that was used last; None if there is none that was used within the last minute."""
        with self._lock:
            put_at, connection = self._idle.pop() if self._idle else (0.0, None)
        if connection is None or time.monotonic() - put_at <= _LONGEST_IDLE_SECONDS:
            return connection
        # The others have been idle for even longer.
        connection.close()
        self.close()
        return None

    def put(self, connection: Connection) -> None:
        """Keep a connection for the next request."""
        with self._lock:
            self._idle.append((time.monotonic(), connection))

    def close(self) -> None:
        """Close the idle connections. Those in use are not affected."""
        with self._lock:
            idle, self._idle = self._idle, []
        for _, connection in idle:
            connection.close()
