"""Speed and memory of the collector, as ratios within one run: absolute times move with the machine, ratios less.

usage: python -m bench.collector [--events N] [--large N]
"""

import argparse
import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
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
class Collected:
    """One call of the function: its answer, the seconds it took, and the peak resident MB of its process so far."""

    answer: dict[str, int]
    seconds: float
    peak_mb: float


@dataclass(frozen=True, slots=True)
class Round:
    """The same export loaded by hand, collected into a new file, and collected again into that file."""

    by_hand_seconds: float
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
    by_hand = min(one.by_hand_seconds for one in rounds)
    first = min((one.first for one in rounds), key=lambda one: one.seconds)
    again = min((one.again for one in rounds), key=lambda one: one.seconds)
    upload = min(uploads, key=lambda one: one["seconds"])
    report(f"{count:,} events loaded by hand", f"{by_hand:.1f} s")
    report("collected", f"{first.seconds:.1f} s, {first.seconds / by_hand:.2f} of the time by hand", "at most 1.3")
    report("peak memory of the function", f"{max(one.again.peak_mb for one in rounds):.0f} MB", "at most 600")
    report("same window again", f"{again.seconds / first.seconds:.2f} of the first time", "at most 0.8")
    report("rows that this changed", str(sum(one.rows_changed_again for one in rounds)), "0")
    report("upload to BigQuery", f"{upload['lines'] / upload['seconds']:,.0f} events/s", "at least 500,000")
    report("peak memory of the upload", f"{upload['peak_mb']:.0f} MB", "at most 200")
    return first.answer["received"] / first.seconds


def _round(url: str, days: int, folder: Path) -> Round:
    folder.mkdir()
    by_hand_seconds = _by_hand(url, days, folder)
    with _collector(url, folder / "collected.duckdb") as function:
        done = Round(by_hand_seconds, function(*events.window(days)), function(*events.window(days)))
    shutil.rmtree(folder)
    return done


def _measure_large(folder: Path, count: int, rate: float) -> None:
    days = max(1, round(count / _EVENTS_PER_DAY))
    with (
        mixpanel(folder / "large", count, days) as url,
        _collector(url, folder / "large.duckdb") as function,
    ):
        large = function(*events.window(days))
    ratio = large.answer["received"] / large.seconds / rate
    report(f"{count:,} events collected", f"{large.seconds:.1f} s, {ratio:.2f} of the rate above", "0.8 to 1.2")
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
        started = time.monotonic()
        with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/?from={start}&to={end}") as answer:
            document = json.load(answer)
        return Collected(document, time.monotonic() - started, self._peak_mb())

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


def _by_hand(url: str, days: int, folder: Path) -> float:
    command = [sys.executable, str(_HERE / "by_hand.py"), url, *events.window(days), str(folder / "by_hand.duckdb")]
    started = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - started


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
