"""Counts of an invented project whose true rates are known, and how a detector with a fresh baseline judges them.

Counts have a daily and a weekly season of the project's zone; events come by chance, or as `simulated_traffic` says.
Shapes of the day: mild is a sine; deep has a night of a twentieth of the day's height; office has steps; midnight has a
jump; peaks has an hour's rush twice a day. All but mild have weekends at 0.4 of a working day.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from mixpanel_data.detect.statistics.forecasting.baseline import Baseline
from mixpanel_data.detect.statistics.scoring.counts import CountScores, CountsModel, cut_deviate
from mixpanel_data.detect.statistics.tails import Floats
from support.simulated_clock import LocalClock
from support.simulated_traffic import SINGLE_EVENTS, Batches

_DAY = 1440
_QUIET_MINUTES = 20
_LEARNING_DAYS = 28
FIRST_MINUTE = 20_454 * _DAY
"""A midnight, in minutes since 1970."""

UTC_CLOCK = LocalClock(FIRST_MINUTE)
"""The clock of a project in UTC."""


@dataclass(frozen=True, slots=True)
class SimulatedProject:
    """Names whose true rates are known: events a minute, the shape of each day (mean 1), and the factor of weekends."""

    rates: Floats
    shape: Floats
    weekend: Floats
    clock: LocalClock = UTC_CLOCK

    @classmethod
    def of(
        cls, rates: Floats, rng: np.random.Generator, shape: str = "mild", clock: LocalClock = UTC_CLOCK
    ) -> "SimulatedProject":
        """A season of its own for each rate."""
        names = len(rates)
        depth, phase, weekend = rng.uniform(0.3, 0.8, names), rng.uniform(0, 1, names), rng.uniform(0.5, 1.1, names)
        if shape in ("office", "midnight"):
            phase = np.rint(phase * 48) / 48
        days = [
            SHAPES[shape]((np.arange(_DAY) + round(start * _DAY)) % _DAY / _DAY, deep)
            for start, deep in zip(phase, depth, strict=True)
        ]
        if shape != "mild":
            weekend = np.full(names, 0.4)
        return cls(rates, np.array([day / day.mean() for day in days]), weekend, clock)

    def expected(self, day: int) -> Floats:
        """Expected counts, names x minutes, of a UTC day that is counted from the clock's first minute."""
        local = self.clock.day(day)
        weekend: Floats = np.where(local.weekdays >= 5, self.weekend[:, None], 1.0)
        return self.rates[:, None] * self.shape[:, local.minutes] * weekend


def _deep(place: Floats, depth: float) -> Floats:
    return np.exp(2.5 * depth * np.sin(2 * np.pi * place), dtype=np.float64)


def _peaks(place: Floats, depth: float) -> Floats:
    rush = np.exp(-(((place - 0.35) * 34) ** 2)) + np.exp(-(((place - 0.75) * 34) ** 2))
    return np.add(1.0, 3.0 * depth * rush, dtype=np.float64)


SHAPES: dict[str, Callable[[Floats, float], Floats]] = {
    "mild": lambda place, depth: np.add(1.0, depth * np.sin(2 * np.pi * place), dtype=np.float64),
    "deep": _deep,
    "office": lambda place, depth: np.where(place < 8 / 24, 4.0 + 8.0 * depth, 1.0),
    "midnight": lambda place, depth: np.add(1.0, depth * (1.0 - 2.0 * place), dtype=np.float64),
    "peaks": _peaks,
}


def rates_of(names: int) -> Floats:
    """Rates from 0.05 to 50 a minute, evenly spaced on a logarithmic scale; 5 a minute for a single name."""
    return np.geomspace(0.05, 50.0, names) if names > 1 else np.array([5.0])


def incidents(minutes: NDArray[np.int64]) -> int:
    """The number of incidents in ascending abnormal minutes of one name and direction; gaps up to 20 minutes join."""
    return 0 if len(minutes) == 0 else 1 + int(np.sum(np.diff(minutes) > _QUIET_MINUTES))


@dataclass(frozen=True, slots=True)
class FalseIncidents:
    """The incidents found where nothing is wrong: the day and name of each, and the seconds that judging took."""

    days: NDArray[np.int64]
    names: NDArray[np.int64]
    seconds: float

    def weekly(self, first: int, end: int) -> float:
        """Incidents a week over all names, in days [first, end)."""
        return float(np.sum((self.days >= first) & (self.days < end))) * 7.0 / (end - first)


