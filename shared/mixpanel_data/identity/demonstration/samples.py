"""Sample events of the states' ids, in three tables such as a website, an ERP system and a server fill."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from mixpanel_data import runs
from mixpanel_data.base.errors import ConfigError, listed
from mixpanel_data.configuration.identity import State
from mixpanel_data.identity.demonstration.statements import delete_from, insert_into
from mixpanel_data.warehouse.base import Warehouse

_PREFIX = "mixpanel-data-demonstration-"
"""Begins the ids of the sample events, and of no others."""
_FIRST_TIME = datetime(2026, 1, 1, 9, tzinfo=UTC)
_COMMON = {"event_id": "STRING", "event_time": "TIMESTAMP", "event_name": "STRING"}


@dataclass(frozen=True, slots=True)
class _Table:
    """A table, with the event that each id has in it.

    Successive ids stand in the columns of `ids` in turn, so that no row has two of them, which would link them.
    """

    name: str
    event: str
    ids: tuple[str, ...]

    @property
    def columns(self) -> Mapping[str, str]:
        """The columns with their GoogleSQL types."""
        return {**_COMMON, **dict.fromkeys(self.ids, "STRING")}


_TABLES = (
    _Table("website_data", "Page Viewed", ("user_id", "anon_id")),
    _Table("erp_data", "Order Booked", ("master_user_id",)),
    _Table("server_logs", "Request Served", ("master_user_id",)),
)


def add_samples(run: runs.Run, states: Mapping[str, State]) -> None:
    """Make the tables that are missing, and add the events that are missing, in one transaction.

    Raises ConfigError if a table of that name has other columns.
    """
    ids = list(dict.fromkeys(one for clusters in states.values() for cluster in clusters for one in cluster))
    for table in _TABLES:
        run.warehouse.create_table(table.name, table.columns)
        _check_columns(run.warehouse, table)
    inserts = [insert_into(table.name, list(table.columns)) for table in _TABLES]
    events: dict[str, Any] = {table.name: list(_events(table, ids)) for table in _TABLES}
    runs.write(run, "samples", inserts, **events)


def delete_samples(run: runs.Run) -> None:
    """Delete the events that `add_samples` has added, in one transaction."""
    existing = run.warehouse.tables()
    filled = [table.name for table in _TABLES if table.name in existing and not _missing(run.warehouse, table)]
    if filled:
        runs.write(run, "samples", [delete_from(name) for name in filled], prefix=_PREFIX)


def _check_columns(warehouse: Warehouse, table: _Table) -> None:
    missing = _missing(warehouse, table)
    if missing:
        raise ConfigError(
            f"identity.states: the demonstration fills the table {table.name}, but {warehouse} has one without the "
            f"columns {listed(missing)}. Give the demonstration a dataset of its own, or rename the table."
        )


def _missing(warehouse: Warehouse, table: _Table) -> list[str]:
    found = warehouse.columns(table.name)
    return [name for name in table.columns if name not in found]


def _events(table: _Table, ids: list[str]) -> Iterator[str]:
    """The table's events as JSON objects, one for each id."""
    for number, one in enumerate(ids):
        event: dict[str, Any] = {
            "event_id": f"{_PREFIX}{one}",
            "event_time": (_FIRST_TIME + timedelta(hours=number)).isoformat(),
            "event_name": table.event,
            table.ids[number % len(table.ids)]: one,
        }
        yield json.dumps(event)
