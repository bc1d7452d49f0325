"""The rows of a table, whole and in a form that can be compared."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from mixpanel_data.warehouse.base import Row
from mixpanel_data.warehouse.statements import Statement
from mixpanel_data.warehouse.tables import TABLES

_EARLIEST = {"DATE": "DATE '0001-01-01'", "TIMESTAMP": "TIMESTAMP '1900-01-01 00:00:00+00'"}


def all_rows_of(table: str) -> Statement:
    """The statement that reads all rows, with the bound that a partitioned table requires."""
    declared = TABLES[table]
    types = {column.name: column.type for column in declared.columns}
    column = declared.partition_column
    bound = f" WHERE {column} >= {_EARLIEST[types[column]]}" if column else ""
    return Statement(f"all of {table}", f"SELECT * FROM {table}{bound}")


def as_sorted_text(rows: Iterable[Row]) -> list[str]:
    """Rows as sorted JSON texts, for comparing tables whose order means nothing."""
    return sorted(json.dumps(dict(row), sort_keys=True, default=str) for row in rows)


def by_key(rows: Iterable[Row], key: Callable[[Row], Any]) -> dict[Any, Row]:
    """Rows by their key; fails where two rows have the same."""
    found: dict[Any, Row] = {}
    for row in rows:
        assert key(row) not in found, f"two rows have the key {key(row)}"
        found[key(row)] = row
    return found
