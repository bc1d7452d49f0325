"""A world: months of invented counts of a project, and everything that truly happens in them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mixpanel_data.detect.statistics.tails import Floats
from support.simulated_clock import LocalClock
from support.simulated_counts import UTC_CLOCK, SimulatedProject, rates_of
from support.simulated_traffic import SINGLE_EVENTS, Schedule, Traffic, runs_of

Direction = Literal["high", "low"]


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that truly happens to one name in [start, end), in minutes since the world's first; for good without
    an end."""

    kind: str
    name: int
    direction: Direction
    start: int
    end: int | None = None


@dataclass(frozen=True, slots=True)
class World:
    """`titles`: what each name is; `days` draws the counts, names x minutes, of that many days, the same each time."""

    label: str
    titles: Sequence[str]
    days: Callable[[int], Iterator[Floats]]
    happenings: Sequence[Happening] = ()
    clock: LocalClock = UTC_CLOCK


@dataclass(frozen=True, slots=True)
class Size:
    """How many names and days the worlds of a group have, and the seed of all chance."""

    names: int = 20
    days: int = 28
    seed: int = 1

    @property
    def rates(self) -> Floats:
        """Events a minute."""
        return rates_of(self.names)

    @property
    def titles(self) -> list[str]:
        """The names' rates."""
        return [f"{rate:.2f}/min" for rate in self.rates]

    def rng(self, *salt: int) -> np.random.Generator:
        """A generator of its own for each salt."""
        return np.random.default_rng([self.seed, *salt])


Factor = Callable[[int], Floats]
"""The factor, names x minutes (or that broadcasts to it), that a day's expected counts are multiplied with."""


def world_of(
    label: str,
    size: Size,
    *,
    traffic: Traffic = SINGLE_EVENTS,
    shape: str = "mild",
    clock: LocalClock = UTC_CLOCK,
    factor: Factor | None = None,
    happenings: Sequence[Happening] = (),
) -> World:
    """A world of names with seasons, whose traffic comes as given."""
    project = SimulatedProject.of(size.rates, size.rng(1), shape, clock)

    def days(count: int) -> Iterator[Floats]:
        expected = (project.expected(day) * (factor(day) if factor else 1.0) for day in range(count))
        return traffic.counts(expected, size.rng(2))

    return World(label, size.titles, days, happenings, clock)


def scheduled(
    label: str,
    schedules: Sequence[Schedule],
    organic: Sequence[float],
    size: Size,
    *,
    clock: LocalClock = UTC_CLOCK,
    happenings: Sequence[Happening] = (),
) -> World:
    """Names that each have a job's runs beside seasonal events of people, at the `organic` rates."""
    project = SimulatedProject.of(np.array(organic), size.rng(1), clock=clock)
    titles = [
        f"{each.size} every {each.every} +{each.phase} {each.style} over {rate:g}/min"
        for each, rate in zip(schedules, organic, strict=True)
    ]

    def days(count: int) -> Iterator[Floats]:
        rng, jobs = size.rng(2), runs_of(schedules, (clock.day(day) for day in range(count)), size.rng(3))
        return (rng.poisson(project.expected(day)) + runs for day, runs in enumerate(jobs))

    return World(label, titles, days, happenings, clock)
