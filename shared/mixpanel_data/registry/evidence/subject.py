"""A change whose evidence is looked up: where to look, and by what sign an event counts as bad."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Self

from mixpanel_data.base.choices import ChangeKind
from mixpanel_data.registry.judging.shapes import Change

BEFORE = timedelta(days=30)
"""How far back the evidence goes before the day of a change."""
_AFTER = timedelta(days=2)


class Sign(StrEnum):
    """What makes an event bad: that it is there, that it has the property or lacks it, a type or a value of it."""

    EVENT = "event"
    HELD = "held"
    LACKING = "lacking"
    TYPE = "type"
    NEW_VALUE = "new_value"


_SIGNS: Mapping[ChangeKind, Sign] = {
    ChangeKind.NEW_PROPERTY: Sign.HELD,
    ChangeKind.CAME_BACK: Sign.HELD,
    ChangeKind.TYPE_CHANGED: Sign.TYPE,
    ChangeKind.BECAME_SPARSE: Sign.LACKING,
    ChangeKind.BECAME_DORMANT: Sign.LACKING,
    ChangeKind.CARDINALITY_EXPLODED: Sign.NEW_VALUE,
}


@dataclass(frozen=True, slots=True)
class Subject:
    """A change, by what its evidence depends on; `property_name` is None for an event as a whole."""

    change_id: str
    day: date
    kind: ChangeKind
    event_name: str
    property_name: str | None
    path: str
    before: str
    after: str

    @classmethod
    def of(cls, change: Change) -> Self:
        """Of a change that was just found."""
        return cls(
            change.change_id,
            change.day,
            change.kind,
            change.event_name,
            change.property,
            change.path,
            change.before,
            change.after,
        )

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> Self:
        """Of a row of schema_changes."""
        return cls(
            row["change_id"],
            row["day"],
            ChangeKind(row["kind"]),
            row["event_name"],
            row["property"],
            row["path"],
            row["before"] or "",
            row["after"] or "",
        )

    def last_day(self, at: date) -> date:
        """The last of the days after the change, of which there are three up to `at`."""
        return min(self.day + _AFTER, at)

    @property
    def sign(self) -> Sign:
        """What makes an event bad."""
        return Sign.EVENT if self.property_name is None else _SIGNS[self.kind]

    @property
    def is_sampled(self) -> bool:
        """Whether its observations rest on the sampled events alone."""
        return self.path != "" or self.sign is Sign.NEW_VALUE

    @property
    def types(self) -> frozenset[str]:
        """The types that are new, as observations name them; where none is, those that are left."""
        before, after = set(self.before.split("|")), set(self.after.split("|"))
        new = (after - before) or after
        # Numbers where there were none: the whole ones among them are new too.
        return frozenset(new | ({"integer"} if "number" in new and "integer" not in before else set()))
