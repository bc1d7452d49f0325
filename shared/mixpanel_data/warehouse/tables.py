"""The tables, declared once in `schemas/`; Terraform and both engines read them from there.

A file is a `Table` resource of BigQuery's REST API: schema, timePartitioning, clustering, requirePartitionFilter.
"""

import hashlib
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from mixpanel_data.base.errors import TableNotFoundError, listed
from mixpanel_data.warehouse.statements import Statement

SCHEMAS = Path(__file__).parent / "schemas"


@dataclass(frozen=True, slots=True)
class Column:
    """A column with its GoogleSQL type."""

    name: str
    type: str
    is_required: bool
    is_array: bool
    description: str


@dataclass(frozen=True, slots=True)
class Table:
    """A declared table.

    `resource` is its REST resource, without a reference to project and dataset. `expires_after` is the age, by the
    partition column, at which rows expire; None: they are kept.
    """

    name: str
    columns: tuple[Column, ...]
    partition_column: str | None
    expires_after: timedelta | None
    resource: Mapping[str, Any]

    def missing_from(self, existing: Collection[str]) -> list[Column]:
        """The declared columns that a table with these columns (in lower case) does not have, in declared order."""
        return [column for column in self.columns if column.name.lower() not in existing]

    def fingerprint(self) -> str:
        """32 hex digits that change with the names and types of the columns; BigQuery labels hold up to 63."""
        declared = [[column.name, column.type, column.is_array] for column in self.columns]
        return hashlib.sha256(json.dumps(declared).encode()).hexdigest()[:32]


def _table(path: Path) -> Table:
    resource = json.loads(path.read_text(encoding="utf-8"))
    partitioning = resource.get("timePartitioning", {})
    expiration_ms = partitioning.get("expirationMs")
    return Table(
        name=path.stem,
        columns=tuple(_column(column) for column in resource["schema"]["fields"]),
        partition_column=partitioning.get("field"),
        expires_after=timedelta(milliseconds=int(expiration_ms)) if expiration_ms else None,
        resource=resource,
    )


def _column(column: Mapping[str, str]) -> Column:
    mode = column.get("mode", "NULLABLE")
    return Column(
        name=column["name"],
        type=column["type"],
        is_required=mode == "REQUIRED",
        is_array=mode == "REPEATED",
        description=column["description"],
    )


TABLES: Mapping[str, Table] = {path.stem: _table(path) for path in sorted(SCHEMAS.glob("*.json"))}
"""Every declared table of the dataset, by its name in statements."""

STAGED_LINES = _table(SCHEMAS / "staging" / "staged_lines.json")
"""The relation that holds the lines of an export, in the staging dataset."""


def check_columns(statement: Statement, existing: Mapping[str, Collection[str]], remedy: str) -> None:
    """Raise TableNotFoundError if the statement names a declared column that its table does not have.

    `existing` has the columns, in lower case, of the tables that exist; `remedy` is the end of the message.
    """
    words = set(re.findall(r"\w+", statement.on({}).lower()))
    for name in sorted(statement.tables() & TABLES.keys() & existing.keys()):
        missing = [each.name for each in TABLES[name].missing_from(existing[name]) if each.name.lower() in words]
        if missing:
            raise TableNotFoundError(f"{statement}: the table {name} has no column {listed(missing)} yet. {remedy}")
