"""The collector: brings every Mixpanel event into the warehouse exactly once, however late it arrives.

A call without a window brings what Mixpanel stored since the last call; a call with a window reads that window again.
Both can be repeated, overlap and be killed at any point.
"""

from datetime import datetime, timedelta

from mixpanel_data import runs
from mixpanel_data.base.clock import Clock
from mixpanel_data.base.window import Window
from mixpanel_data.clients.mixpanel import MixpanelCall
from mixpanel_data.collect import arrivals, new_state, window
from mixpanel_data.collect.collection import COUNTS, Collection
from mixpanel_data.collect.progress import Progress, from_milliseconds, progress
from mixpanel_data.collect.request import Options, Request, Result, requested_window
from mixpanel_data.collect.statements import CALLS
from mixpanel_data.configuration.events import EventsConfig, EventSelection
from mixpanel_data.exports.reading import ExportReader
from mixpanel_data.warehouse.base import Warehouse

__all__ = ["Options", "Request", "Result", "run"]

_HOUR = timedelta(hours=1)


def run(
    request: Request,
    *,
    run_id: str,
    mixpanel: MixpanelCall,
    warehouse: Warehouse,
    events: EventsConfig,
    options: Options,
    clock: Clock,
) -> Result:
    """Bring a window of events, or what Mixpanel stored since the last run, into the warehouse.

    Raises RequestError, ConfigError if the state belongs to another project or events table, and what the Mixpanel
    client and the warehouse raise; every part published before that stays.
    """
    selection = events.selected(request.events)
    now = clock()
    requested = requested_window(request, options, now)
    runs.adopt_figures(warehouse, Request.job, run_id)
    if request.new_state:
        new_state.begin(warehouse, run_id, Request.job, options.origin, now)
    known = progress(warehouse, Request.job, options.overlap, now) if request.is_for_arrivals else None
    this_run = runs.Run(
        run_id=run_id,
        job=Request.job,
        started_at=now,
        window=requested,
        warehouse=warehouse,
        clock=clock,
        request=_identity(request, requested, known, options, selection),
        has_read_all=request.events is None,
        origin=options.origin,
    )
    if known is not None and this_run.has_read_all:
        this_run.watermark_from = from_milliseconds(known.start_ms(0))
    reader = ExportReader(mixpanel, selection.names, selection.names_are_wanted, options.zone.key, clock)
    collection = Collection(this_run, reader)
    with runs.begin(this_run):
        mixpanel.calls_left = _calls_left(warehouse, options, now)
        try:
            if known is None:
                window.collect(collection, options)
            else:
                arrivals.collect(collection, options, known)
        finally:
            this_run.calls = mixpanel.calls - this_run.figures.get("calls", 0)
            this_run.figures["calls"] = mixpanel.calls
    return Result(this_run.window, **{name: this_run.figures.get(name, 0) for name in COUNTS})


def _identity(
    request: Request, requested: Window, known: Progress | None, options: Options, selection: EventSelection
) -> str:
    """The text that makes two calls the same call, so that one can take over what the other left unfinished.

    The selected names and the origin are part of it: a run must not take over parts that kept other events.
    """
    start = "/".join(map(str, sorted(set(known.starts_ms)))) if known else str(requested.start.date())
    asked = request.model_dump_json(exclude={"new_state"})
    # The selection stands last: the detector reads there which events were asked for.
    return " ".join(filter(None, [asked, start, options.zone.key, str(options.origin), selection.text]))


def _calls_left(warehouse: Warehouse, options: Options, now: datetime) -> int | None:
    if options.calls_per_hour is None:
        return None
    (row,) = warehouse.rows(CALLS, job=Request.job, since=now - _HOUR)
    return max(0, options.calls_per_hour - int(row["calls"]))
