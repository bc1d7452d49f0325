"""The collector's promise: the tables are those that the lines make, whatever the order of runs."""

import contextlib
import itertools
import json
import math
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mixpanel_data.base.window import Window
from mixpanel_data.warehouse.statements import Statement
from mixpanel_data_standins.mixpanel import Behaviour
from support import event_oracle, export_history
from support.collected_tables import COLLECTED_TABLES, CollectedTables, assert_consistent, assert_tables_hold
from support.collector_world import CollectorWorld, adds_up
from support.engines import DuckDB, Engine
from support.events_configs import enabled
from support.export_lines import NOW, event, line_of, seconds
from support.settable_clock import SettableClock

SERVER_KEYS: dict[str, Any] = {"$mp_event_size": 3, "$is_reshuffled": True}
WEEK = ("2040-03-08", "2040-03-15")
Change = tuple[int, int, int]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def many(days: int = 7, each: int = 6) -> list[bytes]:
    """Events of several people on several days, each with a mark of its own."""
    return [
        event(name, f"2040-03-{8 + day:02d} {number:02d}:0{number}:0{number}", person, f"m{day}-{number}-{name[0]}")
        for day in range(days)
        for number, (name, person) in enumerate(
            itertools.islice(itertools.cycle([("Purchase", "ann"), ("Signup", "bob"), ("Purchase", "eve")]), each)
        )
    ]


def explanation(before: CollectedTables, after: CollectedTables) -> dict[Any, Change]:
    """How many events each day and name gained, changed and lost between two states."""
    old, new = before.events(), after.events()
    gained = Counter(event.day for key, event in new.items() if key not in old or old[key].day != event.day)
    changed = Counter(e.day for key, e in new.items() if key in old and old[key] != e and old[key].day == e.day)
    lost = Counter(old[key].day for key, event in new.items() if key in old and old[key].day != event.day)
    return {day: (gained[day], changed[day], lost[day]) for day in gained | changed | lost}


def told(before: CollectedTables, after: CollectedTables) -> dict[Any, Change]:
    """What the arrivals between two states tell of it."""
    known = {row["seq"] for row in before.event_arrivals}
    rows = [row for row in after.event_arrivals if row["seq"] not in known]
    sums: dict[Any, Change] = {}
    for row in rows:
        day = row["day"].isoformat(), row["event_name"]
        inserted, updated, deleted = sums.get(day, (0, 0, 0))
        sums[day] = inserted + row["inserted"], updated + row["updated"], deleted + row["deleted"]
    return sums


# Every event, once


@pytest.mark.both_engines
def test_years_of_events_are_there_once_and_as_exported(engine: Engine) -> None:
    """Two years; one on the emulator, which is slow."""
    end = 2007 if engine.name == "duckdb" else 2006
    lines = [line for year in range(2005, end) for line in export_history.lines_of_year(year)]
    with CollectorWorld(engine, lines) as world:
        result = world.collect("2005-01-01", f"{end}-01-01")
        assert_tables_hold(world.tables(), lines, window=(moment("2005-01-01"), moment(f"{end}-01-01")))
        assert adds_up(result)
        assert len(world.calls) < 20


@pytest.mark.both_engines
def test_a_window_brings_its_events_and_nothing_beyond(engine: Engine) -> None:
    lines = [
        event("Early", "2040-03-08 09:59:59"),
        event("First", "2040-03-08 10:00:00"),
        event("Last", "2040-03-10 09:59:59"),
        event("Late", "2040-03-10 10:00:00"),
    ]
    with CollectorWorld(engine, lines) as world:
        result = world.collect("2040-03-08T10:00:00", "2040-03-10T12:00:00+02:00")
        window = moment("2040-03-08 10:00"), moment("2040-03-10 10:00")
        assert_tables_hold(world.tables(), lines, window=window)
        assert result.window == Window(*window)
        assert (result.received, result.inserted, result.filtered) == (4, 2, 2)
        assert world.calls == [("2040-03-08", "2040-03-10")]


def test_days_without_events_are_read_and_leave_nothing(engine: Engine) -> None:
    with CollectorWorld(engine, [event(at="2040-03-10 10:00:00")]) as world:
        result = world.collect("2040-03-11", "2040-03-13")
        assert (result.received, result.bytes) == (0, 0)
        assert world.tables().lasting() == {name: [] for name in COLLECTED_TABLES}
        assert [row["status"] for row in world.tables().runs()] == ["ok", "ok"]


# Copies


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


