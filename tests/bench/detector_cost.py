"""The cost of a detector run over a short and a long history with the same last days, and of a backtest.

usage: python -m bench.detector_cost [--small N] [--large N] [--names N] [--days N]
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from bench.figures import report
from mixpanel_data.configuration.settings import Settings
from mixpanel_data.warehouse.statements import Statement
from mixpanel_data.wiring.session import Session

_RECENT_DAYS = 60
_A_MINUTE = 4
_NAMES = 4
_ROUNDS = 3
_CONFIG = '{"events": [{"name": "*"}]}'

# Every minute of the last days has the same few events of each name; earlier days have as many as the caller asks for.
_HISTORY = """
INSERT INTO mixpanel_data.mixpanel_events
  (event_timestamp, inserted_at, event_name, properties, distinct_id, event_id, read_at, contents_fingerprint)
SELECT
  moment, moment, 'event ' || (number % $names), '{"plan": "free"}', 'person ' || (number % 1000), number::VARCHAR,
  moment, number
FROM (
  SELECT number, $start + to_seconds(number * $seconds) AS moment FROM range($events) AS numbers(number)
)
"""
_MINUTES = """
INSERT INTO mixpanel_data.event_minutes (minute, event_name, events, last_changed)
SELECT date_trunc('minute', event_timestamp), event_name, count(*), max(event_timestamp)
FROM mixpanel_data.mixpanel_events GROUP BY ALL
"""
_ARRIVALS = """
INSERT INTO mixpanel_data.event_arrivals
  (seq, run_id, arrived_at, day, event_name, inserted, updated, deleted, first_event_timestamp, last_event_timestamp)
SELECT
  dense_rank() OVER (ORDER BY event_timestamp::DATE), 'r', max(event_timestamp), event_timestamp::DATE, event_name,
  count(*), 0, 0, min(event_timestamp), max(event_timestamp)
FROM mixpanel_data.mixpanel_events GROUP BY event_timestamp::DATE, event_name
"""
_RUN = """
INSERT INTO mixpanel_data.job_runs (run_id, part, job, status, started_at, finished_at, read_until)
VALUES ('r', 0, 'collector', 'ok', $now, $now, $now)
"""


def main() -> None:
    """Print each figure beside its bound."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--small", type=int, default=1_000_000)
    arguments.add_argument("--large", type=int, default=50_000_000)
    arguments.add_argument("--names", type=int, default=300)
    arguments.add_argument("--days", type=int, default=90)
    options = arguments.parse_args()
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    with tempfile.TemporaryDirectory(prefix="detector_cost_") as name:
        small = _dataset(Path(name) / "small.duckdb", options.small, now)
        large = _dataset(Path(name) / "large.duckdb", options.large, now)
        for what, arguments_of_run in (("first", []), ("next", []), ("dry", ["--dry-run"])):
            rounds = 1 if what == "first" else _ROUNDS
            seconds = [min(_mp(path, ["detect", *arguments_of_run]) for _ in range(rounds)) for path in (small, large)]
            share = f"{seconds[1] / seconds[0]:.2f} of the time over {options.small:,} events"
            report(f"{what} run over {options.large:,} events", f"{seconds[1]:.2f} s, {share}", "at most 1.5")
        _backtest(Path(name) / "counts.duckdb", options.names, options.days, now)


def _dataset(path: Path, events: int, now: datetime) -> Path:
    """A dataset that ends now; its last days are the same for any number of events."""
    recent = _RECENT_DAYS * 1440 * _A_MINUTE
    _make(path)
    with duckdb.connect(str(path)) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        recent_start = now - timedelta(days=_RECENT_DAYS)
        seconds = 60 // _A_MINUTE
        older = max(0, events - recent)
        # The older events lie in the two years before, as densely as their number requires.
        spread = min(seconds, timedelta(days=730).total_seconds() / max(older, 1))
        for start, count, step in (
            (recent_start, recent, seconds),
            (recent_start - timedelta(seconds=older * spread), older, spread),
        ):
            connection.execute(_HISTORY, {"names": _NAMES, "start": start, "events": count, "seconds": step})
        for statement in (_MINUTES, _ARRIVALS):
            connection.execute(statement)
        connection.execute(_RUN, {"now": now})
    return path


def _make(path: Path) -> None:
    settings = Settings.from_env({"WAREHOUSE": f"duckdb:///{path}"})
    with Session(settings) as session:
        session.warehouse.rows(Statement("nothing", "SELECT 1 AS one"))


def _mp(path: Path, arguments: list[str]) -> float:
    """Seconds that an `mp` command takes in a process of its own."""
    command = [str(Path(sys.executable).with_name("mp")), *arguments]
    env = {**os.environ, "WAREHOUSE": f"duckdb:///{path}", "EVENTS_CONFIG": _CONFIG, "NO_COLOR": "1"}
    started = time.monotonic()
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"mp {' '.join(arguments)} ended with {done.returncode}:\n{done.stderr}")
    return time.monotonic() - started


def _backtest(path: Path, names: int, days: int, now: datetime) -> None:
    _make(path)
    with duckdb.connect(str(path)) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(
            """
            INSERT INTO mixpanel_data.event_minutes (minute, event_name, events, last_changed)
            SELECT minute, 'event ' || name, events, minute
            FROM (
              SELECT $start + to_minutes(place) AS minute, name, (random() * 2 * (1 + name % 5))::BIGINT AS events
              FROM range($minutes) AS places(place), range($names) AS names(name)
            )
            WHERE events > 0
            """,
            {"start": now - timedelta(days=days), "minutes": days * 1440, "names": names},
        )
        connection.execute(_RUN, {"now": now})
    seconds = _mp(path, ["detect", "backtest"])
    report(f"backtest of {names} names over {days} days", f"{seconds:.1f} s", "at most 300 s")


if __name__ == "__main__":
    main()
