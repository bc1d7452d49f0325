"""Runs that are killed anywhere, or run twice at once, leave the tables of one undisturbed run."""

import itertools
import os
import random
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mixpanel_data_standins.mixpanel import Behaviour, faults
from support.collected_tables import assert_consistent, assert_tables_hold, wrote
from support.collector_world import CollectorWorld
from support.engines import DuckDB, Engine
from support.export_lines import event, seconds
from support.fatal_steps import Killed, Steps
from support.mortal_warehouse import MortalWarehouse
from support.open_sockets import leaves_sockets_open

pytestmark = pytest.mark.sequences

FORTNIGHT = ("2040-03-01", "2040-03-15")
COLLECTOR_PROCESS = Path(__file__).parent / "collector_process.py"


def some(days: int = 14, each: int = 5) -> list[bytes]:
    """Events with copies, ties and late ones, events without an insert id, and lines that are not events."""
    lines = [
        event("Purchase", f"2040-03-{1 + day:02d} {hour:02d}:00:00", f"p{hour % 3}", f"m{day}-{hour}")
        for day in range(days)
        for hour in range(each)
    ]
    bare = [event("Bare", f"2040-03-{1 + day:02d} 12:00:00", mark=None, n=day % 3) for day in range(days)]
    ties = [event("Tie", "2040-03-05 10:00", mark="t", n=n, **{"$distinct_id_before_identity": "d"}) for n in (1, 2)]
    return [*lines, *bare, *bare[:4], *ties, event(mark="m", stored="2040-03-15 11:00"), event(mark="m"), b"42", b"{"]


def in_first_week(line: bytes) -> bool:
    """Whether it is an event before 2040-03-08."""
    return b'"time":22' in line and int(line.partition(b'"time":')[2][:10]) < seconds("2040-03-08")


# Killed


def dies(world: CollectorWorld, fatal: int, ask: Callable[[MortalWarehouse], object]) -> bool:
    """Whether a run dies at that point; False if it ends first."""
    warehouse = world.engine.open()
    try:
        ask(MortalWarehouse(warehouse, Steps(fatal)))
    except Killed:
        return True
    finally:
        warehouse.close()
    return False


def points(engine: Engine, lines: list[bytes], start: str, end: str) -> list[str]:
    """The points at which a run can die, in order."""
    steps = Steps()
    with CollectorWorld(engine.fresh(), lines) as world:
        warehouse = world.engine.open()
        world.collect(start, end, warehouse=MortalWarehouse(warehouse, steps))
        warehouse.close()
    return steps.passed


@leaves_sockets_open
def test_a_run_killed_at_any_point_has_published_all_or_nothing(engine: Engine) -> None:
    """All runs die over one dataset; before each of them events arrive, and an old one changes."""
    window = ("2040-03-08", "2040-03-15")
    lines = [line for line in some() if not in_first_week(line)]
    with CollectorWorld(engine, lines) as world:
        world.collect(*window)
        before = world.tables()
        for fatal in itertools.count(1):
            fresh = [
                event("New", f"2040-03-{8 + fatal % 7:02d} 15:{fatal:02d}", mark=f"k{fatal}"),
                event("Purchase", "2040-03-09 01:00", "p1", "m8-1", f"2040-03-15 11:{fatal:02d}", n=fatal),
            ]
            world.mixpanel.add(fresh)
            lines += fresh
            world.pass_time(hours=25)
            if not dies(world, fatal, lambda mortal: world.collect(*window, warehouse=mortal)):
                break
            after = world.tables()
            if any(row["part"] for row in after.runs()[len(before.runs()) :]):
                assert_tables_hold(after, lines)
            else:
                assert after.lasting() == before.lasting(), fatal
            before = after
        assert fatal > 30
        assert_tables_hold(world.tables(), lines)


@leaves_sockets_open
@pytest.mark.parametrize("point", ["load", "publish, before the commit", "publish, after the commit"])
@pytest.mark.parametrize("occurrence", [1, 2])
def test_the_next_run_does_not_read_again_what_a_killed_run_has_published(
    engine: Engine, point: str, occurrence: int
) -> None:
    assert_taken_up(engine, point, occurrence)


@pytest.mark.both_engines
@leaves_sockets_open
def test_the_next_run_goes_on_behind_the_first_part_of_a_run_killed_in_its_second(engine: Engine) -> None:
    assert_taken_up(engine, "publish, before the commit", 2)


def assert_taken_up(engine: Engine, point: str, occurrence: int) -> None:
    """A run that dies at that point has published whole parts, and the next run reads the rest."""
    passed = points(engine, some(), *FORTNIGHT)
    fatal = [n for n, name in enumerate(passed, 1) if name.endswith(point)][occurrence - 1]
    with CollectorWorld(engine, some()) as world:
        assert dies(world, fatal, lambda mortal: world.collect(*FORTNIGHT, warehouse=mortal))
        assert_consistent(world.tables())
        published = [row for row in world.tables().runs() if row["part"]]
        calls = len(world.calls)
        world.pass_time(minutes=15)
        world.collect(*FORTNIGHT)
        assert_tables_hold(world.tables(), some())
        first = max((row["window_to"] for row in published), default=datetime(2040, 3, 1, tzinfo=UTC))
        assert [call[0] for call in world.calls[calls:]][:1] == [f"{first:%Y-%m-%d}"] * (first.day < 15)


