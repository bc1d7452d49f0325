"""The days that a run has to compute: their events changed, somebody asks for them, or a changed metric reads them."""

import logging
from collections.abc import Sequence
from datetime import date, timedelta

from mixpanel_data import runs
from mixpanel_data.base.errors import listed
from mixpanel_data.base.window import Window
from mixpanel_data.users import columns
from mixpanel_data.users.metrics.definitions import Changes, changes_of
from mixpanel_data.users.statements import (
    DEFINITIONS,
    HANDLED_SEQ,
    HISTORY,
    MARK,
    NEWEST_SEQ,
    PENDING_DAYS,
)
from mixpanel_data.users.sync_run import SyncRun

log = logging.getLogger(__name__)


def mark(sync: SyncRun, *, days_asked: Window | None) -> Changes:
    """Mark the days to compute and store the definitions that they are computed by; returns what changed of these.

    Raises ConfigError, before anything changes, for a metric whose column has another type, or that adds up a property
    that is not a number.
    """
    with sync.exclusive():
        applied = {row["name"]: row for row in sync.warehouse.rows(DEFINITIONS)}
        changes = changes_of(sync.config, [target.name for target in sync.targets], applied)
        stored = columns.stored_columns(sync.warehouse)
        columns.check_types(sync.metrics, stored)
        columns.check_sums(sync.warehouse, sync.config, changes.applied)
        columns.add_missing(sync.warehouse, sync.metrics, stored)
        _mark(sync, changes, _days_to_mark(sync, days_asked))
    _log(changes)
    return changes


def _days_to_mark(sync: SyncRun, asked: Window | None) -> list[date]:
    """The days of a request; none where a run of the same request died after it marked them, and some are left."""
    if asked is None:
        return []
    first, end = asked.start.date(), asked.end.date()
    if runs.published_windows(sync.run) and sync.warehouse.rows(PENDING_DAYS, from_day=first, to_day=end):
        return []
    return [first + timedelta(days=number) for number in range((end - first).days)]


def _mark(sync: SyncRun, changes: Changes, days: Sequence[date]) -> None:
    (handled,) = sync.warehouse.rows(HANDLED_SEQ, job=sync.run.job)
    (newest,) = sync.warehouse.rows(NEWEST_SEQ)
    handled_seq, newest_seq = handled["seq"] or 0, newest["seq"] or 0
    if newest_seq == handled_seq and not days and not changes:
        return
    emptying = sync.statements.empty_columns([each.name for each in changes.added])
    runs.publish(
        sync.run,
        [*emptying, *MARK],
        window=sync.run.window,
        figures=sync.run.figures,
        arrivals_up_to=newest_seq,
        handled_seq=handled_seq,
        newest_seq=newest_seq,
        days=days,
        names=sorted(changes.events or ()),
        is_of_all=changes.events is None,
        **HISTORY,
        definition_names=[*changes.removed, *(each.name for each in changes.applied)],
        definitions=[each.as_json() for each in changes.applied],
        # A column that is emptied changes totals of users whom no day's computation may touch again.
        all_for=list(changes.targets) if emptying else changes.changed_targets,
    )


def _log(changes: Changes) -> None:
    if changes.added_metrics:
        log.info("new metrics, to be computed over all events: %s", listed(changes.added_metrics))
    if changes.redefined_metrics:
        log.info("changed metrics, to be computed over all events again: %s", listed(changes.redefined_metrics))
    if changes.removed:
        log.warning(
            "metrics that are no longer configured: %s; their columns keep their values", listed(changes.removed)
        )
