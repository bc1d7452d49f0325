"""The cost of the user sync: beside a GROUP BY by hand, and for the same new day over a short and a long history.

usage: python -m bench.users [--events N] [--users N] [--day N] [--history N]
"""

import argparse
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from bench.figures import report
from mixpanel_data import users
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.configuration.settings import Settings
from mixpanel_data.warehouse.statements import Statement
from mixpanel_data.wiring import users as user_sync
from mixpanel_data.wiring.session import Call, Session

# Other programs on the machine only ever add time, so the best of a few alternating rounds counts.
_ROUNDS = 3
_EVENTS_CONFIG = '{"events": [{"name": "*"}]}'
_METRICS = json.dumps(
    {
        "counters": {
            "visits": {"event": "Visit"},
            "signups": {"event": "Signup"},
            "gold": {"event": "Purchase", "sum": "amount", "where": {"plan": ["gold", "silver"]}},
        },
        "latest": {
            "plan": {"property": "plan", "type": "STRING"},
            "level": {"property": "level", "type": "INT64"},
        },
        "current": {"balance": {"property": "balance", "type": "NUMERIC"}},
    }
)
_EVENTS = """
INSERT INTO mixpanel_data.mixpanel_events
  (event_timestamp, inserted_at, event_name, properties, distinct_id, event_id, read_at, contents_fingerprint)
SELECT
  moment, moment, name,
  json_object(
    '$insert_id', md5(number::VARCHAR), '$city', 'Springfield', '$os', 'iOS', '$app_version', '4.' || number % 40,
    'screen', 'portfolio/' || number % 900, 'session', md5((number // 7)::VARCHAR), 'plan', plan, 'amount', amount,
    'level', number % 50, 'balance', round(draw * 1000, 2), 'mp_lib', 'swift', '$screen_height', 2340
  ),
  'user ' || (hash(number) % $users), sha256($start::VARCHAR || number), moment, number
FROM (
  SELECT
    number, $start + to_microseconds((number * 86400000000 // $events)::BIGINT) AS moment,
    ['Visit', 'Visit', 'Visit', 'Visit', 'Purchase', 'Purchase', 'Signup', 'Other'][1 + number % 8] AS name,
    ['gold', 'silver', 'free'][1 + (number // 8) % 3] AS plan, round(hash(number, 1) % 100000 / 100, 2) AS amount,
    hash(number, 2) / 18446744073709551616 AS draw
  FROM range($events) AS numbers(number)
)
"""
_MINUTES = """
INSERT INTO mixpanel_data.event_minutes (minute, event_name, events, last_changed)
SELECT date_trunc('minute', event_timestamp), event_name, count(*), max(event_timestamp)
FROM mixpanel_data.mixpanel_events WHERE event_timestamp >= $start GROUP BY ALL
"""
_ARRIVALS = """
INSERT INTO mixpanel_data.event_arrivals
  (seq, run_id, arrived_at, day, event_name, inserted, updated, deleted, first_event_timestamp, last_event_timestamp)
SELECT
  (SELECT coalesce(max(seq), 0) + 1 FROM mixpanel_data.event_arrivals), 'r', max(event_timestamp),
  event_timestamp::DATE, event_name, count(*), 0, 0, min(event_timestamp), max(event_timestamp)
FROM mixpanel_data.mixpanel_events WHERE event_timestamp >= $start GROUP BY event_timestamp::DATE, event_name
"""
_BY_HAND = """
CREATE TABLE by_hand AS
SELECT
  distinct_id,
  count(*) FILTER (event_name = 'Visit') AS visits,
  count(*) FILTER (event_name = 'Signup') AS signups,
  coalesce(
    sum(found[2]::DECIMAL(28, 9)) FILTER (event_name = 'Purchase' AND found[1] IN ('gold', 'silver')), 0
  ) AS gold,
  arg_max(found[1], (event_timestamp, event_id)) AS plan,
  arg_max(found[3]::BIGINT, (event_timestamp, event_id)) AS level,
  arg_max(found[4]::DECIMAL(28, 9), (event_timestamp, event_id)) AS balance,
  count(*) AS events_processed,
  min(event_timestamp) AS first_event_time,
  max(event_timestamp) AS last_event_time
FROM (
  SELECT
    distinct_id, event_name, event_timestamp, event_id,
    json_extract_string(properties, ['$.plan', '$.amount', '$.level', '$.balance']) AS found
  FROM mixpanel_data.mixpanel_events
  WHERE event_timestamp >= $start AND event_timestamp < $start + INTERVAL 1 DAY AND distinct_id <> ''
)
GROUP BY distinct_id
"""
_FIGURES = (
    *("visits", "signups", "gold", "plan", "level", "balance"),
    *("events_processed", "first_event_time", "last_event_time"),
)
_DIFFERENT = f"""
SELECT count(*)
FROM mixpanel_data.user_insights AS ours FULL JOIN by_hand USING (distinct_id)
WHERE {" OR ".join(f"ours.{name} IS DISTINCT FROM by_hand.{name}" for name in _FIGURES)}
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """Wall-clock seconds and CPU seconds."""

    seconds: float
    cpu_seconds: float


def main() -> None:
    """Print each figure beside its bound."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--events", type=int, default=1_000_000, help="events of the day counted by hand too")
    arguments.add_argument("--users", type=int, default=100_000)
    arguments.add_argument("--day", type=int, default=100_000, help="events a day in the histories")
    arguments.add_argument(
        "--history", type=int, default=8, help="days of the short history; the long one has ten times that"
    )
    options = arguments.parse_args()
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    with tempfile.TemporaryDirectory(prefix="bench_users_") as name:
        _beside_a_group_by(Path(name), options.events, options.users, today)
        _over_histories(Path(name), options.day, options.history, options.users, today)


