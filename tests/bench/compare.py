"""Run each benchmark of two checkouts in turn on this machine, and print the ratios of their figures.

usage: python -m bench.compare CHECKOUT [--only NAME ...] [--rounds N] [--quick]

CHECKOUT is the working copy of another version, "before"; the copy that this file is part of is "now". Each version
runs its own benchmarks on its own library, with the interpreter of its `.venv` if it has one and with this one
otherwise. In every second round "now" comes first, because the first one warms the disk's cache for the other.
Behind the two lines of a figure stand the ratios now/before of those numbers in it that differ: of seconds and
megabytes, below 1 is better.
"""

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

_HERE = Path(__file__).parents[2]
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A module of `bench`; `former_module` is what versions up to 0.1 call it, `quick` makes it a trial of seconds."""

    module: str
    former_module: str
    quick: tuple[str, ...] = ()


BENCHMARKS: Mapping[str, Benchmark] = {
    "collector": Benchmark("collector", "bench", ("--events", "30000", "--large", "0")),
    "desk": Benchmark("desk", "desk", ("--events", "20000", "--profiles", "3000", "--rounds", "1")),
    "reports": Benchmark("reports", "reports", ("--events", "30000", "--users", "7000", "--rounds", "1")),
    "detector_cost": Benchmark(
        "detector_cost", "detector_cost", ("--small", "400000", "--large", "500000", "--names", "20", "--days", "20")
    ),
    "detector_names": Benchmark(
        "detector_names", "detector_names", ("--names", "50", "--days", "20", "--invented", "500")
    ),
    "detector": Benchmark("detector", "detector", ("--names", "20", "--days", "14", "--skip", "found", "lasting")),
    "users": Benchmark("users", "users", ("--events", "30000", "--users", "3000", "--day", "3000", "--history", "2")),
    "registry": Benchmark("registry", "registry", ("--events", "30000", "--days", "3", "--names", "50")),
    "bundles": Benchmark("bundles", "bundles", ("collector",)),
}


@dataclass(frozen=True, slots=True)
class Checkout:
    """A version of the project, to be measured by its own benchmarks."""

    name: str
    folder: Path

    def run(self, benchmark: Benchmark, arguments: Sequence[str]) -> list[str]:
        """The lines that a benchmark prints; raises SystemExit if it fails."""
        command = [self._python(), "-m", f"bench.{self._module(benchmark)}", *arguments]
        process = subprocess.Popen(command, cwd=self.folder, env=self._environment(), stdout=subprocess.PIPE, text=True)
        lines = []
        with process:
            for line in process.stdout or ():
                print(f"{self.name:>6} | {line}", end="", file=sys.stderr, flush=True)
                lines.append(line.rstrip())
        if process.returncode:
            raise SystemExit(f"{' '.join(command)} in {self.folder} ended with {process.returncode}.")
        return [line for line in lines if line]

    def _module(self, benchmark: Benchmark) -> str:
        is_known = (self.folder / "tests" / "bench" / f"{benchmark.module}.py").exists()
        return benchmark.module if is_known else benchmark.former_module

    def _python(self) -> str:
        own = self.folder / ".venv" / "bin" / "python"
        return str(own if own.exists() else sys.executable)

    def _environment(self) -> dict[str, str]:
        # Ahead of what is installed, which is the library of only one of the two.
        sources = os.pathsep.join(str(self.folder / name) for name in ("shared", "tests"))
        return {**os.environ, "PYTHONPATH": sources}


@dataclass(frozen=True, slots=True)
class Figure:
    """A line of both versions, with the median over the rounds of each number in it."""

    before: str
    now: str
    before_numbers: tuple[float, ...]
    now_numbers: tuple[float, ...]

    @classmethod
    def of(cls, before: Sequence[str], now: Sequence[str]) -> "Figure":
        """From the line of each round."""
        return cls(before[0], now[0], _medians(before), _medians(now))

    def ratios(self) -> str:
        """Now through before, of the numbers that differ; "" if all are the same."""
        if len(self.before_numbers) != len(self.now_numbers):
            return "not comparable: the lines hold different numbers of figures"
        pairs = zip(self.before_numbers, self.now_numbers, strict=True)
        return ", ".join(f"{now / before:.2f}" if before else "from 0" for before, now in pairs if now != before)


def main() -> None:
    """Print the lines of both versions below each other, with their ratios."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("checkout", type=Path, metavar="CHECKOUT")
    arguments.add_argument("--only", nargs="+", choices=sorted(BENCHMARKS), default=list(BENCHMARKS), metavar="NAME")
    arguments.add_argument("--rounds", type=int, default=1)
    arguments.add_argument("--quick", action="store_true", help="small sizes: whether it runs, not how fast")
    options = arguments.parse_args()
    before, now = Checkout("before", options.checkout.resolve()), Checkout("now", _HERE)
    for name in options.only:
        benchmark = BENCHMARKS[name]
        print(f"== {name}", flush=True)
        for figure in compared(before, now, benchmark, options.rounds, benchmark.quick if options.quick else ()):
            print(f"now     {figure.now}\nbefore  {figure.before}")
            print(f"        now/before: {figure.ratios() or 'the same'}", flush=True)


def compared(
    before: Checkout, now: Checkout, benchmark: Benchmark, rounds: int, arguments: Sequence[str] = ()
) -> list[Figure]:
    """The figures of a benchmark, which each version prints in the same order, whatever words it finds for them."""
    printed: dict[str, list[list[str]]] = {before.name: [], now.name: []}
    for number in range(rounds):
        for checkout in (before, now) if number % 2 == 0 else (now, before):
            printed[checkout.name].append(checkout.run(benchmark, arguments))
    lengths = {name: {len(lines) for lines in runs} for name, runs in printed.items()}
    if len(lengths[before.name] | lengths[now.name]) != 1:
        raise SystemExit(f"bench.{benchmark.module} is not comparable: the versions print {lengths} lines.")
    return [
        Figure.of(*lines)
        for lines in zip(zip(*printed[before.name], strict=True), zip(*printed[now.name], strict=True), strict=True)
    ]


def _medians(lines: Sequence[str]) -> tuple[float, ...]:
    rounds = [[float(found.replace(",", "")) for found in _NUMBER.findall(line)] for line in lines]
    if len({len(numbers) for numbers in rounds}) != 1:
        raise SystemExit(f"Not comparable, because the rounds differ in more than figures: {lines}")
    return tuple(median(numbers) for numbers in zip(*rounds, strict=True))


if __name__ == "__main__":
    main()
