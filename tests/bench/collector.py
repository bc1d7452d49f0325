"""Speed and memory of the collector, as ratios within one run: absolute times move with the machine, ratios less.

CPU seconds, of all threads of a process, move least: other programs on the machine hardly change them.

usage: python -m bench.collector [--events N] [--large N]
"""

import argparse
import contextlib
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from bench import events
from bench.figures import report
from bench.servers import ROOT, environment, mixpanel, serving
from mixpanel_data_standins.function_process import free_port

_HERE = Path(__file__).parent
_EVENTS_PER_DAY = 33_334
# Other programs on the machine only ever add time, so the shortest of a few alternating rounds counts. The large
# collection runs once: its rate comes out too low rather than too high.
_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Took:
    """What something took: seconds by the clock, and of CPU."""

    seconds: float
    cpu_seconds: float


@dataclass(frozen=True, slots=True)
class Collected:
    """One call of the function: its answer, what it took, and the peak resident MB of its process so far."""

    answer: dict[str, int]
    took: Took
    peak_mb: float


@dataclass(frozen=True, slots=True)
class Round:
    """The same export loaded by hand, collected into a new file, and collected again into that file."""

    by_hand: Took
    first: Collected
    again: Collected

    @property
    def rows_changed_again(self) -> int:
        return self.again.answer["inserted"] + self.again.answer["updated"]


