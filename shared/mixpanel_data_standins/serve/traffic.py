"""Invented traffic that flows: some days of history, then as much more as a clock has come on."""

import math
import random
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta

from mixpanel_data_standins.mixpanel import StandInMixpanel
from mixpanel_data_standins.sample.traffic import BROKEN_VERSION, USUAL_VERSIONS, line, season
from mixpanel_data_standins.serve.faults import Fault, Faults, Kind
from mixpanel_data_standins.serve.names import PER_MINUTE

HISTORY = timedelta(days=4)
"""How much traffic there is from the start: what the detector needs to know the hours of the day."""

# The stand-in shows an event only once its clock has passed it, so that a minute can be stored before it begins.
_AHEAD = timedelta(minutes=2)
_MINUTE = timedelta(minutes=1)
# Of the standard deviation that chance alone would have.
_UNEVENNESS = 0.6
# Of the swing between day and night that the demo's traffic has: with all of it, nights have too few events to tell.
_SWING = 0.4
# 14 days at 60 times the usual speed are more than five hours.
_KEPT_DAYS = 14


class Traffic:
    """The events of a shop's visitors, stored in a stand-in minute by minute, from `start` (aware) on.

    Threads can share it. What a minute has too many, the next ones have too few: by chance alone, one in sixteen
    stretches of ten hours would have an alert that nobody started.
    """

    def __init__(self, mixpanel: StandInMixpanel, start: datetime, seed: int = 7) -> None:
        self._mixpanel = mixpanel
        self._faults = Faults()
        self._storing = threading.Lock()
        self._minute = start.replace(second=0, microsecond=0)
        self._chance = random.Random(seed)  # noqa: S311 - not for cryptography
        self._owed = dict.fromkeys(PER_MINUTE, 0.0)
        self._number = 0

    def flow(self, now: datetime) -> None:
        """Store the events up to shortly after `now` (aware), and forget those of days long ago."""
        with self._storing:
            before = self._minute.date()
            self._mixpanel.add(self._lines(now + _AHEAD))
            for day in range((self._minute.date() - before).days):
                self._mixpanel.drop_day(before + timedelta(days=day - _KEPT_DAYS))

    def disturb(self, kind: Kind, event: str | None) -> Fault:
        """Start a fault in the first minute that is not stored yet, and raise what `Faults.begin` raises."""
        with self._storing:
            return self._faults.begin(kind, event, self._minute)

    def _lines(self, end: datetime) -> Iterator[bytes]:
        while self._minute < end:
            for name in PER_MINUTE:
                yield from self._of_minute(name)
            self._minute += _MINUTE

    def _of_minute(self, name: str) -> Iterator[bytes]:
        factor = self._faults.factor(name, self._minute)
        if factor == 0:
            return
        expected = PER_MINUTE[name] * _season(self._minute) * factor
        self._owed[name] += expected
        count = max(0, round(self._owed[name] + self._chance.gauss(0, _UNEVENNESS * math.sqrt(expected))))
        self._owed[name] -= count
        for _ in range(count):
            self._number += 1
            at = self._minute + timedelta(seconds=self._chance.uniform(0, 60))
            is_broken = factor > 1 and self._chance.random() < 0.9
            version = BROKEN_VERSION if is_broken else self._chance.choice(USUAL_VERSIONS)
            yield line(name, at, version, f"visit-{self._number}", self._chance)


def _season(at: datetime) -> float:
    """The rate of this time of day relative to the average, from 0.8 to 1.2."""
    return 1 + _SWING * (season(at) - 1)
