"""A database that an earlier version made goes on, without collecting an event again."""

import contextlib
import logging
from pathlib import Path

import duckdb
import pytest

from collect.some_events import WEEK, many
from mixpanel_data.runs import Origin
from mixpanel_data_standins.mixpanel import Behaviour
from support.collected_tables import assert_tables_hold
from support.collector_world import CollectorWorld
from support.engines import DuckDB
from support.export_lines import event, utc


def without_new_columns(path: Path) -> None:
    """Make the file what the version before left: no keys of events, and no zone that they were read in."""
    with contextlib.closing(duckdb.connect(str(path))) as connection:
        # It took the fingerprint of the properties alone.
        without_name = "xor(contents_fingerprint, (hash(event_name) >> 1)::BIGINT)"
        connection.execute(f"UPDATE mixpanel_data.mixpanel_events SET contents_fingerprint = {without_name}")
        connection.execute("ALTER TABLE mixpanel_data.mixpanel_events DROP COLUMN event_key")
        for column in ("zone", "mixed_until", "newest_seq", "newest_seq_at"):
            connection.execute(f"ALTER TABLE mixpanel_data.job_locks DROP COLUMN {column}")
        connection.execute("ALTER TABLE mixpanel_data.job_runs DROP COLUMN bytes_billed")


def test_stored_events_get_their_keys_and_none_is_stored_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    engine = DuckDB(tmp_path)
    bare = [event("Bare", "2040-03-10 12:00", mark=None, n=n) for n in range(3)]
    with CollectorWorld(engine, [*many(), *bare]) as world:
        world.collect(*WEEK)
        without_new_columns(engine.path)
        fresh = event("Purchase", "2040-03-09 23:00", mark="fresh")
        world.mixpanel.add(fresh)
        world.mixpanel.resolve["eve"] = "ann"
        world.pass_time(minutes=15)
        caplog.set_level(logging.INFO)
        first, again = world.collect(*WEEK), world.collect(*WEEK)
        assert (first.inserted, first.updated, again.inserted, again.updated) == (1, 14, 0, 0)
        assert all(row["event_key"] is not None for row in world.tables().mixpanel_events)
        assert [record.args for record in caplog.records if "without a key" in record.msg] == [
            (7, utc("2040-03-08").date(), utc("2040-03-14").date())
        ]


def seqs(world: CollectorWorld) -> list[int]:
    """The numbers of the changes so far."""
    return sorted({row["seq"] for row in world.tables().event_arrivals})


def test_changes_are_numbered_on_and_so_they_are_after_a_return_to_the_version_before(tmp_path: Path) -> None:
    """That version counts its transactions in the guard, and asks the table for the next number."""
    engine = DuckDB(tmp_path)
    as_before = (
        "UPDATE mixpanel_data.job_locks SET n = n + 1 WHERE job = 'collector'",
        "INSERT INTO mixpanel_data.event_arrivals BY NAME SELECT * REPLACE (seq + 40 AS seq)"
        " FROM mixpanel_data.event_arrivals WHERE seq = (SELECT MAX(seq) FROM mixpanel_data.event_arrivals)",
    )
    with CollectorWorld(engine, many()) as world:
        for number in range(3):
            world.mixpanel.add(event("Purchase", "2040-03-09 23:00", mark=f"more{number}"))
            world.pass_time(minutes=15)
            world.collect(*WEEK)
        assert seqs(world) == [1, 2, 3]
        without_new_columns(engine.path)
        for number in range(3, 7):
            world.mixpanel.add(event("Purchase", "2040-03-09 23:00", mark=f"more{number}"))
            world.pass_time(minutes=15)
            world.collect(*WEEK)
            if number == 4:
                with contextlib.closing(duckdb.connect(str(engine.path))) as connection:
                    for sql in as_before:
                        connection.execute(sql)
        assert seqs(world) == [1, 2, 3, 4, 5, 45, 46, 47]


def test_a_new_state_numbers_its_changes_on(tmp_path: Path) -> None:
    with CollectorWorld(DuckDB(tmp_path), many()) as world:
        world.collect(*WEEK, origin=Origin("1", "mixpanel_events"))
        other = Origin("2", "mixpanel_events")
        world.collect(request={"new_state": True}, origin=other)
        for number in range(2):
            world.mixpanel.add(event("Purchase", "2040-03-09 23:00", mark=f"more{number}"))
            world.pass_time(minutes=15)
            world.collect(*WEEK, origin=other)
        assert seqs(world) == [1, 2, 3, 4]


def test_a_late_event_gives_its_day_keys_and_leaves_the_others_alone(tmp_path: Path) -> None:
    engine = DuckDB(tmp_path)
    with CollectorWorld(engine, many()) as world:
        world.collect(*WEEK)
        world.collect()
        without_new_columns(engine.path)
        late = event("Purchase", "2040-03-12 23:00", mark="late", stored="2040-03-15 12:05")
        world.mixpanel.add(late)
        world.pass_time(minutes=15)
        assert world.collect().inserted == 1
        assert_tables_hold(world.tables(), [*many(), late])
        with_key = {row["event_timestamp"].day for row in world.tables().mixpanel_events if row["event_key"]}
        # Nobody knows in which zone the events before were read: copies are looked for up to two days away.
        assert with_key == {10, 11, 12, 13, 14}


def test_a_zone_that_changed_during_a_return_to_the_version_before_doubles_no_event(tmp_path: Path) -> None:
    """That version moves events to the times of another zone, and leaves what the guard says of the zone."""
    engine = DuckDB(tmp_path)
    lines = [event("Purchase", f"2040-03-{day} 23:59:59", mark=day) for day in ("08", "11")]
    told = "zone, mixed_until, newest_seq, newest_seq_at"
    with CollectorWorld(engine, lines) as world:
        world.collect(*WEEK)
        with contextlib.closing(duckdb.connect(str(engine.path))) as connection:
            (before,) = connection.execute(f"SELECT {told} FROM mixpanel_data.job_locks").fetchall()
        world.mixpanel.behaviour = Behaviour(time_basis="project", timezone="America/New_York")
        world.pass_time(minutes=15)
        assert world.collect(*WEEK).updated == 2
        with contextlib.closing(duckdb.connect(str(engine.path))) as connection:
            connection.execute(f"UPDATE mixpanel_data.job_locks SET ({told}) = (?, ?, ?, ?)", before)
        world.mixpanel.behaviour = Behaviour()
        world.pass_time(minutes=15)
        assert (back := world.collect(*WEEK)).updated == 2
        assert back.inserted == 0
        assert_tables_hold(world.tables(), lines)
