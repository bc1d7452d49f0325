"""Which lines are the same event, and whose event it is."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest

from collect.some_events import WEEK, many
from support.collected_tables import assert_consistent, assert_tables_hold, changed_events, recorded_arrivals
from support.collector_world import CollectorWorld
from support.engines import Engine
from support.export_lines import NOW, event, line_of, seconds
from support.settable_clock import SettableClock

SERVER_KEYS: dict[str, Any] = {"$mp_event_size": 3, "$is_reshuffled": True}


@pytest.mark.both_engines
def test_events_that_share_an_insert_id_stay_apart_if_anything_else_tells_them_apart(engine: Engine) -> None:
    lines = [
        event("Purchase", "2040-03-14 10:00:00", "ann", "same"),
        event("Signup", "2040-03-14 10:00:00", "ann", "same"),
        event("Purchase", "2040-03-14 10:00:01", "ann", "same"),
        event("Purchase", "2040-03-14 10:00:00", "bob", "same"),
        event("Purchase", "2040-03-14 10:00:00", None, "same"),
    ]
    with CollectorWorld(engine, lines) as world:
        assert world.collect(*WEEK).inserted == 5
        assert_tables_hold(world.tables(), lines)


@pytest.mark.parametrize("mark", [None, pytest.param("")], ids=["missing", "empty"])
def test_events_without_an_insert_id_are_told_apart_by_the_properties_sent(engine: Engine, mark: str | None) -> None:
    lines = [
        event(mark=mark, plan="pro", n=1),
        event(mark=mark, n=1, plan="pro", mp_country_code="DE", **SERVER_KEYS),
        event(mark=mark, plan="pro", n=2),
        event(mark=mark, plan="pro", n="1"),
        event(mark=mark, plan="pro", n=1, nested={"b": [1, {"d": 2, "c": 1}], "a": None}),
        event(mark=mark, plan="pro", n=1, nested={"a": None, "b": [1, {"c": 1, "d": 2}]}),
        event(mark=mark, plan="pro", n=1, person="bob"),
    ]
    with CollectorWorld(engine, lines) as world:
        result = world.collect(*WEEK)
        assert (result.inserted, result.duplicates) == (5, 2)
        assert_tables_hold(world.tables(), lines)


@pytest.mark.parametrize(
    "keys",
    [
        ["a.b", "a", "Plan", "plan", " ", "größe", "🎉", 'a"b', "a\\b", "a'b", "0", "-", "[0]", "#", "@", "a/b"],
        pytest.param(["", "$city", "$browser", "$", "$.a", "*", "/", "~", "~1", "~0", "$insert_id "]),
    ],
    ids=["plain", "path-like"],
)
def test_an_event_without_an_insert_id_can_have_properties_of_any_name(engine: Engine, keys: list[str]) -> None:
    one: dict[str, Any] = {key: number for number, key in enumerate(keys)}
    lines = [event(mark=None, **one), *(event(mark=None, **(one | {key: "other"})) for key in keys)]
    with CollectorWorld(engine, lines) as world:
        world.collect(*WEEK)
        assert_tables_hold(world.tables(), lines)


@pytest.mark.both_engines
def test_events_of_a_merged_person_move_to_the_new_id(engine: Engine) -> None:
    with CollectorWorld(engine, many()) as world:
        world.collect(*WEEK)
        before = world.tables()
        world.mixpanel.resolve["eve"] = "ann"
        world.pass_time(hours=1)
        result = world.collect(*WEEK)
        after = world.tables()
        assert (result.inserted, result.updated, result.duplicates) == (0, 14, 28)
        assert Counter(row["distinct_id"] for row in after.mixpanel_events) == {"ann": 28, "bob": 14}
        assert after.events().keys() == before.events().keys()
        assert recorded_arrivals(before, after) == changed_events(before, after)
        assert_consistent(after)
        assert {row["event_id"]: row["inserted_at"] for row in after.mixpanel_events} == {
            row["event_id"]: row["inserted_at"] for row in before.mixpanel_events
        }


def test_an_older_reading_never_replaces_a_newer_one(engine: Engine) -> None:
    with CollectorWorld(engine, many()) as world:
        world.mixpanel.resolve["eve"] = "ann"
        world.collect(*WEEK)
        before = world.tables().lasting()
        world.mixpanel.resolve.clear()
        world.pass_time(minutes=-1)
        assert world.collect(*WEEK).updated == 0
        assert world.tables().lasting() == before
        world.pass_time(minutes=2)
        assert world.collect(*WEEK).updated == 14


def test_an_event_keeps_its_identity_when_its_distinct_id_is_resolved(engine: Engine) -> None:
    lines = [
        event(person="ann", **{"$distinct_id_before_identity": "d-1"}),
        event(person="eve", **{"$distinct_id_before_identity": "d-1"}, stored="2040-03-14 11:00"),
        event(person="d-1"),
        event(person="ann"),
    ]
    with CollectorWorld(engine, lines) as world:
        world.collect(*WEEK)
        assert_tables_hold(world.tables(), lines)
        assert sorted(row["distinct_id"] for row in world.tables().mixpanel_events) == ["ann", "eve"]


def test_a_distinct_id_of_any_json_type_is_kept_as_text(engine: Engine) -> None:
    kinds: list[tuple[object, str | None]] = [
        (12345, "12345"),
        ("12345", "12345"),
        (True, "true"),
        ("", ""),
        (None, None),
        ({"a": 1}, None),
        ([1], None),
    ]
    at = seconds("2040-03-14 10:00")
    lines = [line_of(f"E{n}", {"time": at, "$insert_id": 7, "distinct_id": id_}) for n, (id_, _) in enumerate(kinds)]
    with CollectorWorld(engine, lines) as world:
        world.collect(*WEEK)
        assert_tables_hold(world.tables(), lines)
        found = {row["event_name"]: row["distinct_id"] for row in world.tables().mixpanel_events}
        assert found == {f"E{number}": text for number, (_, text) in enumerate(kinds)}


def test_the_later_reading_stands_even_if_its_run_started_earlier(engine: Engine) -> None:
    """A run waits long for its first answer; meanwhile another run starts and ends."""

    class Waiting(SettableClock):
        """Shows the start of the call once, and then a time after the other run's reading."""

        def __call__(self) -> datetime:
            now, self.at = self.at, NOW + timedelta(minutes=10)
            return now

    with CollectorWorld(engine, [event(person="eve")]) as world:
        world.clock.at = NOW + timedelta(minutes=5)
        assert world.collect(*WEEK).inserted == 1
        world.mixpanel.resolve["eve"] = "ann"
        world.clock = Waiting(NOW)
        assert world.collect(*WEEK).updated == 1
        assert [row["distinct_id"] for row in world.tables().mixpanel_events] == ["ann"]
