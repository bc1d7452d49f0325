"""Connections to PostgreSQL: from the connection string to the start of a transaction."""

import contextlib
import os
import re
import selectors
import socket
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import ConfigError
from mixpanel_data.base.secret import Secret
from mixpanel_data.clients.interruption import Interruption, interrupted_at

if TYPE_CHECKING:
    from psycopg import Connection

_CONNECT_SECONDS = 10.0
_STATEMENT_SECONDS = 60.0
# psycopg raises a smaller timeout to 2 seconds.
_LEAST_CONNECT_SECONDS = 2
_DEFAULTS = {"application_name": "mixpanel-data", "keepalives_idle": "30"}
# libpq splits a connection string at an unescaped special character of the password, and does not complain. The pieces
# then turn up as a host or a port with characters that neither can have.
_HOST = re.compile(r"[\w.:,@/\\-]*")
_PORTS = re.compile(r"[0-9,]*")


def parameters_of(url: Secret) -> dict[str, Any]:
    """Return the parameters of a connection string. Raises ConfigError, which quotes none of it: it has a password."""
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    try:
        parts: dict[str, Any] = dict(conninfo_to_dict(url.reveal()))
    except ProgrammingError:
        parts = {"host": " "}
    host, port, database = (str(parts.get(name) or "") for name in ("host", "port", "dbname"))
    is_whole = _HOST.fullmatch(host) and _PORTS.fullmatch(port) and "@" not in host[1:] + database
    if not is_whole:
        raise ConfigError(
            "POSTGRES_URL is not a PostgreSQL connection string. Write postgresql://user:password@host:5432/database, "
            "and percent-encode each of : / ? # [ ] @ % in the password (@ is %40)."
        )
    return {**_DEFAULTS, **parts}


def connect(parameters: Mapping[str, Any], deadline: Deadline) -> "Connection":
    """Open a connection. Raises psycopg.Error."""
    import psycopg

    seconds = max(_LEAST_CONNECT_SECONDS, int(deadline.left(_CONNECT_SECONDS)))
    connection = psycopg.connect(
        **{**parameters, "connect_timeout": seconds},
        # A pooler in front of the server may give each transaction another session, without the prepared statements.
        prepare_threshold=None,
    )
    connection.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
    connection.read_only = False
    return connection


def is_healthy(connection: "Connection") -> bool:
    """True if an idle connection can be used again; otherwise it is closed.

    A server sends nothing on an idle connection until it ends the session: then it sends the reason, the end of the
    stream, or both.
    """
    if connection.closed:
        return False
    with selectors.DefaultSelector() as selector:
        selector.register(connection.fileno(), selectors.EVENT_READ)
        is_silent = not selector.select(0)
    if not is_silent:
        connection.close()
    return is_silent


@contextlib.contextmanager
def interrupted_connection(connection: "Connection", deadline: Deadline) -> Iterator[Interruption]:
    """Break the connection if the deadline passes within the block: a server that hangs enforces no timeout."""
    # Our own descriptor stays valid if psycopg closes its one meanwhile.
    with (
        socket.socket(fileno=os.dup(connection.fileno())) as end,
        interrupted_at(deadline, lambda: _shut_down(end)) as interruption,
    ):
        yield interruption


def begin(connection: "Connection", deadline: Deadline) -> None:
    """Set what holds for this transaction only: behind a pooler, the next transaction of the session is another's."""
    milliseconds = max(1, int(deadline.left(_STATEMENT_SECONDS) * 1000))
    connection.execute(
        "SELECT set_config('statement_timeout', %s, true), set_config('timezone', 'UTC', true),"
        # A batch is a few rows of many. They are looked up by their key, even if stale statistics suggest another plan.
        " set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)",
        [str(milliseconds)],
    )
    # A deferred constraint would fail at the commit, and not with the row that violates it.
    connection.execute("SET CONSTRAINTS ALL IMMEDIATE")


def _shut_down(end: socket.socket) -> None:
    # The connection may have ended by itself.
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
