"""The costs of the desk: fetches, SQL as CSV, and starts, each beside the same work done otherwise, as CPU seconds.

Each measurement is a process of its own, so that its memory is its own.

usage: python -m bench.desk [--events N] [--profiles N] [--rounds N]
"""

import argparse
import json
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from bench import events
from bench.figures import report
from bench.processes import Cost, cost, in_turn, typical
from bench.servers import environment, mixpanel
from mixpanel_data_standins.mixpanel import Access

_EVENTS_PER_DAY = 33_334
_TIMES_LARGER = 3
_MP = str(Path(sys.executable).with_name("mp"))
_ALL = "SELECT * FROM events"
_START_ROUNDS = 7
_UPDATES_A_CALL = 2000
# What a person would write with DuckDB alone.
_COPY = "import duckdb, sys; duckdb.connect(sys.argv[1], read_only=True).execute(f\"COPY events TO '{sys.argv[2]}'\")"
# Every row again under other ids, with the columns and row groups that a fetch writes.
_ENLARGE = f"""
import sys
from mixpanel_data import Workspace
from mixpanel_data.workspace.fetching.portions import COLUMNS
with Workspace.open(sys.argv[1]) as workspace:
    workspace.connection.execute("ALTER TABLE events RENAME TO once")
    workspace.connection.execute(f"CREATE TABLE events ({{COLUMNS}})")
    for copy in range({_TIMES_LARGER}):
        workspace.connection.execute(
            "INSERT INTO events SELECT * REPLACE (event_id[3:] || ? AS event_id) FROM once", [f"{{copy:02}}"]
        )
"""


