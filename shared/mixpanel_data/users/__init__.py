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
from mixpanel_data.users import days, delivery, marking
from mixpanel_data.users.metrics import events_named, metrics_of
from mixpanel_data.users.request import Options, Request, Result
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
    metrics = metrics_of(user_metrics, events)
    resend = named_targets(request.resend or (), targets)
    window = _window(request, now)
    this_run = runs.Run(
        run_id, Request.job, now, window, warehouse, clock, request.model_dump_json(), origin=options.origin
    )
    sync = SyncRun(this_run, user_metrics, metrics, tuple(targets), options, deadline)
    with runs.begin(this_run):
        changes = marking.mark(sync, days_asked=None if request.start is None else window)
        first = date.min if request.start is None else window.start.date()
        days.compute(sync, first, window.end.date(), changes.targets)
        delivered = delivery.deliver(sync, resend)
        result = replace(
            delivered,
            **{name: this_run.figures.get(name, 0) for name in days.FIGURES},
            pending=days.pending(sync),
            unseen_events=_unseen(warehouse, events_named(user_metrics)),
            added=changes.added_metrics,
            redefined=changes.redefined_metrics,
            removed=changes.removed,
            read_until=window.end if request.start is None else None,
        )
        this_run.figures |= {"pending": result.pending, "sent": result.sent, "unsent": result.unsent}
        this_run.figures |= {"requeued": result.requeued} if result.requeued else {}
        this_run.figures |= {"problems": result.problems} if result.problems else {}
    return result


def _window(request: Request, now: datetime) -> Window:
    """The days of the request; yesterday where it names none."""
    if request.start is not None and request.end is not None:
        return Window(request.start, request.end)
    today = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
    return Window(today - timedelta(days=1), today)


def _unseen(warehouse: Warehouse, names: Sequence[str]) -> list[str]:
    """The names among these of which no event ever arrived."""
    if not names:
        return []
    known = {row["event_name"] for row in warehouse.rows(KNOWN_EVENTS, names=list(names))}
    unseen = [name for name in names if name not in known]
    if unseen:
        log.warning("metrics read these events, and none of them ever arrived: %s", listed(unseen))
    return unseen
