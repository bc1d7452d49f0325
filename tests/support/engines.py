"""The engines that the tests run on: each makes datasets for tests, and opens them as warehouses."""

import contextlib
import itertools
import os
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Protocol

import duckdb
import requests

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.warehouse.base import OpenWarehouse
from mixpanel_data.warehouse.duckdb import DuckDBWarehouse
from mixpanel_data.warehouse.duckdb import connection as duckdb_connection

if TYPE_CHECKING:
    from mixpanel_data.warehouse.bigquery import BigQueryWarehouse

# To keep memory, each connection reserves addresses for as much as the machine has. Two of them are more than Linux
# promises to a process that is copied, as one is to start a program as another user.
duckdb_connection.KEPT_MEMORY = "0MB"

DATASET = "mixpanel_data"
EVENTS_TABLE = "mixpanel_events"
PROJECT = "local"


def _own_emulator() -> str | None:
    """The emulator of this worker; set in the environment too, for the programs that tests start."""
    hosts = os.environ.get("BIGQUERY_EMULATOR_HOSTS", "").split()
    if hosts:
        worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
        os.environ["BIGQUERY_EMULATOR_HOST"] = hosts[worker % len(hosts)]
    return os.environ.get("BIGQUERY_EMULATOR_HOST")


EMULATOR_HOST = _own_emulator()


class Engine(Protocol):
    """One dataset on one engine, which exists once a warehouse of it is used."""

    name: str

    def fresh(self) -> "Engine":
        """Another dataset, which is empty."""
        ...

    def open(
        self, *, create_tables: bool = True, deadline: Deadline | None = None, max_bytes_billed: int | None = None
    ) -> OpenWarehouse:
        """A warehouse of this dataset, as a call of a function makes one."""
        ...


@contextlib.contextmanager
def opened(engine: Engine, deadline: Deadline | None = None) -> Iterator[OpenWarehouse]:
    """A warehouse of the engine's dataset for the length of the block."""
    warehouse = engine.open(deadline=deadline)
    try:
        yield warehouse
    finally:
        warehouse.close()


class RecyclingWarehouse(DuckDBWarehouse):
    """Reuses the connection of a warehouse that was closed, if nothing was left in it.

    For each new connection DuckDB fills a catalogue of its functions, which is slower than most statements of a test.
    """

    _idle: ClassVar[list[duckdb.DuckDBPyConnection]] = []

    def close(self) -> None:
        """Release everything; a connection in which something was left is closed."""
        if self._is_clean():
            self._idle.append(self._file.connection)
            del self._file
            self._folder.remove()
        else:
            super().close()

    def _connected(self) -> duckdb.DuckDBPyConnection:
        with contextlib.suppress(IndexError):
            connection = self._idle.pop()
            connection.execute(f"SET temp_directory = '{self._folder.path / 'spilled'}'")
            return connection
        connection = super()._connected()
        # The tests run in parallel, one process per processor.
        connection.execute("SET threads = 1")
        return connection

    def _is_clean(self) -> bool:
        """Whether a run left nothing but the view of its lines: nothing attached, nothing spilled."""
        self._file.connection.execute("DROP VIEW IF EXISTS temp.staged_lines")
        left = self._file.connection.execute(
            "SELECT view_name FROM duckdb_views() WHERE temporary AND NOT internal"
            " UNION ALL SELECT table_name FROM duckdb_tables() WHERE temporary"
            " UNION ALL SELECT database_name FROM duckdb_databases() WHERE NOT internal AND database_name <> 'memory'"
        )
        return not left.fetchall() and not (self._folder.path / "spilled").exists()


class DuckDB:
    """A file in a folder; nothing is billed."""

    name = "duckdb"

    def __init__(self, folder: Path, number: int = 0) -> None:
        self._folder = folder
        self._numbers = itertools.count(number + 1)
        self.path = folder / f"warehouse{number}.duckdb"

    def fresh(self) -> "DuckDB":
        return DuckDB(Path(tempfile.mkdtemp(dir=self._folder)), next(self._numbers))

    def open(
        self, *, create_tables: bool = True, deadline: Deadline | None = None, max_bytes_billed: int | None = None
    ) -> OpenWarehouse:
        del max_bytes_billed
        return RecyclingWarehouse(
            self.path,
            dataset=DATASET,
            events_table=EVENTS_TABLE,
            create_tables=create_tables,
        ).within(deadline or Deadline())


def bigquery_at(
    endpoint: str | None,
    *,
    dataset: str = DATASET,
    events_table: str = EVENTS_TABLE,
    create_tables: bool = False,
    deadline: Deadline | None = None,
    max_bytes_billed: int | None = None,
) -> "BigQueryWarehouse":
    """A warehouse of the server at `endpoint`, which answers as BigQuery would."""
    # Without an emulator, most tests do not need Google's libraries, which are slow to import.
    from google.auth.credentials import AnonymousCredentials

    from mixpanel_data.warehouse.bigquery import BigQueryWarehouse

    return BigQueryWarehouse(
        project=PROJECT,
        location="US",
        dataset=dataset,
        events_table=events_table,
        create_tables=create_tables,
        max_bytes_billed=max_bytes_billed,
        credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]
        endpoint=endpoint,
    ).within(deadline or Deadline())


class BigQuery:
    """A dataset of the emulator."""

    name = "bigquery"
    _undropped: ClassVar[set[str]] = set()

    def __init__(self) -> None:
        self.dataset = f"test_{uuid.uuid4().hex}"
        self._undropped.add(self.dataset)

    def fresh(self) -> "BigQuery":
        return BigQuery()

    @classmethod
    def drop_all(cls) -> None:
        """Drop every dataset that this process used: each change of a table makes the emulator copy its whole catalog,
        so that time and memory would grow with the square of the number of tests."""
        while cls._undropped:
            dataset = cls._undropped.pop()
            for name in (dataset, f"{dataset}_staging"):
                url = f"{EMULATOR_HOST}/bigquery/v2/projects/{PROJECT}/datasets/{name}?deleteContents=true"
                if (answer := requests.delete(url, timeout=60)).status_code != requests.codes.not_found:
                    answer.raise_for_status()

    def open(
        self, *, create_tables: bool = True, deadline: Deadline | None = None, max_bytes_billed: int | None = None
    ) -> OpenWarehouse:
        return bigquery_at(
            EMULATOR_HOST,
            dataset=self.dataset,
            create_tables=create_tables,
            deadline=deadline or Deadline(),
            max_bytes_billed=max_bytes_billed,
        )
