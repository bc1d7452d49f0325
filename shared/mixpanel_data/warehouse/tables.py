"""The tables, declared once as BigQuery table resources in `schemas/`; Terraform and both engines read those.

The shape is the `Table` resource of BigQuery's REST API: schema, timePartitioning, clustering, requirePartitionFilter.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

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
    """A declared table; `resource` is its BigQuery REST resource without a reference to project and dataset."""

    name: str
    columns: tuple[Column, ...]
    partition_column: str | None
    expires_after: timedelta | None
    resource: Mapping[str, Any]


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
"""Every table of the dataset, by its name in the statements."""

STAGED_LINES = _table(SCHEMAS / "staging" / "staged_lines.json")
"""The relation that an export's lines are staged as, in the staging dataset."""
