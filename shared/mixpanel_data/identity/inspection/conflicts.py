"""The open conflicts of the identity graph."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mixpanel_data.base.choices import ConflictKind
from mixpanel_data.identity.inspection.statements import OPEN_CONFLICTS
from mixpanel_data.warehouse.base import Warehouse


@dataclass(frozen=True, slots=True)
class Conflict:
    """An open row of identity_conflicts; `since` is when the run that found it published it, UTC."""

    kind: str
    id: str
    ids: Sequence[str]
    links: int
    since: datetime
    message: str


@dataclass(frozen=True, slots=True)
class Conflicts:
    """Open conflicts, the newest first, and how many there are in all."""

    count: int
    conflicts: Sequence[Conflict]


def conflicts(warehouse: Warehouse, *, kind: ConflictKind | None = None, most: int = 100) -> Conflicts:
    """The newest open conflicts, at most `most`, of one kind or of all."""
    rows = warehouse.rows(OPEN_CONFLICTS, kind=kind or "", most=most)
    found = [Conflict(row["kind"], row["id"], row["ids"], row["links"], row["since"], row["message"]) for row in rows]
    return Conflicts(rows[0]["in_all"] if rows else 0, found)
