"""How far behind the last reading a reading of arrivals starts: an hour once an hour, and less in between."""

import contextlib
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mixpanel_data import runs
from mixpanel_data.base.errors import UnavailableError
from mixpanel_data.collect.earlier.history import History
from mixpanel_data.collect.earlier.progress import Overlaps, Progress, progress
from mixpanel_data.warehouse.base import Row
from mixpanel_data_standins.mixpanel import faults
from support.collected_tables import assert_consistent, assert_tables_hold
from support.collector_world import CollectorWorld
from support.engines import DuckDB, Engine, opened
from support.export_lines import event, utc
from support.fatal_steps import Killed, Steps
from support.mortal_warehouse import MortalWarehouse

MINUTE = timedelta(minutes=1)
SHORT = 5 * MINUTE
REFUSED = faults.Status(400, '{"error": "Error in where: it is wrong"}')
OVERLAPS = Overlaps(60 * MINUTE, 5 * MINUTE)


def arrived_from(world: CollectorWorld) -> datetime:
    """The time of storage from which the last call asked for events."""
    where = world.mixpanel.calls[-1].parameters["where"]
    return datetime.fromtimestamp(int(where.rpartition(" ")[2]) / 1000, UTC)


def test_once_an_hour_a_reading_starts_an_hour_behind_the_last_such(engine: Engine) -> None:
    slow = event("Slow", "2040-03-15 11:45", mark="b")
    with CollectorWorld(engine, [event("Seen", "2040-03-15 11:30", mark="a")]) as world:
        world.collect(short_overlap=SHORT)
        world.mixpanel.add(slow)
        asked = []
        for _ in range(5):
            world.pass_time(minutes=15)
            world.collect(short_overlap=SHORT)
            asked.append(f"{arrived_from(world):%H:%M}")
        assert asked == ["11:55", "12:10", "12:25", "11:00", "12:55"]
        assert "Slow" in {row["event_name"] for row in world.tables().mixpanel_events}


def test_a_long_reading_that_failed_is_left_to_the_next(engine: Engine) -> None:
    with CollectorWorld(engine, [event("Seen", "2040-03-15 11:30")]) as world:
        world.collect(short_overlap=SHORT)
        world.pass_time(minutes=60)
        world.mixpanel.faults.permanent = faults.Status(500)
        with pytest.raises(UnavailableError):
            world.collect(short_overlap=SHORT)
        world.mixpanel.faults.permanent = None
        world.pass_time(minutes=15)
        world.collect(short_overlap=SHORT)
        assert arrived_from(world) == utc("2040-03-15 11:00")


def test_between_long_readings_only_today_and_yesterday_are_asked_for(engine: Engine) -> None:
    late = event("Late", "2040-02-01 08:00", mark="l", stored="2040-03-15 12:05")
    yesterday = event("Yesterday", "2040-03-14 00:10", mark="y", stored="2040-03-15 12:06")
    with CollectorWorld(engine, [event("Seen", "2040-03-15 11:30", mark="a")]) as world:
        world.collect(short_overlap=SHORT)
        world.mixpanel.add([late, yesterday])
        brought = []
        for _ in range(4):
            world.pass_time(minutes=15)
            brought.append(world.collect(short_overlap=SHORT).inserted)
        assert brought == [1, 0, 0, 1]
        assert world.calls[1:] == [("2040-03-14", "2040-03-15")] * 3 + [("2039-12-17", "2040-03-15")]


def test_after_hours_without_a_long_reading_the_next_brings_all(engine: Engine) -> None:
    with CollectorWorld(engine, [event("Seen", "2040-03-15 11:30")]) as world:
        world.collect(short_overlap=SHORT)
        world.pass_time(minutes=15)
        world.mixpanel.add(event("Late", "2040-02-01 08:00", mark="l", stored="2040-03-15 12:14"))
        world.collect(short_overlap=SHORT)
        world.pass_time(hours=30)
        assert world.collect(short_overlap=SHORT).inserted == 1


def test_a_refused_wide_question_does_not_narrow_a_short_one_and_one_of_its_own_does(engine: Engine) -> None:
    with CollectorWorld(engine, [event("Seen", "2040-03-15 11:30")]) as world:
        world.mixpanel.faults.extend([REFUSED] * 2)
        world.collect(short_overlap=SHORT)
        world.pass_time(minutes=15)
        world.collect(short_overlap=SHORT)
        assert world.calls[-1] == ("2040-03-14", "2040-03-15")
        assert world.mixpanel.calls[-1].parameters["where"]
        world.mixpanel.faults.extend([REFUSED] * 2)
        world.pass_time(minutes=15)
        world.mixpanel.add(event("Soon", "2040-03-15 12:20", mark="s", stored="2040-03-15 12:20"))
        assert world.collect(short_overlap=SHORT).inserted == 1
        assert "where" not in world.mixpanel.calls[-1].parameters
        assert world.calls[-1] == ("2040-03-14", "2040-03-15")


