"""Days, computed again a few at a time: contributions, and the totals by what became different."""

import logging
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from typing import Any

from mixpanel_data import runs
from mixpanel_data.base.window import Window
from mixpanel_data.users.statements import (
    COUNT_DAYS,
    COUNT_DIRTY,
    COUNT_MOVED,
    COUNT_MOVES,
    EVENTS_OF_DAYS,
    MOVED_IDS,
    PENDING_DAYS,
)
from mixpanel_data.users.sync import Sync

log = logging.getLogger(__name__)

FIGURES = ("days", "users", "events", "skipped_values", "changed")
"""What each part counts."""
# A part covers as many days as have about so many events, and at least one.
_EVENTS_PER_PART = 1_000_000
_DAYS_PER_PART = 1000


def compute(sync: Sync, first: date, end: date, *, is_by_cluster: bool) -> None:
    """Have the totals follow the clusters, then compute the marked days in [first, end), part by part."""
    with sync.alone():
        _follow_clusters(sync, is_by_cluster=is_by_cluster)
    while True:
        with sync.alone():
            marked = _marked(sync, first, end)
            if not marked:
                return
            sync.deadline.check(f"all days were computed ({len(marked):,} are left)")
            part = _first_part(sync, marked)
            _compute(sync, part)
        log.info("%s to %s computed; %s days are left", part[0], part[-1], f"{len(marked) - len(part):,}")


def pending(sync: Sync) -> int:
    """How many days are marked still."""
    return len(_marked(sync, date.min, date.max))


def _marked(sync: Sync, first: date, end: date) -> list[date]:
    return [row["day"] for row in sync.warehouse.rows(PENDING_DAYS, from_day=first, to_day=end)]


def _first_part(sync: Sync, marked: Sequence[date]) -> list[date]:
    candidates = list(marked[:_DAYS_PER_PART])
    rows = sync.warehouse.rows(EVENTS_OF_DAYS, **_bounds(candidates))
    events = {row["day"]: int(row["events"]) for row in rows}
    so_far = accumulate(events.get(day, 0) for day in candidates)
    fitting = sum(total <= _EVENTS_PER_PART for total in so_far)
    return candidates[: max(1, fitting)]


def _compute(sync: Sync, part_days: list[date]) -> None:
    statements, bounds = sync.statements, _bounds(part_days)
    given = {**bounds, **statements.values()}
    with closing(sync.warehouse.staging(sync.run.run_id, sync.run.parts + 1)) as part:
        part.materialise(statements.fresh_daily(), **given)
        part.materialise(statements.daily_changes(), **given)
        part.materialise(statements.key_changes())
        (dirty,) = part.rows(COUNT_DIRTY)
        figures = runs.publish(
            sync.run,
            statements.publish_days(is_any_dirty=dirty["users"] > 0),
            window=Window(bounds["first_day"], bounds["end_day"]),
            figures=COUNT_DAYS,
            staging=part,
            targets=list(sync.queues),
            **given,
        )
    _count(sync, figures)


def _follow_clusters(sync: Sync, *, is_by_cluster: bool) -> None:
    with closing(sync.warehouse.staging(sync.run.run_id, sync.run.parts + 1)) as part:
        part.materialise(MOVED_IDS, is_by_cluster=is_by_cluster)
        (moved,) = part.rows(COUNT_MOVED)
        if not moved["ids"]:
            return
        part.materialise(sync.statements.moved_keys())
        figures = runs.publish(
            sync.run,
            sync.statements.publish_moves(),
            window=sync.run.window,
            figures=COUNT_MOVES,
            staging=part,
            targets=list(sync.queues),
        )
    _count(sync, figures)
    log.info("%s ids are in another cluster than before", f"{moved['ids']:,}")


def _count(sync: Sync, figures: Mapping[str, Any]) -> None:
    """Add the part's figures to the run's."""
    for name in FIGURES:
        sync.run.figures[name] = sync.run.figures.get(name, 0) + figures[name]


def _bounds(part_days: Sequence[date]) -> dict[str, Any]:
    first, last = (datetime.combine(day, time(), UTC) for day in (part_days[0], part_days[-1]))
    return {"days": list(part_days), "first_day": first, "end_day": last + timedelta(days=1)}