def _beside_a_group_by(folder: Path, events: int, people: int, today: datetime) -> None:
    start = today - timedelta(days=1)
    made = _dataset(folder / "made.duckdb")
    _add_day(made, start, events, people)
    hands, runs = [], []
    for number in range(_ROUNDS):
        path = _copied(made, folder / f"round{number}.duckdb")
        hands.append(_cost(lambda path=path: _count_by_hand(path, start)))  # type: ignore[misc]
        runs.append(_cost(lambda path=path: _sync(path, expected_days=1)))  # type: ignore[misc]
        different = _number(path, _DIFFERENT)
        path.unlink()
    hand, run = _best(hands), _best(runs)
    what = f"{events:,} events of {people:,} users"
    report(f"{what} counted by hand", f"{hand.seconds:.2f} s, {hand.cpu_seconds:.2f} s of CPU")
    report("counted by the user sync", f"{run.seconds:.2f} s, {run.cpu_seconds:.2f} s of CPU")
    report("share of the time by hand", f"{run.seconds / hand.seconds:.2f}", "at most 3.0")
    report("share of its CPU time", f"{run.cpu_seconds / hand.cpu_seconds:.2f}")
    report("users whose totals differ", f"{different}", "0")


def _over_histories(folder: Path, day: int, days: int, people: int, today: datetime) -> None:
    made = {}
    for length in (days, 10 * days):
        path = made[length] = _dataset(folder / f"history{length}.duckdb")
        for past in range(length + 1, 1, -1):
            _add_day(path, today - timedelta(days=past), day, people)
        _sync(path, expected_days=length)
        _add_day(path, today - timedelta(days=1), day, people)
    costs: dict[int, list[Cost]] = {length: [] for length in made}
    for number in range(_ROUNDS):
        for length, path in made.items():
            copy = _copied(path, folder / f"daily{number}.duckdb")
            costs[length].append(_cost(lambda copy=copy: _sync(copy, expected_days=1)))  # type: ignore[misc]
            copy.unlink()
    short, long = _best(costs[days]), _best(costs[10 * days])
    report(f"one more day over {10 * days * day:,} events", f"{long.seconds:.2f} s, {long.cpu_seconds:.2f} s of CPU")
    report(f"share of the time over {days * day:,} events", f"{long.seconds / short.seconds:.2f}", "at most 1.5")
    report("share of its CPU time", f"{long.cpu_seconds / short.cpu_seconds:.2f}", "at most 1.5")


def _dataset(path: Path) -> Path:
    """A file with empty tables."""
    with Session(_settings(path)) as session:
        session.warehouse.rows(Statement("nothing", "SELECT 1 AS one FROM job_locks"))
    return path


def _copied(made: Path, copy: Path) -> Path:
    """A copy that has reached the disk; otherwise the first commit of the run waits until all of it is written."""
    shutil.copy(made, copy)
    with copy.open("rb") as file:
        os.fsync(file.fileno())
    return copy


def _settings(path: Path) -> Settings:
    return Settings.from_env(
        {"WAREHOUSE": f"duckdb:///{path}", "EVENTS_CONFIG": _EVENTS_CONFIG, "USER_METRICS_CONFIG": _METRICS}
    )


def _add_day(path: Path, start: datetime, events: int, people: int) -> None:
    """Add the events of a day, with all that a collector writes about them and the sync reads."""
    with duckdb.connect(str(path)) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("BEGIN")
        connection.execute(_EVENTS, {"start": start, "events": events, "users": people})
        for statement in (_MINUTES, _ARRIVALS):
            connection.execute(statement, {"start": start})
        connection.execute("COMMIT")


def _count_by_hand(path: Path, start: datetime) -> None:
    with closing(duckdb.connect(str(path), config={"threads": min(4, os.cpu_count() or 1)})) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(_BY_HAND, {"start": start})


def _sync(path: Path, *, expected_days: int) -> None:
    with Session(_settings(path)) as session:
        result = user_sync.run(users.Request(), session, Call(f"bench-{time.time_ns()}", Deadline()))
    if result.days != expected_days:
        raise SystemExit(f"a run over {path.name} computed {result.days} days, not {expected_days}")


def _number(path: Path, sql: str) -> int:
    with closing(duckdb.connect(str(path), read_only=True)) as connection:
        ((number,),) = connection.execute(sql).fetchall()
    return int(number)


def _cost(done: Callable[[], None]) -> Cost:
    started, cpu_started = time.monotonic(), time.process_time()
    done()
    return Cost(time.monotonic() - started, time.process_time() - cpu_started)


def _best(costs: list[Cost]) -> Cost:
    return Cost(min(one.seconds for one in costs), min(one.cpu_seconds for one in costs))


if __name__ == "__main__":
    main()
