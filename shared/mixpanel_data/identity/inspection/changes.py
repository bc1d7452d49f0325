"""The changed rows of the mirrored tables by run, and what Mixpanel's mirror mode bills for them."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mixpanel_data import runs
from mixpanel_data.base.errors import NotFoundError, RequestError, listed
from mixpanel_data.identity.inspection.statements import RUNS_AFTER, STARTS_OF_RUNS
from mixpanel_data.warehouse.base import Row, Warehouse

_DAYS_OF_NEWEST = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Changes:
    """Rows of one table that were inserted, updated and deleted.

    `billed`: the rows that mirror mode sends for them. An updated row is two, because it is deleted and inserted.
    """

    inserted: int
    updated: int
    deleted: int
    billed: int


@dataclass(frozen=True, slots=True)
class RunChanges:
    """What one run published: of identity_permutations (`changed`) and of current_identity_graph (`graph`).

    `started_at` is UTC. A run that failed or was killed has what its parts published before.
    """

    run_id: str
    started_at: datetime
    status: str
    changed: Changes
    graph: Changes


@dataclass(frozen=True, slots=True)
class Bill:
    """The runs, newest first, and their sum by table."""

    runs: Sequence[RunChanges]
    changed: Changes
    graph: Changes


def diff(
    warehouse: Warehouse, job: str, between: tuple[str, str] | None = None, *, now: datetime, last: int = 10
) -> Bill:
    """The changes of the job's newest `last` runs of the 90 days before `now`.

    With `between`, two run ids, those of the runs after the first one up to the second one, which lead from the tables
    as the first left them to the tables as the second left them. Raises NotFoundError naming a run that the job does
    not have, RequestError if the second run is not later than the first.
    """
    if between is None:
        rows = runs.recent(warehouse, now - _DAYS_OF_NEWEST, last, job=job, with_parts=True)
    else:
        first_start, last_start = _starts(warehouse, job, between)
        rows = warehouse.rows(RUNS_AFTER, job=job, first_start=first_start, last_start=last_start)
    found = [_of_run(list(own)) for _, own in itertools.groupby(rows, key=lambda row: row["run_id"])]
    return Bill(found, _sum(run.changed for run in found), _sum(run.graph for run in found))


def _starts(warehouse: Warehouse, job: str, between: tuple[str, str]) -> tuple[datetime, datetime]:
    """When the two runs started."""
    starts: dict[str, datetime] = {
        row["run_id"]: row["started_at"]
        for row in warehouse.rows(STARTS_OF_RUNS, job=job, run_ids=list(dict.fromkeys(between)))
    }
    unknown = [run_id for run_id in dict.fromkeys(between) if run_id not in starts]
    if unknown:
        raise NotFoundError(f"{listed(unknown)} is no run of {job}. `mp runs --job {job} --format jsonl` lists them.")
    first, last = between
    if starts[first] >= starts[last]:
        raise RequestError(f"The run {last!r} did not start after {first!r}. Give two runs, the earlier one first.")
    return starts[first], starts[last]


def _of_run(rows: Sequence[Row]) -> RunChanges:
    """A run from its own row and those of its parts, which alone say what an unfinished run has published."""
    own, parts = rows[0], rows[1:]
    counted = [own] if own["status"] == "ok" else parts
    return RunChanges(
        own["run_id"],
        own["started_at"],
        own["status"],
        _sum(_changes(row["figures"], "changed", "") for row in counted),
        _sum(_changes(row["figures"], "graph", "graph_") for row in counted),
    )


def _changes(figures: Mapping[str, Any] | None, member: str, prefix: str) -> Changes:
    """The changes of a table from figures: an object in those of a run, members with a prefix in those of a part."""
    figures = figures or {}
    counts = figures.get(member) or {
        name: figures.get(f"{prefix}{name}", 0) for name in ("inserted", "updated", "deleted")
    }
    return _with_bill(counts.get("inserted", 0), counts.get("updated", 0), counts.get("deleted", 0))


def _sum(changes: Iterable[Changes]) -> Changes:
    every = list(changes)
    return _with_bill(
        sum(one.inserted for one in every), sum(one.updated for one in every), sum(one.deleted for one in every)
    )


def _with_bill(inserted: int, updated: int, deleted: int) -> Changes:
    return Changes(inserted, updated, deleted, inserted + deleted + 2 * updated)
