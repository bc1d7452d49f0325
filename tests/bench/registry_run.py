"""One run of the event registry in a process of its own, to measure its time and memory.

usage: python -m bench.registry_run FILE [WARM_UP_FILE]; prints the answer, CPU seconds and peak resident MB as JSON.

A run over the second file comes first: a process imports its modules and translates its statements only once.
"""

import json
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mixpanel_data import registry
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.configuration.settings import Settings
from mixpanel_data.wiring.session import Call, Session

MEMORY_LIMIT = "400MB"


@dataclass(frozen=True, slots=True)
class Measured:
    """What a run answered, its seconds, the CPU seconds of all its threads, and the peak of its process."""

    events: int
    properties: int
    changes: int
    pending: int
    seconds: float
    cpu_seconds: float
    peak_mb: float


def session(path: Path) -> Session:
    """A session over a file, with the memory that a function has by default."""
    return Session(Settings.from_env({"WAREHOUSE": f"duckdb:///{path}", "DUCKDB_MEMORY_LIMIT": MEMORY_LIMIT}))


def measured(path: Path, warm_up: Path | None = None) -> Measured:
    """Run the registry over a file, after a copy of another one. Raises SystemExit if a run fails."""
    files = [path] if warm_up is None else [path, Path(shutil.copy(warm_up, path.with_suffix(".warm_up")))]
    command = [sys.executable, "-m", "bench.registry_run", *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    for copy in files[1:]:
        copy.unlink()
    if done.returncode:
        raise SystemExit(f"the registry over {path.name} ended with {done.returncode}:\n{done.stderr}")
    return Measured(**json.loads(done.stdout))


def main() -> None:
    """Run over the files, the last one first, and print what the run over the first one took."""
    path, *warm_up = map(Path, sys.argv[1:])
    for file in warm_up:
        with session(file) as opened:
            _run(opened)
    with session(path) as opened:
        started, cpu_started = time.monotonic(), time.process_time()
        answer: dict[str, Any] = _run(opened)
        seconds, cpu_seconds = time.monotonic() - started, time.process_time() - cpu_started
    print(json.dumps({**answer, "seconds": seconds, "cpu_seconds": cpu_seconds, "peak_mb": _peak_mb()}))


def _run(opened: Session) -> dict[str, Any]:
    from mixpanel_data.wiring.registry import run

    result = run(registry.Request(), opened, Call(f"bench-{time.time_ns()}", Deadline()))
    figures = {"events": result.events, "properties": result.properties, "pending": result.pending}
    return {**figures, "changes": len(result.changes)}


def _peak_mb() -> float:
    """The peak resident memory of this process; that of getrusage can be its parent's."""
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


if __name__ == "__main__":
    main()
