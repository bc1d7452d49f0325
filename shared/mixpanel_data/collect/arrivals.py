"""Collects what Mixpanel stored since the last run, however old the events: one call and one part, unless too large."""

import logging
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from mixpanel_data import runs
from mixpanel_data.base.errors import (
    DeadlineError,
    PlanError,
    QueryError,
    RateLimitError,
    UnavailableError,
    WarehouseRefusedError,
    WarehouseUnavailableError,
)
from mixpanel_data.base.window import Window
from mixpanel_data.clients.retries import ATTEMPTS
from mixpanel_data.collect import window
from mixpanel_data.collect.collection import Collection, PartReading
from mixpanel_data.collect.plan import Days, Portions, days_of, portions_of
from mixpanel_data.collect.request import Options
from mixpanel_data.collect.statements import EARLIER_RUNS, WATERMARK
from mixpanel_data.exports.reading import ALL_TIME, Staged, TooManyLinesError
from mixpanel_data.warehouse.base import Row, Staging, Warehouse

log = logging.getLogger(__name__)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_RUN = timedelta(days=1)
_NARROWER_LOOKBACKS = (30, 7)
_WITHOUT_WHERE_DAYS = 7
# Mixpanel's 400 does not say what it dislikes, and a heavy scan times out, so a narrower query gets its turn early.
_ATTEMPTS_BEFORE_NARROWING = 2
_REMEMBERED_FOR = timedelta(hours=24)


def start_ms(warehouse: Warehouse, job: str, options: Options, now: datetime) -> int:
    """When Mixpanel stored the first events that this run has to read, in milliseconds since 1970 UTC.

    That is the last watermark less the overlap. Before the first watermark it is where the first run started, a day
    before it ran.
    """
    known = _watermark(warehouse, job)
    if known["watermark"] is not None:
        return to_milliseconds(known["watermark"]) - int(options.overlap.total_seconds() * 1000)
    return to_milliseconds(known["watermark_from"] or now - _FIRST_RUN)


def to_milliseconds(instant: datetime) -> int:
    """Milliseconds since 1970 UTC, rounded down."""
    return (instant - _EPOCH) // timedelta(milliseconds=1)


def from_milliseconds(milliseconds: int) -> datetime:
    """The instant so many milliseconds after 1970, UTC."""
    return _EPOCH + timedelta(milliseconds=milliseconds)


@dataclass(frozen=True, slots=True)
class _Scope:
    """One way to ask for the arrivals: a window of event time, filtered by an expression or (None) in SQL alone.

    `watermark` is what a reading of the whole scope leaves for the next run; None: nothing.
    """

    run: runs.Run
    options: Options
    window: Window
    from_ms: int
    watermark: datetime | None
    where: str | None

    def days(self) -> Days:
        """The days of the window."""
        return days_of(self.window, self.options.zone)

    def whole(self) -> Portions:
        """All days of the window as one portion."""
        portions = portions_of([self.days()])
        portions.most_days = len(self.days())
        return portions

    def reading(self, days: Days) -> PartReading:
        """The reading of some of the days. Only the last leaves the watermark, because it is published last."""
        return PartReading(
            days=days,
            covers=window.covered(days, self.run, self.window, self.options),
            window=ALL_TIME,
            arrived_from_ms=self.from_ms,
            watermark=self.watermark if days.last == self.days().last else None,
            where=self.where,
            most_lines=window.most_lines(days),
        )


@dataclass(frozen=True, slots=True)
class _Attempt:
    """A scope, and the portions of its days that are left to read."""

    scope: _Scope
    portions: Portions

    def stage(self, collection: Collection, staging: Staging, attempts: int) -> Staged[PartReading] | None:
        """Stage the first portion; None if there is none, or if it is too large and has to be read in smaller ones."""
        days = self.portions.next()
        if days is None:
            return None
        try:
            staged = collection.stage(self.scope.reading(days), staging, attempts)
        except TooManyLinesError as error:
            self.portions.take_back(days, error.lines)
            return None
        self.portions.learn(days, staged.lines)
        return staged


