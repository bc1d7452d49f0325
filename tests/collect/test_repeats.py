"""A repeated run changes no row, and a later one only the rows of what changed."""

import contextlib
import itertools
import json
from pathlib import Path

import pytest

from collect.some_events import WEEK, many
from mixpanel_data.warehouse.statements import Statement
from mixpanel_data_standins.mixpanel import Behaviour
from support.collected_tables import (
    assert_consistent,
    assert_tables_hold,
    changed_events,
    recorded_arrivals,
)
from support.collector_world import CollectorWorld, adds_up
from support.engines import DuckDB, Engine
from support.export_lines import event, line_of, utc

pytestmark = pytest.mark.sequences


@pytest.mark.both_engines
def test_a_second_run_changes_no_row(engine: Engine) -> None:
    ties = [event("Tie", mark="t", plan=plan, **{"$distinct_id_before_identity": "d"}) for plan in ("a", "b", "c")]
    unmarked = [event("Bare", mark=None, n=number % 3) for number in range(6)]
    with CollectorWorld(engine, [*many(), *ties, *unmarked, b"42"], behaviour=Behaviour(shuffle_seed=1)) as world:
        first = world.collect(*WEEK)
        before = world.tables().lasting()
        for seed in (2, 3):
            world.mixpanel.behaviour = Behaviour(shuffle_seed=seed, duplicate_every=seed)
            world.pass_time(minutes=15)
            again = world.collect(*WEEK)
            assert (again.inserted, again.updated) == (0, 0)
            assert adds_up(again)
        assert world.tables().lasting() == before
        assert adds_up(first)


def test_rows_without_the_collectors_own_columns_are_brought_up_to_date_once(engine: Engine) -> None:
    stripped = Statement(
        "strip",
        "UPDATE mixpanel_events SET read_at = NULL, contents_fingerprint = NULL, properties = PARSE_JSON('{}') "
        "WHERE event_timestamp >= TIMESTAMP '1900-01-01 00:00:00+00'",
    )
    with CollectorWorld(engine, many()) as world:
        count = world.collect(*WEEK).inserted
        with contextlib.closing(engine.open()) as warehouse:
            warehouse.transact("strip", [stripped])
        healed, again = world.collect(*WEEK), world.collect(*WEEK)
        assert (healed.inserted, healed.updated, again.updated) == (0, count, 0)
        assert_tables_hold(world.tables(), many())


def test_the_same_event_written_differently_changes_no_row(engine: Engine) -> None:
    with CollectorWorld(engine, [event(plan="pro", n=1)]) as world:
        world.collect(*WEEK)
        before = world.tables().lasting()
        world.mixpanel.drop_day(utc("2040-03-14").date())
        turned = event().replace(b'{"time"', b'{ "n" : 1, "plan": "\\u0070ro", "time"')
        world.mixpanel.add(turned)
        world.pass_time(hours=1)
        assert world.collect(*WEEK).updated == 0
        assert world.tables().lasting() == before


def test_large_events_written_differently_change_no_row(tmp_path: Path) -> None:
    """Their texts together exceed DuckDB's memory limit if it holds them several times."""
    lines = [event(mark=str(number), text="lorem ip " * 110_000) for number in range(40)]
    with CollectorWorld(DuckDB(tmp_path), lines) as world:
        world.collect(*WEEK)
        world.mixpanel.drop_day(utc("2040-03-14").date())
        world.mixpanel.add([turned(line) for line in lines])
        world.pass_time(hours=1)
        assert world.collect(*WEEK).duplicates == 40


def test_the_next_reading_brings_a_late_event(engine: Engine) -> None:
    late = event("Purchase", "2040-03-09 10:00:00", mark="late", stored="2040-03-15 12:30:00")
    with CollectorWorld(engine, [*many(), late]) as world:
        world.collect(*WEEK)
        assert_tables_hold(world.tables(), many())
        before = world.tables()
        world.pass_time(hours=1)
        result = world.collect(*WEEK)
        after = world.tables()
        assert (result.inserted, result.updated, result.duplicates) == (1, 0, 42)
        assert_tables_hold(after, [*many(), late])
        assert (
            recorded_arrivals(before, after) == changed_events(before, after) == {("2040-03-09", "Purchase"): (1, 0, 0)}
        )


