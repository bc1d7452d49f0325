"""How little a value agrees with what followed such pasts before, in eight levels of the range that was seen.

1. The level of a value is its place in the range, 0 to 7; the facts of a moment are the three binary digits.
2. A value whose digits were all predicted is not strange. Another one is as strange as the `Contexts` say.
3. From 0.75 on it ends all strangeness of the next 72 points: the memory has to learn what is new.

The published detector is told the least and the greatest value of the whole series beforehand. A stream is not: here
the range is that of the values so far, and once one lies further outside than a twentieth of it, the last 4,000 values
are learned anew in the greater range.
"""

from collections import deque

from mixpanel_data.detect.statistics.values.contexts import Contexts
from mixpanel_data.detect.statistics.values.fact_sets import Facts

LEAST_POINTS = 72
"""The points before the first that can be strange, and those after a strange one that cannot."""

STRANGE = 0.75
"""What the published detector takes as strange."""

MOST_CONTEXTS = 10_000
"""Noise makes contexts without end: from so many on, the older half of the remembered points is forgotten."""

_DIGITS = 3
_TOP_LEVEL = 2**_DIGITS - 1
# Numenta's own detector calls a value new that is further outside than this share of the range (ICMLA 2015).
_TOLERANCE = 0.05
_REMEMBERED_POINTS = 4000
# Learning anew costs as much as all remembered points, so it waits until these have passed since it last did.
_RELEARNING_POINTS = 36


class Strangeness:
    """The memory of one series; feed it the values in order."""

    def __init__(self, most_contexts: int = MOST_CONTEXTS) -> None:
        self._most_contexts = most_contexts
        self._recent: deque[float] = deque(maxlen=_REMEMBERED_POINTS)
        self._contexts = Contexts()
        self._predicted: frozenset[int] = frozenset()
        self._least = self._greatest = 0.0
        self._low = self._high = 0.0
        self._points = 0
        self._learned_at = 0
        self._quiet_until = 0

    @property
    def contexts(self) -> int:
        """How many contexts it remembers."""
        return len(self._contexts)

    def of(self, value: float) -> float:
        """How strange the next value is, in [0, 1]; then take it in."""
        is_first = not self._points
        self._points += 1
        self._least = value if is_first else min(self._least, value)
        self._greatest = value if is_first else max(self._greatest, value)
        strangeness = 0.0
        if self._points > LEAST_POINTS:
            self._keep_up()
            strangeness = self._told(self._learn(value))
        self._recent.append(value)
        return strangeness

    def _told(self, strangeness: float) -> float:
        is_quiet = self._points <= self._quiet_until
        if strangeness >= STRANGE:
            self._quiet_until = self._points + LEAST_POINTS
        return 0.0 if is_quiet else strangeness

    def _learn(self, value: float) -> float:
        facts = _digits(self._level(value))
        is_foretold = self._predicted.issuperset(facts)
        recalled = self._contexts.learn(facts)
        self._predicted = recalled.predicted
        return 0.0 if is_foretold else recalled.strangeness

    def _level(self, value: float) -> int:
        width = self._high - self._low
        return min(max(int((value - self._low) / width * _TOP_LEVEL), 0), _TOP_LEVEL) if width > 0.0 else 0

    def _keep_up(self) -> None:
        """Learn anew at the start, and where the range or the memory has grown too large."""
        if self._learned_at and self._points - self._learned_at < _RELEARNING_POINTS:
            return
        margin = _TOLERANCE * (self._high - self._low)
        is_full = self.contexts > self._most_contexts
        is_outgrown = self._least < self._low - margin or self._greatest > self._high + margin
        if is_full:
            for _ in range(len(self._recent) // 2):
                self._recent.popleft()
        if is_full or is_outgrown or not self._learned_at:
            self._learn_anew()

    def _learn_anew(self) -> None:
        self._low, self._high = self._least, self._greatest
        self._contexts = Contexts()
        self._predicted = frozenset()
        self._learned_at = self._points
        for value in self._recent:
            self._learn(value)


def _digits(level: int) -> Facts:
    """The binary digits of a level, each as a fact of its own: twice its place, and 1 more where it is set."""
    return tuple(2 * place + (level >> place & 1) for place in range(_DIGITS))
