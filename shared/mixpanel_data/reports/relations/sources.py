"""The table that reports read events from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from mixpanel_data.base.clock import utc_now
from mixpanel_data.base.errors import RequestError, TableNotFoundError, listed
from mixpanel_data.base.nearest import nearest
from mixpanel_data.reports.relations.windows import EVER, LATEST, Window
from mixpanel_data.warehouse.base import Warehouse
from mixpanel_data.warehouse.statements import identifier, statement
from mixpanel_data.warehouse.tables import TABLES

COLLECTED = "mixpanel_events"
FETCHED = "events"

_ANY_EVENT = statement("reports/relations/any_event.sql", window_start="TIMESTAMP", window_end="TIMESTAMP")
_RECENT = timedelta(days=7)
_TIMES = ("event_timestamp", "event_time")
_COLUMNS = ("event_name", "distinct_id", "properties")
_IDS = ("event_id", "insert_id")


@dataclass(frozen=True, slots=True)
class Source:
    """A table of events in a warehouse.

    `relation` is what statements call it, `time` and `identity` its columns of the event's time and id. `is_datetime`
    says that the time is a DATETIME in UTC rather than a TIMESTAMP, `is_text` that `properties` is text rather than
    JSON.
    """

    warehouse: Warehouse
    table: str
    relation: str
    time: str
    identity: str
    is_datetime: bool = False
    is_text: bool = False

    def __str__(self) -> str:
        return f"{self.table} in {self.warehouse}"

    @property
    def undeclared(self) -> dict[str, str]:
        """The table's own name, by that of the statements, unless the warehouse declares it."""
        return {} if self.relation == self.table else {self.relation: self.table}


def chosen(warehouses: Sequence[Warehouse], table: str | None = None) -> Source:
    """The table to read: the one named, else `mixpanel_events` of the first warehouse that has events in it, else the
    fetched table `events` of the first that has one.

    Raises TableNotFoundError, which says how to get events, where there is none, and for a table without an event's
    columns; RequestError for a table whose name is no identifier.
    """
    if table is not None:
        return _named(warehouses, table)
    for warehouse in warehouses:
        if _is_collected(warehouse):
            return collected(warehouse)
    for warehouse in warehouses:
        if FETCHED in warehouse.tables():
            return _of(warehouse, FETCHED)
    raise TableNotFoundError(
        f"There are no events in {listed([str(one) for one in warehouses])}. "
        "`mp collect` or `mp fetch events` brings them; or name a table of events."
    )


def collected(warehouse: Warehouse) -> Source:
    """The table that the collector writes."""
    return Source(warehouse, COLLECTED, COLLECTED, "event_timestamp", "event_id")


def _named(warehouses: Sequence[Warehouse], table: str) -> Source:
    for warehouse in warehouses:
        if table in warehouse.tables():
            return _of(warehouse, table)
    known = {name for warehouse in warehouses for name in warehouse.tables()}
    # A name that begins with _ is of a table that the desk keeps for itself.
    own = sorted(name for name in known - TABLES.keys() if not name.startswith("_"))
    raise TableNotFoundError(f"There is no table {table!r}. {nearest(table, [COLLECTED, *own])}")


def _is_collected(warehouse: Warehouse) -> bool:
    # BigQuery bills the times of a whole window, however few rows are asked for; a week mostly has an event.
    windows = (Window(utc_now() - _RECENT, LATEST), EVER)
    try:
        return any(warehouse.rows(_ANY_EVENT, window_start=each.start, window_end=each.end) for each in windows)
    except TableNotFoundError:
        return False


def _of(warehouse: Warehouse, table: str) -> Source:
    if table == COLLECTED:
        return collected(warehouse)
    columns = warehouse.columns(table)
    time = next((name for name in _TIMES if columns.get(name) in ("TIMESTAMP", "DATETIME")), None)
    identity = next((name for name in _IDS if name in columns), None)
    missing = [name for name in _COLUMNS if name not in columns]
    if time is None or identity is None or missing:
        wanted = listed([*_COLUMNS, " or ".join(_TIMES), " or ".join(_IDS)])
        raise TableNotFoundError(f"The table {table!r} holds no events: a table of events has the columns {wanted}.")
    return Source(
        warehouse,
        _identifier(table),
        "events_of_source",
        time,
        identity,
        is_datetime=columns[time] == "DATETIME",
        is_text=columns["properties"] == "STRING",
    )


def _identifier(table: str) -> str:
    try:
        return identifier(table)
    except ValueError as error:
        raise RequestError(f"The table {error} Read it through a view that has such a name.") from error
