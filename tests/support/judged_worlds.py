"""How the detector judges a world: the incidents that it would tell, false ones, and what it tells of the true ones."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from mixpanel_data.detect.statistics.forecasting.calendar import Calendar
from mixpanel_data.detect.statistics.scoring.counts import CountScores, CountsModel, SideScores, cut_deviate
from support.simulated_clock import DAY
from support.simulated_world import Direction, Happening, World

GAP_MINUTES = 20
"""The longest time between two abnormal minutes of one incident: 15 quiet minutes, and a cooldown of 5."""

# A happening may be told until it is over for this long, and one for good for a fortnight.
_AFTER_MINUTES, _FOR_GOOD_MINUTES = 60, 14 * DAY


@dataclass(frozen=True, slots=True)
class Told:
    """An incident: its first and last abnormal minute, since the world's first; and its first and its worst window."""

    name: int
    direction: Direction
    first: int
    last: int
    window_minutes: int
    count: float
    expected: float
    peak_minutes: int
    peak_count: float
    peak_expected: float
    peak_score: float

    def is_of(self, happening: Happening) -> bool:
        """Whether it tells of the happening."""
        if (self.name, self.direction) != (happening.name, happening.direction):
            return False
        end = happening.end + _AFTER_MINUTES if happening.end else happening.start + _FOR_GOOD_MINUTES
        return self.last >= happening.start and self.first < end


@dataclass(frozen=True, slots=True)
class Account:
    """What was told of a happening: how many incidents, and minutes from its start to the first and last abnormal one.

    Both are None where nothing was told.
    """

    happening: Happening
    incidents: int
    first: int | None
    last: int | None


@dataclass(frozen=True, slots=True)
class Judged:
    """The incidents of a world over [from_day, end_day), what was told of each happening, and the model's seconds."""

    world: World
    from_day: int
    end_day: int
    false: Sequence[Told]
    accounts: Sequence[Account]
    seconds: float

    def weekly(self, first: int, end: int) -> float:
        """False incidents a week over all names that begin in days [first, end)."""
        return sum(first * DAY <= told.first < end * DAY for told in self.false) * 7.0 / (end - first)


def judge(world: World, days: int, *, learned_days: int = 0, cut_names: int | None = None) -> Judged:
    """Judge `days` days of a world, from a fresh baseline that first learns `learned_days` of them unjudged."""
    names, draws = len(world.titles), world.days(days)
    model = model_of(world, names, cut_names or names)
    seconds = 0.0
    seen = _Incidents()
    for day, counts in enumerate(draws):
        started = time.perf_counter()
        if day < learned_days:
            model.learn(counts)
        else:
            seen.add(day * DAY, model.score(counts))
        seconds += time.perf_counter() - started
    told = seen.told()
    due = [each for each in world.happenings if learned_days * DAY <= each.start < days * DAY]
    false = [each for each in told if not any(each.is_of(happening) for happening in due)]
    return Judged(world, learned_days, days, false, [_account(each, told) for each in due], seconds)


def model_of(world: World, names: int, cut_names: int) -> CountsModel:
    """A fresh model of a world, in its zone."""
    calendar = Calendar(ZoneInfo(world.clock.zone))
    return CountsModel(names, world.clock.first_minute, cut=cut_deviate(cut_names), calendar=calendar)


def _account(happening: Happening, told: Sequence[Told]) -> Account:
    of_it = [each for each in told if each.is_of(happening)]
    if not of_it:
        return Account(happening, 0, None, None)
    first, last = min(each.first for each in of_it), max(each.last for each in of_it)
    return Account(happening, len(of_it), max(first - happening.start, 0), last - happening.start)


class _Incidents:
    """Puts abnormal minutes together to incidents, as `incidents.episodes` does with windows."""

    def __init__(self) -> None:
        self._told: list[Told] = []
        self._newest: dict[tuple[int, Direction], int] = {}

    def told(self) -> list[Told]:
        """All incidents in order of their first minutes."""
        return sorted(self._told, key=lambda told: told.first)

    def add(self, first: int, scores: CountScores) -> None:
        """Go on with the scores of the minutes from `first` on."""
        low = _worse(scores.low, scores.silence)
        for direction, side in _directions(scores.high, low):
            is_abnormal = side.score >= 0.5
            for name in np.flatnonzero(is_abnormal.any(axis=1)):
                positions = np.flatnonzero(is_abnormal[name])
                for part in np.split(positions, np.flatnonzero(np.diff(positions) > GAP_MINUTES) + 1):
                    self._take(_told(int(name), direction, first, side, part))

    def _take(self, told: Told) -> None:
        at = self._newest.get((told.name, told.direction))
        if at is not None and told.first - self._told[at].last <= GAP_MINUTES:
            known = self._told[at]
            peak = max(known, told, key=lambda each: each.peak_score)
            self._told[at] = replace(
                known,
                last=told.last,
                peak_minutes=peak.peak_minutes,
                peak_count=peak.peak_count,
                peak_expected=peak.peak_expected,
                peak_score=peak.peak_score,
            )
        else:
            self._newest[told.name, told.direction] = len(self._told)
            self._told.append(told)


def _directions(high: SideScores, low: SideScores) -> Iterator[tuple[Direction, SideScores]]:
    yield "high", high
    yield "low", low


def _told(name: int, direction: Direction, first: int, side: SideScores, positions: NDArray[np.intp]) -> Told:
    at = name, positions[0]
    peak = name, positions[np.argmax(side.score[name, positions])]
    return Told(
        name,
        direction,
        first + int(positions[0]),
        first + int(positions[-1]),
        int(side.window_minutes[at]),
        float(side.count[at]),
        float(side.expected[at]),
        int(side.window_minutes[peak]),
        float(side.count[peak]),
        float(side.expected[peak]),
        float(side.score[peak]),
    )


def _worse(one: SideScores, other: SideScores) -> SideScores:
    """For each minute the side with the greater score."""
    is_other = other.score > one.score
    return SideScores(
        np.where(is_other, other.score, one.score),
        np.where(is_other, other.window_minutes, one.window_minutes),
        np.where(is_other, other.count, one.count),
        np.where(is_other, other.expected, one.expected),
    )
