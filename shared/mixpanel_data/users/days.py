"""Marked days, computed a few at a time: their contributions, and the totals by what changed of these."""

import logging
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

from mixpanel_data import runs
from mixpanel_data.base.window import Window
from mixpanel_data.configuration.user_metrics import By
from mixpanel_data.users import clusters
from mixpanel_data.users.state import State
from mixpanel_data.users.statements import (
    ALL_DAYS,
    COUNT_CHANGES,
    COUNT_DAYS,
    COUNT_USERS,
    EVENTS_OF_DAYS,
    PENDING_DAYS,
)
from mixpanel_data.users.sync_run import SyncRun

log = logging.getLogger(__name__)

FIGURES = ("days", "users", "events", "skipped_values", "changed")
"""The figures of each part."""
# A part covers the days that together have at most this many events, and at least one day.
_EVENTS_PER_PART = 1_000_000
# Where reading is billed, few large parts cost less, because each reads the totals. The days between two of a part may
# be billed too: so many events as these, or fewer, cost less than another part.
_EVENTS_PER_BILLED_PART = 25_000_000
_EVENTS_BETWEEN = 1_000_000
_LONGEST_GAP = timedelta(days=31)
_DAYS_PER_PART = 1000


def compute(sync: SyncRun, state: State, first: date, end: date, targets: Sequence[str]) -> None:
    """Move totals to the clusters of the identity graph, then compute the marked days in [first, end), part by part.

    `state` is what the run found at its start. Queues the totals that change for `targets`. Raises DeadlineError
    between two parts: the days that are left stay marked.
    """
    if sync.config.by is By.CLUSTER or state.is_clustered:
        with sync.exclusive():
            _add(sync, clusters.follow(sync, targets))
    total, parts = 0, list[Sequence[date]]()
    while True:
        with sync.exclusive():
            marked = _marked(sync, first, end)
            if not marked:
                break
            sync.deadline.check(f"all days were computed ({len(marked):,} are left)")
            part = _first_part(sync, marked)
            _compute(sync, part, targets)
        parts.append(part)
        total, left = max(total, len(marked)), len(marked) - len(part)
        log.info(
            "computed %s to %s; %s days are left",
            part[0],
            part[-1],
            f"{left:,}",
            extra={"step": "day", "done": total - left, "total": total},
        )
    if len(parts) > 1:
        _count_users(sync, parts)


def pending(sync: SyncRun) -> int:
    """The number of marked days."""
    return len(_marked(sync, date.min, date.max))


def _marked(sync: SyncRun, first: date, end: date) -> list[date]:
    return [row["day"] for row in sync.warehouse.rows(PENDING_DAYS, from_day=first, to_day=end)]


def _first_part(sync: SyncRun, marked: Sequence[date]) -> list[date]:
    """The days of the next part: the first of the marked ones, and as many of those that follow it as fit."""
    is_billed = sync.warehouse.is_billed
    near = _near(marked[:_DAYS_PER_PART]) if is_billed else marked[:_DAYS_PER_PART]
    bounds = _bounds(near)
    rows = sync.warehouse.rows(EVENTS_OF_DAYS, first_day=bounds["first_day"], end_day=bounds["end_day"])
    events = {row["day"]: int(row["events"]) for row in rows}
    most = _EVENTS_PER_BILLED_PART if is_billed else _EVENTS_PER_PART
    part, total = [near[0]], events.get(near[0], 0)
    for before, day in pairwise(near):
        between = sum(count for other, count in events.items() if before < other < day) if is_billed else 0
        total += between + events.get(day, 0)
        if total > most or between > _EVENTS_BETWEEN:
            break
        part.append(day)
    return part


def _near(marked: Sequence[date]) -> Sequence[date]:
    """The days up to the first long gap."""
    gaps = (place for place, (before, day) in enumerate(pairwise(marked), 1) if day - before > _LONGEST_GAP)
    return marked[: next(gaps, len(marked))]


def _compute(sync: SyncRun, part_days: list[date], targets: Sequence[str]) -> None:
    statements, bounds = sync.statements, _bounds(part_days)
    given = {**bounds, **statements.values()}
    with closing(sync.warehouse.staging(sync.run.run_id, sync.run.parts + 1)) as staging:
        staging.materialise(statements.fresh_daily(), **given)
        staging.materialise(statements.daily_changes(), **given)
        staging.materialise(statements.key_changes())
        (changes,) = staging.rows(COUNT_CHANGES)
        figures = runs.publish(
            sync.run,
            statements.publish_days(changes, has_targets=bool(targets)),
            window=Window(bounds["first_day"], bounds["end_day"]),
            figures=COUNT_DAYS,
            staging=staging,
            targets=list(targets),
            **{name: changes[name] or day for name, day in ALL_DAYS.items()},
            **given,
        )
    _add(sync, figures)


def _count_users(sync: SyncRun, parts: Sequence[Sequence[date]]) -> None:
    """Count once whoever has events on days of several parts."""
    days = sorted({day for part in parts for day in part})
    (counted,) = sync.warehouse.rows(COUNT_USERS, days=days)
    sync.run.figures["users"] = counted["users"]


def _add(sync: SyncRun, figures: Mapping[str, Any]) -> None:
    """Add a part's figures to those of the run."""
    for name in figures.keys() & FIGURES:
        sync.run.figures[name] = sync.run.figures.get(name, 0) + figures[name]


def _bounds(part_days: Sequence[date]) -> dict[str, Any]:
    """The parameters that bound a statement to these days, which are in order."""
    first, last = (datetime.combine(day, time(), UTC) for day in (part_days[0], part_days[-1]))
    return {"days": list(part_days), "first_day": first, "end_day": last + timedelta(days=1)}
