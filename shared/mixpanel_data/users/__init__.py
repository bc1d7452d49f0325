"""The user sync: lifetime totals and latest properties of every user, always right, at the cost of what changed.

The unit is what one user's events of one UTC day contribute (`user_daily_metrics`). A run marks the days that changed,
computes the contributions of each again, and changes the totals (`user_insights`) by the difference. It can be
repeated, overlap itself or die at any point: each part is published whole or not at all, and marks its days as done
when it is.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from mixpanel_data import runs
from mixpanel_data.base.clock import Clock
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import listed
from mixpanel_data.base.window import Window
from mixpanel_data.configuration.events import EventsConfig
from mixpanel_data.configuration.user_metrics import UserMetrics
from mixpanel_data.users import clusters, days, delivery, marking
from mixpanel_data.users.metrics import events_named, metrics_of
from mixpanel_data.users.metrics.definitions import changes_of
from mixpanel_data.users.request import Options, Request, Result
from mixpanel_data.users.state import State, read_state
from mixpanel_data.users.statements import KNOWN_EVENTS
from mixpanel_data.users.sync_run import SyncRun
from mixpanel_data.users.targets import Target, named_targets
from mixpanel_data.warehouse.base import Warehouse

__all__ = ["Options", "Request", "Result", "run"]

log = logging.getLogger(__name__)


def run(
    request: Request,
    *,
    run_id: str,
    warehouse: Warehouse,
    events: EventsConfig,
    user_metrics: UserMetrics,
    targets: Sequence[Target],
    options: Options,
    clock: Clock,
    deadline: Deadline,
) -> Result:
    """Bring contributions and totals up to date, then the targets.

    Raises RequestError, ConfigError, WarehouseBusyError and DeadlineError, and what the warehouse raises. Everything
    published so far stays; the next run continues from there. A target that refuses users or is unavailable raises
    nothing: the result says so, and the next run sends again.
    """
    now = clock()
    runs.check_daily_bytes(warehouse, now, runs.SHARE_OF_WHAT_CAN_WAIT)
    metrics = metrics_of(user_metrics, events)
    resend = named_targets(request.resend or (), targets)
    window = _window(request, now)
    this_run = runs.Run(
        run_id, Request.job, now, window, warehouse, clock, request.model_dump_json(), origin=options.origin
    )
    sync = SyncRun(this_run, user_metrics, metrics, tuple(targets), options, deadline)
    first = date.min if request.start is None else window.start.date()
    names = events_named(user_metrics)
    state = read_state(warehouse, this_run, first, window.end.date(), names)
    if request.start is None and not targets and _is_done(sync, state):
        return _nothing(sync, state, names)
    with runs.begin(this_run, state.opening):
        changes = marking.mark(sync, days_asked=None if request.start is None else window)
        days.compute(sync, state, first, window.end.date(), changes.targets)
        delivered = delivery.deliver(sync, resend)
        result = replace(
            delivered,
            **{name: this_run.figures.get(name, 0) for name in days.FIGURES},
            pending=days.pending(sync),
            unseen_events=_unseen(warehouse, state, names),
            added=changes.added_metrics,
            redefined=changes.redefined_metrics,
            removed=changes.removed,
            read_until=window.end if request.start is None else None,
        )
        this_run.figures |= {"pending": result.pending, "sent": result.sent, "unsent": result.unsent}
        this_run.figures |= {"requeued": result.requeued} if result.requeued else {}
        this_run.figures |= {"problems": result.problems} if result.problems else {}
    return result


def _is_done(sync: SyncRun, state: State) -> bool:
    """Whether a run over what changed has nothing to do."""
    return (
        state.newest_seq <= state.handled_seq
        and not state.due
        and not changes_of(sync.config, (), state.definitions)
        and clusters.are_followed(sync, state)
    )


def _nothing(sync: SyncRun, state: State, names: Sequence[str]) -> Result:
    """The result of such a run, after it is recorded."""
    runs.check_opening(sync.warehouse, state.opening, sync.run.origin)
    result = Result(
        pending=state.pending, unseen_events=_unseen(sync.warehouse, state, names), read_until=sync.run.window.end
    )
    runs.record_whole(sync.run, {"pending": result.pending, "sent": {}, "unsent": {}})
    return result


def _window(request: Request, now: datetime) -> Window:
    """The days of the request; yesterday where it names none."""
    if request.start is not None and request.end is not None:
        return Window(request.start, request.end)
    today = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
    return Window(today - timedelta(days=1), today)


def _unseen(warehouse: Warehouse, state: State, names: Sequence[str]) -> list[str]:
    """The names among these of which no event ever arrived; all arrivals are read for those that none had lately."""
    missing = [name for name in names if name not in state.known_names]
    known = {row["event_name"] for row in warehouse.rows(KNOWN_EVENTS, names=missing)} if missing else set()
    unseen = [name for name in missing if name not in known]
    if unseen:
        log.warning("metrics read these events, and none of them ever arrived: %s", listed(unseen))
    return unseen
