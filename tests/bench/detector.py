"""How well the detector judges: false incidents, bursts and silences found, speed, and the Numenta benchmark.

usage: python -m bench.detector [--days N] [--names N ...] [--shapes SHAPE ...] [--learned DAYS ...]
                               [--skip false|found|lasting|nab ...]

Counts are simulated by `support.simulated_counts`, which describes the shapes. Minutes in brackets are the 95th
percentile beside the median. NAB_DIR names the folder of the Numenta corpus, which is left out without it; NAB_SCORER
names the program that scores it, by default ../../tools/nab_score.py beside the corpus.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from itertools import product
from pathlib import Path

import numpy as np

from mixpanel_data.detect.study.files import score_files
from support.simulated_counts import (
    BURST,
    SHAPES,
    SILENCE,
    Fault,
    SimulatedProject,
    false_incidents,
    found,
    lasting,
    rates_of,
)


def nab(corpus: Path, scorer: Path) -> None:
    """Judge every series of the corpus, and print the scorer's verdict at the best cut and at 0.5."""
    with tempfile.TemporaryDirectory(prefix="nab_") as name:
        started = time.perf_counter()
        rows = score_files(corpus, Path(name)).rows
        print(f"{rows:,} points judged in {time.perf_counter() - started:.1f} s", flush=True)
        for more in ([], ["--threshold", "0.5"]):
            subprocess.run([sys.executable, scorer, corpus, name, *more], check=True)


def main() -> None:
    """Print each figure beside its bound."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--days", type=int, default=90)
    arguments.add_argument("--names", type=int, nargs="+", default=[1, 300])
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--shapes", nargs="+", default=["mild"], choices=sorted(SHAPES))
    arguments.add_argument(
        "--learned", type=int, nargs="+", default=[0], help="days learned before the first judgement"
    )
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
    # A single name says little: take the mean of 40 names that each have a budget of their own.
    simulated = names if names > 1 else 40
    project = SimulatedProject.of(rates_of(simulated), np.random.default_rng(seed), shape)
    measured = false_incidents(project, days, seed + 1, learned_days=learned, cut_names=names)
    weeks = [measured.weekly(day, day + 7) * names / simulated for day in range(0, min(days, 28), 7)]
    weekly = measured.weekly(0, days) * names / simulated
    print(
        f"{names} names, {days} days after {learned} days of learning, {shape} season: {weekly:.2f} false incidents a "
        f"week (at most 2); weeks 1 to 4: {', '.join(f'{week:.2f}' for week in weeks)}; {measured.seconds:.0f} s",
        flush=True,
    )


def _print_lasting(seed: int) -> None:
    faults = (BURST, Fault(3, 50), Fault(360, 1.5), Fault(360, 2.0), Fault(360, 0.5), SILENCE, Fault(120, 0.0))
    for fault in faults:
        for rate in (3.0, 10.0, 50.0):
            measured = lasting(rate, fault, names=200, seed=seed, budget_names=300)
            print(
                f"{fault.factor:g} times the rate for {fault.minutes:g} min at {rate:g}/min: {measured.found:.2f}"
                f" found, {measured.is_one:.2f} of these as one incident, first seen after {measured.first:.0f} "
                f"({measured.first_95:.0f}) min, outlasting the fault by {measured.after:.0f} "
                f"({measured.after_95:.0f}) min",
                flush=True,
            )


def _print_found(seed: int) -> None:
    for label, fault, rates in (("bursts", BURST, (1.0, 1.5, 2.0, 3.0, 10.0)), ("silences", SILENCE, (1.0, 2.0, 5.0))):
        for budget_names in (1, 300):
            shares = [found(rate, fault, names=30, days=20, seed=seed, budget_names=budget_names) for rate in rates]
            listed = ", ".join(f"{rate:g}/min {share:.3f}" for rate, share in zip(rates, shares, strict=True))
            print(f"share of {label} found, budget of {budget_names} names: {listed}", flush=True)


if __name__ == "__main__":
    main()
