"""The days and event names that a run has to observe: their events or their plan changed, or somebody asks for all."""

import logging
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from mixpanel_data import runs
from mixpanel_data.base.errors import listed
from mixpanel_data.registry.context.registry_run import RegistryRun
from mixpanel_data.registry.validating import entries
from mixpanel_data.registry.validating.entries import PlanChanges
from mixpanel_data.warehouse.statements import statement

log = logging.getLogger(__name__)

_HISTORY: Mapping[str, Any] = {
    "history_from": datetime(1960, 1, 1, tzinfo=UTC),
    "history_to": datetime(2160, 1, 1, tzinfo=UTC),
    "first_day": date(1960, 1, 1),
    "last_day": date(2159, 12, 31),
}

_ARRIVALS = statement("registry/arrivals.sql", job="STRING")
_IS_ANY_PENDING = statement("registry/is_any_pending.sql")
_MARK_ARRIVALS = statement(
    "registry/mark_arrivals.sql", handled_seq="INT64", newest_seq="INT64", started_at="TIMESTAMP"
)
_MARK_EVENTS = statement(
    "registry/mark_events.sql",
    names="ARRAY<STRING>",
    is_of_all="BOOL",
    started_at="TIMESTAMP",
    history_from="TIMESTAMP",
    history_to="TIMESTAMP",
    first_day="DATE",
    last_day="DATE",
)
STATEMENTS = (_ARRIVALS, _IS_ANY_PENDING, _MARK_ARRIVALS, _MARK_EVENTS)


def mark(registry_run: RegistryRun) -> None:
    """Mark the units whose events changed, all of the names whose entry in the plan changed, or with `full` all.

    Stores the entries of the plan with the marks. Raises what the warehouse raises.
    """
    with registry_run.exclusive():
        changes = entries.changes(registry_run.plan, registry_run.warehouse)
        (arrivals,) = registry_run.warehouse.rows(_ARRIVALS, job=registry_run.run.job)
        handled_seq, newest_seq = arrivals["handled_seq"] or 0, arrivals["newest_seq"] or 0
        is_of_all = changes.is_of_all or _is_to_start_over(registry_run)
        if newest_seq == handled_seq and not changes and not is_of_all:
            return
        _publish(registry_run, changes, handled_seq, newest_seq, is_of_all=is_of_all)
    _log(changes)


def _is_to_start_over(registry_run: RegistryRun) -> bool:
    """Whether to mark everything; not where a run of the same request died after it did, and some is left."""
    if not registry_run.request.full:
        return False
    is_begun = bool(runs.published_windows(registry_run.run))
    return not (is_begun and registry_run.warehouse.rows(_IS_ANY_PENDING))


def _publish(
    registry_run: RegistryRun, changes: PlanChanges, handled_seq: int, newest_seq: int, *, is_of_all: bool
) -> None:
    takes_all = is_of_all or bool(changes)
    given: dict[str, Any] = {**_HISTORY, **changes.parameters}
    runs.publish(
        registry_run.run,
        [
            *([_MARK_ARRIVALS] if newest_seq > handled_seq else []),
            *([_MARK_EVENTS] if takes_all else []),
            *(entries.STORE if changes else []),
        ],
        window=registry_run.run.window,
        # The units that are marked for a reason other than their events do not wait for the night.
        figures={"takes_all": takes_all},
        arrivals_up_to=newest_seq,
        handled_seq=handled_seq,
        newest_seq=newest_seq,
        names=list(changes.names),
        is_of_all=is_of_all,
        **given,
    )


def _log(changes: PlanChanges) -> None:
    if changes.is_of_all:
        log.info("rules of the tracking plan that concern all events changed: all events are checked again")
    elif changes:
        log.info("changed entries of the tracking plan, to be checked over all events again: %s", listed(changes.names))
