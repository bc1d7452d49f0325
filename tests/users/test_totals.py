"""Totals equal those of all events, whatever happens to events, in whatever order the days are done."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from mixpanel_data.users import Request
from mixpanel_data.warehouse.statements import Statement
from support.engines import Engine
from support.export_lines import NOW
from support.published_events import PublishedEvent, purchase, visit, with_changes
from support.user_sync_world import METRICS, UserSyncWorld

pytestmark = pytest.mark.sequences

_PAST_THE_COLLECTOR = Statement(
    "an event that nobody tells of",
    "INSERT INTO mixpanel_events (event_timestamp, inserted_at, event_name, properties, distinct_id, event_id)"
    " VALUES (@at, @at, 'Visit', PARSE_JSON('{}'), 'zoe', 'unheard')",
    {"at": "TIMESTAMP"},
)


# What happens to events


@dataclass(frozen=True)
class Case:
    """Some users' events, and what becomes of them; `then` are figures of theirs afterwards."""

    what: str
    before: Sequence[PublishedEvent]
    fresh: Sequence[PublishedEvent] = ()
    gone: Sequence[str] = ()
    then: Mapping[str, Mapping[str, Any]] | None = None

    def own(self, events: Iterable[PublishedEvent]) -> Iterator[PublishedEvent]:
        """The events, of users who are in no other case."""
        for event in events:
            person = f"{event.person} ({self.what})" if event.person else event.person
            yield with_changes(event, person=person, mark=f"{event.event_id} ({self.what})")


A = visit("ann", "2040-03-10 10:00:00", "a", level=1, plan="free", balance=10.5)
B = visit("ann", "2040-03-11 10:00:00", "b", level=2, balance=20)
C = purchase("ann", "2040-03-11 11:00:00", "c", amount=9.99, plan="gold")
D = purchase("ann", "2040-03-12 11:00:00", "d", amount=0.01, plan=1)
E = visit("bob", "2040-03-12 12:00:00", "e", plan="free")
F = purchase("eve", "2040-03-13 12:00:00", "f", amount=100)
ALL = (A, B, C, D, E, F)


def changed(event: PublishedEvent, **properties: Any) -> PublishedEvent:
    return with_changes(event, properties=properties)


def moved(*events: PublishedEvent, to: str | None) -> list[PublishedEvent]:
    return [with_changes(event, person=to) for event in events]