def test_copies_stored_at_the_same_time_are_decided_by_what_they_hold(engine: Engine) -> None:
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
        assert told(before, after) == explanation(before, after) == {("2040-03-14", "Purchase"): (0, 1, 0)}


def test_a_copy_that_was_stored_earlier_replaces_nothing(engine: Engine) -> None:
    with CollectorWorld(engine, [event(stored="2040-03-14 12:00", plan="new")]) as world:
        world.collect(*WEEK)
        before = world.tables().lasting()
        world.mixpanel.drop_day(moment("2040-03-14").date())
        world.mixpanel.add(event(stored="2040-03-14 11:00", plan="old"))
        world.pass_time(hours=1)
        result = world.collect(*WEEK)
        assert (result.updated, result.duplicates) == (0, 1)
        assert world.tables().lasting() == before


def test_a_copy_that_was_stored_later_replaces_the_one_before_whenever_its_reading_began(engine: Engine) -> None:
    with CollectorWorld(engine, [event(stored="2040-03-14 11:00", plan="old")]) as world:
        world.collect(*WEEK)
        world.mixpanel.add(event(stored="2040-03-14 12:00", plan="new"))
        world.pass_time(minutes=-1)
        assert world.collect(*WEEK).updated == 1
        assert [row["properties"]["plan"] for row in world.tables().mixpanel_events] == ["new"]


def test_an_event_that_mixpanel_forgets_stays(engine: Engine) -> None:
    with CollectorWorld(engine, many()) as world:
        world.collect(*WEEK)
        world.mixpanel.drop_day(moment("2040-03-10").date())
        world.collect(*WEEK)
        assert_tables_hold(world.tables(), many())


# Identity


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
def test_events_without_an_insert_id_are_told_apart_by_what_was_sent(engine: Engine, mark: str | None) -> None:
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
def test_an_event_without_an_insert_id_may_have_properties_of_any_name(engine: Engine, keys: list[str]) -> None:
    one: dict[str, Any] = {key: number for number, key in enumerate(keys)}
    lines = [event(mark=None, **one), *(event(mark=None, **(one | {key: "other"})) for key in keys)]
    with CollectorWorld(engine, lines) as world:
        world.collect(*WEEK)
        assert_tables_hold(world.tables(), lines)


@pytest.mark.both_engines
def test_a_person_whose_ids_were_merged_is_found_under_the_new_one(engine: Engine) -> None:
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
        assert told(before, after) == explanation(before, after)
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


def test_an_id_before_identity_makes_no_other_event(engine: Engine) -> None:
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


def test_an_id_of_any_kind_is_kept_as_text(engine: Engine) -> None:
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


def test_what_was_read_later_stands_though_its_run_began_earlier(engine: Engine) -> None:
    """A run that waited long for its first answer, while another came and went."""

    class Waiting(SettableClock):
        """Tells the time of a call's begin once, then that of a minute after what another run read."""

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


# What is kept out


