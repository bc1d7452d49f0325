"""Backtest: the alerts that a configuration would have sent, from the history, by the same code, every 5 minutes.

Arrivals are replayed by `mp_processing_time_ms`: the collector is taken to read every 15 minutes, and drops are judged
twice, as soon as it has read past their last minute, with what had arrived by then, and when all has arrived. Either is
an incident. Nothing is judged that the collector has not read.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from mixpanel_data.base.errors import RequestError
from mixpanel_data.configuration.events import EventsConfig, EventSelection
from mixpanel_data.detect.findings.learning.baselines_table import LEARNED_FROM
from mixpanel_data.detect.findings.learning.minute_counts import (
    dense,
    packed_minutes,
    portions,
    rounded_down,
    rounded_up,
    totals,
)
from mixpanel_data.detect.findings.learning.plan import cut_of
from mixpanel_data.detect.findings.learning.states import baseline_of, fresh_state, model_from
from mixpanel_data.detect.findings.progress import read_until
from mixpanel_data.detect.findings.whole import WholeParts
from mixpanel_data.detect.incidents.episodes import episodes
from mixpanel_data.detect.incidents.incident import (
    MINUTE,
    QUIET_BEFORE_RESOLVED,
    WHOLE,
    AbnormalWindow,
    Direction,
    Episode,
)
from mixpanel_data.detect.incidents.rules import JudgedSpan, abnormal_windows
from mixpanel_data.detect.incidents.watched import WatchedEvent, watched_events, watched_whole
from mixpanel_data.detect.incidents.whole import episodes_told
from mixpanel_data.detect.statistics.forecasting.baseline import Baseline
from mixpanel_data.detect.statistics.scoring.counts import CountScores, CountsModel, joined
from mixpanel_data.detect.statistics.scoring.windows import Ints
from mixpanel_data.detect.statistics.tails import Floats
from mixpanel_data.detect.study.first_looks import FirstLooks, first_looks
from mixpanel_data.warehouse.base import Warehouse

RUN_EVERY, COLLECTED_EVERY = timedelta(minutes=5), timedelta(minutes=15)
"""How often detector and collector run, as in config/schedules.json."""

_HOUR = timedelta(hours=1)
# The longest window of a threshold.
_DAY_MINUTES = 1440


@dataclass(frozen=True, slots=True)
class BacktestAlert:
    """An incident that would have been reported. `opened_at` is the run that would have seen it first. All times UTC.

    `resolved_at` is None if it lasts to the end; `count` and `expected` are those of its first abnormal window, and
    `peak_…` those of its most abnormal one.
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
    peak_start: datetime
    peak_end: datetime
    peak_count: int
    peak_expected: float


@dataclass(frozen=True, slots=True)
class Backtest:
    """The alerts over [start, judged_until) about `events` events, and how many that is in an average week.

    `end` is the end that was asked for; `judged_until` is earlier where the collector has not read up to it.
    """

    start: datetime
    end: datetime
    judged_until: datetime
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
    zone: ZoneInfo,
    progress: Callable[[datetime], None],
    collected_every: timedelta = COLLECTED_EVERY,
) -> Backtest:
    """Judge the last `days` before `end`, as far as the collector has read, and learn from the history before them too.

    `zone` is the project's. `collected_every` is a number of minutes that divides the hour. `progress` is called with
    the end of each portion. Raises RequestError if the collector has read nothing of these days, and the warehouse's
    errors.
    """
    end = rounded_down(end.astimezone(UTC), MINUTE)
    start, judged_until = rounded_down(end - timedelta(days=days), _HOUR), _judged_until(warehouse, end)
    if judged_until <= start:
        raise RequestError(
            f"The collector has read up to {judged_until.isoformat()}: give more than {days} days, or collect events."
        )
    found = totals(warehouse, selection, start - LEARNED_FROM, judged_until)
    if not found:
        return Backtest(start, end, judged_until, 0, 0.0, [])
    first_hour = rounded_down(min(total.first_minute for total in found.values()), _HOUR)
    watched = watched_events(found, events, "")
    looks = first_looks(warehouse, watched, judged_until, collected_every)
    of_all = watched_whole(watched, events, "") if selection == events.selection else None
    seen = _Replay(warehouse, selection, watched, cut_of(watched, events), zone, looks, progress, of_all)
    # There is nothing to judge before the first event.
    windows = list(seen.windows(first_hour, max(start, first_hour), judged_until))
    gap = QUIET_BEFORE_RESOLVED + timedelta(minutes=events.cooldown_minutes)
    alerts = sorted(_alerts(windows, gap, judged_until, collected_every), key=lambda alert: alert.opened_at)
    weeks = (judged_until - start) / timedelta(weeks=1)
    return Backtest(start, end, judged_until, len(watched), round(len(alerts) / weeks, 3), alerts)


