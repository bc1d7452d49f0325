"""How well the detector judges counts: false incidents, bursts and silences found, and speed.

usage: python -m bench.detector [--days N] [--names N ...] [--shapes SHAPE ...] [--learned DAYS ...]
                               [--skip false|found|curve|lasting ...]
       python -m bench.detector --worlds WORLD ... [--weeks N] [--names N ...] [--learned DAYS ...] [--seed N]
                               [--list N]

Counts are simulated by `support.simulated_counts`, which describes the shapes. With `--worlds`, only those are judged:
groups of `support.simulated_worlds`, or labels such as batches-geometric-5. Minutes in brackets are the 95th
percentile beside the median.
"""

import argparse
from itertools import product

import numpy as np

from bench.detector_worlds import measure
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
from support.simulated_traffic import Batches
from support.simulated_world import Size


def main() -> None:
    """Print each figure beside its bound."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--days", type=int, default=90)
    arguments.add_argument("--names", type=int, nargs="+", help="1 and 300 by default, 20 in worlds")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--shapes", nargs="+", default=["mild"], choices=sorted(SHAPES))
    arguments.add_argument(
        "--learned", type=int, nargs="+", default=[0], help="days learned before the first judgement"
    )
    arguments.add_argument("--worlds", nargs="+", default=[], help="groups or labels of worlds: judge only these")
    arguments.add_argument("--weeks", type=int, default=8, help="weeks that worlds are judged for, after those learned")
    arguments.add_argument("--list", type=int, default=0, help="list so many false incidents of each world")
    arguments.add_argument("--skip", nargs="+", default=[], choices=["false", "found", "curve", "lasting"])
    options = arguments.parse_args()
    if options.worlds:
        _judge_worlds(options)
        return
    if "false" not in options.skip:
        for shape, names, learned in product(options.shapes, options.names or [1, 300], options.learned):
            _print_false(names, options.days, options.seed, shape, learned)
    if "found" not in options.skip:
        _print_found(options.seed)
    if "curve" not in options.skip:
        _print_curve(options.seed)
    if "lasting" not in options.skip:
        _print_lasting(options.seed)


def _judge_worlds(options: argparse.Namespace) -> None:
    for names, learned in product(options.names or [20], options.learned):
        print(f"{names} names, {options.weeks} weeks after {learned} days of learning, seed {options.seed}", flush=True)
        size = Size(names, 7 * options.weeks + learned, options.seed)
        measure(options.worlds, size, learned_days=learned, listed=options.list)


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


def _print_curve(seed: int) -> None:
    """The share of bursts and silences found, by the size of batches and the rate of events."""
    for size in (1, 2, 3, 5, 10, 30):
        traffic = Batches("geometric", size)
        for label, fault, rates in (
            ("bursts to 5 times", BURST, (1.0, 3.0, 10.0, 50.0)),
            ("bursts to 20 times", Fault(3.0, 20.0), (1.0, 3.0, 10.0)),
            ("silences of 30 minutes", SILENCE, (1.0, 3.0, 10.0, 50.0)),
            ("hours at a half", Fault(60.0, 0.5), (3.0, 10.0, 50.0)),
        ):
            shares = [
                found(rate, fault, names=20, days=10, seed=seed, budget_names=20, traffic=traffic) for rate in rates
            ]
            listed = ", ".join(f"{rate:g}/min {share:.2f}" for rate, share in zip(rates, shares, strict=True))
            print(f"batches of {size}, budget of 20 names, share of {label} found: {listed}", flush=True)


def _print_found(seed: int) -> None:
    for label, fault, rates in (("bursts", BURST, (1.0, 1.5, 2.0, 3.0, 10.0)), ("silences", SILENCE, (1.0, 2.0, 5.0))):
        for budget_names in (1, 300):
            shares = [found(rate, fault, names=30, days=20, seed=seed, budget_names=budget_names) for rate in rates]
            listed = ", ".join(f"{rate:g}/min {share:.3f}" for rate, share in zip(rates, shares, strict=True))
            print(f"share of {label} found, budget of {budget_names} names: {listed}", flush=True)


if __name__ == "__main__":
    main()