@pytest.mark.parametrize("padding", [0, 6000], ids=["asked of Mixpanel", "chosen in SQL"])
def test_names_that_are_not_enabled_are_kept_out(engine: Engine, padding: int) -> None:
    config = enabled("Purchase", *(["x" * 250 + str(n) for n in range(padding // 250)]))
    with CollectorWorld(engine, many()) as world:
        result = world.collect(*WEEK, config=config)
        assert_tables_hold(world.tables(), many(), is_enabled=lambda name: name == "Purchase")
        assert result.inserted == 28
        assert result.filtered == (14 if padding else 0)


def test_a_call_for_some_events_brings_no_others(engine: Engine) -> None:
    with CollectorWorld(engine, many()) as world:
        result = world.collect(*WEEK, request={"events": ["Signup"]})
        assert_tables_hold(world.tables(), many(), is_enabled=lambda name: name == "Signup")
        assert (result.received, result.inserted) == (14, 14)


@pytest.mark.both_engines
def test_rows_of_a_warehouse_connector_are_not_collected_back(engine: Engine) -> None:
    lines = [event(mark="own"), event(mark="from us", **{"$warehouse_import_id": "w1", "$warehouse_type": "bigquery"})]
    with CollectorWorld(engine, lines) as world:
        result = world.collect(*WEEK)
        assert (result.received, result.inserted, result.filtered) == (2, 1, 1)
        assert_tables_hold(world.tables(), lines)


@pytest.mark.both_engines
def test_lines_that_are_no_event_are_set_aside_once_with_their_reason(engine: Engine) -> None:
    broken = [b"42", b'{"event":"Purchase"}', b'{"event":"Purchase","properties":{"time":"soon"}}', b"{broken", b"42"]
    with CollectorWorld(engine, [event(), *broken]) as world:
        first = world.collect(*WEEK, run_id="first")
        assert (first.received, first.inserted, first.rejected) == (6, 1, 5)
        assert_tables_hold(world.tables(), [event(), *broken])
        before = world.tables().lasting()
        world.pass_time(hours=1)
        second = world.collect(*WEEK)
        assert (second.rejected, second.duplicates) == (5, 1)
        assert world.tables().lasting() == before
        (row,) = [row for row in world.tables().rejected_events if row["line"] == "42"]
        assert (row["reason"], row["run_id"]) == ("event is not a name", "first")


@pytest.mark.parametrize("number", ["NaN", "nan", "-nan", "Infinity", "-Infinity", "inf", "-INF"])
def test_a_number_that_is_none_stops_no_run(engine: Engine, number: str) -> None:
    """DuckDB takes it for JSON, where BigQuery rejects the line."""
    odd = [
        event(name, mark=mark, a=[0.5], text='a "nan" inf').replace(b"0.5", number.encode())
        for name, mark in (("Bare", None), ("Marked", "m"))
    ]
    with CollectorWorld(engine, [event(mark="1"), *odd, event(mark="2")]) as world:
        first = world.collect(*WEEK)
        assert (first.received, first.inserted) == (4, 4)
        before = world.tables().lasting()
        world.mixpanel.behaviour = Behaviour(shuffle_seed=3)
        world.pass_time(hours=1)
        assert world.collect(*WEEK).duplicates == 4
        assert world.tables().lasting() == before
        found = [row["properties"] for row in world.tables().mixpanel_events if row["event_name"] != "Purchase"]
        assert [one["text"] for one in found] == ['a "nan" inf'] * 2
        assert not any(math.isfinite(one["a"][0]) for one in found)


# Again, and later


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


def test_what_lacks_the_collectors_own_columns_is_brought_up_to_date_once(engine: Engine) -> None:
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


def test_a_line_that_is_only_written_differently_changes_no_row(engine: Engine) -> None:
    with CollectorWorld(engine, [event(plan="pro", n=1)]) as world:
        world.collect(*WEEK)
        before = world.tables().lasting()
        world.mixpanel.drop_day(moment("2040-03-14").date())
        turned = event().replace(b'{"time"', b'{ "n" : 1, "plan": "\\u0070ro", "time"')
        world.mixpanel.add(turned)
        world.pass_time(hours=1)
        assert world.collect(*WEEK).updated == 0
        assert world.tables().lasting() == before


def test_large_lines_that_are_only_written_differently_change_no_row(tmp_path: Path) -> None:
    """Their texts together are more than DuckDB may hold several times over."""
    lines = [event(mark=str(number), text="lorem ip " * 110_000) for number in range(40)]
    with CollectorWorld(DuckDB(tmp_path), lines) as world:
        world.collect(*WEEK)
        world.mixpanel.drop_day(moment("2040-03-14").date())
        world.mixpanel.add([turned(line) for line in lines])
        world.pass_time(hours=1)
        assert world.collect(*WEEK).duplicates == 40


def turned(line: bytes) -> bytes:
    """The same event with its properties in another order."""
    document = json.loads(line)
    return line_of(document["event"], dict(reversed(document["properties"].items())))


def test_a_late_event_is_brought_by_the_next_reading(engine: Engine) -> None:
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
        assert told(before, after) == explanation(before, after) == {("2040-03-09", "Purchase"): (1, 0, 0)}


@pytest.mark.parametrize("cuts", [["2040-03-08", "2040-03-15"], ["2040-03-08", "2040-03-10T07:13", "2040-03-15"]])
def test_minutes_and_arrivals_agree_with_the_events_after_every_part(engine: Engine, cuts: list[str]) -> None:
    with CollectorWorld(engine, many()) as world:
        seqs: list[int] = []
        for start, end in itertools.pairwise(cuts):
            before = world.tables()
            world.collect(start, end)
            after = world.tables()
            assert_consistent(after)
            assert told(before, after) == explanation(before, after)
            fresh = {row["seq"] for row in after.event_arrivals} - set(seqs)
            assert min(fresh) > max(seqs, default=0)
            seqs += sorted(fresh)
        assert_tables_hold(world.tables(), many())


def test_arrivals_tell_the_first_and_the_last_of_their_events(engine: Engine) -> None:
    lines = [event(at="2040-03-14 10:00:00", mark="a"), event(at="2040-03-14 22:00:00", mark="b")]
    with CollectorWorld(engine, lines) as world:
        world.collect(*WEEK, run_id="first")
        (row,) = world.tables().event_arrivals
        assert (row["seq"], row["run_id"], row["arrived_at"]) == (1, "first", world.clock())
        assert row["first_event_timestamp"] == moment("2040-03-14 10:00")
        assert row["last_event_timestamp"] == moment("2040-03-14 22:00")


def test_only_minutes_whose_count_changes_are_touched(engine: Engine) -> None:
    with CollectorWorld(engine, many()) as world:
        world.collect(*WEEK)
        before = {(row["minute"], row["event_name"]): row for row in world.tables().event_minutes}
        world.mixpanel.add(event("Purchase", "2040-03-08 00:00:30", mark="more"))
        world.pass_time(hours=1)
        world.collect(*WEEK)
        changed = [row for row in world.tables().event_minutes if row not in before.values()]
        assert [(row["minute"], row["events"], row["last_changed"]) for row in changed] == [
            (moment("2040-03-08"), 2, world.clock())
        ]


def test_a_corrected_time_zone_moves_the_events_and_doubles_none(engine: Engine) -> None:
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
        assert told(before, after) == explanation(before, after)


@pytest.mark.parametrize(
    ("before", "behind"), [("Etc/GMT+12", "Pacific/Kiritimati"), ("Pacific/Kiritimati", "Etc/GMT+12")]
)
def test_a_time_zone_may_be_corrected_by_as_much_as_zones_differ(engine: Engine, before: str, behind: str) -> None:
    """26 hours: an event at noon moves over a whole day, from the beginning of one to the end of another."""
    lines = [event("Purchase", f"2040-01-11 {hour}:30", mark=f"{hour}") for hour in (12, 13)]
    with CollectorWorld(engine, lines, behaviour=Behaviour(time_basis="project", timezone=before)) as world:
        world.collect("2040-01-05", "2040-01-20")
        assert_tables_hold(world.tables(), lines, zone=before)
        world.pass_time(hours=1)
        world.mixpanel.behaviour = Behaviour(time_basis="project", timezone=behind)
        result = world.collect("2040-01-05", "2040-01-20")
        assert (result.inserted, result.updated) == (0, 2)
        assert_tables_hold(world.tables(), lines, zone=behind)


# What a run leaves of itself


def test_the_answer_adds_up_and_is_what_the_runs_row_tells(engine: Engine) -> None:
    lines = [*many(), many()[0], b"{broken", event("Off", mark="off"), event(mark="c", **{"$warehouse_import_id": "w"})]
    with CollectorWorld(engine, lines) as world:
        result = world.collect("2040-03-08T00:00", "2040-03-14T02:00", config=enabled("Purchase", "Signup", *"x" * 1))
        assert adds_up(result)
        run, *parts = world.tables().runs()
        for name in ("received", "inserted", "updated", "duplicates", "rejected", "filtered", "bytes"):
            assert run["figures"][name] == getattr(result, name)
            assert sum(part["figures"][name] for part in parts) == getattr(result, name)
        assert result.bytes == sum(call.body_bytes for call in world.mixpanel.calls)


def test_a_runs_row_tells_its_window_and_how_it_ended(engine: Engine) -> None:
    with CollectorWorld(engine, many()) as world:
        world.collect(*WEEK, run_id="first")
        run, *parts = world.tables().runs()
        assert (run["run_id"], run["part"], run["job"], run["status"]) == ("first", 0, "collector", "ok")
        assert (run["window_from"], run["window_to"]) == (moment("2040-03-08"), moment("2040-03-15"))
        assert (run["started_at"], run["finished_at"]) == (world.clock(), world.clock())
        assert (run["read_until"], run["error"], run["arrivals_up_to"]) == (moment("2040-03-15"), None, None)
        assert [part["part"] for part in parts] == list(range(1, len(parts) + 1))
        assert [part["window_from"] for part in parts[1:]] == [part["window_to"] for part in parts[:-1]]
        assert parts[0]["window_from"] == run["window_from"]
        assert parts[-1]["window_to"] == run["window_to"]


@pytest.mark.parametrize("asked", [{"from": "2040-03-14", "to": "2040-03-20"}, {"reread": "recent"}, {}], ids=str)
def test_no_row_says_that_more_was_asked_for_than_has_happened(engine: Engine, asked: dict[str, str]) -> None:
    with CollectorWorld(engine, many()) as world:
        world.collect(request=asked)
        assert {row["read_until"] for row in world.tables().runs()} == {world.clock()}
