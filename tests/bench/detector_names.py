"""What a run of the detector over many names costs: seconds and peak memory of processes of their own.

usage: python -m bench.detector_names [--names N] [--days N] [--invented N]

The names' rates fall as Zipf's law has it, from 50 events a minute to 50 / N. `--invented` names came once
each, within the last day. DuckDB gets what a function has, 400 MB, and its memory counts.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from bench.figures import report
from bench.processes import Cost, cost
from mixpanel_data.configuration.settings import Settings
from mixpanel_data.warehouse.statements import Statement
from mixpanel_data.wiring.session import Session

if TYPE_CHECKING:
    import pyarrow as pa

_MOST_A_MINUTE = 50.0
_DAY_MINUTES = 1440
_CONFIG = '{"events": [{"name": "*"}]}'

_MINUTES = """
INSERT INTO mixpanel_data.event_minutes (minute, event_name, events, last_changed)
SELECT minute, name, events, minute
FROM (SELECT $start + to_minutes(place::BIGINT) AS minute, name, events FROM counted)
ORDER BY minute
"""
_ONCE = """
INSERT INTO mixpanel_data.event_minutes (minute, event_name, events, last_changed)
SELECT $now - to_minutes((number % 1300 + 60)::INTEGER), 'invented ' || number, 1, $now FROM range($once) AS t(number)
"""
_ARRIVALS = """
INSERT INTO mixpanel_data.event_arrivals
  (seq, run_id, arrived_at, day, event_name, inserted, updated, deleted, first_event_timestamp, last_event_timestamp)
SELECT
  dense_rank() OVER (ORDER BY minute::DATE), 'r', max(minute), minute::DATE, event_name, sum(events), 0, 0, min(minute),
  max(minute)
FROM mixpanel_data.event_minutes GROUP BY minute::DATE, event_name
"""
_RUN = """
INSERT INTO mixpanel_data.job_runs (run_id, part, job, status, started_at, finished_at, read_until)
VALUES ('r', 0, 'collector', 'ok', $now, $now, $now)
"""


def main() -> None:
    """Print each figure beside its bound."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--names", type=int, default=1_000)
    arguments.add_argument("--days", type=int, default=90)
    arguments.add_argument("--invented", type=int, default=9_000)
    options = arguments.parse_args()
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    with tempfile.TemporaryDirectory(prefix="detector_names_") as name:
        path = Path(name) / "names.duckdb"
        # In processes that end: the peak of those that are measured is at least that of this one.
        _elsewhere(_write, path, options.names, options.days, now)
        for what, seconds in (("first", 120), ("next", 10)):
            _report(f"{what} run over {options.days} days of {options.names:,} names", _detect(path), seconds, 600)
        _elsewhere(_invent, path, options.invented, now)
        _report(f"next run with {options.invented:,} names that came once", _detect(path), 10, 700)


def _elsewhere(call: Callable[..., None], *arguments: object) -> None:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        pool.submit(call, *arguments).result()


def _report(what: str, used: Cost, seconds: int, megabytes: int) -> None:
    figure = f"{used.seconds:.1f} s, {used.peak_mb:.0f} MB, {used.cpu_seconds:.1f} CPU s"
    report(what, figure, f"at most {seconds} s, {megabytes} MB")


def _detect(path: Path) -> Cost:
    command = [str(Path(sys.executable).with_name("mp")), "detect"]
    env = {**os.environ, "WAREHOUSE": f"duckdb:///{path}", "EVENTS_CONFIG": _CONFIG, "NO_COLOR": "1"}
    return cost(command, {**env, "DUCKDB_MEMORY_LIMIT": "400MB"})


def _write(path: Path, names: int, days: int, now: datetime) -> None:
    """A dataset with the counts of days that end now."""
    with Session(Settings.from_env({"WAREHOUSE": f"duckdb:///{path}"})) as session:
        session.warehouse.rows(Statement("nothing", "SELECT 1 AS one"))
    with duckdb.connect(str(path)) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        start = now - timedelta(days=days)
        for counted in _days(names, days):
            connection.register("counted", counted)
            connection.execute(_MINUTES, {"start": start})
        connection.execute(_ARRIVALS)
        connection.execute(_RUN, {"now": now})


def _invent(path: Path, names: int, now: datetime) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(_ONCE, {"once": names, "now": now})


def _days(names: int, days: int) -> Iterator["pa.Table"]:
    """The counts of each day: the minute since the start, the name, and its events."""
    import numpy as np
    import pyarrow as pa

    random = np.random.default_rng(1)
    rates = _MOST_A_MINUTE / np.arange(1, names + 1)
    name = pa.array([f"event {number}" for number in range(names)])
    for day in range(days):
        hours = np.arange(_DAY_MINUTES) / _DAY_MINUTES
        season = 1.0 + 0.5 * np.sin(2.0 * np.pi * hours)
        counts = random.poisson(rates[:, None] * season)
        rows, places = np.nonzero(counts)
        yield pa.table(
            {"place": places + day * _DAY_MINUTES, "name": name.take(pa.array(rows)), "events": counts[rows, places]}
        )


if __name__ == "__main__":
    main()
