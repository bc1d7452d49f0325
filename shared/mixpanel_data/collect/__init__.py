"""The collector: every event that Mixpanel has is in the warehouse exactly once, late ones too.

A call without a window brings what arrived since the last one, whatever its event time; a call with a window reads
that window again. Either may be repeated, overlap itself or die at any point.
"""

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Annotated, ClassVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, model_validator

from mixpanel_data import runs
from mixpanel_data.collect.plan import TOO_MANY_LINES, Days, Portions, days_of, left_of
from mixpanel_data.collect.reading import Collecting, Reading, Staged, TooManyLines
from mixpanel_data.collect.statements import CALLS, DAY_RATE, WATERMARK
from mixpanel_data.configuration import EventsConfig, EventSelection
from mixpanel_data.errors import (
    DeadlineError,
    PlanError,
    QueryError,
    RateLimitError,
    RequestError,
    UnavailableError,
    listed,
)
from mixpanel_data.mixpanel import Mixpanel
from mixpanel_data.types import Clock, Moment, Names, Window
from mixpanel_data.warehouse.base import Part, Warehouse

__all__ = ["Options", "Request", "Result", "run"]

log = logging.getLogger(__name__)

_HOUR = timedelta(hours=1)
_FIRST_RUN = timedelta(days=1)
_ALL_TIME = Window(datetime(1960, 1, 1, tzinfo=UTC), datetime(2160, 1, 1, tzinfo=UTC))
_NARROWER_LOOKBACKS = (30, 7)
_WITHOUT_WHERE_DAYS = 7
# What Mixpanel may have said of a fault can be as wide as its 400: a narrower question is tried before giving up.
_ATTEMPTS_BEFORE_NARROWING = 2


class Request(BaseModel):
    """What a caller may ask: a window of event time `[from, to)`, and names of events."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    job: ClassVar[str] = "collector"

    start: Annotated[Moment | None, Field(alias="from")] = None
    end: Annotated[Moment | None, Field(alias="to")] = None
    events: Names | None = None

    @model_validator(mode="after")
    def _is_a_window(self) -> "Request":
        if (self.start is None) != (self.end is None):
            raise ValueError("from and to are given together, or neither")
        if self.start is not None and self.end is not None and self.start >= self.end:
            raise ValueError(f"to ({self.end.isoformat()}) is not after from ({self.start.isoformat()})")
        return self

    @property
    def window(self) -> Window | None:
        """The window to read again; None: what arrived since the last run."""
        return Window(self.start, self.end) if self.start and self.end else None


@dataclass(frozen=True, slots=True)
class Options:
    """What the settings say to the collector; `zone` is the one whose days and wall clock the project exports."""

    zone: ZoneInfo
    lookback_days: int
    overlap: timedelta
    calls_per_hour: int | None


@dataclass(frozen=True, slots=True)
class Result:
    """What a run did: received = inserted + updated + duplicates + rejected + filtered.

    `window` is the event time that was asked for; `bytes` are those received, compressed.
    """

    window: Window
    received: int = 0
    inserted: int = 0
    updated: int = 0
    duplicates: int = 0
    rejected: int = 0
    filtered: int = 0
    bytes: int = 0


_COUNTS = tuple(field.name for field in fields(Result) if field.name != "window")


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
    now = clock()
    selection = _selection(request, events)
    window = _asked(request, options, now)
    this_run = runs.Run(run_id, Request.job, now, window, request.model_dump_json())
    collecting = Collecting(this_run, mixpanel, selection, options.zone.key, clock)
    with runs.begin(warehouse, this_run, clock):
        mixpanel.calls_left = _calls_left(warehouse, options, now)
        try:
            if request.window is None:
                _collect_arrivals(collecting, warehouse, options, now)
            else:
                _collect_window(collecting, warehouse, options, now)
        finally:
            this_run.figures["calls"] = mixpanel.calls
    return Result(window, **{name: this_run.figures.get(name, 0) for name in _COUNTS})


def _selection(request: Request, events: EventsConfig) -> EventSelection:
    if request.events is None:
        return events.selection
    unknown = [name for name in request.events if name not in events.selection]
    if unknown:
        raise RequestError(f"events: the events configuration does not enable {listed(unknown)}.")
    return EventSelection(request.events, True)


def _asked(request: Request, options: Options, now: datetime) -> Window:
    """The event time that the call is about; nothing lies behind the end of the project's today."""
    today = days_of(Window(now, now + timedelta(microseconds=1)), options.zone)
    end_of_today = today.window(options.zone).end
    if request.window is None:
        return Window(end_of_today - timedelta(days=options.lookback_days), end_of_today)
    if request.window.start >= now:
        raise RequestError(f"from ({request.window.start.isoformat()}) lies in the future: no such events can be.")
    return Window(request.window.start, min(request.window.end, end_of_today))


