"""The end of a fetch: one transaction makes the table visible, writes `_metadata`, and forgets the fetch."""

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime

import duckdb

from mixpanel_data.base.errors import MixpanelDataError, RequestError
from mixpanel_data.workspace.fetching import state
from mixpanel_data.workspace.fetching.state import Begun
from mixpanel_data.workspace.results.fetched import FetchResult
from mixpanel_data.workspace.storage.file import WorkspaceFile
from mixpanel_data.workspace.storage.quoting import quoted
from mixpanel_data.workspace.tables.metadata import Kind, Metadata, all_metadata, write

Merge = Callable[[duckdb.DuckDBPyConnection, str, str], None]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where fetched rows come from: what all fetches into a table share, and the days of this one, both inclusive."""

    kind: Kind
    project_id: str
    filter_events: tuple[str, ...] | None
    filter_where: str | None
    first_day: date | None = None
    last_day: date | None = None


def check_appendable(connection: duckdb.DuckDBPyConnection, table: str, origin: Origin) -> None:
    """Raise RequestError if the table exists and its rows have another origin."""
    if not state.exists(connection, table):
        return
    known = _known(connection, table)
    if known is None:
        raise RequestError(
            f"The table {table!r} was not fetched, so nothing is appended to it. Fetch into another name."
        )
    differences = [
        f"{name}: {_told(before)} before, {_told(now)} now"
        for name, before, now in (
            ("type", known.type, origin.kind),
            ("project_id", known.project_id, origin.project_id),
            ("events", _in_order(known.filter_events), _in_order(origin.filter_events)),
            ("where", known.filter_where, origin.filter_where),
        )
        if before != now
    ]
    if differences:
        raise RequestError(
            f"The table {table!r} was fetched otherwise ({'; '.join(differences)}). "
            "Append with the same, or fetch into another name."
        )


def publish(file: WorkspaceFile, begun: Begun, origin: Origin, merge: Merge, started: float) -> FetchResult:
    """Make the table of a fetch visible, or merge it into the table that it appends to.

    `started` is when the call began, on the monotonic clock, in seconds.
    """
    now = datetime.now(UTC)
    rejected = sum(portion.rejected for portion in begun.portions)
    own = f"workspace.main.{quoted(begun.unfinished_table)}"
    with file.writing() as connection:
        fetched = state.count(connection, own)
        known = _known(connection, begun.table)
        if state.exists(connection, begun.table):
            table = known.table_name if known else begun.table
            merge(connection, own, f"workspace.main.{quoted(table)}")
            connection.execute(f"DROP TABLE {own}")
        else:
            table = begun.table
            connection.execute(f"ALTER TABLE {own} RENAME TO {quoted(table)}")
            known = None
        rows = state.count(connection, f"workspace.main.{quoted(table)}")
        write(connection, _metadata(table, origin, known, now, rows, rejected))
        state.end(connection, begun.table)
    if known:
        _shrink(file)
    days = (str(origin.first_day), str(origin.last_day)) if origin.first_day and origin.last_day else None
    return FetchResult(table, fetched, origin.kind, round(time.monotonic() - started, 3), days, now, rejected)


def _shrink(file: WorkspaceFile) -> None:
    """Give back the space at the file's end that an append took for its unfinished table.

    The rows of `_metadata` lie behind that space. Written again, they move into it, and DuckDB cuts the end off.
    """
    # The fetch is published, whether another program holds the file now or the disk is full.
    with contextlib.suppress(MixpanelDataError), file.writing() as connection:
        for metadata in all_metadata(connection).values():
            write(connection, metadata)


def _metadata(table: str, origin: Origin, known: Metadata | None, now: datetime, rows: int, rejected: int) -> Metadata:
    first = [day for day in (origin.first_day, known.from_date if known else None) if day]
    last = [day for day in (origin.last_day, known.to_date if known else None) if day]
    return Metadata(
        table_name=table,
        type=origin.kind,
        fetched_at=now,
        from_date=min(first, default=None),
        to_date=max(last, default=None),
        row_count=rows,
        project_id=origin.project_id,
        filter_events=origin.filter_events,
        filter_where=origin.filter_where,
        rejected=rejected + (known.rejected if known else 0),
    )


def _known(connection: duckdb.DuckDBPyConnection, table: str) -> Metadata | None:
    # DuckDB finds a table by its name in any case.
    known = {name.lower(): metadata for name, metadata in all_metadata(connection).items()}
    return known.get(table.lower())


def _told(choice: object) -> str:
    """A choice as a message shows it; without one, all is fetched."""
    return "all" if choice is None else repr(choice)


def _in_order(names: tuple[str, ...] | None) -> list[str] | None:
    return None if names is None else sorted(names)
