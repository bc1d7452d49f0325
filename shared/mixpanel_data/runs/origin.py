"""What the state of a dataset is made of, and how it is kept from being mixed with another's."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mixpanel_data.warehouse.base import Warehouse
from mixpanel_data.warehouse.leases import ADD_LOCK
from mixpanel_data.warehouse.names import transaction_name
from mixpanel_data.warehouse.statements import Statement, statement

_SET_ORIGIN = statement("runs/set_origin.sql", project_id="STRING", events_table="STRING")
_FORGET_PROGRESS = statement("runs/forget_progress.sql", job="STRING")
_MARK_REPLACED = statement("runs/mark_replaced.sql")
STATEMENTS = (_SET_ORIGIN, _FORGET_PROGRESS, _MARK_REPLACED)


@dataclass(frozen=True, slots=True)
class Origin:
    """A Mixpanel project, and the table of the dataset that holds its events; empty where a run does not know it.

    What the jobs keep beside the events is made of both: counts, watermarks, totals, links, the registry. The zone of
    the project is no part of it: a corrected zone moves events, and reading them again corrects the rest.
    """

    project_id: str = ""
    events_table: str = ""

    @property
    def is_known(self) -> bool:
        """Whether there is anything to compare."""
        return bool(self.project_id or self.events_table)

    def agrees_with(self, other: "Origin") -> bool:
        """True unless both know a project or a table, and not the same."""
        pairs = ((self.project_id, other.project_id), (self.events_table, other.events_table))
        return all(mine == theirs for mine, theirs in pairs if mine and theirs)

    def __str__(self) -> str:
        project = f"Mixpanel project {self.project_id}" if self.project_id else ""
        table = f"events table {self.events_table}" if self.events_table else ""
        return " and ".join(filter(None, (project, table)))


UNKNOWN_ORIGIN = Origin()
"""Agrees with every state."""


def other_state(warehouse: Warehouse, found: Origin, origin: Origin) -> str:
    """The message of the error that refuses a run of `origin` where the state belongs to `found`."""
    own = "set BIGQUERY_DATASET to another dataset" if warehouse.is_billed else "name another file in WAREHOUSE"
    return (
        "The state belongs to another Mixpanel project or events table: "
        f"{warehouse} has that of {found}, but MIXPANEL_PROJECT_ID and BIGQUERY_TABLE name {origin}. "
        f"Set them back, or {own} for the other. To replace the state, run "
        "the collector once with new_state=true (`mp collect --new-state`): no event is deleted."
    )


def begin_anew(
    warehouse: Warehouse, run_id: str, job: str, origin: Origin, statements: Sequence[Statement], **parameters: Any
) -> None:
    """Give the state of every job to this origin, and forget how far the runs of `job` have read, in one transaction.

    What runs of any job have read that are at work meanwhile counts for nothing.
    `statements` bring what `job` keeps in line with the events table. Raises what the warehouse raises.
    """
    warehouse.transact(
        transaction_name(run_id, "anew"),
        [ADD_LOCK, _SET_ORIGIN, _FORGET_PROGRESS, _MARK_REPLACED, *statements],
        run_id=run_id,
        job=job,
        project_id=origin.project_id,
        events_table=origin.events_table,
        **parameters,
    )