def _judged_until(warehouse: Warehouse, end: datetime) -> datetime:
    """The last whole minute before `end` that the collector has read."""
    known = read_until(warehouse)
    if known is None:
        raise RequestError("The collector has not read any events yet. Collect them with `mp collect`.")
    return min(end, rounded_down(known, MINUTE))


@dataclass(frozen=True, slots=True)
class _SeenWindow:
    """An abnormal window, and the time from which on a run finds it abnormal."""

    window: AbnormalWindow
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class _Replay:
    """Judges a history portion by portion: as it is in the end, and the drops of late events at first sight too."""

    warehouse: Warehouse
    selection: EventSelection
    watched: Sequence[WatchedEvent]
    cut: float
    zone: ZoneInfo
    looks: FirstLooks
    progress: Callable[[datetime], None]
    of_all: WatchedEvent | None

    def windows(self, learned_from: datetime, start: datetime, end: datetime) -> Iterator[_SeenWindow]:
        """The abnormal windows that end in [start, end), after learning from `learned_from` on."""
        baseline = self._learned(learned_from, start)
        final = _Portions(self.watched, self._model(baseline, len(self.watched), start), self.of_all)
        first = self._first_portions(baseline, start) if self.looks.rows else None
        for since, until in portions(start, end):
            counts = self._counts(since, until)
            yield from self._seen_in_the_end(final, counts, since, end)
            if first:
                yield from self._seen_first(first, counts[self.looks.rows], since, until, end)

    def _learned(self, start: datetime, end: datetime) -> Baseline:
        """The baseline of the watched events after [start, end)."""
        names = len(self.watched)
        model = self._model(baseline_of([fresh_state(self.zone)] * names, self.zone), names, start)
        for since, until in portions(start, end):
            model.learn(self._counts(since, until))
        return model.baseline

    def _first_portions(self, baseline: Baseline, start: datetime) -> "_Portions":
        """Those of the events that arrive late, with what they have learned."""
        states, rows = baseline.states(), self.looks.rows
        learned = baseline_of([states[row] for row in rows], self.zone)
        return _Portions([self.watched[row] for row in rows], self._model(learned, len(rows), start), None)

    def _seen_in_the_end(
        self, portion: "_Portions", counts: Ints, since: datetime, end: datetime
    ) -> Iterator[_SeenWindow]:
        """Rises are seen at once, drops when their events have arrived; not all have at the end of the history."""
        names = [event.event_name for event in self.watched]
        arrived = self.looks.delays.arrived(names, since, counts.shape[1], end)
        for window in portion.windows(counts, since, arrived):
            seen_at = window.observation.end
            if window.direction is Direction.LOW:
                seen_at = min(end, seen_at + self.looks.complete_after(window.event_name))
            yield _SeenWindow(window, seen_at)

    def _seen_first(
        self, portion: "_Portions", counts: Ints, since: datetime, until: datetime, end: datetime
    ) -> Iterator[_SeenWindow]:
        arrived = self.looks.arrived(counts, since, until)
        for window in portion.windows(arrived.counts, since, arrived.shares, final=counts):
            seen_at = rounded_up(window.observation.end, self.looks.every)
            if window.direction is Direction.LOW and seen_at <= end:
                yield _SeenWindow(window, seen_at)

    def _model(self, baseline: Baseline, names: int, start: datetime) -> CountsModel:
        return model_from(baseline, names, start, cut=self.cut)

    def _counts(self, since: datetime, until: datetime) -> Ints:
        self.progress(until)
        names = [event.event_name for event in self.watched]
        return dense(names, packed_minutes(self.warehouse, self.selection, since, until), since, until)


