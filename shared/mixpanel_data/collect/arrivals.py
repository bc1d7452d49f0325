"""Collects what Mixpanel stored since the last run, however old the events: one call and one part, unless too large."""

import logging
from collections.abc import Sequence
from contextlib import closing

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
from mixpanel_data.clients.mixpanel import is_later_than_today
from mixpanel_data.clients.retries import ATTEMPTS
from mixpanel_data.collect import window
from mixpanel_data.collect.collection import Collection, PartReading
from mixpanel_data.collect.earlier import History, Progress
from mixpanel_data.collect.request import Options
from mixpanel_data.collect.scopes import Attempt, scopes, scopes_of_new_days
from mixpanel_data.exports.reading import Staged
from mixpanel_data.warehouse.base import Staging

log = logging.getLogger(__name__)

# Mixpanel's 400 does not say what it dislikes, and a heavy scan times out, so a narrower query gets its turn early.
_ATTEMPTS_BEFORE_NARROWING = 2
_NOT_ABOUT_THE_QUESTION = (PlanError, RateLimitError, DeadlineError, WarehouseRefusedError, WarehouseUnavailableError)


def collect(collection: Collection, options: Options, history: History, known: Progress) -> None:
    """Bring what earlier runs have left; a run over all enabled events leaves a watermark for the next.

    1. Ask for the days that no run could ask for yet, where devices whose clocks are ahead have dated events.
    2. Ask for the whole lookback, with the short overlap for the last two days. If Mixpanel refuses a wide scope twice
       or takes too long over it, try a narrower one. For an hour the next runs start there; then the wide scope is
       asked again, from where the last one as wide ended.
    3. Read a scope that is too much for one part by days, and so what an unfinished run over the same request left,
       because that run may have ended for being too large.
    """
    run = collection.run
    _read_new_days(collection, [Attempt(scope, scope.whole()) for scope in scopes_of_new_days(run, options, known)])
    attempts = _attempts(run, options, history, known)
    narrow = [attempt for attempt in attempts if attempt.scope.narrowed >= history.narrowed]
    answered = _read(collection, narrow or attempts[-1:])
    if answered is not None:
        run.window = answered.scope.window


def _read_new_days(collection: Collection, attempts: Sequence[Attempt]) -> None:
    if not attempts:
        return
    try:
        _read(collection, attempts)
    except _NOT_ABOUT_THE_QUESTION:
        raise
    except QueryError as error:
        # Few events: the arrivals must not wait for them, and the nightly re-read brings them.
        log.warning("events dated before their day began are left to the re-read of the last days: %s", error)


def _attempts(run: runs.Run, options: Options, history: History, known: Progress) -> list[Attempt]:
    """The scopes, widest first, each with the portions that an unfinished run over the same request has left of it."""
    published = history.published_windows(run.request)
    unfinished_since = history.unfinished_since(run.request)
    # What the unfinished run published lacks the events that arrived after it read.
    read_until = unfinished_since if published and unfinished_since else run.started_at
    watermark = read_until if run.has_read_all else None
    return [
        Attempt(scope, window.left_portions(scope.window, published, options) if unfinished_since else scope.whole())
        for scope in scopes(run, options, known, watermark)
    ]


def _read(collection: Collection, attempts: Sequence[Attempt]) -> Attempt | None:
    """Publish the first attempt that Mixpanel answers, and return it; None if no day of them has begun at Mixpanel."""
    with closing(collection.staging()) as staging:
        answered, staged = _first_answer(collection, attempts, staging)
        if staged:
            collection.publish(staged)
    if answered is not None:
        window.publish(collection, answered.portions, answered.scope.reading)
    return answered


def _first_answer(
    collection: Collection, attempts: Sequence[Attempt], staging: Staging
) -> tuple[Attempt | None, Staged[PartReading] | None]:
    """The first attempt that Mixpanel answers, and what is staged of it; None: nothing yet.

    The run remembers that wider scopes were refused. A refusal that is not about the question is raised: a narrower
    scope cannot help.
    """
    is_refused = False
    for attempt in attempts:
        is_last = attempt is attempts[-1]
        tries = ATTEMPTS if is_last else _ATTEMPTS_BEFORE_NARROWING
        try:
            # A refusal that was repeated need not be repeated for the narrower scopes: calls are scarce.
            if attempt is attempts[0]:
                answer = _answer(collection, attempt, staging, tries)
            else:
                answer = attempt, attempt.stage(collection, staging, tries)
        except _NOT_ABOUT_THE_QUESTION:
            raise
        except (QueryError, UnavailableError) as error:
            if is_last:
                raise
            is_refused = isinstance(error, QueryError)
            log.warning("trying a narrower scope: %s", error, extra={"days": len(attempt.scope.days())})
        else:
            if is_refused:
                collection.run.narrowed = attempt.scope.narrowed
            return answer
    raise AssertionError("the last attempt was answered, or raised")


def _answer(
    collection: Collection, attempt: Attempt, staging: Staging, attempts: int
) -> tuple[Attempt | None, Staged[PartReading] | None]:
    """An attempt, asked again if Mixpanel refuses it once: a refusal can pass by itself, as some do at midnight.

    If its last day has not begun at Mixpanel, whose clock and zone decide, it ends a day earlier.
    """
    try:
        return attempt, attempt.stage(collection, staging, attempts)
    except _NOT_ABOUT_THE_QUESTION:
        raise
    except QueryError as error:
        log.warning("asking again what Mixpanel refused: %s", error, extra={"days": len(attempt.scope.days())})
    try:
        return attempt, attempt.stage(collection, staging, attempts)
    except QueryError as error:
        if not is_later_than_today(error):
            raise
    shorter = attempt.without_last_day()
    return shorter, None if shorter is None else shorter.stage(collection, staging, attempts)
