"""One user, looked at: the totals, and what each day contributed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mixpanel_data.base.errors import RequestError
from mixpanel_data.configuration.user_metrics import PLACE
from mixpanel_data.users.statements import DAYS_OF, DEFINITIONS, TOTALS_OF
from mixpanel_data.warehouse.base import Row, Warehouse


@dataclass(frozen=True, slots=True)
class History:
    """A user's or cluster's totals by column, and the contributions: one entry per id and day, in order."""

    distinct_id: str
    totals: Mapping[str, Any]
    days: Sequence[Mapping[str, Any]]


def history(warehouse: Warehouse, distinct_id: str) -> History:
    """What is known of a user. Raises RequestError for one who has no totals."""
    totals = warehouse.rows(TOTALS_OF, distinct_id=distinct_id)
    if not totals:
        raise RequestError(
            f"{distinct_id!r} has no totals: no event of that id is counted yet (`mp users sync` counts), or it counts "
            "for a cluster: ask for its id."
        )
    days = warehouse.rows(DAYS_OF, distinct_id=distinct_id)
    kinds = {row["name"]: row["kind"] for row in warehouse.rows(DEFINITIONS)}
    places = {f"{name}{PLACE}".lower() for name, kind in kinds.items() if kind in ("latest", "current")}
    return History(distinct_id, _shown(totals[0], places), [_shown(row, places) for row in days])


def _shown(row: Row, places: set[str]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name.lower() not in places}
