"""Worlds in which something happens: unlike days, levels that change, jobs that stop, clocks that are changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import numpy as np

from mixpanel_data.detect.statistics.tails import Floats
from support.simulated_clock import DAY, LocalClock
from support.simulated_counts import FIRST_MINUTE
from support.simulated_traffic import ChangedRuns, Every, Schedule
from support.simulated_world import Direction, Happening, Size, World, scheduled, world_of

# Something happens from the fourth week on: by then the week is known.
_FIRST_DAY = 24
# The days between two unlike days, so that each lies on another day of the week.
_DAYS_BETWEEN = 17
_CLOCK_CHANGES = {
    "New_York-spring": ("America/New_York", datetime(2026, 3, 8, tzinfo=UTC)),
    "New_York-autumn": ("America/New_York", datetime(2026, 11, 1, tzinfo=UTC)),
    "Berlin-spring": ("Europe/Berlin", datetime(2026, 3, 29, tzinfo=UTC)),
    "Berlin-autumn": ("Europe/Berlin", datetime(2026, 10, 25, tzinfo=UTC)),
    "Lord_Howe-autumn": ("Australia/Lord_Howe", datetime(2026, 4, 5, tzinfo=UTC)),
    "Lord_Howe-spring": ("Australia/Lord_Howe", datetime(2026, 10, 4, tzinfo=UTC)),
}


def zones(size: Size) -> list[World]:
    """Hours of a zone whose clocks change four weeks before the end, or in the middle of fewer than eight weeks."""
    before = max(size.days - 28, size.days // 2)
    worlds = []
    for label, (zone, change) in _CLOCK_CHANGES.items():
        clock = LocalClock((int(change.timestamp()) // 60 // DAY - before) * DAY, zone)
        worlds += [
            world_of(f"zones-{label}-{shape}", size, shape=shape, clock=clock) for shape in ("mild", "deep", "office")
        ]
        every: tuple[Every, ...] = ("day", "workday", 60, 120)
        jobs = [Schedule(every[at % 4], 40, 60 * (at % 24)) for at in range(size.names)]
        organic = [(0.0, 0.5, 5.0)[at // 4 % 3] for at in range(size.names)]
        worlds.append(scheduled(f"zones-{label}-jobs", jobs, organic, size, clock=clock))
    return worlds


def stops(size: Size) -> list[World]:
    """Jobs that stop for good, leave out one run, or send five times as much in one, from the fourth week on."""
    every: tuple[Every, ...] = (5, 15, 60, 120, "day")
    return [_disturbed(how, each, size) for how in ("stop", "skip", "more") for each in every]


def _disturbed(how: Literal["stop", "skip", "more"], every: Every, size: Size) -> World:
    rng, minutes = size.rng(7), every if isinstance(every, int) else DAY
    jobs, happenings = [], []
    for name in range(size.names):
        phase = int(rng.integers(minutes))
        # FIRST_MINUTE is a midnight, and so a multiple of all these times.
        run = _days_of_change(rng, size) * DAY // minutes * minutes + phase
        end = None if how == "stop" else run + minutes
        last = np.inf if end is None else FIRST_MINUTE + end
        changed = ChangedRuns(FIRST_MINUTE + run, last, 5.0 if how == "more" else 0.0)
        jobs.append(Schedule(every, (10, 20, 40, 100)[name % 4], phase, changed=changed))
        kind = f"{how}, every {every}, over {_organic(name):g}/min"
        happenings.append(Happening(kind, name, "high" if how == "more" else "low", run, end))
    organic = [_organic(name) for name in range(size.names)]
    return scheduled(f"stops-{how}-{every}", jobs, organic, size, happenings=happenings)


def _organic(name: int) -> float:
    return (0.0, 0.5)[name // 4 % 2]


def _days_of_change(rng: np.random.Generator, size: Size) -> int:
    """A day from the fourth week on, with a week or more after it."""
    return int(rng.integers(_FIRST_DAY, max(size.days - 6, _FIRST_DAY + 1)))


def days_unlike(size: Size) -> list[World]:
    """Days on which all names have a third of their events, 0.6 of them, or 3 times as many; or none for 2 hours."""
    kinds = {"third": (1 / 3, 0, DAY), "holiday": (0.6, 0, DAY), "friday": (3.0, 0, DAY), "outage": (0.0, 600, 720)}
    worlds = []
    for kind, (factor, start, end) in kinds.items():
        days = range(_FIRST_DAY, size.days - 1, _DAYS_BETWEEN)
        spans = [Span(name, day * DAY + start, day * DAY + end, factor) for day in days for name in range(size.names)]
        worlds.append(_changed(f"days-{kind}", size, spans))
    return worlds


def levels(size: Size) -> list[World]:
    """Levels that change for good at some minute of each name, that grow or shrink by a tenth a week, campaigns of
    three days for a third of the names, and a release that triples one name in a fortnight for good."""
    rng = size.rng(8)
    begins = [_days_of_change(rng, size) * DAY + int(rng.integers(DAY)) for _ in range(size.names)]
    worlds = [
        _changed(f"levels-{label}", size, [Span(name, at, None, factor) for name, at in enumerate(begins)])
        for label, factor in (("double", 2.0), ("half", 0.5), ("more", 1.3))
    ]
    for label, weekly in (("growth", 1.1), ("decline", 1 / 1.1)):
        worlds.append(world_of(f"levels-{label}", size, factor=_Trend(weekly)))
    campaigns = [
        Span(int(name), day * DAY + 540, (day + 3) * DAY + 540, 2.0)
        for day in range(_FIRST_DAY, size.days - 4, 28)
        for name in rng.permutation(size.names)[: max(size.names // 3, 1)]
    ]
    releases = range(_FIRST_DAY, size.days - 1, 14)
    names = rng.permutation(size.names)[: len(releases)]
    tripled = [Span(int(name), day * DAY + 840, None, 3.0) for name, day in zip(names, releases, strict=False)]
    return [*worlds, _changed("levels-campaign", size, campaigns), _changed("levels-release", size, tripled)]


@dataclass(frozen=True, slots=True)
class Span:
    """One name's events come at `factor` times their rate in [start, end), for good without an end."""

    name: int
    start: int
    end: int | None
    factor: float

    def apply(self, factors: Floats, day: int) -> None:
        """Multiply the factors, names x minutes of the day."""
        first = max(self.start - day * DAY, 0)
        end = DAY if self.end is None else min(self.end - day * DAY, DAY)
        if first < end:
            factors[self.name, first:end] *= self.factor

    def happening(self, label: str, rate: float) -> Happening:
        """What it is told as: fast and slow names apart, because few events tell little."""
        direction: Direction = "high" if self.factor > 1.0 else "low"
        speed = "at 1/min and more" if rate >= 1.0 else "at 0.2 to 1/min" if rate >= 0.2 else "at less than 0.2/min"
        return Happening(f"{label} {speed}", self.name, direction, self.start, self.end)


def _changed(label: str, size: Size, spans: Sequence[Span]) -> World:
    rates = size.rates
    happenings = [span.happening(label, float(rates[span.name])) for span in spans]
    return world_of(label, size, factor=lambda day: factors_of(spans, size.names, day), happenings=happenings)


def factors_of(spans: Sequence[Span], names: int, day: int) -> Floats:
    """The factors of all spans together, names x minutes of the day."""
    factors = np.ones((names, DAY))
    for span in spans:
        span.apply(factors, day)
    return factors


class _Trend:
    """A level that grows by a factor each week."""

    def __init__(self, weekly: float) -> None:
        self._weekly = weekly

    def __call__(self, day: int) -> Floats:
        weeks = (day * DAY + np.arange(DAY)) / (7 * DAY)
        factors: Floats = self._weekly**weeks
        return factors