def test_runs_whose_processes_are_killed_are_completed_by_the_next(tmp_path: Path) -> None:
    """SIGKILL hits a process that has its own threads soon after it asks for another part; how far it has come with the
    part before is left to chance."""
    chance = random.Random(5)
    engine = DuckDB(tmp_path)
    window = ("2040-02-04", "2040-03-15")
    lines = [line for day in range(40) for line in a_day(day)]
    with CollectorWorld(engine, lines, behaviour=Behaviour(duplicate_every=3)) as world:
        unfinished = 0
        for number in range(6):
            kill_at_call(world, worker(world, engine, window), chance.randrange(2, 6), yields=chance.randrange(200_000))
            tables = world.tables()
            assert_consistent(tables)
            unfinished += 0 < len(tables.mixpanel_events) < len(lines)
            fresh = [event("New", f"2040-{month:02d}-10 03:00", mark=f"{month}-{number}") for month in (2, 3)]
            world.mixpanel.add(fresh)
            lines += fresh
            world.pass_time(hours=chance.choice([1, 25]))
        assert unfinished > 2
        world.pass_time(hours=25)
        world.collect(*window)
        assert_tables_hold(world.tables(), lines)


def kill_at_call(world: CollectorWorld, process: "subprocess.Popen[bytes]", number: int, *, yields: int) -> None:
    """Kill a process soon after its call of that number, which gets no answer, or let it end if it makes fewer."""
    before = len(world.mixpanel.calls)
    world.mixpanel.faults.extend([*[None] * (number - 1), faults.SlowFirstByte(3600)])
    while len(world.mixpanel.calls) < before + number and process.poll() is None:
        os.sched_yield()
    for _ in range(yields):
        os.sched_yield()
    process.kill()
    process.communicate()
    world.mixpanel.faults.clear()


@pytest.mark.parametrize("most_bytes", [100_000, 800_000, 1_500_000])
def test_a_run_on_a_full_disk_names_it_and_the_next_run_completes_it(tmp_path: Path, most_bytes: int) -> None:
    engine = DuckDB(tmp_path)
    window = ("2040-02-04", "2040-03-15")
    lines = [line for day in range(40) for line in a_day(day)]
    with CollectorWorld(engine, lines) as world:
        process = worker(world, engine, window, MOST_FILE_BYTES=str(most_bytes))
        _, said = process.communicate(timeout=120)
        last = said.decode().splitlines()[-1]
        assert "WarehouseUnavailableError" in last
        assert str(engine.path) in last
        assert "Make sure that the disk has free space" in last
        world.pass_time(minutes=15)
        world.collect(*window)
        assert_tables_hold(world.tables(), lines)


def a_day(day: int) -> list[bytes]:
    """Forty events of a day, some without an insert id."""
    at = datetime(2040, 2, 4, tzinfo=UTC) + timedelta(days=day)
    return [
        event(
            "Purchase", f"{at:%Y-%m-%d} {n // 2:02d}:{n:02d}", f"p{n % 7}", None if n % 5 == 0 else f"m{day}-{n}", n=n
        )
        for n in range(40)
    ]


def worker(
    world: CollectorWorld, engine: DuckDB, window: tuple[str, str], **variables: str
) -> "subprocess.Popen[bytes]":
    """A process that collects the window from this process's stand-in."""
    arguments = [world.mixpanel.url, str(engine.path), *window, world.clock().isoformat()]
    return subprocess.Popen(
        [sys.executable, str(COLLECTOR_PROCESS), *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **variables},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


# Two at once


@pytest.mark.both_engines
def test_collectors_in_threads_with_overlapping_windows_double_no_event(engine: Engine) -> None:
    windows = [("2040-03-01", "2040-03-10"), ("2040-03-05", "2040-03-15"), FORTNIGHT]
    with CollectorWorld(engine, some()) as world, ThreadPoolExecutor(len(windows)) as threads:
        if engine.name == "bigquery":
            # The emulator fails if two clients create a dataset at once; BigQuery answers that it already exists.
            world.tables()
        results = list(threads.map(lambda window: world.collect(*window), windows))
        assert_tables_hold(world.tables(), some())
        assert sum(result.inserted for result in results) == len(world.tables().mixpanel_events)
        assert_ascending(world)


def test_collectors_in_processes_with_overlapping_windows_double_no_event(tmp_path: Path) -> None:
    engine = DuckDB(tmp_path)
    windows = [("2040-02-04", "2040-03-10"), ("2040-02-20", "2040-03-15")]
    lines = [line for day in range(40) for line in a_day(day)]
    with CollectorWorld(engine, lines) as world:
        processes = [worker(world, engine, window) for window in windows]
        for process in processes:
            _, said = process.communicate(timeout=120)
            assert process.returncode == 0, said.decode()
        assert_tables_hold(world.tables(), lines)
        assert_ascending(world)


def assert_ascending(world: CollectorWorld) -> None:
    """The arrivals number the changing parts without a gap, and each part that wrote anything took the guard once."""
    tables = world.tables()
    changing = [row for row in tables.runs() if row["part"] and row["figures"]["inserted"] + row["figures"]["updated"]]
    assert {row["seq"] for row in tables.event_arrivals} == set(range(1, len(changing) + 1))
    # Two runs that start at once can each add a guard; then every part changes both.
    assert max(row["n"] for row in tables.job_locks) == sum(map(wrote, tables.runs()))
