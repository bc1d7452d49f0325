"""The cost of Mixpanel's reports, each beside the SQL that a person would write for the same figures.

Both work on the same invented events of a quarter, with DuckDB and as many threads; CPU seconds are those of this
process on all threads, without what Python takes to start.

usage: python -m bench.reports [--events N] [--users N] [--rounds N]
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from bench.figures import report
from bench.report_questions import QUESTIONS, Figures, Question
from mixpanel_data import Workspace
from mixpanel_data.configuration.settings import Settings
from mixpanel_data.warehouse.statements import Statement
from mixpanel_data.wiring.session import Session

_DAYS = 90
_DAYS_AT_ONCE = 10
_START = datetime(2026, 1, 1, tzinfo=UTC)
# The most that DuckDB takes for a warehouse; by hand it gets as many.
_THREADS = min(4, os.cpu_count() or 1)
# Visits of six events; a few users visit often, most hardly ever. Within a day events lie by name, as a collector's do.
_EVENTS = """
INSERT INTO mixpanel_data.mixpanel_events
  (event_timestamp, inserted_at, event_name, properties, distinct_id, event_id, read_at, contents_fingerprint)
SELECT
  moment, moment, name,
  json_object(
    '$city', ['Berlin', 'Paris', 'Tokyo', 'New York', 'Lagos'][1 + (hash(visit, 5) % 5)::INT],
    '$os', ['iOS', 'Android', 'Web'][1 + (hash(visit, 6) % 3)::INT],
    '$current_url', 'https://shop.example/products/' || hash(number, 7) % 900,
    'plan', ['free', 'pro', 'team'][1 + (hash(person) % 3)::INT],
    'amount', round(hash(number, 8) % 100000 / 100, 2), 'level', (hash(number, 9) % 50)::INT,
    '$insert_id', md5(number::VARCHAR), 'mp_lib', 'web'
  ),
  'user-' || person, sha256(number::VARCHAR), moment, number
FROM (
  SELECT
    number, visit, person,
    start + to_microseconds(((number % 6) * 90000000 + hash(number, 3) % 60000000)::BIGINT) AS moment,
    $names[1 + (hash(number, 4) % len($names))::INT] AS name
  FROM (
    SELECT
      number, number // 6 AS visit,
      ($users * pow(hash(number // 6, 1) / 18446744073709551616, 2))::INT % $users AS person,
      $first + to_microseconds((hash(number // 6, 2) % ($days * 86400000000 - 600000000))::BIGINT) AS start
    FROM range($events) AS numbers(number)
  )
)
WHERE moment >= $from AND moment < $to
ORDER BY moment::DATE, name, person
"""
_NAMES = (
    *("Page View", "Page View", "Page View", "Page View", "View Item", "View Item", "View Item", "View Item"),
    *("Search", "Search", "Search", "Click", "Click", "Click", "Add To Cart", "Add To Cart"),
    *("App Opened", "Checkout", "Purchase", "Logout"),
)


def main() -> None:
    """Print each figure beside its bound."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--events", type=int, default=1_000_000)
    arguments.add_argument("--users", type=int, default=230_000)
    # Other programs on the machine only ever add time, so the best of a few alternating rounds counts.
    arguments.add_argument("--rounds", type=int, default=3)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench_reports_") as name:
        path = _dataset(Path(name) / "warehouse.duckdb", options.events, options.users)
        report(f"{options.events:,} events", f"{path.stat().st_size / 1_000_000:.0f} MB")
        with Workspace.open(path) as workspace:
            for question in QUESTIONS:
                _measure(question, workspace, path, options.events / 1_000_000, options.rounds)


def _measure(question: Question, workspace: Workspace, path: Path, millions: float, rounds: int) -> None:
    asked, by_hand = [], []
    # The first round renders and translates the statement, and warms the disk's cache.
    for _ in range(rounds + 1):
        figures, seconds = _timed(lambda: _asked(question, workspace))
        asked.append(seconds)
        if question.by_hand is not None:
            same, seconds = _timed(lambda: _by_hand(question, path))
            by_hand.append(seconds)
            if figures != same:
                ours, theirs = (sorted(one, key=str)[:3] for one in (figures - same, same - figures))
                raise SystemExit(f"{question.what}: the report has {ours}, and the SQL {theirs}.")
    own = min(asked[1:])
    figure = f"{own:.2f} s of CPU, {own / millions:.2f} s a million"
    bound = "" if question.most_seconds is None else f"at most {question.most_seconds} s a million"
    report(question.what, figure, bound)
    if by_hand:
        hand = min(by_hand[1:])
        ratio = "" if question.most is None else f"at most {question.most}"
        report("of the CPU time by hand", f"{own / hand:.2f} of {hand:.2f} s", ratio)


def _asked(question: Question, workspace: Workspace) -> Figures:
    return frozenset(question.figures_of(getattr(workspace.report, question.report)(**question.fields)))


def _by_hand(question: Question, path: Path) -> Figures:
    with closing(duckdb.connect(str(path), read_only=True, config={"threads": _THREADS})) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        return frozenset(connection.execute(question.by_hand or "").fetchall())


def _timed(done: Callable[[], Figures]) -> tuple[Figures, float]:
    started = time.process_time()
    return done(), time.process_time() - started


def _dataset(path: Path, events: int, users: int) -> Path:
    """A warehouse with events of a quarter; the same arguments give the same rows."""
    settings = {"WAREHOUSE": f"duckdb:///{path}", "EVENTS_CONFIG": '{"events": [{"name": "*"}]}'}
    with Session(Settings.from_env(settings)) as session:
        session.warehouse.rows(Statement("nothing", "SELECT 1 AS one FROM job_locks"))
    given = {"events": events, "users": users, "days": _DAYS, "first": _START, "names": list(_NAMES)}
    with closing(duckdb.connect(str(path))) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for day in range(0, _DAYS, _DAYS_AT_ONCE):
            start = _START + timedelta(days=day)
            window = {"from": start, "to": start + timedelta(days=_DAYS_AT_ONCE)}
            connection.execute(_EVENTS, {**given, **window})
    return path


if __name__ == "__main__":
    main()