CASES = [
    Case(
        "nothing", ALL, then={"ann": {"visits": 2, "spent": 10, "gold": 2, "plan": "gold", "level": 2, "balance": 20}}
    ),
    Case("the same again", ALL, ALL, then={"bob": {"visits": 1, "spent": 0, "plan": "free", "balance": None}}),
    Case(
        "late, before all",
        ALL,
        [visit("ann", "2040-03-01 08:00:00", plan="old", level=9)],
        then={
            "ann": {
                "visits": 3,
                "plan": "gold",
                "level": 2,
                "first_event_time": visit(at="2040-03-01 08:00").happened_at,
            }
        },
    ),
    Case(
        "late, in between",
        ALL,
        [visit("ann", "2040-03-11 10:30:00", plan="silver", level=9, balance=None)],
        then={"ann": {"visits": 3, "plan": "gold", "level": 9, "balance": None}},
    ),
    Case("late, on many days", ALL, [visit("bob", f"2040-03-0{day} 08:00:00") for day in range(1, 9)]),
    Case("late, of somebody new", [E], [purchase("zoe", "2040-03-14 23:59:59", amount=-3.5, plan="gold")]),
    Case(
        "merged away",
        ALL,
        moved(E, to="ann"),
        then={"ann": {"visits": 3, "plan": "free", "level": 2, "events_processed": 5}},
    ),
    Case("merged into an earlier one", ALL, moved(A, B, C, D, to="bob"), then={"bob": {"visits": 3, "plan": "free"}}),
    Case("merged into somebody new", ALL, moved(A, B, C, D, to="zoe"), then={"zoe": {"visits": 2, "balance": 20}}),
    Case("one day moves alone", ALL, moved(A, to="eve"), then={"eve": {"balance": Decimal("10.5"), "spent": 100}}),
    Case("half a day moves alone", ALL, moved(B, to="eve"), then={"eve": {"level": 2}, "ann": {"level": 1}}),
    Case("swapped", ALL, [*moved(A, B, C, D, to="bob"), *moved(E, to="ann")]),
    Case("becomes nobody's", [A, E], [*moved(A, to=None), *moved(E, to="")]),
    Case("becomes somebody's", moved(A, E, to=None), [A, *moved(E, to="ann")], then={"ann": {"visits": 2}}),
    Case("the last is deleted", ALL, gone="d", then={"ann": {"spent": Decimal("9.99"), "gold": 1, "plan": "gold"}}),
    Case("the first is deleted", ALL, gone="a", then={"ann": {"first_event_time": B.happened_at, "visits": 1}}),
    Case("all but one are deleted", ALL, gone="abce", then={"ann": {"plan": None, "level": None, "balance": None}}),
    Case("all are deleted", ALL, gone="abcdef"),
    Case("deleted, and something new", ALL, [visit("ann", "2040-03-11 10:00:01", plan="x")], "abcd"),
    Case("a value goes", ALL, [changed(B)], then={"ann": {"level": 1, "balance": Decimal("10.5")}}),
    Case(
        "a value becomes null", ALL, [changed(B, level=None, balance=None)], then={"ann": {"level": 1, "balance": None}}
    ),
    Case("a value no longer fits", ALL, [changed(B, level="2", balance=True)], then={"ann": {"level": 1}}),
    Case("a value changes", ALL, [changed(B, level=3, balance=-1)], then={"ann": {"level": 3, "balance": -1}}),
    Case("a value comes earlier", ALL, [changed(A, level=7, plan="x")], then={"ann": {"level": 2, "plan": "gold"}}),
    Case("a sum changes", ALL, [changed(C, amount=5, plan="gold")], then={"ann": {"spent": Decimal("5.01")}}),
    Case("a sum no longer fits", ALL, [changed(C, amount="5", plan="gold")], then={"ann": {"spent": Decimal("0.01")}}),
    Case("a condition is no longer met", ALL, [changed(C, plan="silver"), changed(D)], then={"ann": {"gold": 0}}),
    Case("what nobody asks for changes", ALL, [changed(E, plan="free", other=[1, {"x": None}])]),
    Case("another day", ALL, [with_changes(D, at="2040-03-02 00:00:00")], then={"ann": {"plan": "gold", "gold": 2}}),
    Case(
        "another hour",
        ALL,
        [with_changes(C, at="2040-03-11 09:00:00")],
        then={"ann": {"last_event_time": D.happened_at}},
    ),
    Case("another day, and somebody else's", ALL, [with_changes(C, at="2040-03-13 12:00:00", person="eve")]),
    Case(
        "at midnight",
        [visit("ann", f"2040-03-{at}") for at in ("11 23:59:59.999999", "12 00:00:00", "12 23:59:59.999999")],
        [visit("ann", f"2040-03-{at}", plan=at) for at in ("13 00:00:00", "12 23:59:59.999998")],
        then={"ann": {"visits": 5, "plan": "13 00:00:00"}},
    ),
    Case(
        "before 1970",
        [
            visit("ann", at, plan=at)
            for at in ("1960-01-01 00:00:00", "1969-12-31 23:59:59.999999", "1970-01-01 00:00:00")
        ],
        [visit("ann", "1969-12-31 23:59:59.999998", plan="x")],
        ["Visit of ann at 1970-01-01 00:00:00"],
        then={"ann": {"visits": 3, "plan": "1969-12-31 23:59:59.999999"}},
    ),
    Case("counted to zero", [purchase(amount=5), purchase(mark="x", amount=-5)], then={"ann": {"spent": 0}}),
]


@pytest.mark.both_engines
def test_totals_are_true_whatever_happens_to_events(engine: Engine) -> None:
    """All cases at once, each with users of its own; then all that happened is undone."""
    before = [event for case in CASES for event in case.own(case.before)]
    fresh = [event for case in CASES for event in case.own(case.fresh)]
    gone = [f"{event_id} ({case.what})" for case in CASES for event_id in case.gone]
    world = UserSyncWorld(engine, METRICS, *before)
    result = world.sync()
    assert (result.users, result.events) == (len(world.insights()), len([event for event in before if event.person]))
    world.assert_true()
    world.pass_time(hours=1)
    world.bring(*fresh, gone=gone)
    assert world.sync().changed
    world.assert_settled()
    insights = world.insights()
    for case in CASES:
        for person, figures in (case.then or {}).items():
            row = insights[f"{person} ({case.what})"]
            assert {name: row[name] for name in figures} == figures, case.what
    known = {event.event_id for event in before}
    world.bring(*before, gone=[event.event_id for event in fresh if event.event_id not in known])
    world.sync()
    world.assert_settled()


