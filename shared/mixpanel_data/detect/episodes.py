"""From judged minutes to abnormal windows, and from those to episodes: with no quiet between them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, pairwise

import numpy as np
from numpy.typing import NDArray

from mixpanel_data.detect.counts import Ints, Judged, Side
from mixpanel_data.detect.incident import Abnormal, Direction, Episode, Observation, Rule
from mixpanel_data.detect.judgement import CUT
from mixpanel_data.detect.tails import Floats
from mixpanel_data.detect.watch import Watched

Marks = NDArray[np.bool_]
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Judging:
    """Which of the judged minutes count, as places from `start` on; a place stands for the windows that end with it.

    `first`: the first place; `complete`: how many hold all that will come, as far as is known: only there is less
    than usual abnormal.
    """

    start: datetime
    first: int
    complete: int


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one rule sees of one name: where it is abnormal, and the windows that it means."""

    rule: Rule
    marks: Marks
    score: Floats
    minutes: Ints
    count: Floats
    expected: Floats


def abnormal(watch: Sequence[Watched], counts: Ints, judged: Judged, judging: Judging) -> Iterator[Abnormal]:
    """The abnormal windows of the names, whose rows stand in the order of `watch`; each name's in order of time."""
    for row, watched in enumerate(watch):
        for direction, seen in _seen(watched, row, counts, judged).items():
            marks = np.any([one.marks for one in seen], axis=0)
            marks[: judging.first] = False
            if direction is Direction.LOW:
                marks[judging.complete :] = False
            for place in np.flatnonzero(marks):
                rules = tuple(one.rule for one in seen if one.marks[place])
                window = _observation(seen, int(place), judging.start)
                yield Abnormal(watched.event_name, direction, rules, window)


def episodes(windows: Iterable[Abnormal], gap: timedelta) -> list[Episode]:
    """Abnormal windows put together where no more than `gap` lies between them; in order of name and time."""
    ordered = sorted(windows, key=lambda one: (one.event_name, one.direction, one.window.end))
    return [
        _episode(together)
        for _, of_one in groupby(ordered, key=lambda one: (one.event_name, one.direction))
        for together in _parted(list(of_one), gap)
    ]


def _seen(watched: Watched, row: int, counts: Ints, judged: Judged) -> Mapping[Direction, list[_Seen]]:
    entry = watched.entry
    high, low = [], []
    if entry.alert_threshold is not None:
        high.append(_over(entry.alert_threshold, entry.time_window_minutes, counts[row], judged.minute_expected[row]))
    if entry.baseline:
        high.append(_by(Rule.BASELINE, judged.high, row))
        low.append(_by(Rule.BASELINE, judged.low, row))
    if entry.silence:
        low.append(_by(Rule.SILENCE, judged.silence, row))
    return {direction: seen for direction, seen in ((Direction.HIGH, high), (Direction.LOW, low)) if seen}


def _by(rule: Rule, side: Side, row: int) -> _Seen:
    score = side.score[row]
    return _Seen(rule, score >= CUT, score, side.window_minutes[row], side.count[row], side.expected[row])


def _over(threshold: float, window: int, counts: Ints, minute_expected: Floats) -> _Seen:
    """Windows of that many minutes with more than the threshold; at it the score is the cut, at twice as many halfway
    from there to 1."""
    count, expected = _sliding(counts, window), _sliding(minute_expected, window)
    marks = count > threshold
    score = np.where(marks, 1.0 - (1.0 - CUT) * threshold / np.maximum(count, threshold), 0.0)
    return _Seen(Rule.THRESHOLD, marks, score, np.full(len(counts), window), count, expected)


def _sliding(figures: NDArray[np.generic], window: int) -> Floats:
    """Sums over the window that ends with each place, shorter ones at the begin."""
    sums = np.concatenate([[0.0], np.cumsum(figures, dtype=np.float64)])
    begins = np.maximum(np.arange(1, len(sums)) - window, 0)
    sliding: Floats = sums[1:] - sums[begins]
    return sliding


def _parted(windows: Sequence[Abnormal], gap: timedelta) -> Iterator[Sequence[Abnormal]]:
    cuts = [at for at, (one, other) in enumerate(pairwise(windows), 1) if other.window.end - one.window.end > gap]
    for begin, end in pairwise([0, *cuts, len(windows)]):
        yield windows[begin:end]


def _episode(windows: Sequence[Abnormal]) -> Episode:
    first, rules = windows[0], {rule for one in windows for rule in one.rules}
    return Episode(
        event_name=first.event_name,
        direction=first.direction,
        rules=tuple(rule for rule in Rule if rule in rules),
        first=first.window,
        peak=max(windows, key=_severity).window,
        abnormal_until=windows[-1].window.end,
    )


def _severity(one: Abnormal) -> tuple[bool, float, int]:
    """What makes a window the most abnormal: somebody's own threshold counts for more than what is usual."""
    return Rule.THRESHOLD in one.rules, one.window.score, one.window.count


def _observation(seen: Sequence[_Seen], place: int, start: datetime) -> Observation:
    """The window of the threshold, if it is over that; else the one that the rule most sure of itself means."""
    marked = (one for one in seen if one.marks[place])
    one = max(marked, key=lambda one: (one.rule is Rule.THRESHOLD, float(one.score[place])))
    end = start + (place + 1) * MINUTE
    return Observation(
        start=end - int(one.minutes[place]) * MINUTE,
        end=end,
        count=int(one.count[place]),
        expected=round(float(one.expected[place]), 3),
        score=round(float(one.score[place]), 4),
    )
