"""Months of a project as they might be: names of every kind of traffic in one zone, and a few true happenings."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mixpanel_data.detect.statistics.tails import Floats
from support.simulated_changes import Span, factors_of
from support.simulated_clock import DAY, LocalClock
from support.simulated_counts import FIRST_MINUTE, SHAPES, SimulatedProject
from support.simulated_traffic import SINGLE_EVENTS, Batches, Every, Schedule, Sessions, Style, Traffic, runs_of
from support.simulated_world import Happening, Size, World

_ZONES = ("America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kolkata")
_TRAFFIC: tuple[Traffic, ...] = (
    SINGLE_EVENTS,
    SINGLE_EVENTS,
    Batches("geometric", 2),
    Batches("geometric", 5),
    Batches("poisson", 3),
    Sessions(5),
    Sessions(10),
)
_JOBS: tuple[Every, ...] = (5, 15, 60, 60, 120, "day", "day", "workday", "week")
_STYLES: tuple[Style, ...] = ("sharp", "spread", "jitter", "loose")
_FIRST_DAY = 24


@dataclass(frozen=True, slots=True)
class _Name:
    """What one name is: how its events come, and the job that some of them are of."""

    traffic: Traffic
    shape: str
    rate: float
    job: Schedule | None


def months(size: Size) -> list[World]:
    """Four projects, each of a zone of its own."""
    return [_project(number, zone, size) for number, zone in enumerate(_ZONES)]


def _project(number: int, zone: str, size: Size) -> World:
    rng = size.rng(20, number)
    names = [_name(rng) for _ in range(size.names)]
    clock = LocalClock(FIRST_MINUTE + int(rng.integers(300)) * DAY, zone)
    projects = [
        SimulatedProject.of(np.array([name.rate]), size.rng(21, number, at), name.shape, clock)
        for at, name in enumerate(names)
    ]
    spans = _happenings(rng, size)

    def people(at: int, count: int) -> Iterator[Floats]:
        own = [replace(span, name=0) for span in spans if span.name == at]
        expected = (projects[at].expected(day) * factors_of(own, 1, day) for day in range(count))
        return names[at].traffic.counts(expected, size.rng(23, number, at))

    def days(count: int) -> Iterator[Floats]:
        jobs = runs_of([name.job for name in names], (clock.day(day) for day in range(count)), size.rng(22, number))
        of_people = [people(at, count) for at in range(size.names)]
        return (np.concatenate(day) + runs for *day, runs in zip(*of_people, jobs, strict=True))

    titles = [f"{name.rate:.2f}/min {name.shape} {name.traffic} {name.job or ''}" for name in names]
    return World(f"months-{zone.partition('/')[2]}", titles, days, _told_of(spans, names), clock)


def _name(rng: np.random.Generator) -> _Name:
    job = None
    if rng.uniform() < 0.3:
        phase = int(rng.choice([0, 1])) * int(rng.integers(DAY))
        job = Schedule(
            _JOBS[rng.integers(len(_JOBS))], int(rng.choice([10, 40, 100])), phase, _STYLES[rng.integers(len(_STYLES))]
        )
    shapes = sorted(SHAPES)
    rate = float(np.exp(rng.uniform(np.log(0.05), np.log(50.0))))
    return _Name(_TRAFFIC[rng.integers(len(_TRAFFIC))], shapes[rng.integers(len(shapes))], rate, job)


def _happenings(rng: np.random.Generator, size: Size) -> Sequence[Span]:
    """One happening in about ten days, of each kind in turn: a burst, a silence, a release, a doubled level, a campaign
    of a third of the names, a day at a third of all, an outage of all."""
    spans: list[Span] = []
    for turn, day in enumerate(range(_FIRST_DAY, size.days - 1, 10)):
        name, at = int(rng.integers(size.names)), day * DAY + int(rng.integers(DAY))
        some = [int(each) for each in rng.permutation(size.names)[: max(size.names // 3, 1)]]
        spans += [
            [Span(name, at, at + 3, 10.0)],
            [Span(name, at, at + 60, 0.0)],
            [Span(name, at, None, 3.0)],
            [Span(name, at, None, 2.0)],
            [Span(each, at, at + 3 * DAY, 2.0) for each in some],
            [Span(each, day * DAY, (day + 1) * DAY, 1 / 3) for each in range(size.names)],
            [Span(each, at, at + 90, 0.0) for each in range(size.names)],
        ][turn % 7]
    return spans


def _told_of(spans: Sequence[Span], names: Sequence[_Name]) -> list[Happening]:
    kinds = {10.0: "burst", 3.0: "release", 2.0: "doubled", 1 / 3: "day at a third", 0.0: "silence"}
    return [span.happening(kinds[span.factor], names[span.name].rate) for span in spans]
