"""What the state of a dataset is made of, and how it is kept from being mixed with another's."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mixpanel_data.base.errors import ConfigError
from mixpanel_data.warehouse.base import Warehouse
from mixpanel_data.warehouse.leases import ADD_LOCK
from mixpanel_data.warehouse.names import transaction_name
from mixpanel_data.warehouse.statements import Statement, statement

_ORIGINS = statement("runs/origins.sql")
_SET_ORIGIN = statement("runs/set_origin.sql", project_id="STRING", events_table="STRING")
_FORGET_PROGRESS = statement("runs/forget_progress.sql", job="STRING")
STATEMENTS = (_ORIGINS, _SET_ORIGIN, _FORGET_PROGRESS)


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


def other_origin(warehouse: Warehouse, origin: Origin) -> Origin | None:
    """What the state of the dataset belongs to if that is another project or table; else None.

    A state of an earlier version, which recorded nothing, agrees with every origin.
    """
    if not origin.is_known:
        return None
    known = (Origin(row["project_id"] or "", row["events_table"] or "") for row in warehouse.rows(_ORIGINS))
    return next((each for each in known if not each.agrees_with(origin)), None)


def check_origin(warehouse: Warehouse, origin: Origin) -> None:
    """Raise ConfigError if the state of the dataset belongs to another project or events table."""
    found = other_origin(warehouse, origin)
    if found is not None:
        own = "set BIGQUERY_DATASET to another dataset" if warehouse.is_billed else "name another file in WAREHOUSE"
        raise ConfigError(
            "The state belongs to another Mixpanel project or events table: "
            f"{warehouse} has that of {found}, but MIXPANEL_PROJECT_ID and BIGQUERY_TABLE name {origin}. "
            f"Set them back, or {own} for the other. To replace the state, run "
            "the collector once with new_state=true (`mp collect --new-state`): no event is deleted."
        )


def begin_anew(
    warehouse: Warehouse, run_id: str, job: str, origin: Origin, statements: Sequence[Statement], **parameters: Any
) -> None:
    """Give the state of every job to this origin, and forget how far the runs of `job` have read, in one transaction.

    `statements` bring what `job` keeps in line with the events table. Raises what the warehouse raises.
    """
    warehouse.transact(
        transaction_name(run_id, "anew"),
        [ADD_LOCK, _SET_ORIGIN, _FORGET_PROGRESS, *statements],
        run_id=run_id,
        job=job,
        project_id=origin.project_id,
        events_table=origin.events_table,
        **parameters,
    )
