"""What a run finds before it does anything, from one question, and whether there is anything to do."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from mixpanel_data import runs
from mixpanel_data.users.statements import HISTORY, NEWEST_SEQ, STATE
from mixpanel_data.warehouse.base import Row, Warehouse

# A run of the collector ends within a week on Cloud Run. All arrivals would be billed for years.
_RECENT = timedelta(days=8)


@dataclass(frozen=True, slots=True)
class State:
    """What the tables say of the work that is left.

    `handled_seq` and `newest_seq`: the arrivals whose days were marked, and the newest ones; those between them arrived
    at `arrived_from` or later. `pending` days are marked, of which `due` are among those that the run is for.
    `definitions`: rows of user_metric_definitions by name. `is_clustered`: whether any id counts for a cluster.
    `known_names`: event names that arrived lately.
    """

    opening: runs.Opening
    handled_seq: int
    newest_seq: int
    arrived_from: datetime
    pending: int
    due: int
    definitions: Mapping[str, Row]
    is_clustered: bool
    known_names: Collection[str]


def read_state(warehouse: Warehouse, run: runs.Run, first: date, end: date, names: Sequence[str]) -> State:
    """The state that a run over the days in [first, end) starts from; of `names` it says which arrived lately."""
    recent_from = run.started_at - _RECENT
    (row,) = warehouse.rows(STATE, job=run.job, recent_from=recent_from, from_day=first, to_day=end, names=list(names))
    handled_seq, newest_seq, arrived_from = _arrivals(warehouse, row, recent_from)
    return State(
        opening=runs.opening_of_guards(row),
        handled_seq=handled_seq,
        newest_seq=newest_seq,
        arrived_from=arrived_from,
        pending=row["pending_days"],
        due=row["due_days"],
        definitions=_definitions(row["definitions"] or ()),
        is_clustered=row["is_clustered"],
        known_names=frozenset(row["known_names"] or ()),
    )


def _arrivals(warehouse: Warehouse, row: Row, recent_from: datetime) -> tuple[int, int, datetime]:
    """The arrivals that were handled, the newest ones, and since when those between them arrived."""
    handled, newest = row["handled_seq"], row["newest_seq"] or row["handled_seq"]
    if handled and newest - handled == row["publications"]:
        return handled, newest, recent_from
    (found,) = warehouse.rows(NEWEST_SEQ)
    return handled, found["seq"] or 0, HISTORY["history_from"]


def _definitions(texts: Sequence[str]) -> dict[str, Any]:
    rows = (dict(zip(("kind", "name", "definition"), text.split(" ", 2), strict=True)) for text in texts)
    return {row["name"]: row for row in rows}