def test_nobody_is_touched_whose_totals_stay_the_same(world: UserSyncWorld, history: Sequence[PublishedEvent]) -> None:
    world.pass_time(hours=24)
    first, *_ = history
    world.bring(changed(first, **first.properties, other="thing"), visit("bob", "2040-03-12 10:00:00"))
    result = world.sync()
    assert (result.days, result.users, result.changed) == (2, 2, 1)
    assert {name: row["updated_at"] for name, row in world.insights().items()} == {
        "ann": NOW,
        "bob": NOW + timedelta(days=1),
        "eve": NOW,
    }


# What a run does


def test_another_run_changes_no_row(world: UserSyncWorld) -> None:
    world.pass_time(hours=2)
    before = world.contents()
    for window in ((), ("2040-03-10", "2040-03-14"), ("2039-01-01", "2039-02-01")):
        again = world.sync(*window)
        assert (again.changed, again.pending, list(again.added)) == (0, 0, [])
        assert world.contents() == before
    assert (again.users, again.events) == (0, 0)


def test_without_events_and_without_metrics_a_run_is_no_error(engine: Engine) -> None:
    world = UserSyncWorld(engine, {})
    assert (world.sync().days, world.insights()) == (0, {})
    world.bring(*(visit("ann", f"2040-03-{day} 10:00:00") for day in (10, 11)))
    world.sync()
    assert world.insights()["ann"]["events_processed"] == 2
    world.bring(gone=list(world.brought))
    world.sync()
    assert (world.insights(), world.table("user_daily_metrics")) == ({}, [])
    world.assert_settled()


def test_an_event_that_is_enabled_and_never_came_is_told(world: UserSyncWorld) -> None:
    world.metrics = {"counters": {"a": {"event": "Visit"}, "b": {"event": "Nowhere", "sum": "x"}}}
    assert list(world.sync().unseen_events) == ["Nowhere"]
    assert world.insights()["ann"]["b"] == 0


def test_a_day_is_counted_when_it_is_over_or_asked_for(world: UserSyncWorld) -> None:
    world.bring(visit("ann", "2040-03-15 09:00:00"))
    before = world.table("user_insights")
    result = world.sync()
    assert (result.days, result.changed, result.pending) == (0, 0, 1)
    assert world.table("user_insights") == before
    result = world.sync("2040-03-15", "2040-03-16")
    assert (result.days, result.changed, result.pending) == (1, 1, 0)
    world.assert_true(lambda day: day <= date(2040, 3, 15))
    world.bring(visit("ann", "2040-03-15 23:59:59.999999", plan="late"))
    world.pass_time(hours=12)
    world.sync()
    assert world.insights()["ann"]["plan"] == "late"
    world.assert_settled()


# Windows


def test_days_may_be_done_in_any_order_and_then_the_others(engine: Engine, history: Sequence[PublishedEvent]) -> None:
    world = UserSyncWorld(engine, METRICS, *history)
    done: set[date] = set()
    for number in (12, 10, 12):
        done.add(date(2040, 3, number))
        result = world.sync(f"2040-03-{number}", f"2040-03-{number + 1}")
        assert (result.days, result.pending) == (1, 4 - len(done))
        world.assert_true(done.__contains__)
    assert world.sync().days == 2
    world.assert_settled()


def test_a_window_is_computed_again_though_nobody_told_of_a_change(world: UserSyncWorld) -> None:
    world.transact([_PAST_THE_COLLECTOR], at=visit().happened_at)
    assert world.sync().days == 0
    assert world.sync("2040-03-10", "2040-03-11").changed == 1
    assert "zoe" in world.insights()
    world.assert_true()


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"from": "2040-03-11"}, "from and to"),
        ({"to": "2040-03-11"}, "from and to"),
        ({"from": "2040-03-12", "to": "2040-03-11"}, "from is .* and to is .* ends after it starts"),
        ({"from": "2040-03-11", "to": "2040-03-11"}, "from is .* and to is .* ends after it starts"),
        ({"from": "2040-03-11T12:00:00", "to": "2040-03-12"}, "from .* is not a date"),
        ({"from": "March", "to": "2040-03-11"}, "from"),
        ({"from": "1900-01-01", "to": "2040-03-11"}, "a hundred years"),
        ({"days": 3}, "days"),
    ],
    ids=str,
)
def test_a_window_that_cannot_be_is_refused(asked: dict[str, object], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Request.model_validate(asked)