def _calls_left(warehouse: Warehouse, options: Options, now: datetime) -> int | None:
    if options.calls_per_hour is None:
        return None
    (row,) = warehouse.rows(CALLS, job=Request.job, since=now - _HOUR)
    return max(0, options.calls_per_hour - int(row["calls"]))


def _collect_arrivals(collecting: Collecting, warehouse: Warehouse, options: Options, now: datetime) -> None:
    """One part: what Mixpanel stored since the last run began, whatever its event time.

    A narrower question is asked where a wide one is refused or takes Mixpanel too long; the nightly readings bring what
    lies outside of it.
    """
    (watermark,) = warehouse.rows(WATERMARK, job=Request.job)
    arrived_from_ms = _arrived_from_ms(watermark["arrived_until_ms"], options, now)
    readings = list(_arrival_readings(collecting.run.window, arrived_from_ms, options, now))
    with closing(warehouse.part(collecting.run.run_id, 1)) as part:
        _publish(collecting, warehouse, _stage_widest(collecting, readings, part))


def _arrived_from_ms(watermark_ms: int | None, options: Options, now: datetime) -> int:
    since = (
        now - _FIRST_RUN if watermark_ms is None else datetime.fromtimestamp(watermark_ms / 1000, UTC) - options.overlap
    )
    return int(since.timestamp() * 1000)


def _arrival_readings(window: Window, arrived_from_ms: int, options: Options, now: datetime) -> Iterator[Reading]:
    """The widest first; the last does without an expression and leaves the choice to SQL."""
    where = f'number(properties["mp_processing_time_ms"]) >= {arrived_from_ms}'
    narrower = [days for days in _NARROWER_LOOKBACKS if days < options.lookback_days]
    without_where = min(_WITHOUT_WHERE_DAYS, options.lookback_days)
    for lookback_days, expression in [
        *((days, where) for days in (options.lookback_days, *narrower)),
        (without_where, None),
    ]:
        start = window.end - timedelta(days=lookback_days)
        yield Reading(
            days=days_of(Window(start, window.end), options.zone),
            covers=Window(start, now),
            window=_ALL_TIME,
            arrived_from_ms=arrived_from_ms,
            arrived_until_ms=int(now.timestamp() * 1000),
            where=expression,
        )


def _stage_widest(collecting: Collecting, readings: Sequence[Reading], part: Part) -> Staged:
    for reading in readings[:-1]:
        try:
            return collecting.stage(reading, 1, part, _ATTEMPTS_BEFORE_NARROWING)
        except (PlanError, RateLimitError, DeadlineError):
            raise
        except (QueryError, UnavailableError) as error:
            log.warning("a narrower question is asked", extra={"days": len(reading.days), "reason": str(error)})
    return collecting.stage(readings[-1], 1, part)


