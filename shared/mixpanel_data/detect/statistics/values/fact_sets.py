"""Numbered sets of facts, and how much of each is in a set that is asked about."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from mixpanel_data.detect.statistics.values.columns import Column

Facts = tuple[int, ...]
"""A set of facts, in ascending order."""


class FactSets:
    """Sets of facts, each kept once and numbered from 0 in the order in which they came."""

    def __init__(self) -> None:
        self._numbers: dict[Facts, int] = {}
        self._holders: dict[int, Column] = {}
        self._sizes = Column()
        self.facts: list[Facts] = []

    def number(self, facts: Facts) -> int:
        """The number of a set, which is added if it is new."""
        number = self._numbers.setdefault(facts, len(self.facts))
        if number == len(self.facts):
            self.facts.append(facts)
            self._sizes.append(len(facts))
            for fact in facts:
                self._holders.setdefault(fact, Column()).append(number)
        return number

    @property
    def sizes(self) -> npt.NDArray[np.int64]:
        """The number of facts of each set."""
        return self._sizes.values

    def overlaps(self, facts: Iterable[int]) -> npt.NDArray[np.int64]:
        """How many of these facts each set has."""
        holders = [self._holders[fact].values for fact in facts if fact in self._holders]
        found = np.concatenate(holders) if holders else np.zeros(0, np.int64)
        return np.bincount(found, minlength=len(self.facts))