def collect(collection: Collection, options: Options, from_ms: int) -> None:
    """Bring what Mixpanel stored from that time on; a run over all enabled events leaves a watermark for the next.

    1. If Mixpanel refuses a wide scope or takes too long over it, try a narrower one; the nightly re-reads bring the
       events outside of it.
    2. Read a scope that is too much for one part by days, and so what an unfinished run over the same request left,
       because that run may have ended for being too large.
    """
    run = collection.run
    earlier = _earlier_runs(run)
    published = runs.published_windows(run)
    # What the unfinished run published lacks the events that arrived after it read.
    read_until = earlier["started_at"] if published and earlier["started_at"] else run.started_at
    watermark = read_until if run.has_read_all else None
    attempts = [
        _Attempt(
            scope, window.left_portions(scope.window, published, options) if earlier["started_at"] else scope.whole()
        )
        for scope in _scopes(run, options, from_ms, watermark)
    ]
    with closing(run.warehouse.staging(run.run_id, 1)) as staging:
        answered, staged = _first_answer(collection, attempts, min(earlier["narrowed"], len(attempts) - 1), staging)
        if staged:
            collection.publish(staged)
    window.publish(collection, answered.portions, answered.scope.reading, first_number=2)


def _watermark(warehouse: Warehouse, job: str) -> Row:
    (row,) = warehouse.rows(WATERMARK, job=job)
    return row


def _earlier_runs(run: runs.Run) -> Row:
    since = run.started_at - _REMEMBERED_FOR
    (row,) = run.warehouse.rows(EARLIER_RUNS, job=run.job, run_id=run.run_id, request=run.request, since=since)
    return row


def _scopes(run: runs.Run, options: Options, from_ms: int, watermark: datetime | None) -> list[_Scope]:
    """The scopes to try, widest first; the last does without an expression and leaves the filtering to SQL.

    Every window starts no later than the arrivals: most events arrive soon after they happen.
    """
    where = f'number(properties["mp_processing_time_ms"]) >= {from_ms}'
    lookbacks = [options.lookback_days, *(days for days in _NARROWER_LOOKBACKS if days < options.lookback_days)]
    kinds = [*((days, where) for days in lookbacks), (min(_WITHOUT_WHERE_DAYS, options.lookback_days), None)]
    return [
        _Scope(run, options, _back(run.window.end, days, from_ms), from_ms, watermark, expression)
        for days, expression in kinds
    ]


def _back(end: datetime, days: int, from_ms: int) -> Window:
    return Window(min(end - timedelta(days=days), from_milliseconds(from_ms)), end)


def _first_answer(
    collection: Collection, attempts: Sequence[_Attempt], first: int, staging: Staging
) -> tuple[_Attempt, Staged[PartReading] | None]:
    """The widest scope from the first on that Mixpanel answers, and what is staged of it; None: nothing yet.

    The run remembers a refused scope for a day. A refusal by the warehouse is raised: a narrower scope cannot help.
    """
    is_refused = False
    for position, attempt in enumerate(attempts[first:], first):
        is_last = attempt is attempts[-1]
        try:
            staged = attempt.stage(collection, staging, ATTEMPTS if is_last else _ATTEMPTS_BEFORE_NARROWING)
        except (PlanError, RateLimitError, DeadlineError, WarehouseRefusedError, WarehouseUnavailableError):
            raise
        except (QueryError, UnavailableError) as error:
            if is_last:
                raise
            is_refused = isinstance(error, QueryError)
            log.warning("trying a narrower scope: %s", error, extra={"days": len(attempt.scope.days())})
        else:
            if is_refused:
                collection.run.narrowed = position
            return attempt, staged
    raise AssertionError("the last scope was answered, or raised")
