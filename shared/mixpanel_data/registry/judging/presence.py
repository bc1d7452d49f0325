"""Loss of presence: an event's events lack a property that they had.

A property that all but 1% of the events have is lost once 5% lack it; an optional one once it is below half of its
median share. What follows a loss is learned anew.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import log
from statistics import median

from mixpanel_data.registry.judging.shapes import PropertyDay
from mixpanel_data.registry.judging.statistics.sequential import (
    LEAST_DAYS,
    DayShare,
    ShareWatch,
    Total,
    difference,
    likeliest_start,
    log_odds,
)

_LEARNING = timedelta(days=7)
_LEAST_LEARNED_DAYS = 7
# Ten days have a weekend.
_OPTIONAL_LEARNED_DAYS = 10
_ALWAYS_LEARNED_DAYS = 14
_MEDIAN_OF_DAYS = 30
_LEAST_EVENTS = 50
_ALARM = 10.0
_MOST_OF_A_DAY = 4.0
_LEAST_REST = 4.0
_LEAST_DIFFERENCE = 8.0
# A watch compares with a share below one: the logarithm of a share without exceptions has no bound.
_GREATEST_SHARE = 0.99
_LONGEST_RUN = 120


@dataclass(frozen=True, slots=True)
class Loss:
    """Since `day` the property is in fewer events: `before` and `after` are always, sometimes or never."""

    day: date
    before: str
    after: str


def losses(days: Sequence[PropertyDay]) -> list[Loss]:
    """The losses of presence in the days of an event, oldest first."""
    shares = _present(days)
    if all(day.hits == day.of for day in shares):
        return []
    found, start = [], 0
    while loss := _first_loss(shares[start:]):
        found.append(loss)
        start = next(number for number, day in enumerate(shares) if day.day >= loss.day)
    return found


def _present(days: Sequence[PropertyDay]) -> list[DayShare]:
    """How many events have the property, by day; from the day after its first one, which may lack its first hours."""
    first = next((number for number, day in enumerate(days) if day.types), len(days))
    return [DayShare(day.day, min(sum(day.types.values()), day.of), day.of) for day in days[first + 1 :] if day.of]


def _first_loss(shares: Sequence[DayShare]) -> Loss | None:
    """The first loss after a week that shows what is usual."""
    if not shares:
        return None
    end = shares[0].day + _LEARNING
    learned = max(sum(day.day < end for day in shares), _LEAST_LEARNED_DAYS)
    watch = _watch_of(shares[:learned])
    for number in range(learned, len(shares)):
        day = shares[number]
        start = watch.add(day)
        if start:
            return _loss(shares, start, number, isinstance(watch, _AlwaysWatch))
        if isinstance(watch, _AlwaysWatch):
            if watch.is_settled:
                watch = _OptionalWatch.after(shares[: number + 1])
        elif day.hits == day.of and _is_always(shares[max(0, number + 1 - _ALWAYS_LEARNED_DAYS) : number + 1]):
            watch = _AlwaysWatch.after(shares[max(0, number + 1 - _ALWAYS_LEARNED_DAYS) : number + 1])
    return None


def _loss(shares: Sequence[DayShare], start: date, number: int, is_of_all: bool) -> Loss:
    since = [day for day in shares[: number + 1] if day.day >= start]
    present_later = any(day.hits for day in since[1:])
    return Loss(start, "always" if is_of_all else "sometimes", "sometimes" if present_later else "never")


def _watch_of(learned: Sequence[DayShare]) -> "_AlwaysWatch | _OptionalWatch":
    return _AlwaysWatch.after(learned) if _lacks_none(learned) else _OptionalWatch.after(learned)


def _lacks_none(days: Sequence[DayShare]) -> bool:
    of = sum(day.of for day in days)
    return log_odds(of - sum(day.hits for day in days), of) <= 0


def _is_always(days: Sequence[DayShare]) -> bool:
    """Whether these days make a property that was optional one that all events have."""
    return len(days) >= _ALWAYS_LEARNED_DAYS and sum(day.of for day in days) >= _LEAST_EVENTS and _lacks_none(days)


@dataclass(slots=True)
class _AlwaysWatch:
    """Watches a property that all events have: how many lack it."""

    watch: ShareWatch

    @classmethod
    def after(cls, learned: Sequence[DayShare]) -> "_AlwaysWatch":
        before = Total()
        for day in learned:
            before.add(_lacking(day))
        return cls(ShareWatch(before))

    @property
    def is_settled(self) -> bool:
        return self.watch.is_settled

    def add(self, day: DayShare) -> date | None:
        return self.watch.add(_lacking(day))


def _lacking(day: DayShare) -> DayShare:
    return DayShare(day.day, day.of - day.hits, day.of)


@dataclass(slots=True)
class _OptionalWatch:
    """Watches a property that some events have: whether its share falls below half of its median."""

    usual: deque[DayShare]
    longest_low: int = 0
    _low: int = 0
    _score: float = 0.0
    _median: float = 0.0
    _run: list[DayShare] = field(default_factory=list)

    @classmethod
    def after(cls, learned: Sequence[DayShare]) -> "_OptionalWatch":
        watch = cls(deque(maxlen=_MEDIAN_OF_DAYS))
        for day in learned:
            watch._learn(day)
        return watch

    def add(self, day: DayShare) -> date | None:
        if len(self.usual) < _OPTIONAL_LEARNED_DAYS:
            self._learn(day)
            return None
        if not self._run:
            self._median = min(median(each.share for each in self.usual), _GREATEST_SHARE)
        if not self._median:
            self._learn(day)
            return None
        self._score = max(0.0, self._score + min(self._log_odds(day), _MOST_OF_A_DAY))
        self._run.append(day)
        if not self._score or len(self._run) > _LONGEST_RUN:
            self._forget()
            return None
        return self._start() if self._score >= _ALARM else None

    def _log_odds(self, day: DayShare) -> float:
        """The log-likelihood ratio of half the median share against the whole."""
        per_miss = log((1 - self._median / 2) / (1 - self._median))
        return (day.of - day.hits) * per_miss - day.hits * log(2)

    def _start(self) -> date | None:
        hits, of = sum(day.hits for day in self.usual), sum(day.of for day in self.usual)
        first = likeliest_start(hits, of, self._run)
        hits += sum(day.hits for day in self._run[:first])
        of += sum(day.of for day in self._run[:first])
        since = self._run[first:]
        return since[0].day if self._is_lasting(since) and _is_less(hits, of, since) else None

    def _is_lasting(self, since: Sequence[DayShare]) -> bool:
        """Three days, longer than it was ever low, and enough without the day that says most."""
        low = sum(self._is_low(day) for day in since)
        scores = sorted(self._log_odds(day) for day in since)
        return (
            len(since) >= max(LEAST_DAYS, 2 * self.longest_low + 1)
            and 3 * low >= 2 * len(since)
            and sum(scores[:-1]) >= _LEAST_REST
            and 2 * sum(day.hits for day in since) < self._median * sum(day.of for day in since)
        )

    def _is_low(self, day: DayShare) -> bool:
        return 2 * day.share < self._median

    def _forget(self) -> None:
        for day in self._run:
            self._low = self._low + 1 if self._is_low(day) else 0
            self.longest_low = max(self.longest_low, self._low)
            self.usual.append(day)
        self._run.clear()
        self._score = 0.0

    def _learn(self, day: DayShare) -> None:
        self.usual.append(day)
        if len(self.usual) == _OPTIONAL_LEARNED_DAYS:
            self._median = min(median(each.share for each in self.usual), _GREATEST_SHARE)
            low = 0
            for each in self.usual:
                low = low + 1 if self._is_low(each) else 0
                self.longest_low = max(self.longest_low, low)


def _is_less(hits: int, of: int, since: Sequence[DayShare]) -> bool:
    later = sum(day.hits for day in since), sum(day.of for day in since)
    return difference(hits, of, *later) >= _LEAST_DIFFERENCE
