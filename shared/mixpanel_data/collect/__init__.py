"""The collector: every event that Mixpanel has is in the warehouse exactly once, late ones too.

A call without a window brings what arrived since the last one, whatever its event time; a call with a window reads
that window again. Either may be repeated, overlap itself or die at any point.
"""

import json
from datetime import datetime, timedelta

from mixpanel_data import runs
from mixpanel_data.base.clock import Clock
from mixpanel_data.base.window import Window
from mixpanel_data.clients.mixpanel import Mixpanel
from mixpanel_data.collect import arrivals, window
from mixpanel_data.collect.part import COUNTS, Collection
from mixpanel_data.collect.request import Options, Request, Reread, Result, asked_window
from mixpanel_data.collect.statements import CALLS
from mixpanel_data.configuration.events import EventsConfig, EventSelection
from mixpanel_data.warehouse.base import Warehouse

__all__ = ["Options", "Request", "Reread", "Result", "run"]

_HOUR = timedelta(hours=1)


def run(
    request: Request,
    *,
    run_id: str,
    mixpanel: Mixpanel,
    warehouse: Warehouse,
    events: EventsConfig,
    options: Options,
    clock: Clock,
) -> Result:
    """Bring a window of events, or what arrived since the last run, into the warehouse.

    Raises RequestError, and what Mixpanel's client and the warehouse raise; what is published by then stays.
    """
    selection = events.selected(request.events)
    now = clock()
    asked = asked_window(request, options, now)
    from_ms = arrivals.begin_ms(warehouse, Request.job, options, now) if request.is_for_arrivals else None
    this_run = runs.Run(
        run_id,
        Request.job,
        now,
        asked,
        _identity(request, asked, from_ms, options, selection),
        has_read_all=request.events is None,
    )
    if from_ms is not None and this_run.has_read_all:
        this_run.figures["arrived_from_ms"] = from_ms
    collection = Collection(this_run, mixpanel, warehouse, selection, options.zone.key, clock)
    with runs.begin(warehouse, this_run, clock):
        mixpanel.calls_left = _calls_left(warehouse, options, now)
        try:
            if from_ms is None:
                window.collect(collection, options)
            else:
                arrivals.collect(collection, options, from_ms)
        finally:
            this_run.figures["calls_without_part"] = mixpanel.calls - this_run.figures.get("calls", 0)
            this_run.figures["calls"] = mixpanel.calls
    return Result(this_run.window, **{name: this_run.figures.get(name, 0) for name in COUNTS})


def _identity(request: Request, asked: Window, from_ms: int | None, options: Options, selection: EventSelection) -> str:
    """What makes two calls the same call, so that one takes up what the other left unfinished: also what was kept."""
    moving = str(from_ms or asked.start.date())
    kept = json.dumps([selection.names_are_wanted, *selection.names])
    return " ".join([request.model_dump_json(), moving, options.zone.key, kept])


def _calls_left(warehouse: Warehouse, options: Options, now: datetime) -> int | None:
    if options.calls_per_hour is None:
        return None
    (row,) = warehouse.rows(CALLS, job=Request.job, since=now - _HOUR)
    return max(0, options.calls_per_hour - int(row["calls"]))
