"""The detector's figures: false incidents, bursts and silences found, speed, and the Numenta benchmark.

usage: detector.py [--days N] [--names N ...] [--skip false|found|nab ...]

Simulated counts have a daily and a weekly season and Poisson noise. The Numenta corpus is read from the folder that
the environment names in NAB_DIR, with its scorer in NAB_SCORER; without them that part is left out.
"""

import argparse
import csv
import gzip
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mixpanel_data.detect.counts import Counts, Judged, cut_deviate
from mixpanel_data.detect.tails import Floats
from mixpanel_data.detect.values import Values

_DAY = 1440
_QUIET_MINUTES = 60
_LEARNING_DAYS = 28
FIRST_MINUTE = 20_454 * _DAY
"""A midnight, in minutes since 1970."""


@dataclass(frozen=True, slots=True)
class World:
    """Names whose true rates are known: rates a minute, and each one's day and weekend."""

    rates: Floats
    depth: Floats
    phase: Floats
    weekend: Floats

    @classmethod
    def of(cls, rates: Floats, rng: np.random.Generator) -> "World":
        """A season of its own for each of the rates."""
        names = len(rates)
        return cls(rates, rng.uniform(0.3, 0.8, names), rng.uniform(0, 1, names), rng.uniform(0.5, 1.1, names))

    def expected(self, day: int) -> Floats:
        """Names x minutes of a day, counted from FIRST_MINUTE."""
        place = np.arange(_DAY)[None, :] / _DAY
        season = 1.0 + self.depth[:, None] * np.sin(2 * np.pi * (place + self.phase[:, None]))
        is_weekend = (FIRST_MINUTE // _DAY + day) % 7 in (2, 3)
        return self.rates[:, None] * season * (self.weekend[:, None] if is_weekend else 1.0)


def rates_of(names: int) -> Floats:
    """From 0.05 to 50 a minute, evenly on a logarithmic scale."""
    return np.geomspace(0.05, 50.0, names) if names > 1 else np.array([5.0])


def false_deviates(world: World, days: int, seed: int, cut: float) -> Iterator[tuple[int, Judged]]:
    """(day, what is said of it) for days on which nothing is wrong."""
    rng = np.random.default_rng(seed)
    model = Counts(len(world.rates), FIRST_MINUTE, cut=cut)
    for day in range(days):
        yield day, model.judge(rng.poisson(world.expected(day)))


def incidents(minutes: NDArray[np.int64]) -> int:
    """How many, when those less than an hour apart are one; minutes of one name, ascending."""
    return 0 if len(minutes) == 0 else 1 + int(np.sum(np.diff(minutes) > _QUIET_MINUTES))


def false_incidents(names: int, days: int, seed: int) -> tuple[float, float, dict[float, float]]:
    """(false incidents a week over all names, seconds, the same at other cuts' probabilities)."""
    world = World.of(rates_of(names), np.random.default_rng(seed))
    cut = cut_deviate(names)
    names_at: list[NDArray[np.int64]] = []
    minutes_at: list[NDArray[np.int64]] = []
    deviates_at: list[Floats] = []
    started = time.perf_counter()
    for day, judged in false_deviates(world, days, seed + 1, cut):
        deviates = cut * np.sqrt(judged.score / (1.0 - judged.score))
        name, minute = np.nonzero(deviates > 3.5)
        names_at.append(name)
        minutes_at.append(minute.astype(np.int64) + day * _DAY)
        deviates_at.append(deviates[name, minute])
    seconds = time.perf_counter() - started
    name, minute, deviate = np.concatenate(names_at), np.concatenate(minutes_at), np.concatenate(deviates_at)

    def weekly(least: float) -> float:
        loud = deviate >= least
        found = sum(incidents(minute[loud & (name == one)]) for one in np.unique(name[loud]))
        return found * 7.0 / days

    return weekly(cut), seconds, {least: weekly(least) for least in (3.5, 4.0, 4.25, 4.5, 4.75, 5.0, 5.25, 5.5)}


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
    rng = np.random.default_rng(seed)
    world = World.of(np.full(names, rate) * rng.uniform(0.9, 1.6, names), rng)
    model = Counts(names, FIRST_MINUTE, cut=cut_deviate(budget_names))
    hits, total = 0, 0
    for day in range(_LEARNING_DAYS + days):
        expected = world.expected(day)
        starts = _starts(expected, rate, rng) if day >= _LEARNING_DAYS else {}
        shares = _shares(expected.shape, starts, fault)
        judged = model.judge(rng.poisson(expected * (1.0 + shares * (fault.factor - 1.0))))
        for name, start in starts.items():
            minutes = slice(int(start), int(np.ceil(start + fault.minutes)))
            hits += bool(np.any(judged.score[name, minutes] >= 0.5))
            total += 1
    return hits / total


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
    """Judge every series of the corpus as values and print what the scorer says, at the best cut and at 0.5."""
    started, points = time.perf_counter(), 0
    with tempfile.TemporaryDirectory(prefix="nab_") as name:
        for path in sorted(corpus.glob("*/*.csv.gz")):
            points += _judge_file(path, Path(name) / path.parent.name / f"{path.name.removesuffix('.gz')}")
        seconds = time.perf_counter() - started
        print(f"{points:,} points in {seconds:.1f} s")
        for more in ([], ["--threshold", "0.5"]):
            subprocess.run([sys.executable, scorer, corpus, name, *more], check=True)


def _judge_file(source: Path, target: Path) -> int:
    target.parent.mkdir(exist_ok=True)
    model, points = Values(), 0
    with gzip.open(source, "rt") as rows, target.open("w") as out:
        writer = csv.writer(out)
        writer.writerow(("timestamp", "anomaly_score"))
        for row in csv.DictReader(rows):
            writer.writerow((row["timestamp"], model.judge(float(row["value"])).score))
            points += 1
    return points


def main() -> None:
    """Print a table of what was measured beside what must be reached."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--days", type=int, default=90)
    arguments.add_argument("--names", type=int, nargs="+", default=[1, 300])
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--skip", nargs="+", default=[], choices=["false", "found", "nab"])
    options = arguments.parse_args()
    if "false" not in options.skip:
        for names in options.names:
            weekly, seconds, others = false_incidents(names, options.days, options.seed)
            print(f"{names} names, {options.days} days: {weekly:.2f} false a week (at most 2), {seconds:.0f} s")
            print("  at deviates:", ", ".join(f"{cut:g}: {count:.2f}" for cut, count in others.items()))
    if "found" not in options.skip:
        _print_found(options.seed)
    if "nab" not in options.skip and os.environ.get("NAB_DIR") and os.environ.get("NAB_SCORER"):
        nab(Path(os.environ["NAB_DIR"]), Path(os.environ["NAB_SCORER"]))


def _print_found(seed: int) -> None:
    for label, fault, rates in (("bursts", BURST, (1.0, 1.5, 2.0, 3.0, 10.0)), ("silences", SILENCE, (1.0, 2.0, 5.0))):
        for budget_names in (1, 300):
            shares = [found(rate, fault, names=30, days=20, seed=seed, budget_names=budget_names) for rate in rates]
            told = ", ".join(f"{rate:g}/min {share:.3f}" for rate, share in zip(rates, shares, strict=True))
            print(f"{label} found, {budget_names} names: {told}")


if __name__ == "__main__":
    main()
