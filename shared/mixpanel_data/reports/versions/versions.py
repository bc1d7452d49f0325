"""The versions of named segments, as the table `segments` keeps them."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from mixpanel_data.base.errors import TableNotFoundError
from mixpanel_data.warehouse.base import Warehouse
from mixpanel_data.warehouse.names import transaction_name
from mixpanel_data.warehouse.statements import statement

TABLES = ("segments", "segment_members")
"""The declared tables of named segments."""

LOCK_VERSIONS = statement("reports/versions/lock_versions.sql")
_KEPT_VERSIONS = statement("reports/versions/kept_versions.sql")
_INSERT_VERSIONS = statement("reports/versions/insert_versions.sql", versions="ARRAY<STRING>", saved_at="TIMESTAMP")
STATEMENTS = (_KEPT_VERSIONS, LOCK_VERSIONS, _INSERT_VERSIONS)


class Kind(StrEnum):
    """How the members of a version are known: worked out by each report, or kept."""

    DYNAMIC = "dynamic"
    FROZEN = "frozen"


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a named segment.

    `definition` is in JSON values: of a dynamic segment its definition, of a frozen one what it was made from, as the
    table `segments` describes it. `saved_at` is aware and in UTC; None for a version that no table has yet.
    """

    name: str
    version: str
    kind: Kind
    definition: Mapping[str, Any]
    saved_at: datetime | None = None

    @property
    def key(self) -> tuple[str, str, Kind]:
        """What tells it from all other versions; a frozen one can have the hash of a dynamic one that lists ids."""
        return self.name, self.version, self.kind


def kept_versions(warehouse: Warehouse) -> list[Version]:
    """All versions that a warehouse keeps, the newest first; none where it has no such table.

    Raises what the warehouse raises.
    """
    try:
        rows = warehouse.rows(_KEPT_VERSIONS)
    except TableNotFoundError:
        return []
    found: dict[tuple[str, str, Kind], Version] = {}
    for row in rows:
        version = Version(row["name"], row["version"], Kind(row["kind"]), row["definition"], row["saved_at"])
        found.setdefault(version.key, version)
    return list(reversed(found.values()))


def keep(warehouse: Warehouse, versions: Sequence[Version], now: datetime) -> None:
    """Add versions of dynamic segments to the table, each unless it is there: all in one transaction.

    Raises what the warehouse raises, TableNotFoundError where it has no such table.
    """
    given = [
        json.dumps({"name": each.name, "version": each.version, "definition": each.definition}, ensure_ascii=False)
        for each in versions
    ]
    name = transaction_name(uuid.uuid4().hex, "keep")
    warehouse.transact(name, [LOCK_VERSIONS, _INSERT_VERSIONS], versions=given, saved_at=now)
