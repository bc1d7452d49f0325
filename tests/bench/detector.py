"""The detector's figures: false incidents, bursts and silences found, speed, and the Numenta benchmark.

usage: python -m bench.detector [--days N] [--names N ...] [--shapes SHAPE ...] [--learned DAYS ...]
                               [--skip false|found|lasting|nab ...]

Simulated counts have a daily and a weekly season and Poisson noise. Shapes of the day: mild is a
sine, deep a night of a twentieth of the day, office has steps, midnight a jump, peaks an hour's rush twice a day; all
but mild with weekends at 0.4. The Numenta corpus is read from the folder that
the environment names in NAB_DIR, and scored by NAB_SCORER, by default ../../tools/nab_score.py beside it; without
the folder that part is left out.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mixpanel_data.detect.statistics.baseline import Baseline
from mixpanel_data.detect.statistics.counts import CountScores, CountsModel, cut_deviate
from mixpanel_data.detect.statistics.tails import Floats
from mixpanel_data.detect.study.files import score_files

_DAY = 1440
_QUIET_MINUTES = 20
_LEARNING_DAYS = 28
FIRST_MINUTE = 20_454 * _DAY
"""A midnight, in minutes since 1970."""


@dataclass(frozen=True, slots=True)
class World:
    """Names whose true rates are known: rates a minute, the shape of each one's day (mean 1), and its weekends."""

    rates: Floats
    shape: Floats
    weekend: Floats

    @classmethod
    def of(cls, rates: Floats, rng: np.random.Generator, shape: str = "mild") -> "World":
        """A season of its own for each of the rates."""
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
        return cls(rates, np.array([day / day.mean() for day in days]), weekend)

    def expected(self, day: int) -> Floats:
        """Names x minutes of a day, counted from FIRST_MINUTE."""
        is_weekend = (FIRST_MINUTE // _DAY + day) % 7 in (2, 3)
        return self.rates[:, None] * self.shape * (self.weekend[:, None] if is_weekend else 1.0)


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
    """From 0.05 to 50 a minute, evenly on a logarithmic scale."""
    return np.geomspace(0.05, 50.0, names) if names > 1 else np.array([5.0])


def incidents(minutes: NDArray[np.int64]) -> int:
    """How many, when those at most 20 minutes apart are one; minutes of one name and direction, ascending."""
    return 0 if len(minutes) == 0 else 1 + int(np.sum(np.diff(minutes) > _QUIET_MINUTES))


@dataclass(frozen=True, slots=True)
class FalseIncidents:
    """Of a world in which nothing is wrong: each one's day and name, and the seconds that it took."""

    days: NDArray[np.int64]
    names: NDArray[np.int64]
    seconds: float

    def weekly(self, first: int, end: int) -> float:
        """How many a week over all names, of those days."""
        return float(np.sum((self.days >= first) & (self.days < end))) * 7.0 / (end - first)


def false_incidents(
    world: World, days: int, seed: int, *, learned_days: int = 0, cut_names: int | None = None
) -> FalseIncidents:
    """Incidents of (name, direction) over so many days, the first of them to be judged after some that are learned."""
    rng = np.random.default_rng(seed)
    names = len(world.rates)
    model = CountsModel(names, FIRST_MINUTE, cut=cut_deviate(cut_names or names))
    for day in range(learned_days):
        model.learn(rng.poisson(world.expected(day)))
    last = np.full((2, names), -(10**6))
    found: list[tuple[int, int]] = []
    started = time.perf_counter()
    for day in range(learned_days, learned_days + days):
        judged = model.score(rng.poisson(world.expected(day)))
        for side, score in enumerate((judged.high.score, np.maximum(judged.low.score, judged.silence.score))):
            for name, minute in zip(*np.nonzero(score >= 0.5), strict=True):
                if day * _DAY + minute - last[side, name] > _QUIET_MINUTES:
                    found.append((day - learned_days, int(name)))
                last[side, name] = day * _DAY + minute
    at = np.array(found, dtype=np.int64).reshape(-1, 2)
    return FalseIncidents(at[:, 0], at[:, 1], time.perf_counter() - started)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is done to the counts: for so many minutes they come at `factor` times their rate."""

    minutes: float
    factor: float


BURST, SILENCE = Fault(3.0, 5.0), Fault(30.0, 0.0)


def found(rate: float, fault: Fault, *, names: int, days: int, seed: int, budget_names: int) -> float:
    """Share of faults found in the first run after their end; they come at minutes when `rate` is expected.

    Each name has one a day, at a random fraction of a minute, from the fifth week on. A run every five minutes judges
    all minutes since the last, so what is found is found by a minute that is over when the fault is.
    """
    world, state = _learned(0.9 * rate, 0.8, names, seed)
    model, rng = _going_on(state, budget_names), np.random.default_rng(seed + 1)
    hits, total = 0, 0
    for day in range(_LEARNING_DAYS, _LEARNING_DAYS + days):
        expected = world.expected(day)
        starts = _starts(expected, rate, rng)
        shares = _shares(expected.shape, starts, fault)
        score = _direction(model.score(rng.poisson(expected * (1.0 + shares * (fault.factor - 1.0)))), fault)
        for name, start in starts.items():
            minutes = slice(int(start), int(np.ceil(start + fault.minutes)))
            hits += bool(np.any(score[name, minutes] >= 0.5))
            total += 1
    return hits / total


@cache
def _learned(rate: float, spread: float, names: int, seed: int) -> tuple[World, Floats]:
    """Names about a rate, and the state of a baseline that has learned four weeks of them."""
    rng = np.random.default_rng(seed)
    world = World.of(rate * rng.uniform(1.0, 1.0 + spread, names), rng)
    model = CountsModel(names, FIRST_MINUTE, cut=1.0)
    for day in range(_LEARNING_DAYS):
        model.learn(rng.poisson(world.expected(day)))
    return world, model.baseline.state()


def _going_on(state: Floats, budget_names: int) -> CountsModel:
    first = FIRST_MINUTE + _LEARNING_DAYS * _DAY
    return CountsModel(len(state), first, cut=cut_deviate(budget_names), baseline=Baseline.of(state))


def _direction(judged: CountScores, fault: Fault) -> Floats:
    return judged.high.score if fault.factor > 1.0 else np.maximum(judged.low.score, judged.silence.score)


@dataclass(frozen=True, slots=True)
class Lasting:
    """How faults are told of that begin with a minute: the share found at all, and of those found the share that is
    one incident, its minutes until it is first seen, and those that it outlasts the fault (median, 95 of 100)."""

    found: float
    is_one: float
    first: float
    first_95: float
    after: float
    after_95: float


def lasting(rate: float, fault: Fault, *, names: int, seed: int, budget_names: int) -> Lasting:
    """Each name has one, on the third day after four weeks; what is seen within 12 hours of its end counts."""
    world, state = _learned(rate, 0.0, names, seed)
    model, rng = _going_on(state, budget_names), np.random.default_rng(seed + 1)
    expected = np.concatenate([world.expected(_LEARNING_DAYS + day) for day in range(3)], axis=1)
    begin, length = _DAY + 400, int(fault.minutes)
    expected[:, begin : begin + length] *= fault.factor
    score = _direction(model.score(rng.poisson(expected)), fault)[:, begin : begin + length + 720]
    seen = [np.flatnonzero(row >= 0.5) for row in score if np.any(row >= 0.5)]
    first, after = [float(row[0]) for row in seen], [float(row[-1] + 1 - length) for row in seen]
    ones = float(np.mean([incidents(row) == 1 for row in seen])) if seen else np.nan
    spans = [float(np.percentile(each, q)) for each in (first or [np.nan], after or [np.nan]) for q in (50, 95)]
    return Lasting(len(seen) / names, ones, *spans)


def _starts(expected: Floats, rate: float, rng: np.random.Generator) -> dict[int, float]:
    starts = {}
    for name, minutes in enumerate(expected):
        at = np.nonzero(np.abs(minutes[: _DAY - 40] / rate - 1.0) < 0.05)[0]
        if len(at):
            starts[name] = float(rng.choice(at)) + float(rng.uniform())
    return starts


def _shares(shape: tuple[int, ...], starts: dict[int, float], fault: Fault) -> Floats:
    """How much of each minute lies in a fault."""
    shares = np.zeros(shape)
    for name, start in starts.items():
        first, end = int(start), start + fault.minutes
        for minute in range(first, int(np.ceil(end))):
            shares[name, minute] = min(minute + 1, end) - max(minute, start)
    return shares


def nab(corpus: Path, scorer: Path) -> None:
    """Judge every series of the corpus and print what the scorer says, at the best cut and at 0.5."""
    with tempfile.TemporaryDirectory(prefix="nab_") as name:
        started = time.perf_counter()
        rows = score_files(corpus, Path(name)).rows
        print(f"{rows:,} points in {time.perf_counter() - started:.1f} s")
        for more in ([], ["--threshold", "0.5"]):
            subprocess.run([sys.executable, scorer, corpus, name, *more], check=True)


def main() -> None:
    """Print a table of what was measured beside what must be reached."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--days", type=int, default=90)
    arguments.add_argument("--names", type=int, nargs="+", default=[1, 300])
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--shapes", nargs="+", default=["mild"], choices=sorted(SHAPES))
    arguments.add_argument("--learned", type=int, nargs="+", default=[0], help="days that are learned before")
    arguments.add_argument("--skip", nargs="+", default=[], choices=["false", "found", "lasting", "nab"])
    options = arguments.parse_args()
    if "false" not in options.skip:
        for shape, names, learned in product(options.shapes, options.names, options.learned):
            _print_false(names, options.days, options.seed, shape, learned)
    if "found" not in options.skip:
        _print_found(options.seed)
    if "lasting" not in options.skip:
        _print_lasting(options.seed)
    if "nab" not in options.skip and os.environ.get("NAB_DIR"):
        corpus = Path(os.environ["NAB_DIR"])
        nab(corpus, Path(os.environ.get("NAB_SCORER") or corpus.parent.parent / "tools" / "nab_score.py"))


