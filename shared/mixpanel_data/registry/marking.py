"""The days and event names that a run has to observe: their events or their plan changed, or somebody asks for all."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from mixpanel_data import runs
from mixpanel_data.base.errors import listed
from mixpanel_data.registry.context.registry_run import RegistryRun
from mixpanel_data.registry.validating import entries
from mixpanel_data.registry.validating.entries import PlanChanges
from mixpanel_data.warehouse.statements import Statement, statement

log = logging.getLogger(__name__)

_HISTORY: Mapping[str, Any] = {
    "history_from": datetime(1960, 1, 1, tzinfo=UTC),
    "history_to": datetime(2160, 1, 1, tzinfo=UTC),
    "first_day": date(1960, 1, 1),
    "last_day": date(2159, 12, 31),
}

_HANDLED = statement("registry/handled.sql", job="STRING")
_ARRIVALS = statement("registry/arrivals.sql", arrived_since="TIMESTAMP")
_IS_ANY_PENDING = statement("registry/is_any_pending.sql")
_ARRIVED = {"arrived_since": "TIMESTAMP", "handled_seq": "INT64", "newest_seq": "INT64"}
_COUNT_MARKED = statement("registry/count_marked.sql", **_ARRIVED)
_MARK_ARRIVALS = statement("registry/mark_arrivals.sql", started_at="TIMESTAMP", **_ARRIVED)
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
STATEMENTS = (_HANDLED, _ARRIVALS, _IS_ANY_PENDING, _COUNT_MARKED, _MARK_ARRIVALS, _MARK_EVENTS)

# Arrivals bear the time at which their run started, and Google ends a run after 7 days.
_LONGEST_RUN = timedelta(days=8)


@dataclass(frozen=True, slots=True)
class _Arrivals:
    """Those after `handled_seq` up to `newest_seq`, of runs of the collector since `arrived_since`."""

    handled_seq: int
    newest_seq: int
    arrived_since: datetime

    @property
    def statements(self) -> Sequence[Statement]:
        """The statements that mark their units."""
        return (_COUNT_MARKED, _MARK_ARRIVALS) if self.newest_seq > self.handled_seq else ()


def mark(registry_run: RegistryRun) -> int:
    """Mark the units whose events changed, all of the names whose entry in the plan changed, or with `full` all.

    Stores the entries of the plan with the marks. Returns the greatest seq of the arrivals that are marked. Needs to be
    the only run at work; raises what the warehouse raises.
    """
    changes = entries.changes(registry_run.plan, registry_run.warehouse)
    arrivals = _arrivals(registry_run)
    is_of_all = changes.is_of_all or _is_to_start_over(registry_run)
    if arrivals.statements or changes or is_of_all:
        _publish(registry_run, changes, arrivals, is_of_all=is_of_all)
        _log(changes)
    return arrivals.newest_seq


def _arrivals(registry_run: RegistryRun) -> _Arrivals:
    warehouse = registry_run.warehouse
    handled = warehouse.rows(_HANDLED, job=registry_run.run.job)
    seq = handled[0]["arrivals_up_to"] if handled else 0
    since = handled[0]["started_at"] - _LONGEST_RUN if handled else _HISTORY["history_from"]
    (arrived,) = warehouse.rows(_ARRIVALS, arrived_since=since)
    return _Arrivals(seq, max(seq, arrived["newest_seq"] or 0), since)


def _is_to_start_over(registry_run: RegistryRun) -> bool:
    """Whether to mark everything; not where a run of the same request died after it did, and some is left."""
    if not registry_run.request.full:
        return False
    is_begun = bool(runs.published_windows(registry_run.run))
    return not (is_begun and registry_run.warehouse.rows(_IS_ANY_PENDING))


def _publish(registry_run: RegistryRun, changes: PlanChanges, arrivals: _Arrivals, *, is_of_all: bool) -> None:
    takes_all = is_of_all or bool(changes)
    given: dict[str, Any] = {**_HISTORY, **changes.parameters}
    runs.publish(
        registry_run.run,
        [*arrivals.statements, *([_MARK_EVENTS] if takes_all else []), *(entries.STORE if changes else [])],
        window=registry_run.run.window,
        # The units that are marked for a reason other than their events do not wait for the night.
        figures={"takes_all": takes_all},
        arrivals_up_to=arrivals.newest_seq,
        arrived_since=arrivals.arrived_since,
        handled_seq=arrivals.handled_seq,
        newest_seq=arrivals.newest_seq,
        names=list(changes.names),
        is_of_all=is_of_all,
        **given,
    )


def _log(changes: PlanChanges) -> None:
    if changes.is_of_all:
        log.info("rules of the tracking plan that concern all events changed: all events are checked again")
    elif changes:
        log.info("changed entries of the tracking plan, to be checked over all events again: %s", listed(changes.names))
