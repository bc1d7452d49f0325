"""Backtest: the alerts that a configuration would have sent, from the history, by the same code, every 5 minutes.

Every run is taken to find everything read up to it, so that events that arrived late are judged as if they had not.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from mixpanel_data.configuration.events import EventsConfig, EventSelection
from mixpanel_data.detect.findings.history import LEARNED_FROM
from mixpanel_data.detect.findings.judging import cut_of
from mixpanel_data.detect.findings.minute_counts import dense, event_names, minute_number, packed_minutes, portions
from mixpanel_data.detect.incidents.episodes import episodes
from mixpanel_data.detect.incidents.incident import MINUTE, QUIET_BEFORE_RESOLVED, AbnormalWindow, Episode
from mixpanel_data.detect.incidents.rules import JudgedSpan, abnormal_windows
from mixpanel_data.detect.incidents.watched import WatchedEvent, watched_events
from mixpanel_data.detect.statistics.counts import CountScores, CountsModel, joined
from mixpanel_data.detect.statistics.windows import Ints
from mixpanel_data.warehouse.base import Warehouse

RUN_EVERY = timedelta(minutes=5)
# The longest window of a threshold.
_DAY_MINUTES = 1440


@dataclass(frozen=True, slots=True)
class BacktestAlert:
    """An incident that would have been reported. `opened_at` is the run that would have seen it first. All times UTC.

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
    """The alerts over [start, end) about `events` events, and how many that is in an average week."""

    start: datetime
    end: datetime
    events: int
    alerts_per_week: float
    alerts: Sequence[BacktestAlert]


def backtest(
    warehouse: Warehouse,
    events: EventsConfig,
    selection: EventSelection,
    *,
    end: datetime,
    days: int,
    progress: Callable[[datetime], None],
) -> Backtest:
    """Judge the last `days` before `end`, and learn from the history before them too.

    `progress` is called with the end of each portion. Raises the warehouse's errors.
    """
    end = end.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    start = end - timedelta(days=days)
    learned_from = start - LEARNED_FROM
    watched = watched_events(event_names(warehouse, selection, learned_from, end), events, "")
    names = [event.event_name for event in watched]
    model = CountsModel(len(watched), minute_number(learned_from), cut=cut_of(watched, events))

    def counts(since: datetime, until: datetime) -> Ints:
        progress(until)
        return dense(names, packed_minutes(warehouse, selection, since, until), since, until)

    for since, until in portions(learned_from, start):
        model.learn(counts(since, until))
    judge, found = _Portions(watched, model), list[AbnormalWindow]()
    for since, until in portions(start, end):
        found += judge.windows(counts(since, until), since)
    gap = QUIET_BEFORE_RESOLVED + timedelta(minutes=events.cooldown_minutes)
    alerts = sorted((_alert(episode, end) for episode in episodes(found, gap)), key=lambda alert: alert.opened_at)
    weeks = (end - start) / timedelta(weeks=1)
    return Backtest(start, end, len(names), round(len(alerts) / weeks, 3), alerts)


class _Portions:
    """Judges portion by portion; the window of a threshold reaches back into the portion before."""

    def __init__(self, watched: Sequence[WatchedEvent], model: CountsModel) -> None:
        self._watched = watched
        self._model = model
        self._before: tuple[Ints, CountScores] | None = None

    def windows(self, counts: Ints, start: datetime) -> Iterator[AbnormalWindow]:
        """The abnormal windows that end in the portion, which begins at `start`."""
        scores, known = self._model.score(counts), 0
        if self._before is not None:
            known = self._before[0].shape[1]
            counts = np.concatenate([self._before[0], counts], axis=1)
            scores = joined([self._before[1], scores])
        self._before = counts[:, -_DAY_MINUTES:].copy(), scores.last(_DAY_MINUTES)
        span = JudgedSpan(start=start - known * MINUTE, first=known, complete=counts.shape[1])
        yield from abnormal_windows(self._watched, counts, scores, span)


def _alert(episode: Episode, end: datetime) -> BacktestAlert:
    resolved_at = _next_run(episode.abnormal_until + QUIET_BEFORE_RESOLVED)
    return BacktestAlert(
        event=episode.event_name,
        rule=episode.rules[0],
        direction=episode.direction,
        opened_at=_next_run(episode.first.end),
        resolved_at=resolved_at if resolved_at <= end else None,
        window_start=episode.first.start,
        window_end=episode.first.end,
        count=episode.first.count,
        expected=episode.first.expected,
    )


def _next_run(instant: datetime) -> datetime:
    """The first run that is not before the instant."""
    seconds = RUN_EVERY.total_seconds()
    return datetime.fromtimestamp(math.ceil(instant.timestamp() / seconds) * seconds, UTC)
