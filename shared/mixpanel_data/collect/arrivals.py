"""What arrived since the last run, whatever its event time: one call, one part."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta

from mixpanel_data.collect.part import Collection, Reading, Staged
from mixpanel_data.collect.plan import days_of
from mixpanel_data.collect.request import Options
from mixpanel_data.collect.statements import WATERMARK
from mixpanel_data.errors import DeadlineError, PlanError, QueryError, RateLimitError, UnavailableError
from mixpanel_data.types import Window
from mixpanel_data.warehouse.base import Part

log = logging.getLogger(__name__)

_ALL_TIME = Window(datetime(1960, 1, 1, tzinfo=UTC), datetime(2160, 1, 1, tzinfo=UTC))
_FIRST_RUN = timedelta(days=1)
_NARROWER_LOOKBACKS = (30, 7)
_WITHOUT_WHERE_DAYS = 7
# Mixpanel's 400 does not tell what it dislikes, and a heavy scan times out: a narrower question is tried soon.
_ATTEMPTS_BEFORE_NARROWING = 2


def collect(collection: Collection, options: Options, *, is_of_all_events: bool) -> None:
    """Bring what Mixpanel stored since the last run began; one of all enabled events leaves a watermark for the next.

    A narrower question is asked where a wide one is refused or takes Mixpanel too long; the nightly readings bring what
    lies outside of it.
    """
    run = collection.run
    (watermark,) = collection.warehouse.rows(WATERMARK, job=run.job)
    arrived_from_ms = _arrived_from_ms(watermark["arrived_until_ms"], options, run.started_at)
    # A reading of some events alone is no reading of what arrived.
    arrived_until_ms = _milliseconds(run.started_at) if is_of_all_events else 0
    readings = list(_readings(run.window, arrived_from_ms, arrived_until_ms, options, run.started_at))
    with closing(collection.warehouse.part(run.run_id, 1)) as part:
        collection.publish(_stage_widest(collection, readings, part))


def _arrived_from_ms(watermark_ms: int | None, options: Options, now: datetime) -> int:
    if watermark_ms is None:
        return _milliseconds(now - _FIRST_RUN)
    return watermark_ms - _milliseconds_of(options.overlap)


def _readings(
    window: Window, arrived_from_ms: int, arrived_until_ms: int, options: Options, now: datetime
) -> Iterator[Reading]:
    """The widest first; the last does without an expression and leaves the choice to SQL."""
    where = f'number(properties["mp_processing_time_ms"]) >= {arrived_from_ms}'
    narrower = [days for days in _NARROWER_LOOKBACKS if days < options.lookback_days]
    questions = [(days, where) for days in (options.lookback_days, *narrower)]
    for lookback_days, expression in [*questions, (min(_WITHOUT_WHERE_DAYS, options.lookback_days), None)]:
        start = window.end - timedelta(days=lookback_days)
        yield Reading(
            days=days_of(Window(start, window.end), options.zone),
            covers=Window(start, now),
            window=_ALL_TIME,
            arrived_from_ms=arrived_from_ms,
            arrived_until_ms=arrived_until_ms,
            where=expression,
        )


def _stage_widest(collection: Collection, readings: Sequence[Reading], part: Part) -> Staged:
    for reading in readings[:-1]:
        try:
            return collection.stage(reading, 1, part, _ATTEMPTS_BEFORE_NARROWING)
        except (PlanError, RateLimitError, DeadlineError):
            raise
        except (QueryError, UnavailableError) as error:
            log.warning("a narrower question is asked: %s", error, extra={"days": len(reading.days)})
    return collection.stage(readings[-1], 1, part)


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _milliseconds_of(span: timedelta) -> int:
    return int(span.total_seconds() * 1000)
