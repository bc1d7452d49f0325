"""The history of one user: the totals, and what each day contributed to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mixpanel_data.base.errors import NotFoundError
from mixpanel_data.configuration.user_metrics import VERSION_SUFFIX
from mixpanel_data.users.statements import DAYS_OF, DEFINITIONS, TOTALS_OF
from mixpanel_data.warehouse.base import Row, Warehouse


@dataclass(frozen=True, slots=True)
class History:
    """A user's or cluster's totals by column, and its contributions: one per distinct id and UTC day, oldest first."""

    distinct_id: str
    totals: Mapping[str, Any]
    days: Sequence[Mapping[str, Any]]


def history(warehouse: Warehouse, distinct_id: str) -> History:
    """The history of a user, or of a cluster by its id. Raises NotFoundError for an id without totals."""
    totals = warehouse.rows(TOTALS_OF, distinct_id=distinct_id)
    if not totals:
        raise NotFoundError(
            f"{distinct_id!r} has no totals. Either no event of this id is counted yet: run `mp users sync`. Or its "
            "events count for a cluster: ask for the cluster's id."
        )
    days = warehouse.rows(DAYS_OF, distinct_id=distinct_id)
    kinds = {row["name"]: row["kind"] for row in warehouse.rows(DEFINITIONS)}
    versions = {f"{name}{VERSION_SUFFIX}".lower() for name, kind in kinds.items() if kind in ("latest", "current")}
    return History(distinct_id, _without(totals[0], versions), [_without(row, versions) for row in days])


def _without(row: Row, columns: set[str]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name.lower() not in columns}
