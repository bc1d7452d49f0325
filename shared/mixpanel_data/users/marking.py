"""The days that a run has to compute: their events changed, somebody asks for them, or a changed metric reads them."""

import logging
from collections.abc import Sequence
from datetime import date, timedelta

from mixpanel_data import runs
from mixpanel_data.base.errors import listed
from mixpanel_data.base.window import Window
from mixpanel_data.users import columns
from mixpanel_data.users.metrics.definitions import Changes, changes_of
from mixpanel_data.users.state import State, read_state
from mixpanel_data.users.statements import (
    HISTORY,
    MARK_ARRIVALS,
    MARK_DAYS,
    MARK_DAYS_OF_EVENTS,
    PENDING_DAYS,
    QUEUE_ALL,
    STORE_DEFINITIONS,
)
from mixpanel_data.users.sync_run import SyncRun
from mixpanel_data.warehouse.statements import Statement

log = logging.getLogger(__name__)


def mark(sync: SyncRun, *, days_asked: Window | None) -> Changes:
    """Mark the days to compute and store the definitions that they are computed by; returns what changed of these.

    Raises ConfigError, before anything changes, for a metric whose column has another type, or that adds up a property
    that is not a number.
    """
    with sync.exclusive():
        state = read_state(sync.warehouse, sync.run, date.min, date.max, ())
        changes = changes_of(sync.config, [target.name for target in sync.targets], state.definitions)
        stored = columns.stored_columns(sync.warehouse)
        columns.check_types(sync.metrics, stored)
        columns.check_sums(sync.warehouse, sync.config, changes.applied)
        columns.add_missing(sync.warehouse, sync.metrics, stored)
        _mark(sync, state, changes, _days_to_mark(sync, days_asked))
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


def _mark(sync: SyncRun, state: State, changes: Changes, days: Sequence[date]) -> None:
    emptying = sync.statements.empty_columns([each.name for each in changes.added])
    # A column that is emptied changes totals of users whom no day's computation may touch again.
    all_for = list(changes.targets) if emptying else changes.changed_targets
    marking = [
        *((MARK_ARRIVALS,) if state.newest_seq > state.handled_seq else ()),
        *((MARK_DAYS,) if days else ()),
        *((MARK_DAYS_OF_EVENTS,) if changes.events is None or changes.events else ()),
        *(STORE_DEFINITIONS if changes else ()),
        *((QUEUE_ALL,) if all_for else ()),
    ]
    if marking:
        _publish(sync, state, changes, [*emptying, *marking], days=days, all_for=all_for)


def _publish(
    sync: SyncRun,
    state: State,
    changes: Changes,
    statements: Sequence[Statement],
    *,
    days: Sequence[date],
    all_for: Sequence[str],
) -> None:
    runs.publish(
        sync.run,
        statements,
        window=sync.run.window,
        figures=sync.run.figures,
        arrivals_up_to=state.newest_seq,
        handled_seq=state.handled_seq,
        newest_seq=state.newest_seq,
        arrived_from=state.arrived_from,
        days=days,
        names=sorted(changes.events or ()),
        is_of_all=changes.events is None,
        **HISTORY,
        definition_names=[*changes.removed, *(each.name for each in changes.applied)],
        definitions=[each.as_json() for each in changes.applied],
        all_for=all_for,
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
