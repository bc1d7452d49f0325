"""A memory of what followed what, from single facts to long pasts, and how little a new moment agrees with it.

A *context* is a pair of sets of facts: when all of `before` held, `after` came next. A moment's facts are those that
were observed, and the contexts that came true at it, so that a `before` can reach back further than one moment. With
each moment:

1. The whole of the moment before, and what was observed now, become a context.
2. Contexts whose `before` held fully were due: they come true if all of their `after` was observed.
3. If the context of step 1 is new, the parts that other whole contexts share with the two moments become contexts too.
4. Due contexts that hold for the new moment predict: those that were right most often, by their share of facts.

Two shares say how strange the moment is: of the due contexts, how many came true; and of the contexts that could be
learned, how many were new.

After the Contextual Anomaly Detector by M. Smirnov (Open Source Edition, 2016), with its constants.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from mixpanel_data.detect.statistics.values.columns import Column
from mixpanel_data.detect.statistics.values.fact_sets import Facts, FactSets

MOST_FACTS_BEFORE = 7
"""The most facts of a `before` that is a part of a whole moment."""

MOST_CONTEXTS_AS_FACTS = 15
"""The most contexts that came true, those that did so most often, that become facts of a moment."""

# Facts from here on are contexts; observed ones are smaller.
_FIRST_CONTEXT = 1 << 31

_Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Recalled:
    """What the memory says of a moment: two shares in [0, 1], and the facts that it predicts for the next one."""

    came_true: float
    is_new: float
    predicted: frozenset[int]

    @property
    def strangeness(self) -> float:
        """0 if all that was due came true, and nothing was new; 1 if nothing that was due did, and all was new."""
        return (1.0 - self.came_true + self.is_new) / 2.0


class Contexts:
    """The memory of one series. It grows with all that is new; `len` is the number of contexts."""

    def __init__(self) -> None:
        self._befores, self._afters = FactSets(), FactSets()
        self._numbers: dict[tuple[int, int], int] = {}
        self._before, self._after = Column(), Column()
        self._due, self._right, self._times, self._is_whole = Column(), Column(), Column(), Column()
        self._moment: Facts = ()
        self._held = self._befores.overlaps(())

    def __len__(self) -> int:
        return len(self._numbers)

    def learn(self, observed: Facts) -> Recalled:
        """Take in the facts observed now, in ascending order and below 2**31."""
        earlier, held = self._moment, self._held
        is_new = bool(earlier) and self._add(earlier, observed, is_whole=True)
        seen = self._afters.overlaps(observed)
        known = len(self) - is_new
        due, true, parts = self._compare(held, seen, known)
        shared = self._shared(parts, earlier, observed) if is_new else set()
        self._moment = self._moment_of(observed, true)
        learned = is_new + sum(self._add(*each, is_whole=False) for each in sorted(shared))
        self._held = self._befores.overlaps(self._moment)
        candidates = len(shared | {(earlier, observed)})
        return Recalled(
            came_true=len(true) / due if due else 0.0,
            is_new=learned / candidates if is_new else 0.0,
            predicted=self._predicted(),
        )

    def _add(self, before: Facts, after: Facts, *, is_whole: bool) -> bool:
        """Whether a context was new."""
        pair = (self._befores.number(before), self._afters.number(after))
        number = self._numbers.setdefault(pair, len(self))
        if number < len(self._before.values):
            self._is_whole.values[number] |= is_whole
            return False
        for column, value in ((self._before, pair[0]), (self._after, pair[1]), (self._is_whole, is_whole)):
            column.append(value)
        for column in (self._due, self._right, self._times):
            column.append(0)
        return True

    def _compare(self, held: _Numbers, seen: _Numbers, known: int) -> tuple[int, _Numbers, list[tuple[int, int]]]:
        """(how many of the first `known` contexts were due, which came true, the pairs of sets that share a part)."""
        held = held[self._before.values[:known]]
        (touched,) = held.nonzero()
        held, before, after = held[touched], self._before.values[touched], self._after.values[touched]
        seen, sizes = seen[after], self._afters.sizes[after]
        is_due = held == self._befores.sizes[before]
        is_true = is_due & (seen == sizes)
        due, true = touched[is_due], touched[is_true]
        self._due.values[due] += sizes[is_due]
        self._right.values[due] += seen[is_due]
        self._times.values[true] += 1
        is_part = (self._is_whole.values[touched] > 0) & (held <= MOST_FACTS_BEFORE) & (seen > 0) & ~is_true
        return len(due), true, list(zip(before[is_part].tolist(), after[is_part].tolist(), strict=True))

    def _shared(self, pairs: Iterable[tuple[int, int]], earlier: Facts, observed: Facts) -> set[tuple[Facts, Facts]]:
        """What the sets of facts of these pairs share with the moment before, and with what was observed now."""
        befores, afters = set(earlier), set(observed)

        @cache
        def before(number: int) -> Facts:
            return tuple(fact for fact in self._befores.facts[number] if fact in befores)

        @cache
        def after(number: int) -> Facts:
            return tuple(fact for fact in self._afters.facts[number] if fact in afters)

        return {(before(first), after(second)) for first, second in pairs}

    def _moment_of(self, observed: Facts, true: _Numbers) -> Facts:
        if len(true) > MOST_CONTEXTS_AS_FACTS:
            true = true[np.lexsort((true, self._times.values[true]))][-MOST_CONTEXTS_AS_FACTS:]
        return observed + tuple(sorted(_FIRST_CONTEXT + number for number in true.tolist()))

    def _predicted(self) -> frozenset[int]:
        is_full = self._held == self._befores.sizes
        (next_due,) = is_full[self._before.values].nonzero()
        if not len(next_due):
            return frozenset()
        shares = self._right.values[next_due] / np.maximum(self._due.values[next_due], 1)
        best = set(self._after.values[next_due[shares == shares.max()]].tolist())
        return frozenset().union(*(self._afters.facts[number] for number in best))