@pytest.mark.parametrize("cuts", [["2040-03-08", "2040-03-15"], ["2040-03-08", "2040-03-10T07:13", "2040-03-15"]])
def test_minutes_and_arrivals_agree_with_the_events_after_every_part(engine: Engine, cuts: list[str]) -> None:
    with CollectorWorld(engine, many()) as world:
        seqs: list[int] = []
        for start, end in itertools.pairwise(cuts):
            before = world.tables()
            world.collect(start, end)
            after = world.tables()
            assert_consistent(after)
            assert recorded_arrivals(before, after) == changed_events(before, after)
            fresh = {row["seq"] for row in after.event_arrivals} - set(seqs)
            assert min(fresh) > max(seqs, default=0)
            seqs += sorted(fresh)
        assert_tables_hold(world.tables(), many())


def test_arrivals_record_the_times_of_their_first_and_last_event(engine: Engine) -> None:
    lines = [event(at="2040-03-14 10:00:00", mark="a"), event(at="2040-03-14 22:00:00", mark="b")]
    with CollectorWorld(engine, lines) as world:
        world.collect(*WEEK, run_id="first")
        (row,) = world.tables().event_arrivals
        assert (row["seq"], row["run_id"], row["arrived_at"]) == (1, "first", world.clock())
        assert row["first_event_timestamp"] == utc("2040-03-14 10:00")
        assert row["last_event_timestamp"] == utc("2040-03-14 22:00")


def test_a_run_touches_only_the_minutes_whose_counts_change(engine: Engine) -> None:
    with CollectorWorld(engine, many()) as world:
        world.collect(*WEEK)
        before = {(row["minute"], row["event_name"]): row for row in world.tables().event_minutes}
        world.mixpanel.add(event("Purchase", "2040-03-08 00:00:30", mark="more"))
        world.pass_time(hours=1)
        world.collect(*WEEK)
        changed = [row for row in world.tables().event_minutes if row not in before.values()]
        assert [(row["minute"], row["events"], row["last_changed"]) for row in changed] == [
            (utc("2040-03-08"), 2, world.clock())
        ]


def test_a_corrected_time_zone_moves_events_without_doubling_any(engine: Engine) -> None:
    lines = [
        event("Purchase", f"2040-01-1{day} {hour:02d}:30", mark=f"{day}-{hour}") for day in (0, 1) for hour in (1, 23)
    ]
    with CollectorWorld(engine, lines) as world:
        world.collect("2040-01-05", "2040-01-20")
        before = world.tables()
        world.pass_time(hours=1)
        world.mixpanel.behaviour = Behaviour(time_basis="project", timezone="America/New_York")
        result = world.collect("2040-01-05", "2040-01-20")
        after = world.tables()
        assert (result.inserted, result.updated) == (0, 4)
        assert_tables_hold(after, lines, zone="America/New_York")
        assert recorded_arrivals(before, after) == changed_events(before, after)


@pytest.mark.parametrize(
    ("before", "behind"), [("Etc/GMT+12", "Pacific/Kiritimati"), ("Pacific/Kiritimati", "Etc/GMT+12")]
)
def test_a_time_zone_can_be_corrected_by_as_much_as_zones_differ(engine: Engine, before: str, behind: str) -> None:
    """By 26 hours, an event at noon moves across a whole day, from the start of one to the end of another."""
    lines = [event("Purchase", f"2040-01-11 {hour}:30", mark=f"{hour}") for hour in (12, 13)]
    with CollectorWorld(engine, lines, behaviour=Behaviour(time_basis="project", timezone=before)) as world:
        world.collect("2040-01-05", "2040-01-20")
        assert_tables_hold(world.tables(), lines, zone=before)
        world.pass_time(hours=1)
        world.mixpanel.behaviour = Behaviour(time_basis="project", timezone=behind)
        result = world.collect("2040-01-05", "2040-01-20")
        assert (result.inserted, result.updated) == (0, 2)
        assert_tables_hold(world.tables(), lines, zone=behind)


def turned(line: bytes) -> bytes:
    """The same event with its properties in another order."""
    document = json.loads(line)
    return line_of(document["event"], dict(reversed(document["properties"].items())))
