"""A breaking change that nobody has heard of yet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from mixpanel_data.base.choices import ChangeKind
from mixpanel_data.warehouse.base import Row


@dataclass(frozen=True, slots=True)
class UntoldChange:
    """A row of schema_changes; `evidence` as its column says. `property` is None for an event as a whole."""

    change_id: str
    day: date
    kind: ChangeKind
    event_name: str
    property: str | None
    path: str
    before: str
    after: str
    evidence: Mapping[str, Any]


def first_bad(change: UntoldChange) -> tuple[str, str] | None:
    """The version property that tells bad events from good ones, and the version with which they began."""
    name, version = change.evidence.get("version_property"), change.evidence.get("first_bad")
    return (name, version) if name and version else None


def bad_versions(change: UntoldChange) -> tuple[str, Sequence[str]] | None:
    """The first version property that bad events have, and its versions among them, the most frequent first."""
    for name, counts in (change.evidence.get("versions") or {}).items():
        bad = {version: each["bad"] for version, each in counts.items() if version and each["bad"]}
        if bad:
            return name, sorted(bad, key=lambda version: (-bad[version], version))
    return None


def untold_change(row: Row) -> UntoldChange:
    """The change of a row of untold_changes.sql."""
    return UntoldChange(
        row["change_id"],
        row["day"],
        ChangeKind(row["kind"]),
        row["event_name"],
        row["property"],
        row["path"],
        row["before"] or "",
        row["after"] or "",
        row["evidence"] or {},
    )
