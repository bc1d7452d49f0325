"""The collector's request, its options from the settings, and its result."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo

from pydantic import model_validator

from mixpanel_data.base.choices import Reread
from mixpanel_data.base.errors import RequestError
from mixpanel_data.base.parameters import JobResult, Names, WindowRequest
from mixpanel_data.base.window import Window
from mixpanel_data.collect.plan import Days
from mixpanel_data.runs import UNKNOWN_ORIGIN, Origin

# Mixpanel takes events from 1971 on; one day more for zones ahead of UTC.
_FIRST_EVENTS = datetime(1970, 12, 31, tzinfo=UTC)
_RECENT_DAYS = 7


class Request(WindowRequest):
    """A window of event time `[from, to)`, or one that moves with the day; without either, what arrived since the last
    run. With `new_state`, a state of another project or events table is replaced first, where it is otherwise refused.
    """

    job: ClassVar[str] = "collector"

    reread: Reread | None = None
    events: Names | None = None
    new_state: bool = False

    @model_validator(mode="after")
    def _asks_one_thing(self) -> "Request":
        if self.start is not None and self.reread is not None:
            raise ValueError("reread is given together with from or to: give a window or reread")
        if self.start is not None and self.start < _FIRST_EVENTS:
            raise ValueError(f"from ({self.start.isoformat()}) is earlier than any event: give 1971 or later")
        return self

    @property
    def is_for_arrivals(self) -> bool:
        """True for a request without a window: it reads what arrived since the last run."""
        return self.start is None and self.reread is None


@dataclass(frozen=True, slots=True)
class Options:
    """The collector's settings. `zone` is the zone of the days and the wall clock that the project exports.

    `lookback_days` bounds how old an arriving event can be. Once an hour, a reading of arrivals reaches back `overlap`
    behind the last such one, over the whole lookback; the others reach back `short_overlap` behind the last one, over
    today and yesterday (None: all reach back `overlap`). `retention_days` is how far back Mixpanel keeps events, and
    `reread_days` within how many days the slices read all of it again (0: never). `calls_per_hour` bounds the export
    calls of all runs together (None: no limit of ours). `origin` is what the state of the dataset has to belong to.
    """

    zone: ZoneInfo
    lookback_days: int
    overlap: timedelta
    retention_days: int
    calls_per_hour: int | None
    short_overlap: timedelta | None = None
    reread_days: int = 30
    origin: Origin = UNKNOWN_ORIGIN


@dataclass(frozen=True, slots=True)
class Result(JobResult):
    """Lines of a run: received = inserted + updated + duplicates + rejected + filtered.

    `window` is the event time that the run asked Mixpanel for; `bytes` is the compressed size received.
    """

    window: Window
    received: int = 0
    inserted: int = 0
    updated: int = 0
    duplicates: int = 0
    rejected: int = 0
    filtered: int = 0
    bytes: int = 0

    @property
    def read_until(self) -> datetime:
        """The event time up to which the run asked Mixpanel, UTC; it can lie in the future."""
        return self.window.end


def requested_window(request: Request, options: Options, now: datetime) -> Window | None:
    """The event time that a request covers, up to the end of the project's current day at most; None: slices are off.

    Raises RequestError for a window in the future.
    """
    today = now.astimezone(options.zone).date()
    end_of_today = Days(today, today).window(options.zone).end
    if request.is_for_arrivals:
        return Window(end_of_today - timedelta(days=options.lookback_days), end_of_today)
    if request.reread is Reread.RECENT:
        return Days(today - timedelta(days=_RECENT_DAYS - 1), today).window(options.zone)
    if request.reread is Reread.SLICE:
        return _slice(today, options).window(options.zone) if options.reread_days else None
    assert request.start is not None  # noqa: S101 - the request was checked
    assert request.end is not None  # noqa: S101 - likewise
    if request.start >= now:
        raise RequestError(f"from ({request.start.isoformat()}) is in the future. Give an earlier time.")
    return Window(request.start, min(request.end, end_of_today))


def _slice(today: date, options: Options) -> Days:
    """Today's block of older days. Blocks lie on a fixed grid, so every day has its turn once in `reread_days`."""
    older_days, newest_day = options.retention_days - _RECENT_DAYS, today.toordinal() - _RECENT_DAYS
    if options.reread_days == 1:
        return Days(date.fromordinal(newest_day - max(older_days, 1) + 1), date.fromordinal(newest_day))
    # One block less than there are nights: the newest block is not whole yet.
    size = max(1, -(-older_days // (options.reread_days - 1)))
    newest_block = newest_day // size
    block = newest_block - (newest_block - today.toordinal()) % options.reread_days
    return Days(date.fromordinal(block * size), date.fromordinal(min(block * size + size - 1, newest_day)))