def false_incidents(
    project: SimulatedProject, days: int, seed: int, *, learned_days: int = 0, cut_names: int | None = None
) -> FalseIncidents:
    """Incidents by (name, direction) over `days` days, after `learned_days` that the baseline only learns."""
    rng = np.random.default_rng(seed)
    names = len(project.rates)
    model = CountsModel(names, FIRST_MINUTE, cut=cut_deviate(cut_names or names))
    for day in range(learned_days):
        model.learn(rng.poisson(project.expected(day)))
    last = np.full((2, names), -(10**6))
    found: list[tuple[int, int]] = []
    started = time.perf_counter()
    for day in range(learned_days, learned_days + days):
        judged = model.score(rng.poisson(project.expected(day)))
        for side, score in enumerate((judged.high.score, np.maximum(judged.low.score, judged.silence.score))):
            for name, minute in zip(*np.nonzero(score >= 0.5), strict=True):
                if day * _DAY + minute - last[side, name] > _QUIET_MINUTES:
                    found.append((day - learned_days, int(name)))
                last[side, name] = day * _DAY + minute
    at = np.array(found, dtype=np.int64).reshape(-1, 2)
    return FalseIncidents(at[:, 0], at[:, 1], time.perf_counter() - started)


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of `minutes` minutes during which events come at `factor` times their rate."""

    minutes: float
    factor: float


BURST, SILENCE = Fault(3.0, 5.0), Fault(30.0, 0.0)


def found(
    rate: float,
    fault: Fault,
    *,
    names: int,
    days: int,
    seed: int,
    budget_names: int,
    traffic: Batches = SINGLE_EVENTS,
) -> float:
    """The share of faults found by the first run after their end; faults start at minutes in which `rate` is expected.

    From the fifth week on, each name has one fault a day, which starts at a random fraction of a minute. A run every
    five minutes judges all minutes since the run before, so a fault counts as found by any minute that it touches.
    """
    project, state = _learned(0.9 * rate, 0.8, names, seed, traffic)
    model, rng = _going_on(state, budget_names), np.random.default_rng(seed + 1)
    hits, total = 0, 0
    for day in range(_LEARNING_DAYS, _LEARNING_DAYS + days):
        expected = project.expected(day)
        starts = _starts(expected, rate, _DAY - max(40, int(fault.minutes) + 1), rng)
        shares = _shares(expected.shape, starts, fault)
        counts = traffic.draw(expected * (1.0 + shares * (fault.factor - 1.0)), rng)
        score = _direction(model.score(counts), fault)
        for name, start in starts.items():
            minutes = slice(int(start), int(np.ceil(start + fault.minutes)))
            hits += bool(np.any(score[name, minutes] >= 0.5))
            total += 1
    return hits / total


@cache
def _learned(
    rate: float, spread: float, names: int, seed: int, traffic: Batches = SINGLE_EVENTS
) -> tuple[SimulatedProject, list[bytes]]:
    """Names with rates near `rate`, and the state of a baseline that has learned four weeks of their counts."""
    rng = np.random.default_rng(seed)
    project = SimulatedProject.of(rate * rng.uniform(1.0, 1.0 + spread, names), rng)
    model = CountsModel(names, FIRST_MINUTE, cut=1.0)
    for day in range(_LEARNING_DAYS):
        model.learn(traffic.draw(project.expected(day), rng))
    return project, model.baseline.states()


def _going_on(state: list[bytes], budget_names: int) -> CountsModel:
    first = FIRST_MINUTE + _LEARNING_DAYS * _DAY
    return CountsModel(len(state), first, cut=cut_deviate(budget_names), baseline=Baseline.of(state))


def _direction(judged: CountScores, fault: Fault) -> Floats:
    return judged.high.score if fault.factor > 1.0 else np.maximum(judged.low.score, judged.silence.score)


@dataclass(frozen=True, slots=True)
class Lasting:
    """How the detector sees faults that start with a minute: the share that it finds, and among those the share seen as
    one incident, the minutes until the first sight, and the minutes by which the incident outlasts the fault (each
    median and 95th percentile)."""

    found: float
    is_one: float
    first: float
    first_95: float
    after: float
    after_95: float


def lasting(rate: float, fault: Fault, *, names: int, seed: int, budget_names: int) -> Lasting:
    """Each name has one fault, on the third day after four weeks; sightings up to 12 hours after its end count."""
    project, state = _learned(rate, 0.0, names, seed)
    model, rng = _going_on(state, budget_names), np.random.default_rng(seed + 1)
    expected = np.concatenate([project.expected(_LEARNING_DAYS + day) for day in range(3)], axis=1)
    begin, length = _DAY + 400, int(fault.minutes)
    expected[:, begin : begin + length] *= fault.factor
    score = _direction(model.score(rng.poisson(expected)), fault)[:, begin : begin + length + 720]
    seen = [np.flatnonzero(row >= 0.5) for row in score if np.any(row >= 0.5)]
    first, after = [float(row[0]) for row in seen], [float(row[-1] + 1 - length) for row in seen]
    ones = float(np.mean([incidents(row) == 1 for row in seen])) if seen else np.nan
    spans = [float(np.percentile(each, q)) for each in (first or [np.nan], after or [np.nan]) for q in (50, 95)]
    return Lasting(len(seen) / names, ones, *spans)


def _starts(expected: Floats, rate: float, end: int, rng: np.random.Generator) -> dict[int, float]:
    starts = {}
    for name, minutes in enumerate(expected):
        at = np.nonzero(np.abs(minutes[:end] / rate - 1.0) < 0.05)[0]
        if len(at):
            starts[name] = float(rng.choice(at)) + float(rng.uniform())
    return starts


def _shares(shape: tuple[int, ...], starts: dict[int, float], fault: Fault) -> Floats:
    """The share of each minute, names x minutes, that lies in a fault."""
    shares = np.zeros(shape)
    for name, start in starts.items():
        first, end = int(start), start + fault.minutes
        for minute in range(first, int(np.ceil(end))):
            shares[name, minute] = min(minute + 1, end) - max(minute, start)
    return shares
