"""What a process costs: its CPU seconds on all threads, its peak memory, and how long it takes."""

import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds of a process and of those it waited for, its seconds from start to end, and its peak resident MB.

    The peak is at least that of the process that started it, which therefore has to be small.
    """

    cpu_seconds: float
    seconds: float
    peak_mb: float


def cost(command: Sequence[str], env: dict[str, str], output: Path | None = None) -> Cost:
    """Run a command to its end, with what it prints in a file. Raises SystemExit if it fails."""
    # Python processes start as they do where they are installed: with byte code on disk.
    known = {name: value for name, value in env.items() if name != "PYTHONDONTWRITEBYTECODE"}
    started = time.monotonic()
    with (output or Path(os.devnull)).open("wb") as stdout:
        process = subprocess.Popen(command, env=known, stdout=stdout, stderr=subprocess.PIPE)
        with process:
            errors = process.stderr.read() if process.stderr else b""
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}:\n{errors.decode()}")
    return Cost(usage.ru_utime + usage.ru_stime, time.monotonic() - started, usage.ru_maxrss / 1024)


def typical(costs: Sequence[Cost]) -> Cost:
    """The median of the seconds, and the largest peak."""
    return Cost(
        median(one.cpu_seconds for one in costs),
        median(one.seconds for one in costs),
        max(one.peak_mb for one in costs),
    )


def in_turn(commands: Sequence[Sequence[str]], env: dict[str, str], rounds: int) -> list[Cost]:
    """The typical cost of each command, run in turn, after a round that compiles byte code and warms the disk's cache.

    CPU seconds move with what else the machine does; commands in turn all see the same.
    """
    for command in commands:
        cost(command, env)
    measured = [[cost(command, env) for command in commands] for _ in range(rounds)]
    return [typical(costs) for costs in zip(*measured, strict=True)]
