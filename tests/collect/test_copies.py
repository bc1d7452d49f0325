"""Copies of an event become one row: the copy that Mixpanel stored last, and of equally old ones the one read last."""

import itertools
from typing import Any

import pytest

from collect.some_events import WEEK, many
from mixpanel_data_standins.mixpanel import Behaviour
from support import event_oracle
from support.collected_tables import assert_tables_hold, changed_events, recorded_arrivals
from support.collector_world import CollectorWorld
from support.engines import Engine
from support.export_lines import event, utc


@pytest.mark.both_engines
def test_copies_of_an_event_become_one(engine: Engine) -> None:
    behaviour = Behaviour(duplicate_every=2, shuffle_seed=7)
    with CollectorWorld(engine, many(), behaviour=behaviour) as world:
        result = world.collect(*WEEK)
        assert_tables_hold(world.tables(), many())
        assert (result.inserted, result.duplicates) == (42, 21)


def test_among_copies_the_one_stored_last_stands_whatever_their_order(engine: Engine) -> None:
    lines = [
        event(mark=f"m{case}", stored=f"2040-03-14 10:00:0{second}", plan=second)
        for case, order in enumerate(itertools.permutations((1, 2, 3)))
        for second in order
    ]
    with CollectorWorld(engine, lines) as world:
        world.collect(*WEEK)
        assert_tables_hold(world.tables(), lines)
        assert [row["properties"]["plan"] for row in world.tables().mixpanel_events] == [3] * 6


def test_copies_stored_at_the_same_time_are_ranked_by_their_contents(engine: Engine) -> None:
    pairs: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({"person": "bob"}, {"person": "ann"}),
        ({"person": "ann"}, {"person": None}),
        ({"plan": "b"}, {"plan": "a"}),
        ({"plan": "é"}, {"plan": "z"}),
        ({"plan": {"a": 1, "b": 2}}, {"plan": {"b": 9, "a": 0}}),
        ({"plan": 9}, {"plan": 10}),
    ]
    wins, losses = (
        [event(mark=f"m{n}", **{"$distinct_id_before_identity": "d-1"}, **pair[side]) for n, pair in enumerate(pairs)]
        for side in (0, 1)
    )
    lines = [*wins, *losses, *(line.replace(b'"$insert_id":"m', b'"$insert_id":"n') for line in [*losses, *wins])]
    winners = [*wins, *(line.replace(b'"$insert_id":"m', b'"$insert_id":"n') for line in wins)]
    with CollectorWorld(engine, lines) as world:
        world.collect(*WEEK)
        assert_tables_hold(world.tables(), lines)
        assert world.tables().events() == event_oracle.events_of(winners)


def test_a_copy_that_was_stored_later_replaces_the_one_before(engine: Engine) -> None:
    with CollectorWorld(engine, [event(stored="2040-03-14 11:00", plan="old")]) as world:
        world.collect(*WEEK)
        world.mixpanel.add(event(stored="2040-03-14 12:00", plan="new"))
        world.pass_time(hours=1)
        before = world.tables()
        result = world.collect(*WEEK)
        after = world.tables()
        assert (result.inserted, result.updated, result.duplicates) == (0, 1, 1)
        assert [row["properties"]["plan"] for row in after.mixpanel_events] == ["new"]
        assert after.mixpanel_events[0]["inserted_at"] == before.mixpanel_events[0]["inserted_at"]
        assert (
            recorded_arrivals(before, after) == changed_events(before, after) == {("2040-03-14", "Purchase"): (0, 1, 0)}
        )


def test_a_copy_that_was_stored_earlier_replaces_nothing(engine: Engine) -> None:
    with CollectorWorld(engine, [event(stored="2040-03-14 12:00", plan="new")]) as world:
        world.collect(*WEEK)
        before = world.tables().lasting()
        world.mixpanel.drop_day(utc("2040-03-14").date())
        world.mixpanel.add(event(stored="2040-03-14 11:00", plan="old"))
        world.pass_time(hours=1)
        result = world.collect(*WEEK)
        assert (result.updated, result.duplicates) == (0, 1)
        assert world.tables().lasting() == before


def test_a_copy_that_was_stored_later_replaces_the_one_before_even_if_it_was_read_earlier(engine: Engine) -> None:
    with CollectorWorld(engine, [event(stored="2040-03-14 11:00", plan="old")]) as world:
        world.collect(*WEEK)
        world.mixpanel.add(event(stored="2040-03-14 12:00", plan="new"))
        world.pass_time(minutes=-1)
        assert world.collect(*WEEK).updated == 1
        assert [row["properties"]["plan"] for row in world.tables().mixpanel_events] == ["new"]


def test_an_event_that_mixpanel_forgets_stays_in_the_table(engine: Engine) -> None:
    with CollectorWorld(engine, many()) as world:
        world.collect(*WEEK)
        world.mixpanel.drop_day(utc("2040-03-10").date())
        world.collect(*WEEK)
        assert_tables_hold(world.tables(), many())
