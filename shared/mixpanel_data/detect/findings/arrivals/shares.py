"""What share of a name's events has arrived, by the age of their minute, from counts of earlier arrivals.

1. The arrivals of the last three days are counted by age. All events that arrive in a day, however old, have the ages
   of all events that happen in one, as long as the traffic is steady; so the newest day teaches about events that are
   two days late too.
2. Days fade, each counting half of the day after it; a lower share in the last day is taken at once, and one in its
   last two hours among events that are not older. So it takes hours to learn that events come up to two hours later,
   a day for longer delays, and two or three days that they come sooner.
3. A name with few events is completed with those of all names together, to which no name adds more than a thousand.
4. Events that are held back together (a batch every hour) make the share stray from its mean by more than chance. By
   how much follows from the pairs of events of the same minute: three standard deviations are taken off, and where it
   is all or nothing, nothing has to have come yet. The steadier of two days counts: in the other, Mixpanel itself may
   have stood still.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mixpanel_data.detect.statistics.tails import Floats

MOST_AGE = 48 * 60
"""Minutes after which everything has arrived; what comes later is history that somebody imports, and no delay."""

DAYS = 3
"""The days whose arrivals are counted, by two hours."""

PAIRED_DAYS = 2
"""The days whose pairs of events are counted."""

MOST_PAIR_AGE = 30 * 60
"""Minutes up to which the ages of pairs are counted: those of the events of a day that come in one batch."""

_CLASSES = ((60, 1), (240, 5), (720, 15), (MOST_AGE, 60))
_STARTS = np.concatenate(
    [np.arange(first, end, width) for (end, width), first in zip(_CLASSES, (0, 60, 240, 720), strict=True)]
)
_ENDS = np.append(_STARTS[1:], MOST_AGE)
_PAIR_CLASSES = int(np.searchsorted(_STARTS, MOST_PAIR_AGE))
_PARTS_OF_DAY, _FADING = 12, 0.5
# The classes of ages up to two hours.
_YOUNG = slice(0, int(np.searchsorted(_STARTS, 120)))
# The events of all names that complete those of one.
_PRIOR_EVENTS = 50.0
_LEAST_EVENTS = 30
# The events of a name that count for all names together.
_MOST_EVENTS = 1000.0
_DEVIATIONS, _CHANCE_DEVIATIONS = 3.0, 2.0
# Of the greatest variance, that of minutes whose events come all or not at all.
_ALL_OR_NOTHING = 0.5
# A share that is this near to 1 is 1.
_REST = 0.0005
_STRAGGLERS = 0.01


@dataclass(frozen=True, slots=True)
class Arrivals:
    """One name's arrivals by classes of ages: all days' with their weights, the last day's and the last two hours'.

    `one` and `both`, days x classes: how many pairs have one event, and both, that arrived by the end of each class.
    """

    counts: Floats
    one: Floats
    both: Floats

    @classmethod
    def of(cls, packed: str, packed_pairs: str) -> "Arrivals":
        """The arrivals as the warehouse packs them: part, age and count; and part, age, and the pairs of that class."""
        part, age, events = np.array(packed.split(), dtype=np.int64).reshape(-1, 3).T
        counts = np.zeros((DAYS * _PARTS_OF_DAY, len(_STARTS)))
        counts[part, np.searchsorted(_STARTS, age)] = events
        part, age, *pairs = np.array(packed_pairs.split(), dtype=np.int64).reshape(-1, 4).T
        by_day = np.zeros((2, PAIRED_DAYS, _PAIR_CLASSES))
        by_day[:, part, np.searchsorted(_STARTS, age)] = pairs
        one, both = np.cumsum(by_day, axis=2)
        return cls(_spans(counts), one, both)

    @property
    def events(self) -> float:
        """All events, with their weights."""
        return float(self.counts[0].sum())


@dataclass(frozen=True, slots=True)
class DelayShares:
    """The share of a minute's events that has arrived, by the minute's age: rising, 1 after the last of `ages`."""

    ages: Floats
    shares: Floats

    def at(self, ages: Floats) -> Floats:
        """The shares at ages in minutes since the minutes began; 0 for minutes that have not begun."""
        known = np.interp(ages, np.append(0.0, self.ages), np.append(0.0, self.shares))
        return np.where(ages > self.ages[-1], 1.0, known)

    def complete_after(self) -> int:
        """The age, in whole minutes, at which all but one in a hundred have arrived."""
        at = int(np.searchsorted(self.shares, 1.0 - _STRAGGLERS))
        return int(self.ages[min(at, len(self.ages) - 1)])

    def packed(self) -> str:
        """As text: ages and shares in turn."""
        return " ".join(f"{age:.0f} {share:.4f}" for age, share in zip(self.ages, self.shares, strict=True))

    @classmethod
    def of(cls, packed: str) -> "DelayShares":
        """Back from `packed`. Raises ValueError for any other text."""
        ages, shares = np.array(packed.split(), dtype=np.float64).reshape(-1, 2).T
        return cls(ages, shares)


AT_ONCE = DelayShares(np.ones(1), np.ones(1))
"""For events of which no delay is known: all of a minute's events have arrived when it is over."""