def _print_false(names: int, days: int, seed: int, shape: str, learned: int) -> None:
    # One name alone says little: the mean of 40 that each have a budget of their own.
    worlds = names if names > 1 else 40
    world = World.of(rates_of(worlds), np.random.default_rng(seed), shape)
    said = false_incidents(world, days, seed + 1, learned_days=learned, cut_names=names)
    weeks = [said.weekly(day, day + 7) * names / worlds for day in range(0, min(days, 28), 7)]
    weekly = said.weekly(0, days) * names / worlds
    print(
        f"{names} names, {days} days after {learned}, {shape}: {weekly:.2f} false a week (at most 2), "
        f"weeks 1 to 4 {', '.join(f'{week:.2f}' for week in weeks)}; {said.seconds:.0f} s"
    )


def _print_lasting(seed: int) -> None:
    faults = (BURST, Fault(3, 50), Fault(360, 1.5), Fault(360, 2.0), Fault(360, 0.5), SILENCE, Fault(120, 0.0))
    for fault in faults:
        for rate in (3.0, 10.0, 50.0):
            said = lasting(rate, fault, names=200, seed=seed, budget_names=300)
            print(
                f"x{fault.factor:g} for {fault.minutes:g} min at {rate:g}/min: found {said.found:.2f}, one incident "
                f"{said.is_one:.2f}, first seen after {said.first:.0f} ({said.first_95:.0f}), outlasts it by "
                f"{said.after:.0f} ({said.after_95:.0f}) min"
            )


def _print_found(seed: int) -> None:
    for label, fault, rates in (("bursts", BURST, (1.0, 1.5, 2.0, 3.0, 10.0)), ("silences", SILENCE, (1.0, 2.0, 5.0))):
        for budget_names in (1, 300):
            shares = [found(rate, fault, names=30, days=20, seed=seed, budget_names=budget_names) for rate in rates]
            told = ", ".join(f"{rate:g}/min {share:.3f}" for rate, share in zip(rates, shares, strict=True))
            print(f"{label} found, {budget_names} names: {told}")


if __name__ == "__main__":
    main()
