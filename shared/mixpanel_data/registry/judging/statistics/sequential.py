"""Sequential tests of shares: since when is something in 5% of the values that was in at most 1% before.

The log odds of a day are the log-likelihood ratio of the two shares (Wald 1945); their sum never falls below zero
(Page's CUSUM, 1954), so that the test waits for a change at no set time. The day of the change is the one that divides
the values most likely into two shares, or the first of the days right before it that have 5% already: a change may
begin late in a day, or reach one user after the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from math import log

STRAY = 0.01
"""A share up to this one is stray values."""
COMMON = 0.05
"""A share from this one on is more than stray values."""

LEAST_DAYS = 3
LEAST_VALUES = 20

PER_HIT = log(COMMON / STRAY)
PER_MISS = log((1 - COMMON) / (1 - STRAY))

_ALARM = 7.0
# One day must not suffice for the alarm, whatever it holds.
_MOST_OF_A_DAY = 4.0
# What has to be left without the day that says most.
_LEAST_REST = 4.0
_LEAST_REST_VALUES = 6
# A day of this many values shows a share of 5%, if there is one, in 19 of 20 cases.
_TELLING_VALUES = 60
# Logarithms of the odds against chance: 1 in 22,000 by values, 1 in 55 by days, which are fewer.
_LEAST_DIFFERENCE = 10.0
_LEAST_DIFFERENCE_OF_DAYS = 4.0
# What a day has to hold to begin a change that shows in full on the day after: 20 times likelier with 5% than with 1%.
_LEAST_LOG_ODDS_OF_FIRST_DAY = 3.0
# A change that takes longer than this to show has no identifiable first day.
_LONGEST_RUN = 120


def log_odds(hits: int, of: int) -> float:
    """The log-likelihood ratio of a share of 5% against one of 1%; above zero from 2.5% on."""
    return hits * PER_HIT + (of - hits) * PER_MISS


@dataclass(frozen=True, slots=True)
class DayShare:
    """How many of a day's values are hits."""

    day: date
    hits: int
    of: int

    @property
    def share(self) -> float:
        return self.hits / self.of if self.of else 0.0

    @property
    def is_common(self) -> bool:
        return log_odds(self.hits, self.of) > 0


@dataclass(slots=True)
class Total:
    """What the days before held: values, hits, days, and days on which hits were common."""

    hits: int = 0
    of: int = 0
    common_days: int = 0
    days: int = 0

    def add(self, day: DayShare) -> None:
        self.hits += day.hits
        self.of += day.of
        self.common_days += day.is_common
        self.days += 1


@dataclass(slots=True)
class ShareWatch:
    """Watches a share that was at most 1% `before`, day by day.

    `is_settled` is True once hits have been common for so long, without a day on which that began, that they belong.
    """

    before: Total
    is_settled: bool = False
    _score: float = 0.0
    _run: list[DayShare] = field(default_factory=list)

    def add(self, day: DayShare) -> date | None:
        """Look at one more day; the first day of the change if it is certain by now."""
        self._score = max(0.0, self._score + min(log_odds(day.hits, day.of), _MOST_OF_A_DAY))
        if not self._score:
            self._forget(day)
            return None
        self._run.append(day)
        if not day.hits or self._score < _ALARM:
            self._bound()
            return None
        first = _first_common(self._run, likeliest_start(self.before.hits, self.before.of, self._run))
        if self._is_certain(first):
            return self._run[first].day
        self._bound()
        return None

    def _forget(self, day: DayShare) -> None:
        for each in (*self._run, day):
            self.before.add(each)
        self._run.clear()

    def _bound(self) -> None:
        if len(self._run) > _LONGEST_RUN:
            self.is_settled = self._score >= _ALARM
            self.before.add(self._run.pop(0))

    def _is_certain(self, first: int) -> bool:
        before = Total(self.before.hits, self.before.of, self.before.common_days, self.before.days)
        for day in self._run[:first]:
            before.add(day)
        since = self._run[first:]
        return _is_lasting(since) and _is_no_chance(before, since)


def _is_lasting(since: Sequence[DayShare]) -> bool:
    """Three days and 20 hits, and enough of both without the day that says most."""
    most = max(since, key=lambda day: log_odds(day.hits, day.of))
    rest = [day for day in since if day is not most]
    telling = [day for day in since if day.of >= _TELLING_VALUES]
    return (
        sum(day.is_common for day in since) >= LEAST_DAYS
        and sum(day.hits for day in since) >= LEAST_VALUES
        and sum(day.hits for day in rest) >= _LEAST_REST_VALUES
        and sum(log_odds(day.hits, day.of) for day in rest) >= _LEAST_REST
        and 2 * sum(day.is_common for day in telling) >= len(telling)
    )


def _is_no_chance(before: Total, since: Sequence[DayShare]) -> bool:
    after = Total()
    for day in since:
        after.add(day)
    by_values = difference(before.hits, before.of, after.hits, after.of)
    by_days = difference(before.common_days, before.days, after.common_days, after.days)
    return by_values >= _LEAST_DIFFERENCE and by_days >= _LEAST_DIFFERENCE_OF_DAYS


def likeliest_start(hits: int, of: int, days: Sequence[DayShare]) -> int:
    """The index of the day from which on the days most likely have a share of their own.

    `hits` and `of` count what was before the days. Maximum likelihood of a single change of a binomial share.
    """
    hits_since, of_since = sum(day.hits for day in days), sum(day.of for day in days)
    best, start = float("-inf"), 0
    for index, day in enumerate(days):
        likelihood = log_likelihood(hits, of) + log_likelihood(hits_since, of_since)
        if likelihood > best:
            best, start = likelihood, index
        hits, of = hits + day.hits, of + day.of
        hits_since, of_since = hits_since - day.hits, of_since - day.of
    return start


def _first_common(days: Sequence[DayShare], start: int) -> int:
    """The index of the first of the days up to `start` that leads to it without a day of stray values between."""
    while start > 0 and _begins(days[start - 1]):
        start -= 1
    return start


def _begins(day: DayShare) -> bool:
    return day.share >= COMMON and log_odds(day.hits, day.of) >= _LEAST_LOG_ODDS_OF_FIRST_DAY


def difference(hits: int, of: int, other_hits: int, other_of: int) -> float:
    """The log-likelihood ratio of two shares against one that both have: half of Wilks' G."""
    apart = log_likelihood(hits, of) + log_likelihood(other_hits, other_of)
    return apart - log_likelihood(hits + other_hits, of + other_of)


def log_likelihood(hits: int, of: int) -> float:
    """The greatest log-likelihood that any share gives to this many hits; 0 without values."""
    misses = of - hits
    return (hits * log(hits / of) if hits else 0.0) + (misses * log(misses / of) if misses else 0.0)
