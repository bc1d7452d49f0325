"""The event registry: what exists, of what type, and what changed, without anyone writing it down.

The unit of observing is a day and an event name. A run looks whether there is anything to do yet (`looking`), marks the
units whose events changed (`marking`), counts each that is due again whole (`observing`) with what it breaks of the
tracking plan (`validating`), and judges the events whose observations changed (`judging`, `publishing`). It can be
repeated or die at any point: each part is published whole or not at all, and takes off the marks of what it did. Of two
runs at once, one waits for the other.
"""

from datetime import UTC, date, datetime, time, timedelta

from mixpanel_data import runs
from mixpanel_data.base.clock import Clock
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.window import Window
from mixpanel_data.configuration.tracking_plan import TrackingPlan
from mixpanel_data.registry import looking, marking, observing, publishing
from mixpanel_data.registry.context.registry_run import RegistryRun
from mixpanel_data.registry.context.request import Options, Request, Result
from mixpanel_data.registry.publishing.statements import DETECTED_CHANGES, TOTALS
from mixpanel_data.warehouse.base import Warehouse

__all__ = ["Options", "Request", "Result", "run"]


def run(
    request: Request,
    *,
    run_id: str,
    warehouse: Warehouse,
    plan: TrackingPlan | None,
    options: Options,
    clock: Clock,
    deadline: Deadline,
) -> Result:
    """Bring observations, violations and the registry up to date with the events and the tracking plan.

    Raises RequestError for a day after today, DailyBytesError, WarehouseBusyError and DeadlineError, and what the
    warehouse raises.
    Everything published so far stays; the next run continues from there.
    """
    runs.check_daily_bytes(warehouse, clock(), runs.SHARE_OF_WHAT_CAN_WAIT)
    now = clock()
    today = now.astimezone(UTC).date()
    publishing.check_day(request, today)
    this_run = runs.Run(
        run_id,
        Request.job,
        now,
        _window(today),
        warehouse,
        clock,
        request.model_dump_json(),
        has_read_all=False,
        origin=options.origin,
    )
    registry_run = RegistryRun(this_run, request, plan, options, deadline)
    found = looking.left_as_it_was(registry_run)
    return found if found is not None else _worked(registry_run)


def _worked(registry_run: RegistryRun) -> Result:
    this_run = registry_run.run
    with runs.begin(this_run), registry_run.exclusive():
        arrivals_up_to = marking.mark(registry_run)
        this_run.figures |= observing.observe(registry_run)
        publishing.publish(registry_run)
        result = _result(registry_run)
        this_run.figures |= result.figures() | looking.remembered(registry_run, arrivals_up_to)
    return result


def _window(today: date) -> Window:
    """Yesterday and today, UTC: the days that every run observes."""
    midnight = datetime.combine(today, time(), UTC)
    return Window(midnight - timedelta(days=1), midnight + timedelta(days=1))


def _result(registry_run: RegistryRun) -> Result:
    this_run = registry_run.run
    (totals,) = this_run.warehouse.rows(TOTALS)
    changes = this_run.warehouse.rows(DETECTED_CHANGES, run_id=this_run.run_id, started_at=this_run.started_at)
    figures = this_run.figures
    return Result(
        events=totals["events"],
        properties=totals["properties"],
        new_events=figures.get("new_events", 0),
        new_properties=figures.get("new_properties", 0),
        changes=[dict(change) for change in changes],
        retracted=figures.get("retracted", 0),
        violations=totals["violations"],
        pending=observing.pending(registry_run),
        read_until=this_run.started_at if totals["events"] else None,
    )
