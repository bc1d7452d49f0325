"""The collector: brings every Mixpanel event into the warehouse exactly once, however late it arrives.

A call without a window brings what Mixpanel stored since the last call; a call with a window reads that window again.
Both can be repeated, overlap and be killed at any point.
"""

import logging
from datetime import datetime, timedelta

from mixpanel_data import runs
from mixpanel_data.base.clock import Clock
from mixpanel_data.base.window import Window
from mixpanel_data.clients.mixpanel import MixpanelCall
from mixpanel_data.collect import arrivals, new_state, window
from mixpanel_data.collect.collection import COUNTS, Collection
from mixpanel_data.collect.comparing.statements import COUNT_LINES, INCOMING
from mixpanel_data.collect.earlier import History, Progress, from_milliseconds, read_history
from mixpanel_data.collect.earlier.progress import Overlaps, progress
from mixpanel_data.collect.request import Options, Request, Result, requested_window
from mixpanel_data.configuration.events import EventsConfig, EventSelection
from mixpanel_data.exports.reading import ExportReader
from mixpanel_data.warehouse.base import Warehouse

__all__ = ["Options", "Request", "Result", "run"]

log = logging.getLogger(__name__)


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

    Raises RequestError, DailyBytesError, ConfigError if the state belongs to another project or events table, and what
    the Mixpanel client and the warehouse raise; every part published before that stays.
    """
    now = clock()
    runs.check_daily_bytes(warehouse, now, 1.0 if request.is_for_arrivals else runs.SHARE_OF_WHAT_CAN_WAIT)
    selection = events.selected(request.events)
    requested = requested_window(request, options, now)
    if requested is None:
        return _read_nothing(now)
    if request.new_state:
        new_state.begin(warehouse, run_id, Request.job, options.origin, now)
    history = read_history(warehouse, Request.job, run_id, now, None if request.is_for_arrivals else requested)
    known = _progress(warehouse, request, options, history)
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
        zone=options.zone.key,
    )
    if known is not None and this_run.has_read_all:
        this_run.watermark_from = from_milliseconds(known.start_ms(0))
    with runs.begin(this_run, history.opening):
        _collect(Collection(this_run, _reader(mixpanel, selection, options, clock)), options, history, known)
    return Result(this_run.window, **{name: this_run.figures.get(name, 0) for name in COUNTS})


def _reader(mixpanel: MixpanelCall, selection: EventSelection, options: Options, clock: Clock) -> ExportReader:
    return ExportReader(
        mixpanel,
        selection.names,
        selection.names_are_wanted,
        options.zone.key,
        clock,
        makes_rows=INCOMING,
        counts_rows=COUNT_LINES,
    )


def _collect(collection: Collection, options: Options, history: History, known: Progress | None) -> None:
    """Bring the run's window, or the arrivals since `known`, within the calls that this hour has left."""
    run, mixpanel = collection.run, collection.reader.mixpanel
    if options.calls_per_hour is not None:
        mixpanel.calls_left = max(0, options.calls_per_hour - history.calls)
    try:
        if known is None:
            window.collect(collection, options, history)
        else:
            arrivals.collect(collection, options, history, known)
    finally:
        run.calls = mixpanel.calls - run.figures.get("calls", 0)
        run.figures["calls"] = mixpanel.calls


def _progress(warehouse: Warehouse, request: Request, options: Options, history: History) -> Progress | None:
    """How far arrivals were read; None for a request with a window."""
    if not request.is_for_arrivals:
        return None
    overlaps = Overlaps(options.overlap, options.overlap if options.short_overlap is None else options.short_overlap)
    # A run over some events leaves no watermark, so that nobody knows whether it was long.
    return progress(warehouse, Request.job, history, overlaps, is_long=request.events is not None)


def _read_nothing(now: datetime) -> Result:
    log.info("COLLECTOR_REREAD_DAYS is 0, so that no older day is read again")
    return Result(Window(now, now + timedelta(microseconds=1)))


def _identity(
    request: Request, requested: Window, known: Progress | None, options: Options, selection: EventSelection
) -> str:
    """The text that makes two calls the same call, so that one can take over what the other left unfinished.

    The selected names and the origin are part of it: a run must not take over parts that kept other events.
    """
    start = known.identity if known else str(requested.start.date())
    asked = request.model_dump_json(exclude={"new_state"})
    # The selection stands last: the detector reads there which events were asked for.
    return " ".join(filter(None, [asked, start, options.zone.key, str(options.origin), selection.text]))
