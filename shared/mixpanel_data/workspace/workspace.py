"""`Workspace`: a Mixpanel project and a DuckDB file, as one object."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from mixpanel_data.accounts.config_manager import ConfigManager
from mixpanel_data.accounts.credentials import Credentials
from mixpanel_data.base.environment import environment
from mixpanel_data.base.errors import AuthenticationError
from mixpanel_data.configuration.settings import Settings, TimeBasis
from mixpanel_data.workspace.clients import export_client, query_client
from mixpanel_data.workspace.exporting.exports import FileExports
from mixpanel_data.workspace.live.queries import LiveQueries
from mixpanel_data.workspace.reporting.reports import FileReports
from mixpanel_data.workspace.results.tables import TableInfo, TableSchema, WorkspaceInfo
from mixpanel_data.workspace.segments.segments import FileSegments

if TYPE_CHECKING:
    import duckdb
    import pandas

    from mixpanel_data.clients.mixpanel import Mixpanel
    from mixpanel_data.clients.mixpanel.querying import QueryClient
    from mixpanel_data.workspace.querying.queries import Batches, Column
    from mixpanel_data.workspace.results.fetched import FetchResult
    from mixpanel_data.workspace.storage.file import WorkspaceFile

Progress = Callable[[int], None]


class Workspace(LiveQueries, FileExports, FileReports, FileSegments):
    """A Mixpanel project and a DuckDB file: fetch once, then ask the file with SQL, or ask Mixpanel directly.

    A context manager that closes itself. Not for several threads at once. Every method raises MixpanelDataError or one
    of its subclasses.
    """

    def __init__(
        self,
        account: str | None = None,
        project_id: str | None = None,
        region: str | None = None,
        path: str | Path | None = None,
        _config_manager: ConfigManager | None = None,
        _api_client: "QueryClient | None" = None,
        _storage: "WorkspaceFile | None" = None,
        _export_client: "Mixpanel | None" = None,
        *,
        wait: bool = False,
    ) -> None:
        """Use a named account, or the one that the environment or the config file gives.

        `project_id` and `region` replace the account's. `path` is the DuckDB file; without it, that of WAREHOUSE,
        `mixpanel_data.duckdb` in the working directory if it exists, or the project's own below MP_DATA_DIR. With
        `wait`, a query that the quota forbids waits for its turn; without, it raises RateLimitError. The parameters
        with an underscore take doubles for tests.

        Raises AuthenticationError without any credentials, AccountNotFoundError, and ConfigError for a config file or
        variable that is wrong.
        """
        manager = _config_manager or ConfigManager()
        resolved = manager.resolve(account, project_id=project_id, region=region)
        self._credentials: Credentials | None = resolved.credentials
        self._account = resolved.account
        self._is_waiting = wait
        self._query_client = _api_client
        self._export_client = _export_client
        self._file = _storage or _file(path, resolved.credentials.project_id)

    @classmethod
    @contextlib.contextmanager
    def ephemeral(
        cls,
        account: str | None = None,
        project_id: str | None = None,
        region: str | None = None,
        _config_manager: ConfigManager | None = None,
        _api_client: "QueryClient | None" = None,
    ) -> Iterator[Self]:
        """Yield a workspace on a temporary file, which is removed when the block ends, also by an exception.

        The file of a killed process is removed when a process next makes such a file. Raises as the constructor does.
        """
        from mixpanel_data.workspace.storage.ephemeral import temporary_place
        from mixpanel_data.workspace.storage.file import WorkspaceFile

        with temporary_place() as place:
            file = WorkspaceFile(place, memory_limit=_settings().duckdb_memory_limit)
            workspace = cls(
                account, project_id, region, _config_manager=_config_manager, _api_client=_api_client, _storage=file
            )
            with workspace:
                yield workspace

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Open an existing file without credentials: for SQL and inspection, not for what asks Mixpanel.

        Raises NotFoundError if the file does not exist, and ConfigError if it is not a DuckDB file.
        """
        file = _file(path, "")
        file.check_exists()
        with file.reading():
            return cls._on(file)

    @classmethod
    def _on(cls, file: "WorkspaceFile", credentials: Credentials | None = None, account: str | None = None) -> Self:
        """A workspace on this file, with these credentials or none; no file and no variable is read."""
        workspace = cls.__new__(cls)
        workspace._credentials = credentials
        workspace._account = account
        workspace._is_waiting = False
        workspace._query_client = None
        workspace._export_client = None
        workspace._file = file
        return workspace

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file and close the connections to Mixpanel. A second call does nothing."""
        with contextlib.ExitStack() as stack:
            for client in (self._query_client, self._export_client):
                if client is not None:
                    stack.callback(client.close)
            self._file.close()

    # SQL

    def sql(self, query: str) -> "pandas.DataFrame":
        """Return the rows of a query in DuckDB's dialect. JSON columns are text, times are in UTC.

        The query can only read, and only this file. Raises QueryError for a query that is wrong or changes anything,
        TableNotFoundError for a table that does not exist, and WarehouseBusyError if another program writes the file
        for longer than 30 seconds.
        """
        from mixpanel_data.workspace.querying.queries import frame

        return frame(self._file, query)

    def sql_scalar(self, query: str) -> Any:
        """Return the one value of a query, None for no row; JSON is text.

        Raises QueryError for several rows or columns, and as `sql` does.
        """
        from mixpanel_data.workspace.querying.queries import scalar

        return scalar(self._file, query)

    def sql_rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query as tuples; JSON is text, a DECIMAL a Decimal, a TIMESTAMP a datetime in UTC.

        Raises as `sql` does.
        """
        from mixpanel_data.workspace.querying.queries import rows

        return rows(self._file, query)

    @property
    def connection(self) -> "duckdb.DuckDBPyConnection":
        """DuckDB's own connection to the file, which may write; no other program can open the file until `close`.

        Until then, `sql` reads beside it, and can also read other files. Raises WarehouseBusyError if another program
        holds the file for longer than 30 seconds, and ConfigError if it cannot be opened.
        """
        return self._file.connection

    def _cell(self, query: str) -> "tuple[Column, Any]":
        """The one value of a query with its column, for output that depends on the type."""
        from mixpanel_data.workspace.querying.queries import cell

        return cell(self._file, query)

    def _batches(self, query: str) -> "contextlib.AbstractContextManager[Batches]":
        """The rows of a query, batch by batch while the block lasts, for output that is larger than memory."""
        from mixpanel_data.workspace.querying.queries import batches

        return batches(self._file, query)

    def _csv(self, query: str) -> "contextlib.AbstractContextManager[Iterator[bytes] | None]":
        """The rows of a query as CSV, in chunks of UTF-8; None if only `_batches` can read them."""
        from mixpanel_data.workspace.querying.copying import csv_of

        return csv_of(self._file, query)

    # Tables

    def info(self) -> WorkspaceInfo:
        """Return which file and project this is, and what the file holds.

        Raises ConfigError if the file cannot be opened, and WarehouseBusyError if another program writes it.
        """
        from mixpanel_data.workspace.tables.inspection import names

        path = self._file.path
        found = path.stat() if self._file.exists else None
        return WorkspaceInfo(
            path=str(path.absolute()),
            path_source=self._file.place.source,
            project_id=self._credentials.project_id if self._credentials else None,
            region=self._credentials.region if self._credentials else None,
            account=self._account,
            tables=tuple(names(self._file)),
            size_mb=round(found.st_size / 1e6, 3) if found else None,
            created_at=datetime.fromtimestamp(getattr(found, "st_birthtime", found.st_mtime), UTC) if found else None,
        )

    def tables(self) -> list[TableInfo]:
        """Return the tables and views, those of the schema `main` first, each group by name; raises as `info` does."""
        from mixpanel_data.workspace.tables.inspection import tables

        return tables(self._file)

    def schema(self, table: str) -> TableSchema:
        """Return the columns of a table or view. Raises TableNotFoundError."""
        from mixpanel_data.workspace.tables.inspection import schema

        return schema(self._file, table)

    def drop(self, *names: str) -> None:
        """Drop tables and views: all of them, or none.

        Raises TableNotFoundError if one does not exist, and RequestError for a table of the jobs or without any name.
        """
        from mixpanel_data.workspace.tables.dropping import drop

        drop(self._file, names)

    def drop_all(self, type: Literal["events", "profiles"] | None = None) -> None:  # noqa: A002 - the public name
        """Drop every table and view, or every fetched table of a type; the tables of the jobs stay.

        Raises RequestError for an unknown type.
        """
        from mixpanel_data.workspace.tables.dropping import drop_all

        drop_all(self._file, type)

    # Fetching

    def fetch_events(
        self,
        name: str = "events",
        from_date: str | date | None = None,
        to_date: str | date | None = None,
        events: Sequence[str] | None = None,
        where: str | None = None,
        progress: Progress | None = None,
        *,
        append: bool = False,
        restart: bool = False,
    ) -> "FetchResult":
        """Fetch the events of some days into a table: every event once, of several copies the newest.

        Both dates are required. They are days as the project counts them, both inclusive. `events` are the names to
        fetch (None: all), `where` is an expression of Mixpanel's. The fetch calls `progress` with the number of events
        so far. The table becomes visible when all of it is there. After a call that was cut off, the same call goes on
        where that one ended; `restart` throws away what it had fetched. `append` adds to a table that exists.

        Raises TableExistsError before it asks Mixpanel, RequestError for a wrong parameter or if another fetch into the
        table is unfinished, AuthenticationError, QueryError, RateLimitError and UnavailableError.
        """
        from mixpanel_data.workspace.fetching.events import fetch_events
        from mixpanel_data.workspace.fetching.requests import EventsRequest

        request = EventsRequest.checked(name, from_date, to_date, events, where, append=append)
        settings = _settings()
        is_wall_clock = settings.mixpanel_time_basis is TimeBasis.PROJECT
        return fetch_events(
            self._file,
            request,
            mixpanel=self._mixpanel,
            project_id=self._known_credentials().project_id,
            zone=settings.mixpanel_timezone.key if is_wall_clock else "UTC",
            memory_limit=settings.duckdb_memory_limit,
            restart=restart,
            progress=progress,
        )

    def fetch_profiles(
        self,
        name: str = "profiles",
        where: str | None = None,
        progress: Progress | None = None,
        *,
        append: bool = False,
        restart: bool = False,
        cohort_id: int | None = None,
        output_properties: Sequence[str] | None = None,
    ) -> "FetchResult":
        """Fetch user profiles into a table, each user once.

        `where` is an expression of Mixpanel's, `cohort_id` selects the members of a cohort, `output_properties` names
        the properties to fetch (None: all). The rest is as in `fetch_events`; each page counts as fetched for good.
        Raises as `fetch_events` does, and IncompleteExportError if Mixpanel sends fewer profiles than it announced.
        """
        from mixpanel_data.workspace.fetching.profiles import fetch_profiles
        from mixpanel_data.workspace.fetching.requests import ProfilesRequest

        request = ProfilesRequest.checked(
            name, where, append=append, cohort_id=cohort_id, output_properties=output_properties
        )
        return fetch_profiles(
            self._file,
            request,
            queries=self.api,
            project_id=self._known_credentials().project_id,
            restart=restart,
            progress=progress,
        )

    # Mixpanel

    @property
    def api(self) -> "QueryClient":
        """The client of Mixpanel's query API. Raises AuthenticationError if the workspace has no credentials."""
        if self._query_client is None:
            self._query_client = query_client(self._known_credentials(), is_waiting=self._is_waiting)
        return self._query_client

    @property
    def _mixpanel(self) -> "Mixpanel":
        if self._export_client is None:
            self._export_client = export_client(self._known_credentials())
        return self._export_client

    def _known_credentials(self) -> Credentials:
        if self._credentials is None:
            raise AuthenticationError(
                "This workspace was opened without credentials. Use Workspace() to ask Mixpanel; "
                "`mp auth add` stores an account."
            )
        return self._credentials


def _settings() -> Settings:
    return Settings.from_env(environment())


def _file(path: str | Path | None, project_id: str) -> "WorkspaceFile":
    from mixpanel_data.workspace.storage.file import WorkspaceFile
    from mixpanel_data.workspace.storage.place import place_of

    place = place_of(path, environment(), lambda: project_id)
    return WorkspaceFile(place, memory_limit=_settings().duckdb_memory_limit)
