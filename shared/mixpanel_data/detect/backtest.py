"""What the detector would have said: the own history judged by the same code, at a 5-minute pace, before a rule is on.

The collector is taken to have read everything by each run, so that what arrived late is judged as if it had not.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta

import numpy as np

from mixpanel_data.configuration.events import EventsConfig, EventSelection
from mixpanel_data.detect import history
from mixpanel_data.detect.counts import Counts, Ints, Judged, Side, cut_deviate
from mixpanel_data.detect.episodes import Judging, abnormal, episodes
from mixpanel_data.detect.history import MINUTE
from mixpanel_data.detect.incident import QUIET, Abnormal, Episode
from mixpanel_data.detect.watch import Watched, watched
from mixpanel_data.warehouse.base import Warehouse

PACE = timedelta(minutes=5)
_DAY_MINUTES = 1440


@dataclass(frozen=True, slots=True)
class Alert:
    """An incident that would have been told. `opened_at` is the run that would have seen it first.

    `resolved_at` is None if it lasts to the end; `count` and `expected` are those of its first abnormal window.
    """

    event: str
    rule: str
    direction: str
    opened_at: datetime
    resolved_at: datetime | None
    window_start: datetime
    window_end: datetime
    count: int
    expected: float


@dataclass(frozen=True, slots=True)
class Backtest:
    """What would have been told over [start, end) about so many events, and in an average week."""

    start: datetime
    end: datetime
    events: int
    alerts_per_week: float
    alerts: Sequence[Alert]


def backtest(
    warehouse: Warehouse,
    events: EventsConfig,
    selection: EventSelection,
    *,
    end: datetime,
    days: int,
    progress: Callable[[datetime], None],
) -> Backtest:
    """Judge the last `days` before `end`, learning from what is there before them too.

    `progress` is told how far it has come. Raises what the warehouse raises.
    """
    end = end.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    start = end - timedelta(days=days)
    begin = start - history.LEARNED
    watch = watched(history.names(warehouse, selection, begin, end), events, "")
    names = [one.event_name for one in watch]
    model = _model(watch, begin, events)

    def counts(since: datetime, until: datetime) -> Ints:
        progress(until)
        return history.dense(names, history.minutes(warehouse, selection, since, until), since, until)

    for since, until in history.portions(begin, start):
        model.learn(counts(since, until))
    judge, found = _Portions(watch, model), list[Abnormal]()
    for since, until in history.portions(start, end):
        found += judge.windows(counts(since, until), since)
    alerts = [_alert(one, end) for one in episodes(found, QUIET + timedelta(minutes=events.cooldown_minutes))]
    weeks = (end - start) / timedelta(weeks=1)
    return Backtest(
        start, end, len(names), round(len(alerts) / weeks, 3), sorted(alerts, key=lambda one: one.opened_at)
    )


def _model(watch: Sequence[Watched], begin: datetime, events: EventsConfig) -> Counts:
    usual = sum(one.uses_baseline for one in watch)
    cut = cut_deviate(max(usual, 1), events.false_alerts_per_week)
    return Counts(len(watch), history.minute_of(begin), cut=cut)


class _Portions:
    """Judges portion by portion; a threshold's window reaches back into the one before."""

    def __init__(self, watch: Sequence[Watched], model: Counts) -> None:
        self._watch = watch
        self._model = model
        self._before: tuple[Ints, Judged] | None = None

    def windows(self, counts: Ints, start: datetime) -> Iterator[Abnormal]:
        """The abnormal windows that end in the portion, which begins at `start`."""
        judged, known = self._model.judge(counts), 0
        if self._before is not None:
            known = self._before[0].shape[1]
            counts = np.concatenate([self._before[0], counts], axis=1)
            judged = _joined(self._before[1], judged)
        self._before = counts[:, -_DAY_MINUTES:].copy(), _last(judged, _DAY_MINUTES)
        judging = Judging(start=start - known * MINUTE, first=known, complete=counts.shape[1])
        yield from abnormal(self._watch, counts, judged, judging)


def _joined(one: Judged, other: Judged) -> Judged:
    sides = {
        name: Side(
            *(
                np.concatenate([getattr(getattr(each, name), field.name) for each in (one, other)], axis=1)
                for field in fields(Side)
            )
        )
        for name in ("high", "low", "silence")
    }
    expected = np.concatenate([one.minute_expected, other.minute_expected], axis=1)
    variance = np.concatenate([one.minute_variance, other.minute_variance], axis=1)
    return Judged(**sides, minute_expected=expected, minute_variance=variance)


def _last(judged: Judged, minutes: int) -> Judged:
    def end_of(side: Side) -> Side:
        return Side(*(getattr(side, field.name)[:, -minutes:].copy() for field in fields(Side)))

    return replace(
        judged,
        high=end_of(judged.high),
        low=end_of(judged.low),
        silence=end_of(judged.silence),
        minute_expected=judged.minute_expected[:, -minutes:].copy(),
        minute_variance=judged.minute_variance[:, -minutes:].copy(),
    )


def _alert(episode: Episode, end: datetime) -> Alert:
    over = _next_run(episode.abnormal_until + QUIET)
    return Alert(
        event=episode.event_name,
        rule=episode.rules[0],
        direction=episode.direction,
        opened_at=_next_run(episode.first.end),
        resolved_at=over if over <= end else None,
        window_start=episode.first.start,
        window_end=episode.first.end,
        count=episode.first.count,
        expected=episode.first.expected,
    )


def _next_run(moment: datetime) -> datetime:
    pace = PACE.total_seconds()
    return datetime.fromtimestamp(math.ceil(moment.timestamp() / pace) * pace, UTC)