class _Portions:
    """Judges portion by portion; the window of a threshold reaches back into the portion before."""

    def __init__(self, watched: Sequence[WatchedEvent], model: CountsModel, of_all: WatchedEvent | None) -> None:
        self._watched, self._of_all = watched, of_all
        self._model = model
        self._before: tuple[Ints, CountScores] | None = None

    def windows(
        self, counts: Ints, start: datetime, arrived: Floats | None = None, final: Ints | None = None
    ) -> Iterator[AbnormalWindow]:
        """The abnormal windows that end in the portion, which begins at `start`.

        `arrived`: the shares of the events that can have arrived; `final`: the counts in the end, to learn from.
        """
        scores, known = self._model.score(counts, arrived, final), 0
        if self._before is not None:
            known = self._before[0].shape[1]
            counts = np.concatenate([self._before[0], counts], axis=1)
            scores = joined([self._before[1], scores])
        self._before = counts[:, -_DAY_MINUTES:].copy(), scores.last(_DAY_MINUTES)
        span = JudgedSpan(start=start - known * MINUTE, first=known, complete=counts.shape[1])
        of_each = abnormal_windows(self._watched, counts, scores, span)
        # An event whose own name is that of all events together counts among them only.
        yield from (window for window in of_each if window.event_name != WHOLE)
        if self._of_all is not None:
            yield from self._windows_of_all(self._of_all, scores, span, start)

    def _windows_of_all(
        self, of_all: WatchedEvent, scores: CountScores, span: JudgedSpan, start: datetime
    ) -> Iterator[AbnormalWindow]:
        gathered, end = WholeParts(span.start), span.start + span.complete * MINUTE
        gathered.add(self._watched, span.start, scores.parts)
        whole = gathered.judged(of_all, end, self._model.cut)
        if whole is not None:
            yield from whole.windows(end, end - start)


def _alerts(
    seen: Sequence[_SeenWindow], gap: timedelta, end: datetime, collected_every: timedelta
) -> Iterator[BacktestAlert]:
    """One alert for each episode, opened by the run that first found one of its windows abnormal."""
    by_side: dict[tuple[str, Direction], list[_SeenWindow]] = {}
    for one in seen:
        by_side.setdefault((one.window.event_name, one.window.direction), []).append(one)
    wholes = episodes((one.window for one in seen if one.window.event_name == WHOLE), gap)
    for of_one in by_side.values():
        for episode in episodes_told([one.window for one in of_one], wholes, gap):
            span = episode.first.end, episode.abnormal_until
            opened = min(one.seen_at for one in of_one if span[0] <= one.window.observation.end <= span[1])
            yield _alert(episode, opened, end, collected_every)


def _alert(episode: Episode, seen_at: datetime, end: datetime, collected_every: timedelta) -> BacktestAlert:
    resolved_at = _run_after(episode.abnormal_until + QUIET_BEFORE_RESOLVED, collected_every)
    return BacktestAlert(
        event=episode.event_name,
        rule=episode.rules[0],
        direction=episode.direction,
        opened_at=_run_after(seen_at, collected_every),
        resolved_at=resolved_at if resolved_at <= end else None,
        window_start=episode.first.start,
        window_end=episode.first.end,
        count=episode.first.count,
        expected=episode.first.expected,
        peak_start=episode.peak.start,
        peak_end=episode.peak.end,
        peak_count=episode.peak.count,
        peak_expected=episode.peak.expected,
    )


def _run_after(instant: datetime, collected_every: timedelta) -> datetime:
    """The first run after the first collection that is not before the instant; it takes the collector a while."""
    return rounded_up(instant, collected_every) + RUN_EVERY
