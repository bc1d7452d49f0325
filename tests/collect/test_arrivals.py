"""A call without a window: what Mixpanel stored since the last one, whatever its event time."""

from datetime import UTC, datetime, timedelta

import pytest

from engines import Engine
from lines import event
from mixpanel_data.errors import UnavailableError
from mixpanel_data.local.mixpanel import faults
from mixpanel_data.types import Window
from world import World, assert_true


def arrived_from(world: World, call: int = -1) -> datetime | None:
    """From when on a call asked for what was stored; None without an expression."""
    where = world.mixpanel.calls[call].parameters.get("where")
    if where is None:
        return None
    return datetime.fromtimestamp(int(where.rpartition(" ")[2]) / 1000, UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def days_late(late: int, mark: str, stored: str) -> bytes:
    """An event of that many days before 2040-03-15."""
    day = datetime(2040, 3, 15, tzinfo=UTC).toordinal() - late
    return event("Late", f"{datetime.fromordinal(day):%Y-%m-%d} 08:00", mark=mark, stored=stored)


@pytest.mark.both_engines
def test_the_first_call_brings_what_was_stored_within_a_day_whenever_it_happened(engine: Engine) -> None:
    lines = [
        days_late(89, "new", "2040-03-15 11:00"),
        days_late(3, "day", "2040-03-14 12:00:00"),
        days_late(3, "old", "2040-03-14 11:59:59"),
        event("Now", "2040-03-15 11:59", mark="n"),
    ]
    with World(engine, lines) as world:
        result = world.collect()
        assert_true(world.tables(), [lines[0], lines[1], lines[3]])
        assert arrived_from(world) == at("2040-03-14 12:00")
        assert world.calls == [("2039-12-17", "2040-03-15")]
        assert result.window == Window(at("2039-12-17"), at("2040-03-16"))
        assert (result.received, result.inserted) == (3, 3)


def test_each_call_goes_back_by_the_overlap_behind_the_one_before(engine: Engine) -> None:
    early = event("Seen", "2040-03-15 11:30", mark="a")
    # Stored before the first call ran, visible only afterwards.
    slow = event("Slow", "2040-03-15 11:45", mark="b")
    with World(engine, [early]) as world:
        world.collect()
        world.mixpanel.add(slow)
        world.pass_time(minutes=15)
        result = world.collect()
        assert (result.inserted, result.duplicates) == (1, 1)
        assert arrived_from(world) == at("2040-03-15 11:00")
        world.pass_time(minutes=15)
        world.collect(overlap=timedelta(minutes=5))
        assert arrived_from(world) == at("2040-03-15 12:10")
        assert_true(world.tables(), [early, slow])


def test_a_call_that_fails_leaves_the_watermark(engine: Engine) -> None:
    with World(engine, [event("Now", "2040-03-15 11:59", mark="n")]) as world:
        world.collect()
        world.pass_time(hours=5)
        world.mixpanel.faults.permanent = faults.Status(500)
        with pytest.raises(UnavailableError):
            world.collect()
        world.mixpanel.faults.permanent = None
        world.pass_time(hours=5)
        world.collect()
        assert arrived_from(world) == at("2040-03-15 11:00")


def test_a_reading_of_a_window_is_no_watermark(engine: Engine) -> None:
    with World(engine, [event(at="2040-03-15 11:00")]) as world:
        world.collect("2040-03-01", "2040-03-15")
        world.collect()
        assert arrived_from(world) == at("2040-03-14 12:00")


def test_a_call_for_some_events_does_not_keep_the_others_from_the_next_call(engine: Engine) -> None:
    lines = [event("Purchase", "2040-03-15 08:00", mark="p"), event("Signup", "2040-03-15 08:00", mark="s")]
    with World(engine, lines) as world:
        world.collect(request={"events": ["Purchase"]})
        world.pass_time(minutes=15)
        world.collect()
        assert_true(world.tables(), lines)
