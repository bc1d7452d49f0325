"""The three rules: in which windows a threshold, the baseline or silence finds an event abnormal."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from mixpanel_data.detect.incidents.incident import MINUTE, AbnormalWindow, Direction, Observation, Rule
from mixpanel_data.detect.incidents.watched import WatchedEvent
from mixpanel_data.detect.statistics.point_score import ABNORMAL_SCORE
from mixpanel_data.detect.statistics.scoring.counts import CountScores, SideScores
from mixpanel_data.detect.statistics.scoring.windows import Ints
from mixpanel_data.detect.statistics.tails import Bools, Floats


@dataclass(frozen=True, slots=True)
class JudgedSpan:
    """The scored minutes that count, as positions from `start` on; a position stands for windows that end there.

    `first` is the first position that counts. `complete` is the number of minutes that the collector has read: fewer
    events than usual are abnormal only there, because later minutes still fill.
    """

    start: datetime
    first: int
    complete: int

    @classmethod
    def as_of(cls, as_of: datetime, start: datetime, max_age: timedelta, read_until: datetime | None) -> "JudgedSpan":
        """The minutes from `start` on that count as of then, of which the collector has read those before `read_until`.

        Windows that ended more than `max_age` before do not count. All times UTC.
        """
        return cls(
            start, first=max(0, (as_of - max_age - start) // MINUTE), complete=complete_minutes(start, read_until)
        )


def complete_minutes(start: datetime, read_until: datetime | None) -> int:
    """The whole minutes from `start` on that the collector has read; 0 if it has read nothing (None). Times UTC."""
    return 0 if read_until is None else max(0, (read_until - start) // MINUTE)


@dataclass(frozen=True, slots=True)
class _RuleWindows:
    """One rule's windows of one event, one for each minute that they end at; `is_abnormal` says which break it."""

    rule: Rule
    is_abnormal: Bools
    score: Floats
    minutes: Ints
    count: Floats
    expected: Floats


def abnormal_windows(
    watched: Sequence[WatchedEvent], counts: Ints, scores: CountScores, span: JudgedSpan
) -> Iterator[AbnormalWindow]:
    """The abnormal windows of the watched events, each event's in order of time.

    The rows of `counts` (events x minutes) and `scores` stand in the order of `watched`.
    """
    for row, event in enumerate(watched):
        for direction, by_rule in _windows_of(event, row, counts, scores).items():
            is_abnormal = np.any([windows.is_abnormal for windows in by_rule], axis=0)
            is_abnormal[: span.first] = False
            if direction is Direction.LOW:
                is_abnormal[span.complete :] = False
            for position in np.flatnonzero(is_abnormal):
                rules = tuple(windows.rule for windows in by_rule if windows.is_abnormal[position])
                observation = _observation(by_rule, int(position), span.start)
                yield AbnormalWindow(event.event_name, direction, rules, observation)


def _windows_of(
    event: WatchedEvent, row: int, counts: Ints, scores: CountScores
) -> Mapping[Direction, list[_RuleWindows]]:
    """The windows of the rules that the event's entry turns on, by direction."""
    entry = event.entry
    high, low = [], []
    if entry.alert_threshold is not None:
        window = entry.time_window_minutes
        high.append(_over_threshold(entry.alert_threshold, window, counts[row], scores.minute_expected[row]))
    if entry.baseline:
        high.append(_by_score(Rule.BASELINE, scores.high, row))
        low.append(_by_score(Rule.BASELINE, scores.low, row))
    if entry.silence:
        low.append(_by_score(Rule.SILENCE, scores.silence, row))
    return {direction: rules for direction, rules in ((Direction.HIGH, high), (Direction.LOW, low)) if rules}


def _by_score(rule: Rule, side: SideScores, row: int) -> _RuleWindows:
    score = side.score[row]
    is_abnormal = score >= ABNORMAL_SCORE
    return _RuleWindows(rule, is_abnormal, score, side.window_minutes[row], side.count[row], side.expected[row])


def _over_threshold(threshold: float, window: int, counts: Ints, minute_expected: Floats) -> _RuleWindows:
    """Windows of `window` minutes with more events than the threshold.

    The score is 0.5 at the threshold, and at twice the threshold halfway from there to 1.
    """
    count, expected = _sliding(counts, window), _sliding(minute_expected, window)
    is_abnormal = count > threshold
    score = np.where(is_abnormal, 1.0 - (1.0 - ABNORMAL_SCORE) * threshold / np.maximum(count, threshold), 0.0)
    return _RuleWindows(Rule.THRESHOLD, is_abnormal, score, np.full(len(counts), window), count, expected)


def _sliding(figures: NDArray[np.generic], window: int) -> Floats:
    """Sums over the window that ends with each minute, over shorter ones at the start."""
    sums = np.concatenate([[0.0], np.cumsum(figures, dtype=np.float64)])
    starts = np.maximum(np.arange(1, len(sums)) - window, 0)
    sliding: Floats = sums[1:] - sums[starts]
    return sliding


def _observation(by_rule: Sequence[_RuleWindows], position: int, start: datetime) -> Observation:
    """The window of the threshold where that is exceeded, else the one with the highest score.

    Somebody chose that threshold, so that it means more to them than a score.
    """
    abnormal = (windows for windows in by_rule if windows.is_abnormal[position])
    one = max(abnormal, key=lambda windows: (windows.rule is Rule.THRESHOLD, float(windows.score[position])))
    end = start + (position + 1) * MINUTE
    return Observation(
        start=end - int(one.minutes[position]) * MINUTE,
        end=end,
        count=int(one.count[position]),
        expected=round(float(one.expected[position]), 3),
        score=round(float(one.score[position]), 4),
    )
