"""A window of event time, read again part by part: each is fetched while the one before is published."""

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing
from datetime import timedelta

from mixpanel_data import runs
from mixpanel_data.base.errors import UnavailableError
from mixpanel_data.base.window import Window
from mixpanel_data.collect.part import Collection, Reading, Staged, TooManyLinesError
from mixpanel_data.collect.plan import TOO_MANY_LINES, Days, Portions, days_of, left_of
from mixpanel_data.collect.request import Options
from mixpanel_data.collect.statements import DAY_RATE
from mixpanel_data.warehouse.base import Staging, Warehouse

log = logging.getLogger(__name__)

_INSTANT = timedelta(microseconds=1)


def collect(collection: Collection, options: Options) -> None:
    """Bring the run's window; what an unfinished run like this one has published is not done again."""
    window = collection.run.window
    published = runs.published(collection.warehouse, collection.run)
    portions = left_portions(window, published, options)
    if published:
        log.info("an unfinished run is taken up; left: %s", _listed(portions.left) or "nothing")
    portions.lines_per_day = _lines_per_day(collection.warehouse, window)

    def reading_of(days: Days) -> Reading:
        return Reading(days, covered(days, collection.run, window, options), window, most_lines=most_lines(days))

    publish(collection, portions, reading_of, first_number=1)


def publish(
    collection: Collection, portions: Portions, reading_of: Callable[[Days], Reading], *, first_number: int
) -> None:
    """Read and publish portion by portion, as parts that are numbered on from the first.

    Raises what the client and the warehouse raise; an error that may pass tells the days that are left.
    """
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="fetch") as fetcher:
        ahead = _Ahead(collection, portions, reading_of, first_number, fetcher)
        try:
            ahead.begin()
            while staged := ahead.next():
                with closing(staged.part):
                    collection.publish(staged)
        except UnavailableError as error:
            raise _with_rest(error, ahead) from error
        finally:
            ahead.give_up()


def left_portions(window: Window, published: list[Window], options: Options) -> Portions:
    """What is left of a window of which an unfinished run has published some, as it would have gone on."""
    portions = Portions([days_of(piece, options.zone) for piece in left_of(window, published)])
    for done in published:
        portions.grow(len(days_of(done, options.zone)))
    return portions


def covered(days: Days, run: runs.Run, window: Window, options: Options) -> Window:
    """The event time that a reading of these days stands for: their part of the window."""
    whole = days.window(options.zone)
    start = max(whole.start, window.start)
    # Today's events go on coming: the part stands for those until now, and at midnight for none yet.
    return Window(start, max(min(whole.end, window.end, run.started_at), start + _INSTANT))


def most_lines(days: Days) -> int | None:
    """At how many lines a reading is given up for one of fewer days; a day cannot be divided."""
    return TOO_MANY_LINES if len(days) > 1 else None


class _Ahead:
    """The portion that is fetched and staged, in a thread of its own, while another is published."""

    def __init__(
        self,
        collection: Collection,
        portions: Portions,
        reading_of: Callable[[Days], Reading],
        first_number: int,
        fetcher: ThreadPoolExecutor,
    ) -> None:
        self._collection = collection
        self._portions = portions
        self._reading_of = reading_of
        self._fetcher = fetcher
        self._number = first_number - 1
        self._unpublished: list[Days] = []
        self._under_way: tuple[Days, Staging, Future[Staged]] | None = None

    def begin(self) -> None:
        """Begin to fetch the next portion, if there is one."""
        days = self._portions.next()
        if days is None:
            return
        self._number += 1
        part = self._collection.warehouse.staging(self._collection.run.run_id, self._number)
        future = self._fetcher.submit(self._collection.stage, self._reading_of(days), self._number, part)
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


def _lines_per_day(warehouse: Warehouse, window: Window) -> float | None:
    (row,) = warehouse.rows(DAY_RATE, window_start=window.start, window_end=window.end)
    return None if row["events"] is None else float(row["events"])


def _with_rest(error: UnavailableError, ahead: _Ahead) -> UnavailableError:
    return type(error)(
        f"{error} Not published yet: {_listed(ahead.rest())}; the same call within 24 hours goes on there.",
        retry_after_seconds=error.retry_after_seconds,
    )


def _listed(pieces: list[Days]) -> str:
    return ", ".join(f"{days.first} to {days.last}" for days in pieces)