@pytest.mark.sequences
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from([1, 5, 15, 15, 40, 61, 26 * 60]),
            st.lists(st.tuples(st.sampled_from([0, 1, 2, 30, 80, -1]), st.integers(0, 50)), max_size=3),
            st.sampled_from([None, None, None, 2, 12, 20, 30, "refused", "refused twice"]),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_whatever_happens_to_runs_two_hours_later_all_that_mixpanel_stored_is_there(
    steps: list[tuple[int, list[tuple[int, int]], int | str | None]],
) -> None:
    """Events of days up to 80 before and one ahead, some visible late; runs that are killed or whose question fails."""
    with tempfile.TemporaryDirectory() as folder, CollectorWorld(DuckDB(Path(folder)).fresh()) as world:
        world.collect(short_overlap=SHORT)
        lines: list[bytes] = []
        for minutes, added, fate in steps:
            world.pass_time(minutes=minutes)
            for days_ago, slow in added:
                day, stored = world.clock() - timedelta(days=days_ago), world.clock() - slow * MINUTE
                stored = max(stored, utc("2040-03-14 13:00"))
                lines.append(
                    event(
                        "Any", f"{day:%Y-%m-%d %H:%M:%S}", mark=f"m{len(lines)}", stored=f"{stored:%Y-%m-%d %H:%M:%S}"
                    )
                )
                world.mixpanel.add(lines[-1])
            if isinstance(fate, str):
                world.mixpanel.faults.extend([REFUSED] * (2 if fate == "refused twice" else 1))
            with opened(world.engine) as warehouse, contextlib.suppress(Killed, UnavailableError):
                mortal = MortalWarehouse(warehouse, Steps(fate if isinstance(fate, int) else 0))
                world.collect(short_overlap=SHORT, warehouse=mortal)
            world.mixpanel.faults.clear()
        for minutes in (61, 15, 26 * 60, 61):
            world.pass_time(minutes=minutes)
            world.collect(short_overlap=SHORT)
        assert_tables_hold(world.tables(), lines)
        assert_consistent(world.tables())


class NoWarehouse:
    """Has nothing behind the rows of the last days."""

    def rows(self, *_: object, **__: object) -> list[Row]:
        return []


@given(
    gaps=st.lists(
        st.tuples(st.sampled_from([1, 5, 15, 40, 61, 200]), st.sampled_from(["ok", "ok", "ok", "failed"])),
        min_size=1,
        max_size=30,
    ),
    stored=st.integers(0, 600),
    hidden=st.integers(0, 60),
)
def test_whatever_runs_fail_an_event_that_shows_within_an_hour_is_read(
    gaps: list[tuple[int, str]], stored: int, hidden: int
) -> None:
    """Two long runs that end well after the event is visible are the latest that bring it."""
    now, rows, is_read = utc("2040-03-15 12:00"), list[Row](), False
    stored_at = now + stored * MINUTE
    long_since = 0
    for number, (gap, status) in enumerate([(0, "ok"), *gaps]):
        now += gap * MINUTE
        history = History(now, runs.Opening(), rows, None)
        known = progress(NoWarehouse(), "collector", history, OVERLAPS, is_long=False)  # type: ignore[arg-type]
        start = datetime.fromtimestamp(known.start_ms(0) / 1000, UTC)
        if status == "ok" and now >= stored_at + hidden * MINUTE:
            is_read = is_read or start <= stored_at <= now
            long_since += known.is_long
        assert is_read or long_since < 2
        rows += rows_of_a_run(f"run{number}", now, status, start, known)


def rows_of_a_run(run_id: str, now: datetime, status: str, start: datetime, known: Progress) -> list[Row]:
    own = {"run_id": run_id, "started_at": now, "narrowed": 0, "window_to": now}
    part = {**own, "part": 1, "watermark": now, "watermark_from": None}
    return [
        {
            **own,
            "part": 0,
            "status": status,
            "watermark": None,
            "watermark_from": start,
            "request": f"{{}} {known.identity} UTC",
        },
        *[part] * (status == "ok"),
    ]
