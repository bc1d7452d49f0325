"""All watched events together: are they abnormal as one, and which events are?

They are judged in runs over all events only, where at least four are compared with a baseline.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from mixpanel_data.detect.incidents.decisions import JudgingContext
from mixpanel_data.detect.incidents.incident import (
    MINUTE,
    QUIET_BEFORE_RESOLVED,
    AbnormalWindow,
    Direction,
    Incident,
    State,
)
from mixpanel_data.detect.incidents.rules import JudgedSpan, abnormal_windows, complete_minutes
from mixpanel_data.detect.incidents.watched import WatchedEvent
from mixpanel_data.detect.incidents.whole import BEGINS_WITHIN, Explains
from mixpanel_data.detect.statistics.scoring.counts import CountScores
from mixpanel_data.detect.statistics.scoring.parts import Parts
from mixpanel_data.detect.statistics.scoring.windows import Ints
from mixpanel_data.detect.statistics.tails import Floats
from mixpanel_data.detect.statistics.whole.breadth import LEAST_NAMES, members
from mixpanel_data.detect.statistics.whole.model import score_whole
from mixpanel_data.detect.statistics.whole.share import Span, stands_out
from mixpanel_data.detect.statistics.whole.sums import Sums

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_MOST_NAMED = 10
# The newest minutes that say whether all events may be about to become abnormal.
_NEWEST = 5


@dataclass(frozen=True, slots=True)
class NameInWhole:
    """One event in a window of all events: the events counted, and those expected."""

    event_name: str
    count: int
    expected: float


@dataclass(frozen=True, slots=True)
class WholeEvidence:
    """How single events stood in [start, end), the most abnormal window of all events together. Times UTC.

    `names` events are large enough to tell, `deviating` of them moved half as far as all together, or further. `most`
    are those that lost most events, or gained most, in order. `hour` has the counts of the 60 minutes before
    `hour_end`, `hour_before` those of the same minutes the day before.
    """

    start: datetime
    end: datetime
    names: int
    deviating: int
    most: tuple[NameInWhole, ...]
    hour: tuple[int, ...]
    hour_before: tuple[int, ...]
    hour_end: datetime


@dataclass(frozen=True, slots=True)
class JudgedWhole:
    """All events together, by minute from `start` (UTC) on, of which the collector has read `complete`.

    `parts` has a row for each of `names`, and may have one more for all events that hardly ever come. `suspected`:
    the directions in which they may be about to become abnormal.
    """

    watched: WatchedEvent
    names: Sequence[str]
    start: datetime
    complete: int
    parts: Parts
    cut: float
    scores: CountScores
    suspected: frozenset[Direction]

    @property
    def counts(self) -> Ints:
        """The events of each minute."""
        counts: Ints = np.rint(self.parts.counts.sum(axis=0, dtype=np.float64)).astype(np.int64)
        return counts

    @property
    def expected(self) -> Floats:
        """The events expected in each minute."""
        expected: Floats = self.scores.minute_expected[0]
        return expected

    @property
    def variance(self) -> Floats:
        """The variance of each minute by itself."""
        variance: Floats = self.scores.minute_variance[0]
        return variance

    def windows(self, as_of: datetime, max_age: timedelta) -> Iterator[AbnormalWindow]:
        """The abnormal windows of all events together that count as of then, in order of time."""
        first = max(0, self._position(as_of - max_age))
        span = JudgedSpan(self.start, first=first, complete=self.complete)
        return abnormal_windows([self.watched], self.counts[None], self.scores, span)

    def explains(self, context: JudgingContext) -> Explains:
        """Whether an incident of all events explains how abnormal a single event is now."""
        rise, fall = self.parts.as_rise(), self.parts.as_fall()
        all_risen, all_fallen = rise.as_one(), fall.as_one()
        rows = {name: row for row, name in enumerate(self.names)}

        def explains(whole: Incident, incident: Incident) -> bool:
            span = self._span(whole, context)
            row = rows.get(incident.event_name)
            if span is None:
                return True
            # Hardly any event has come of this name, or was expected: it is what came that is abnormal.
            if row is None:
                return incident.direction is Direction.LOW
            is_rise = incident.direction is Direction.HIGH
            parts, together = (rise, all_risen) if is_rise else (fall, all_fallen)
            return not stands_out(parts, together, row, span, cut=self.cut, sign=1 if is_rise else -1)

        return explains

    def evidence(self, incident: Incident, until: datetime) -> WholeEvidence | None:
        """The evidence about an incident of all events; None where its peak lies before the minutes at hand.

        Minutes are complete up to `until`: the hour ends there, or when the incident was over.
        """
        start, end = (self._position(each) for each in (incident.peak.start, incident.peak.end))
        if not 0 <= start < end <= self.parts.size:
            return None
        hour_end = incident.shown_until(until)
        sign = 1 if incident.direction is Direction.HIGH else -1
        at = np.array([start]), np.array([end])
        parts = self.parts.as_rise() if sign > 0 else self.parts.as_fall()
        names = Sums(parts).windows(*at)
        found = members(names, names.together(), sign)
        named = slice(0, len(self.names))
        by_change = np.argsort(-sign * (names.count - names.mean)[named, 0], kind="stable")[:_MOST_NAMED]
        return WholeEvidence(
            start=incident.peak.start,
            end=incident.peak.end,
            names=int(found.able[named].sum()),
            deviating=int(found.moved[named].sum()),
            most=tuple(
                NameInWhole(self.names[row], round(float(names.count[row, 0])), round(float(names.mean[row, 0]), 3))
                for row in by_change
                if sign * (names.count[row, 0] - names.mean[row, 0]) > 0.0
            ),
            hour=self._hour(hour_end),
            hour_before=self._hour(hour_end - _DAY),
            hour_end=hour_end,
        )

    def _span(self, whole: Incident, context: JudgingContext) -> Span | None:
        """The minutes in which an event can stand out of this incident; None where it is too early to tell."""
        until = self.complete
        if whole.state is State.OPEN:
            first = self._position(whole.first.start)
            return Span(max(first + BEGINS_WITHIN // MINUTE, 0), until, first_hour=first if first >= 0 else None)
        over_at = whole.abnormal_until + QUIET_BEFORE_RESOLVED + context.cooldown
        if context.read_until is None or context.read_until < over_at:
            return None
        return Span(max(self._position(whole.abnormal_until), 0), until)

    def _position(self, at: datetime) -> int:
        return (at - self.start) // MINUTE

    def _hour(self, end: datetime) -> tuple[int, ...]:
        first, last = self._position(end - _HOUR), self._position(end)
        counts = self.counts[max(first, 0) : max(last, 0)]
        return tuple(int(count) for count in counts)


class WholeParts:
    """The parts of all events, gathered group by group; a flood of names that hardly ever come takes no room."""

    def __init__(self, start: datetime) -> None:
        """`start` is the first minute of the run, UTC."""
        self._start = start
        self._names: list[str] = []
        self._kept: list[Parts] = []
        self._rest: list[Parts] = []

    def add(self, watched: Sequence[WatchedEvent], start: datetime, parts: Parts) -> None:
        """Add a group, its rows in the order of `watched`: those of the events that are compared with a baseline.

        Events that were enabled after the first minute are left out: they have no part in minutes before.
        """
        rows = [row for row, event in enumerate(watched) if event.entry.baseline]
        if start != self._start or not rows:
            return
        kept, rest, is_kept = parts.of_rows(rows).of_enough_events()
        self._names += [watched[row].event_name for row, has_enough in zip(rows, is_kept, strict=True) if has_enough]
        self._kept.append(kept)
        self._rest += [] if rest is None else [rest]

    def judged(self, whole: WatchedEvent, read_until: datetime | None, cut: float) -> JudgedWhole | None:
        """All events together, judged as one; None where too few were added."""
        if len(self._names) < LEAST_NAMES:
            return None
        rest = [Parts.together(self._rest).as_one()] if self._rest else []
        parts = Parts.together([*self._kept, *rest])
        complete = min(complete_minutes(self._start, read_until), parts.size)
        found = score_whole(parts, cut, complete)
        newest = {Direction.HIGH: found.may_rise[-_NEWEST:], Direction.LOW: found.may_fall[:complete][-_NEWEST:]}
        suspected = frozenset(direction for direction, near in newest.items() if near.any())
        return JudgedWhole(whole, self._names, self._start, complete, parts, cut, found.scores, suspected)