def main() -> None:
    """Print each figure beside its bound."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--events", type=int, default=1_000_000)
    arguments.add_argument("--profiles", type=int, default=100_000)
    arguments.add_argument("--rounds", type=int, default=3, help="of the fetches and of the CSV")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench_desk_") as name:
        folder = Path(name)
        _measure_data(folder, options.events, options.profiles, options.rounds)
        _measure_starts(environment(_settings(folder, "http://127.0.0.1:1")))


def _measure_data(folder: Path, count: int, profiles: int, rounds: int) -> None:
    days = max(1, round(count / _EVENTS_PER_DAY))
    file = folder / "fetched.duckdb"
    with mixpanel(folder / "events", count, days) as url:
        env = environment(_settings(folder, url))
        _measure_fetch(file, days, env, rounds, f"{count:,} events")
        _measure_profiles(file, profiles, env, url)
    _measure_csv(file, env, rounds, count)


def _measure_fetch(file: Path, days: int, env: dict[str, str], rounds: int, what: str) -> None:
    collected = file.with_name("collected.duckdb")
    start, end = events.window(days)
    collect = [_MP, "collect", "--from", start, "--to", end]
    fetch = [_MP, "fetch", "events", "--from", start, "--to", _day_before(end), "--db", str(file)]
    fetches, collections = [], []
    for _ in range(rounds):
        for path in (file, collected):
            path.unlink(missing_ok=True)
        collections.append(cost(collect, env | {"WAREHOUSE": f"duckdb:///{collected}"}))
        fetches.append(cost(fetch, env))
    by_collector, first = typical(collections), typical(fetches)
    again = cost([*fetch, "--append"], env)
    ratio = first.cpu_seconds / by_collector.cpu_seconds
    report(f"{what} collected", _figures(by_collector))
    report("fetched", f"{_figures(first)}, {ratio:.2f} of the CPU", "at most 1.1, 600 MB")
    report("appended again", f"{_figures(again)}, {again.cpu_seconds / first.cpu_seconds:.2f} of the first")


def _measure_profiles(file: Path, count: int, env: dict[str, str], url: str) -> None:
    for call in _updates(count):
        body = json.dumps(call).encode()
        with urllib.request.urlopen(urllib.request.Request(f"{url}/engage", body)) as answer:
            if answer.read() != b"1":
                raise SystemExit("The stand-in refused the profiles.")
    report(f"{count:,} profiles fetched", _figures(cost([_MP, "fetch", "profiles", "--db", str(file)], env)))


def _measure_csv(file: Path, env: dict[str, str], rounds: int, count: int) -> None:
    once = _csv(file, env, rounds, f"{count:,} rows as CSV")
    cost([sys.executable, "-c", _ENLARGE, str(file)], env)
    larger = _csv(file, env, 1, f"{count * _TIMES_LARGER:,} rows as CSV")
    # The few rows do not fill what DuckDB may use for CSV; more than that it never uses.
    report("peak memory with more rows", f"{larger.peak_mb:.0f} MB after {once.peak_mb:.0f} MB", "at most 400 MB")


def _csv(file: Path, env: dict[str, str], rounds: int, what: str) -> Cost:
    by_engine, by_mp = [], []
    for _ in range(rounds):
        by_engine.append(cost([sys.executable, "-c", _COPY, str(file), str(file.with_name("copied.csv"))], env))
        by_mp.append(cost([_MP, "sql", _ALL, "-f", "csv", "--db", str(file)], env, file.with_name("printed.csv")))
    copied, printed = typical(by_engine), typical(by_mp)
    report(f"{what}, by DuckDB's COPY", _figures(copied))
    ratio = printed.cpu_seconds / copied.cpu_seconds
    report("by mp sql", f"{_figures(printed)}, {ratio:.2f} of the CPU", "at most 400 MB")
    return printed


def _measure_starts(env: dict[str, str]) -> None:
    python = [sys.executable, "-c"]
    nothing, library, typer, help_ = in_turn(
        [[*python, "pass"], [*python, "import mixpanel_data"], [*python, "import typer"], [_MP, "--help"]],
        env,
        _START_ROUNDS,
    )
    more = library.cpu_seconds - nothing.cpu_seconds
    report("python -c pass", f"{nothing.cpu_seconds:.3f} s of CPU")
    report("import mixpanel_data", f"{library.cpu_seconds:.3f} s of CPU, {more:+.3f} s", "at most +0.02 s")
    report("import typer", f"{typer.cpu_seconds:.3f} s of CPU")
    ratio = help_.cpu_seconds / typer.cpu_seconds
    report("mp --help", f"{help_.cpu_seconds:.3f} s of CPU, {ratio:.1f} of import typer", "at most 4")


def _updates(count: int) -> Iterator[list[dict[str, object]]]:
    """The calls that make profiles of about half a KB."""
    token = Access().token
    for first in range(0, count, _UPDATES_A_CALL):
        yield [
            {
                "$token": token,
                "$distinct_id": f"user-{number}",
                "$ip": "0",
                "$set": {
                    "$email": f"user-{number}@shop.example",
                    "$name": f"User {number}",
                    "$city": "Berlin",
                    "plan": ("free", "pro", "team")[number % 3],
                    "level": number % 50,
                    "visits": [number % 100, number % 101],
                    "note": "lorem ipsum dolor sit amet " * (1 + number % 12),
                },
            }
            for number in range(first, min(first + _UPDATES_A_CALL, count))
        ]


def _settings(folder: Path, url: str) -> dict[str, str]:
    """Both ways to the stand-in's project, the desk's and the jobs', and nothing of the user's own."""
    access = Access()
    return {
        "HOME": str(folder),
        "MP_CONFIG_PATH": str(folder / "mp" / "config.toml"),
        "MIXPANEL_BASE_URL": url,
        "MP_USERNAME": access.username,
        "MP_SECRET": access.secret,
        "MP_PROJECT_ID": access.project_id,
        "MP_REGION": access.region,
        "EVENTS_CONFIG": '{"events": [{"name": "*"}]}',
        "NO_COLOR": "1",
    }


def _day_before(day: str) -> str:
    return str(date.fromisoformat(day) - timedelta(days=1))


def _figures(measured: Cost) -> str:
    return f"{measured.cpu_seconds:.1f} s of CPU in {measured.seconds:.1f} s, {measured.peak_mb:.0f} MB"


if __name__ == "__main__":
    main()
