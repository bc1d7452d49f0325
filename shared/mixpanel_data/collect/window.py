"""A window of event time, read again part by part: each is fetched while the one before is published."""

import logging
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing
from datetime import timedelta

from mixpanel_data import runs
from mixpanel_data.collect.part import Collection, Reading, Staged, TooManyLinesError
from mixpanel_data.collect.plan import TOO_MANY_LINES, Days, Portions, days_of, left_of
from mixpanel_data.collect.request import Options
from mixpanel_data.collect.statements import DAY_RATE
from mixpanel_data.errors import UnavailableError
from mixpanel_data.types import Window
from mixpanel_data.warehouse.base import Part, Warehouse

log = logging.getLogger(__name__)

_INSTANT = timedelta(microseconds=1)


def collect(collection: Collection, options: Options) -> None:
    """Bring the run's window; what an unfinished run like this one has published is not done again.

    Raises what the client and the warehouse raise; an error that may pass tells the days that are left.
    """
    window = collection.run.window
    left = left_of(window, runs.published(collection.warehouse, collection.run))
    if left != [window]:
        log.info("an unfinished run is taken up; left: %s", ", ".join(map(str, left)) or "nothing")
    lines_per_day = _lines_per_day(collection.warehouse, window)
    portions = Portions([days_of(piece, options.zone) for piece in left], lines_per_day)
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="fetch") as fetcher:
        ahead = _Ahead(collection, options, portions, fetcher)
        try:
            ahead.begin()
            while staged := ahead.next():
                with closing(staged.part):
                    collection.publish(staged)
        except UnavailableError as error:
            raise _with_rest(error, ahead) from error
        finally:
            ahead.give_up()


class _Ahead:
    """The portion that is fetched and staged, in a thread of its own, while another is published."""

    def __init__(
        self, collection: Collection, options: Options, portions: Portions, fetcher: ThreadPoolExecutor
    ) -> None:
        self._collection = collection
        self._options = options
        self._portions = portions
        self._fetcher = fetcher
        self._number = 0
        self._unpublished: list[Days] = []
        self._under_way: tuple[Days, Part, Future[Staged]] | None = None

    def begin(self) -> None:
        """Begin to fetch the next portion, if there is one."""
        days = self._portions.next()
        if days is None:
            return
        self._number += 1
        part = self._collection.warehouse.part(self._collection.run.run_id, self._number)
        future = self._fetcher.submit(self._collection.stage, self._reading(days), self._number, part)
        self._under_way = days, part, future

    def next(self) -> Staged | None:
        """The portion that was fetched, while the next one is begun; None at the end. Raises what the fetching did."""
        self._unpublished = []
        while self._under_way:
            days, part, future = self._under_way
            try:
                staged = future.result()
            except TooManyLinesError as error:
                self._portions.take_back(days, error.lines)
                self._under_way = None
                part.close()
            else:
                self._portions.learn(days, staged.lines)
                self._unpublished = [days]
                self._under_way = None
            self.begin()
            if self._unpublished:
                return staged
        return None

    def give_up(self) -> None:
        """Stop what is under way and drop what is staged for it."""
        if self._under_way:
            self._collection.mixpanel.cancel()
            _, part, future = self._under_way
            wait([future])
            part.close()
            self._under_way = None

    def rest(self) -> list[Days]:
        """The days that are not published, in order."""
        under_way = [self._under_way[0]] if self._under_way else []
        return [*self._unpublished, *under_way, *self._portions.left]

    def _reading(self, days: Days) -> Reading:
        run = self._collection.run
        whole = days.window(self._options.zone)
        start = max(whole.start, run.window.start)
        # Today's events go on coming: the part stands for those until now, and at midnight for none yet.
        end = max(min(whole.end, run.window.end, run.started_at), start + _INSTANT)
        covers = Window(start, end)
        return Reading(days, covers, run.window, most_lines=TOO_MANY_LINES if len(days) > 1 else None)


def _lines_per_day(warehouse: Warehouse, window: Window) -> float | None:
    (row,) = warehouse.rows(DAY_RATE, window_start=window.start, window_end=window.end)
    return None if row["events"] is None else float(row["events"])


def _with_rest(error: UnavailableError, ahead: _Ahead) -> UnavailableError:
    days = ", ".join(f"{piece.first} to {piece.last}" for piece in ahead.rest())
    return type(error)(
        f"{error} Not published yet: {days}; the same call within 24 hours goes on there.",
        retry_after_seconds=error.retry_after_seconds,
    )
