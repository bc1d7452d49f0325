"""The tracking plan by entries: which changed since violations were last counted by them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mixpanel_data.configuration.tracking_plan import ALL_EVENTS, TrackingPlan
from mixpanel_data.registry.validating.statements import PLAN_ENTRIES, STORE_ENTRIES
from mixpanel_data.warehouse.base import Warehouse

__all__ = ["STORE", "PlanChanges", "changes"]

STORE = STORE_ENTRIES
"""Stores the entries of `PlanChanges.parameters`, in the transaction that marks the days of their events."""


@dataclass(frozen=True, slots=True)
class PlanChanges:
    """How a plan differs from the entries that violations were counted by.

    `changed` are the entries to store, canonical JSON by event name, `removed` the names of those that are gone.
    """

    changed: Mapping[str, str]
    removed: Sequence[str]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the events whose days have to be counted again, sorted; not needed where `is_of_all`."""
        return tuple(sorted({*self.changed, *self.removed} - {ALL_EVENTS}))

    @property
    def is_of_all(self) -> bool:
        """Whether the days of all events have to be counted again."""
        return ALL_EVENTS in self.changed or ALL_EVENTS in self.removed

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The parameters of `STORE`, but `started_at`."""
        entries = [{"event_name": name, "definition": definition} for name, definition in self.changed.items()]
        return {
            "plan_names": [*self.removed, *self.changed],
            "plan_entries": [json.dumps(entry, ensure_ascii=False) for entry in entries],
        }

    def __bool__(self) -> bool:
        return bool(self.changed or self.removed)


def changes(plan: TrackingPlan | None, warehouse: Warehouse) -> PlanChanges:
    """The differences between a plan, None without one, and the stored entries. Raises what the warehouse raises."""
    stored = {row["event_name"]: row["definition"] for row in warehouse.rows(PLAN_ENTRIES)}
    planned = plan.entries() if plan is not None else {}
    return PlanChanges(
        changed={name: entry for name, entry in planned.items() if stored.get(name) != entry},
        removed=sorted(stored.keys() - planned.keys()),
    )