def _collect_window(collecting: Collecting, warehouse: Warehouse, options: Options, now: datetime) -> None:
    """Part after part, each fetched while the one before is published; parts of an unfinished run are not done again."""
    window = collecting.run.window
    left = left_of(window, runs.published(warehouse, collecting.run))
    portions = Portions([days_of(piece, options.zone) for piece in left], _lines_per_day(warehouse, window))
    if len(left) != 1 or left[0] != window:
        log.info("an unfinished run is taken up", extra={"left": [str(piece) for piece in left]})
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="fetch") as fetcher:
        fetch = _Fetch(collecting, warehouse, options, now, portions, fetcher)
        try:
            fetch.begin()
            while staged := fetch.next():
                with closing(staged.part):
                    _publish(collecting, warehouse, staged)
        except UnavailableError as error:
            raise _with_rest(error, fetch) from error
        finally:
            fetch.give_up()


class _Fetch:
    """Stages one portion ahead of the publishing, in a thread of its own."""

    def __init__(
        self,
        collecting: Collecting,
        warehouse: Warehouse,
        options: Options,
        now: datetime,
        portions: Portions,
        fetcher: ThreadPoolExecutor,
    ) -> None:
        self._collecting = collecting
        self._warehouse = warehouse
        self._options = options
        self._now = now
        self._portions = portions
        self._fetcher = fetcher
        self._number = 0
        self._ahead: tuple[Days, Part, Future[Staged]] | None = None

    def begin(self) -> None:
        """Begin to fetch the next portion, if there is one."""
        days = self._portions.next()
        if days is None:
            return
        self._number += 1
        part = self._warehouse.part(self._collecting.run.run_id, self._number)
        reading = self._reading(days)
        self._ahead = days, part, self._fetcher.submit(self._collecting.stage, reading, self._number, part)

    def next(self) -> Staged | None:
        """The portion that was fetched, while the next one is begun; None at the end. Raises what the fetching did."""
        while self._ahead:
            days, part, future = self._ahead
            try:
                staged = future.result()
            except TooManyLines as error:
                self._portions.take_back(days, error.lines)
                part.close()
                self._ahead = None
                self.begin()
                continue
            self._portions.learn(days, staged.lines)
            self._ahead = None
            self.begin()
            return staged
        return None

    def give_up(self) -> None:
        """Stop what is under way and drop what is staged."""
        if self._ahead:
            self._collecting.mixpanel.cancel()
            _, part, future = self._ahead
            wait([future])
            part.close()
            self._ahead = None

    def rest(self) -> list[Days]:
        """The days that are not published, from the one under way on."""
        return [*([self._ahead[0]] if self._ahead else []), *self._portions.left]

    def _reading(self, days: Days) -> Reading:
        window = self._collecting.run.window
        whole = days.window(self._options.zone)
        covers = Window(max(whole.start, window.start), min(whole.end, window.end, self._now))
        return Reading(days, covers, window, most_lines=TOO_MANY_LINES if len(days) > 1 else None)


def _publish(collecting: Collecting, warehouse: Warehouse, staged: Staged) -> None:
    collecting.publish(staged)
    figures = runs.part_figures(warehouse, collecting.run, staged.number)
    for name in _COUNTS:
        collecting.run.figures[name] = collecting.run.figures.get(name, 0) + figures[name]
    log.info(
        "%s: %s events", staged.reading.covers, f"{figures['received']:,}", extra={"part": staged.number, **figures}
    )


def _with_rest(error: UnavailableError, fetch: _Fetch) -> UnavailableError:
    days = ", ".join(f"{piece.first} to {piece.last}" for piece in fetch.rest())
    return type(error)(
        f"{error} Not published yet: {days}; the same call within 24 hours goes on there.",
        retry_after_seconds=error.retry_after_seconds,
    )


def _lines_per_day(warehouse: Warehouse, window: Window) -> float | None:
    (row,) = warehouse.rows(DAY_RATE, window_start=window.start, window_end=window.end)
    return None if row["events"] is None else float(row["events"])
