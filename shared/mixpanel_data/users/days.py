"""Marked days, computed a few at a time: their contributions, and the totals by what changed of these."""

import logging
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from typing import Any

from mixpanel_data import runs
from mixpanel_data.base.window import Window
from mixpanel_data.users import clusters
from mixpanel_data.users.statements import (
    COUNT_DAYS,
    COUNT_DIRTY,
    EVENTS_OF_DAYS,
    PENDING_DAYS,
)
from mixpanel_data.users.sync_run import SyncRun

log = logging.getLogger(__name__)

FIGURES = ("days", "users", "events", "skipped_values", "changed")
"""The figures of each part."""
# A part covers the days that together have at most this many events, and at least one day.
_EVENTS_PER_PART = 1_000_000
_DAYS_PER_PART = 1000


def compute(sync: SyncRun, first: date, end: date, targets: Sequence[str]) -> None:
    """Move totals to the clusters of the identity graph, then compute the marked days in [first, end), part by part.

    Queues the totals that change for `targets`. Raises DeadlineError between two parts: the days that are left stay
    marked.
    """
    with sync.exclusive():
        _add(sync, clusters.follow(sync, targets))
    total = 0
    while True:
        with sync.exclusive():
            marked = _marked(sync, first, end)
            if not marked:
                return
            sync.deadline.check(f"all days were computed ({len(marked):,} are left)")
            part = _first_part(sync, marked)
            _compute(sync, part, targets)
        total, left = max(total, len(marked)), len(marked) - len(part)
        log.info(
            "computed %s to %s; %s days are left",
            part[0],
            part[-1],
            f"{left:,}",
            extra={"step": "day", "done": total - left, "total": total},
        )


def pending(sync: SyncRun) -> int:
    """The number of marked days."""
    return len(_marked(sync, date.min, date.max))


def _marked(sync: SyncRun, first: date, end: date) -> list[date]:
    return [row["day"] for row in sync.warehouse.rows(PENDING_DAYS, from_day=first, to_day=end)]


def _first_part(sync: SyncRun, marked: Sequence[date]) -> list[date]:
    candidates = list(marked[:_DAYS_PER_PART])
    rows = sync.warehouse.rows(EVENTS_OF_DAYS, **_bounds(candidates))
    events = {row["day"]: int(row["events"]) for row in rows}
    so_far = accumulate(events.get(day, 0) for day in candidates)
    fitting = sum(total <= _EVENTS_PER_PART for total in so_far)
    return candidates[: max(1, fitting)]


def _compute(sync: SyncRun, part_days: list[date], targets: Sequence[str]) -> None:
    statements, bounds = sync.statements, _bounds(part_days)
    given = {**bounds, **statements.values()}
    with closing(sync.warehouse.staging(sync.run.run_id, sync.run.parts + 1)) as staging:
        staging.materialise(statements.fresh_daily(), **given)
        staging.materialise(statements.daily_changes(), **given)
        staging.materialise(statements.key_changes())
        (dirty,) = staging.rows(COUNT_DIRTY)
        figures = runs.publish(
            sync.run,
            statements.publish_days(is_any_dirty=dirty["users"] > 0),
            window=Window(bounds["first_day"], bounds["end_day"]),
            figures=COUNT_DAYS,
            staging=staging,
            targets=list(targets),
            **given,
        )
    _add(sync, figures)


def _add(sync: SyncRun, figures: Mapping[str, Any]) -> None:
    """Add a part's figures to those of the run."""
    for name in figures.keys() & FIGURES:
        sync.run.figures[name] = sync.run.figures.get(name, 0) + figures[name]


def _bounds(part_days: Sequence[date]) -> dict[str, Any]:
    """The parameters that bound a statement to these days, which are in order."""
    first, last = (datetime.combine(day, time(), UTC) for day in (part_days[0], part_days[-1]))
    return {"days": list(part_days), "first_day": first, "end_day": last + timedelta(days=1)}
