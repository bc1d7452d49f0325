"""The state that a process keeps between calls, and the context that travels with one call."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar, cast

from mixpanel_data.base.clock import Clock, utc_now
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.configuration.environment.variables import FUNCTION_MARGIN_SECONDS
from mixpanel_data.configuration.settings import Settings
from mixpanel_data.warehouse.base import Warehouse
from mixpanel_data.wiring.warehouse import open_warehouse

_LONGEST_LEASE_SECONDS = 6 * 3600.0


class _Closable(Protocol):
    def close(self) -> None: ...


Client = TypeVar("Client", bound=_Closable)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a job: the id of its run, the time by which it has to answer, and the clock it reads."""

    run_id: str
    deadline: Deadline
    clock: Clock = utc_now

    @property
    def lease_seconds(self) -> float:
        """Seconds for which a dead run of this call keeps out the next run of its job: as long as the call can last.

        A call without a deadline, on a person's machine, is given six hours.
        """
        return self.deadline.left(_LONGEST_LEASE_SECONDS) + FUNCTION_MARGIN_SECONDS


@dataclass
class Session:
    """Settings, and the clients that they lead to, each made when a call first asks for it.

    A context manager that closes what it made. Not for several threads at once.
    """

    settings: Settings
    _clients: dict[type, Any] = field(default_factory=dict, repr=False)
    _open: ExitStack = field(default_factory=ExitStack, repr=False)

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *_: object) -> None:
        self._clients.clear()
        self._open.close()

    @property
    def warehouse(self) -> Warehouse:
        """The dataset, on BigQuery or in a DuckDB file. Raises ConfigError if two of its tables share a name."""
        if Warehouse not in self._clients:
            self._clients[Warehouse] = self.closing(open_warehouse(self.settings))
        return cast(Warehouse, self._clients[Warehouse])

    @property
    def bytes_billed(self) -> int:
        """Bytes that BigQuery has billed so far in this session; 0 without BigQuery."""
        return cast(Warehouse, self._clients[Warehouse]).bytes_billed if Warehouse in self._clients else 0

    def client(self, kind: type[Client], make: Callable[[], Client]) -> Client:
        """The session's client of this kind, made once and closed with the session.

        For clients that follow from the settings alone, which a session does not read again.
        """
        if kind not in self._clients:
            self._clients[kind] = self.closing(make())
        return cast(Client, self._clients[kind])

    def closing(self, client: Client) -> Client:
        """The client, closed with the session."""
        self._open.callback(client.close)
        return client