def delay_shares(by_name: Mapping[str, Arrivals]) -> dict[str | None, DelayShares]:
    """The shares of each name with enough events, and of all together, by the name None; the names with the most events
    first."""
    together = np.zeros((3, len(_STARTS)))
    for arrivals in by_name.values():
        together += arrivals.counts * min(1.0, _MOST_EVENTS / max(1.0, arrivals.events))
    common = _arrived(together, np.ones(len(_ENDS)), prior=1.0)
    learned: dict[str | None, DelayShares] = {None: _shares(common, np.zeros(_PAIR_CLASSES))}
    for name, arrivals in sorted(by_name.items(), key=lambda item: -item[1].events):
        if arrivals.events >= _LEAST_EVENTS:
            mean = _arrived(arrivals.counts, common, prior=_PRIOR_EVENTS)
            learned[name] = _shares(mean, _spread(arrivals))
    return learned


def _spans(counts: Floats) -> Floats:
    """Counts by parts of two hours as those of all days, fading, of the last day, and of the last two hours."""
    faded = _FADING ** (np.arange(len(counts)) // _PARTS_OF_DAY) @ counts
    return np.array([faded, counts[:_PARTS_OF_DAY].sum(axis=0), counts[0]])


def _arrived(counts: Floats, common: Floats, *, prior: float) -> Floats:
    """The share that has arrived at the end of each class of ages: the lowest of step 2."""
    days, last_day, last_hours = np.cumsum(counts, axis=1)
    usual = days / (_FADING ** np.arange(DAYS)).sum()
    faded = _completed(days, common, prior)
    arrived = np.minimum(faded, _completed(last_day, faded, prior, usual[-1]))
    # The late events of a busy day come in a quiet night too, so that the last hours tell of young events alone.
    young = arrived[_YOUNG]
    all_young = max(young[-1], _REST)
    newest = _completed(last_hours[_YOUNG], young / all_young, prior, usual[_YOUNG][-1] / _PARTS_OF_DAY)
    arrived[_YOUNG] = np.minimum(young, all_young * newest)
    return arrived


def _completed(younger: Floats, known: Floats, prior: float, usual: float = 0.0) -> Floats:
    """The share that was younger, with `prior` events of the known shares.

    Of fewer events than usual those that are missing count as young: in an outage only late ones still come.
    """
    older = younger[-1] - younger + prior * (1.0 - known)
    completed: Floats = 1.0 - older / (max(younger[-1], usual) + prior)
    return completed


def _spread(arrivals: Arrivals) -> Floats:
    """How far the share strays beyond chance, as a standard deviation; infinitely where it is all or nothing."""
    days = [_spread_of_day(one, both) for one, both in zip(arrivals.one, arrivals.both, strict=True) if both[-1]]
    spread: Floats = np.min(days, axis=0) if days else np.zeros(_PAIR_CLASSES)
    return spread


def _spread_of_day(one: Floats, both: Floats) -> Floats:
    """Two events of one minute are alike more often than any two."""
    pairs = both[-1]
    share = one / pairs
    most = np.maximum(share * (1.0 - share), 1e-9)
    by_chance = most * math.sqrt(2.0 / pairs)
    variance = np.maximum(both / pairs - share * share - _CHANCE_DEVIATIONS * by_chance, 0.0)
    spread: Floats = np.where(variance > _ALL_OR_NOTHING * most, np.inf, np.sqrt(variance))
    return spread


def _shares(mean: Floats, spread: Floats) -> DelayShares:
    """The shares to be expected at least, up to the age from which nothing is left to come."""
    lower = mean.copy()
    lower[:_PAIR_CLASSES] -= _DEVIATIONS * spread
    shares = np.maximum.accumulate(np.clip(lower, 0.0, 1.0))
    size = min(int((shares < 1.0 - _REST).sum()) + 1, len(_ENDS))
    return DelayShares(_ENDS[:size].astype(np.float64), shares[:size])
