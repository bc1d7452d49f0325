"""What arrived since the last run, whatever its event time: one call and one part, as long as that is not too much."""

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
from mixpanel_data.collect.part import Collection, Reading, Staged, TooManyLinesError
from mixpanel_data.collect.plan import Days, Portions, days_of
from mixpanel_data.collect.request import Options
from mixpanel_data.collect.statements import EARLIER_RUNS, WATERMARK
from mixpanel_data.warehouse.base import Staging, Warehouse

log = logging.getLogger(__name__)

_ALL_TIME = Window(datetime(1960, 1, 1, tzinfo=UTC), datetime(2160, 1, 1, tzinfo=UTC))
_FIRST_RUN = timedelta(days=1)
_NARROWER_LOOKBACKS = (30, 7)
_WITHOUT_WHERE_DAYS = 7
# Mixpanel's 400 does not tell what it dislikes, and a heavy scan times out: a narrower question is tried soon.
_ATTEMPTS_BEFORE_NARROWING = 2
_REMEMBERED_FOR = timedelta(hours=24)


def begin_ms(warehouse: Warehouse, job: str, options: Options, now: datetime) -> int:
    """From when on what Mixpanel stored is wanted, in milliseconds since 1970 UTC.

    That is the last watermark less the overlap; before there is one, what the first run wanted: the day before it.
    """
    (row,) = warehouse.rows(WATERMARK, job=job)
    if row["arrived_until_ms"] is not None:
        return int(row["arrived_until_ms"]) - int(options.overlap.total_seconds() * 1000)
    return _milliseconds(now - _FIRST_RUN) if row["first_from_ms"] is None else int(row["first_from_ms"])


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked: the events of this window that arrived from then on, by an expression or (None) chosen in SQL.

    `until_ms` is the watermark that an answer read to its end leaves; 0: none.
    """

    run: runs.Run
    options: Options
    window: Window
    from_ms: int
    until_ms: int
    where: str | None

    def days(self) -> Days:
        """The days of the window."""
        return days_of(self.window, self.options.zone)

    def whole(self) -> Portions:
        """All of its days at once."""
        return Portions([self.days()], most_days=len(self.days()))

    def reading(self, days: Days) -> Reading:
        """The reading of some of the days; the last of them leaves the watermark, for the others are published then."""
        return Reading(
            days=days,
            covers=window.covered(days, self.run, self.window, self.options),
            window=_ALL_TIME,
            arrived_from_ms=self.from_ms,
            arrived_until_ms=self.until_ms if days.last == self.days().last else 0,
            where=self.where,
            most_lines=window.most_lines(days),
        )


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question and the portions of its days that are left to read."""

    question: _Question
    portions: Portions

    def stage(self, collection: Collection, part: Staging, attempts: int) -> Staged | None:
        """Stage the first portion; None if there is none, or if it is too much and has to be read in smaller ones."""
        days = self.portions.next()
        if days is None:
            return None
        try:
            staged = collection.stage(self.question.reading(days), 1, part, attempts)
        except TooManyLinesError as error:
            self.portions.take_back(days, error.lines)
            return None
        self.portions.learn(days, staged.lines)
        return staged


def collect(collection: Collection, options: Options, from_ms: int) -> None:
    """Bring what Mixpanel stored from then on; a reading of all enabled events leaves a watermark for the next.

    A narrower question is asked where a wide one is refused or takes Mixpanel too long; the nightly readings bring what
    lies outside of it. What is too much for one part is read by days. So is what an unfinished run like this one has
    left, since that may have ended because it was too much.
    """
    run, warehouse = collection.run, collection.warehouse
    since = run.started_at - _REMEMBERED_FOR
    (earlier,) = warehouse.rows(EARLIER_RUNS, job=run.job, run_id=run.run_id, request=run.request, since=since)
    done = runs.published(warehouse, run)
    # What is taken up lacks what arrived after it was read.
    read_until = earlier["begun_at"] if done and earlier["begun_at"] else run.started_at
    until_ms = _milliseconds(read_until) if run.has_read_all else 0
    questions = _questions(run, options, from_ms, until_ms)
    asked = [
        _Asked(each, window.left_portions(each.window, done, options) if earlier["begun_at"] else each.whole())
        for each in questions
    ]
    with closing(warehouse.staging(run.run_id, 1)) as part:
        answered, staged = _first_answer(collection, asked, min(earlier["narrowed"], len(asked) - 1), part)
        if staged:
            collection.publish(staged)
    window.publish(collection, answered.portions, answered.question.reading, first_number=2)


def _questions(run: runs.Run, options: Options, from_ms: int, until_ms: int) -> list[_Question]:
    """The widest first; the last does without an expression and leaves the choice to SQL.

    None begins after the moment from which on all is wanted: mostly, what arrives has happened lately.
    """
    where = f'number(properties["mp_processing_time_ms"]) >= {from_ms}'
    lookbacks = [options.lookback_days, *(days for days in _NARROWER_LOOKBACKS if days < options.lookback_days)]
    kinds = [*((days, where) for days in lookbacks), (min(_WITHOUT_WHERE_DAYS, options.lookback_days), None)]
    return [
        _Question(run, options, _back(run.window.end, days, from_ms), from_ms, until_ms, expression)
        for days, expression in kinds
    ]


def _back(end: datetime, days: int, from_ms: int) -> Window:
    return Window(min(end - timedelta(days=days), datetime.fromtimestamp(from_ms / 1000, UTC)), end)


def _first_answer(
    collection: Collection, asked: Sequence[_Asked], first: int, part: Staging
) -> tuple[_Asked, Staged | None]:
    """The widest question from the first on that Mixpanel answers, and what is staged of it; None: nothing yet.

    What was refused is not asked again for a day. What the warehouse refuses, a narrower question would not mend.
    """
    is_refused = False
    for position, each in enumerate(asked[first:], first):
        try:
            staged = each.stage(collection, part, ATTEMPTS if each is asked[-1] else _ATTEMPTS_BEFORE_NARROWING)
        except (PlanError, RateLimitError, DeadlineError, WarehouseRefusedError, WarehouseUnavailableError):
            raise
        except (QueryError, UnavailableError) as error:
            if each is asked[-1]:
                raise
            is_refused = isinstance(error, QueryError)
            log.warning("a narrower question is asked: %s", error, extra={"days": len(each.question.days())})
        else:
            if is_refused:
                collection.run.figures["narrowed"] = position
            return each, staged
    raise AssertionError("the last question was answered, or raised")


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
