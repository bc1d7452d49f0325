"""A window of event time, read again portion by portion: each is fetched while the one before is published."""

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing
from datetime import timedelta

from mixpanel_data import runs
from mixpanel_data.base.errors import RateLimitError, UnavailableError
from mixpanel_data.base.window import Window
from mixpanel_data.collect.collection import Collection, PartReading
from mixpanel_data.collect.comparing.days import whole_days
from mixpanel_data.collect.earlier import History
from mixpanel_data.collect.plan import TOO_MANY_LINES, Days, Portions, days_of, left_of, portions_of
from mixpanel_data.collect.request import Options
from mixpanel_data.exports.reading import Staged, TooManyLinesError
from mixpanel_data.warehouse.base import Staging

log = logging.getLogger(__name__)

_INSTANT = timedelta(microseconds=1)


def collect(collection: Collection, options: Options, history: History) -> None:
    """Bring the run's window, without the parts that an unfinished run over the same request has published."""
    run = collection.run
    published = history.published_windows(run.request)
    portions = left_portions(run.window, published, options)
    if published:
        log.info("taking over from an unfinished run; left: %s", _listed(portions.left) or "nothing")
    portions.lines_per_day = history.events_a_day

    def reading_of(days: Days) -> PartReading:
        return PartReading(
            days,
            covers=covered(days, run, run.window, options),
            known=whole_days(days.window(options.zone)),
            window=run.window,
            most_lines=most_lines(days),
        )

    publish(collection, portions, reading_of)


def publish(collection: Collection, portions: Portions, reading_of: Callable[[Days], PartReading]) -> None:
    """Read and publish portion by portion.

    Raises what the client and the warehouse raise; an error that may pass names the days that are left.
    """
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="fetch") as fetcher:
        ahead = _Ahead(collection, portions, reading_of, fetcher)
        total = sum(len(days) for days in portions.left)
        try:
            ahead.fetch()
            while staged := ahead.next():
                with closing(staged.staging):
                    collection.publish(staged, total - sum(len(days) for days in ahead.rest_behind), total)
        except UnavailableError as error:
            raise _with_rest(error, ahead) from error
        finally:
            ahead.give_up()


def left_portions(window: Window, published: list[Window], options: Options) -> Portions:
    """The rest of a window after an unfinished run, in portions of the size that the run had reached."""
    portions = portions_of([days_of(piece, options.zone) for piece in left_of(window, published)])
    for done in published:
        portions.grow(len(days_of(done, options.zone)))
    return portions


def covered(days: Days, run: runs.Run, window: Window, options: Options) -> Window:
    """The event time that a reading of these days stands for: their share of the window."""
    whole = days.window(options.zone)
    start = max(whole.start, window.start)
    # Today's events keep coming: the part stands for those up to now, and at midnight for none yet.
    return Window(start, max(min(whole.end, window.end, run.started_at), start + _INSTANT))


def most_lines(days: Days) -> int | None:
    """The number of lines above which a reading is given up for a shorter one; None for a day, which is the least."""
    return TOO_MANY_LINES if len(days) > 1 else None


class _Ahead:
    """The portion that another thread fetches and stages while this one publishes the portion before."""

    def __init__(
        self,
        collection: Collection,
        portions: Portions,
        reading_of: Callable[[Days], PartReading],
        fetcher: ThreadPoolExecutor,
    ) -> None:
        self._collection = collection
        self._portions = portions
        self._reading_of = reading_of
        self._fetcher = fetcher
        self._unpublished: list[Days] = []
        self._under_way: tuple[Days, Staging, Future[Staged[PartReading]]] | None = None

    def fetch(self) -> None:
        """Start fetching the next portion, if there is one."""
        days = self._portions.next()
        if days is None:
            return
        staging = self._collection.staging()
        future = self._fetcher.submit(self._collection.stage, self._reading_of(days), staging)
        self._under_way = days, staging, future

    def next(self) -> Staged[PartReading] | None:
        """The portion that was fetched, while the next is on its way; None at the end. Raises what fetching raised."""
        self._unpublished = []
        while self._under_way:
            days, staging, future = self._under_way
            try:
                staged = future.result()
            except TooManyLinesError as error:
                self._portions.take_back(days, error.lines)
                self._under_way = None
                staging.close()
            else:
                self._portions.learn(days, staged.lines)
                self._unpublished = [days]
                self._under_way = None
            self.fetch()
            if self._unpublished:
                return staged
        return None

    def give_up(self) -> None:
        """Stop the fetch under way and drop what it staged."""
        if self._under_way:
            self._collection.reader.mixpanel.cancel()
            _, staging, future = self._under_way
            wait([future])
            staging.close()
            self._under_way = None

    @property
    def rest_behind(self) -> list[Days]:
        """The days behind those that `next` returned last, in order."""
        under_way = [self._under_way[0]] if self._under_way else []
        return [*under_way, *self._portions.left]

    def rest(self) -> list[Days]:
        """The days not published yet, in order."""
        return [*self._unpublished, *self.rest_behind]


def _with_rest(error: UnavailableError, ahead: _Ahead) -> UnavailableError:
    text = f"{error} Not published yet: {_listed(ahead.rest())}. Repeat the call within 24 hours to continue."
    if isinstance(error, RateLimitError):
        return RateLimitError(text, retry_after_seconds=error.retry_after_seconds, retry_at=error.retry_at)
    return type(error)(text, retry_after_seconds=error.retry_after_seconds)


def _listed(portions: list[Days]) -> str:
    return ", ".join(f"{days.first} to {days.last}" for days in portions)