def main() -> None:
    """Print each figure beside its bound."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--events", type=int, default=1_000_000)
    arguments.add_argument("--large", type=int, default=5_000_000, help="0 skips the large collection")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench_") as name:
        folder = Path(name)
        rate = _measure(folder, options.events)
        report("start of the process to its first answer", f"{_first_answer_seconds(folder):.2f} s")
        if options.large:
            _measure_large(folder, options.large, rate)


def _measure(folder: Path, count: int) -> float:
    days = max(1, round(count / _EVENTS_PER_DAY))
    with mixpanel(folder / "events", count, days) as url:
        rounds = [_round(url, days, folder / f"round{number}") for number in range(_ROUNDS)]
        uploads = [_upload(url, days) for _ in range(_ROUNDS)]
    by_hand = _least([one.by_hand for one in rounds])
    first = _least([one.first.took for one in rounds])
    again = _least([one.again.took for one in rounds])
    upload = min(uploads, key=lambda one: one["seconds"])
    report(f"{count:,} events loaded by hand", _told(by_hand))
    report("collected", f"{_told(first)}, {_ratios(first, by_hand)} of by hand", "at most 1.1")
    report("peak memory of the function", f"{max(one.again.peak_mb for one in rounds):.0f} MB", "at most 600")
    report("same window again", f"{_ratios(again, first)} of the first time", "at most 0.5")
    report("rows that this changed", str(sum(one.rows_changed_again for one in rounds)), "0")
    report("upload to BigQuery", f"{upload['lines'] / upload['seconds']:,.0f} events/s", "at least 500,000")
    report("peak memory of the upload", f"{upload['peak_mb']:.0f} MB", "at most 200")
    return rounds[0].first.answer["received"] / first.seconds


def _least(rounds: Sequence[Took]) -> Took:
    """The least of each: what is above it, other programs have added."""
    return Took(min(one.seconds for one in rounds), min(one.cpu_seconds for one in rounds))


def _told(took: Took) -> str:
    return f"{took.seconds:.1f} s, {took.cpu_seconds:.1f} s CPU"


def _ratios(took: Took, other: Took) -> str:
    """How much of the other, by the clock and in CPU."""
    return f"{took.seconds / other.seconds:.2f} and {took.cpu_seconds / other.cpu_seconds:.2f} (CPU)"


def _round(url: str, days: int, folder: Path) -> Round:
    folder.mkdir()
    by_hand = _by_hand(url, days, folder)
    with _collector(url, folder / "collected.duckdb") as function:
        done = Round(by_hand, function(*events.window(days)), function(*events.window(days)))
    shutil.rmtree(folder)
    return done


def _measure_large(folder: Path, count: int, rate: float) -> None:
    days = max(1, round(count / _EVENTS_PER_DAY))
    with (
        mixpanel(folder / "large", count, days) as url,
        _collector(url, folder / "large.duckdb") as function,
    ):
        large = function(*events.window(days))
    ratio = large.answer["received"] / large.took.seconds / rate
    report(f"{count:,} events collected", f"{large.took.seconds:.1f} s, {ratio:.2f} of the rate above", "0.8 to 1.2")
    report("peak memory of the function", f"{large.peak_mb:.0f} MB", "at most 700")


@contextlib.contextmanager
def _collector(url: str, database: Path) -> Iterator["Function"]:
    port = free_port()
    with serving(_framework(port), _settings(url, database), port) as process:
        yield Function(process, port)


class Function:
    """The collector, running."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self._process = process
        self._port = port

    def __call__(self, start: str, end: str) -> Collected:
        """Collect a window."""
        started, cpu_before = time.monotonic(), self._cpu_seconds()
        with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/?from={start}&to={end}") as answer:
            document = json.load(answer)
        took = Took(time.monotonic() - started, self._cpu_seconds() - cpu_before)
        return Collected(document, took, self._peak_mb())

    def _cpu_seconds(self) -> float:
        """What the process has used so far, in user and in kernel mode: the 14th and 15th field of its status."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _peak_mb(self) -> float:
        """The peak resident memory of the process that answered: started this way, the framework forks no workers."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def _first_answer_seconds(folder: Path) -> float:
    """The shortest time from the start of the process to its first answer, to a request that it refuses."""
    shortest = float("inf")
    for _ in range(_ROUNDS):
        port, started = free_port(), time.monotonic()
        with serving(_framework(port), _settings("http://127.0.0.1:1", folder / "none.duckdb"), port):
            with contextlib.suppress(urllib.error.HTTPError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/?unknown=1")
            shortest = min(shortest, time.monotonic() - started)
    return shortest


def _by_hand(url: str, days: int, folder: Path) -> Took:
    command = [sys.executable, str(_HERE / "by_hand.py"), url, *events.window(days), str(folder / "by_hand.duckdb")]
    started, cpu_before = time.monotonic(), _cpu_seconds_of_ended()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return Took(time.monotonic() - started, _cpu_seconds_of_ended() - cpu_before)


def _cpu_seconds_of_ended() -> float:
    """What the processes used that this one has started, of those that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _upload(url: str, days: int) -> dict[str, float]:
    last = date.fromisoformat(events.window(days)[1]) - timedelta(days=1)
    port = free_port()
    with serving([sys.executable, str(_HERE / "bigquery_sink.py"), str(port)], {}, port):
        command = [sys.executable, str(_HERE / "bigquery_upload.py"), url, events.window(days)[0], str(last)]
        done = subprocess.run(
            [*command, f"http://127.0.0.1:{port}"], check=True, capture_output=True, env=environment({})
        )
    measured: dict[str, float] = json.loads(done.stdout)
    return measured


def _framework(port: int) -> list[str]:
    source = str(ROOT / "functions" / "collector" / "main.py")
    starter = "from functions_framework import create_app; import sys; from werkzeug.serving import run_simple; "
    serve = f"run_simple('127.0.0.1', {port}, create_app('collector', {source!r}))"
    return [sys.executable, "-c", starter + serve]


def _settings(url: str, database: Path) -> dict[str, str]:
    return {
        "MIXPANEL_BASE_URL": url,
        "MIXPANEL_API_SECRET": "stand-in-project-secret",
        "WAREHOUSE": f"duckdb:///{database}",
        "EVENTS_CONFIG": '{"events": [{"name": "*"}]}',
        "CALL_DEADLINE_SECONDS": "3600",
    }


if __name__ == "__main__":
    main()
