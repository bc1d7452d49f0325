"""A call without a window brings the events that Mixpanel stored since the last one, however old they are."""

from datetime import UTC, datetime, timedelta

import pytest

from mixpanel_data.base.errors import (
    MixpanelDataError,
    PlanError,
    QueryError,
    RateLimitError,
    UnavailableError,
    WarehouseRefusedError,
    WarehouseUnavailableError,
)
from mixpanel_data.base.streams import ByteStream
from mixpanel_data.base.window import Window
from mixpanel_data.warehouse.duckdb.staging import DuckDBStaging
from mixpanel_data_standins.mixpanel import Behaviour, faults
from support.collected_tables import assert_tables_hold
from support.collector_world import CollectorWorld
from support.engines import Engine
from support.events_configs import enabled
from support.export_lines import event, utc

pytestmark = pytest.mark.sequences


def arrived_from(world: CollectorWorld, call: int = -1) -> datetime | None:
    """The time of storage from which a call asked for events; None if it had no expression."""
    where = world.mixpanel.calls[call].parameters.get("where")
    if where is None:
        return None
    return datetime.fromtimestamp(int(where.rpartition(" ")[2]) / 1000, UTC)


def days_late(late: int, mark: str, stored: str) -> bytes:
    """An event of `late` days before 2040-03-15."""
    day = datetime(2040, 3, 15, tzinfo=UTC).toordinal() - late
    return event("Late", f"{datetime.fromordinal(day):%Y-%m-%d} 08:00", mark=mark, stored=stored)


@pytest.mark.both_engines
def test_the_first_call_brings_the_events_stored_within_a_day_however_old_they_are(engine: Engine) -> None:
    lines = [
        days_late(89, "new", "2040-03-15 11:00"),
        days_late(3, "day", "2040-03-14 12:00:00"),
        days_late(3, "old", "2040-03-14 11:59:59"),
        event("Now", "2040-03-15 11:59", mark="n"),
    ]
    with CollectorWorld(engine, lines) as world:
        result = world.collect()
        assert_tables_hold(world.tables(), [lines[0], lines[1], lines[3]])
        assert arrived_from(world) == utc("2040-03-14 12:00")
        assert world.calls == [("2039-12-17", "2040-03-15")]
        assert result.window == Window(utc("2039-12-17"), utc("2040-03-16"))
        assert (result.received, result.inserted) == (3, 3)


def test_each_call_goes_back_by_the_overlap_before_the_last_one(engine: Engine) -> None:
    early = event("Seen", "2040-03-15 11:30", mark="a")
    # Mixpanel stores it before the first call and shows it only after that.
    slow = event("Slow", "2040-03-15 11:45", mark="b")
    with CollectorWorld(engine, [early]) as world:
        world.collect()
        world.mixpanel.add(slow)
        world.pass_time(minutes=15)
        result = world.collect()
        assert (result.inserted, result.duplicates) == (1, 1)
        assert arrived_from(world) == utc("2040-03-15 11:00")
        world.pass_time(minutes=15)
        world.collect(overlap=timedelta(minutes=5))
        assert arrived_from(world) == utc("2040-03-15 12:10")
        assert_tables_hold(world.tables(), [early, slow])


def test_a_failed_call_leaves_the_watermark_where_it_was(engine: Engine) -> None:
    with CollectorWorld(engine, [event("Now", "2040-03-15 11:59", mark="n")]) as world:
        world.collect()
        world.pass_time(hours=5)
        world.mixpanel.faults.permanent = faults.Status(500)
        with pytest.raises(UnavailableError):
            world.collect()
        world.mixpanel.faults.permanent = None
        world.pass_time(hours=5)
        world.collect()
        assert arrived_from(world) == utc("2040-03-15 11:00")


def test_reading_a_window_sets_no_watermark(engine: Engine) -> None:
    with CollectorWorld(engine, [event(at="2040-03-15 11:00")]) as world:
        world.collect("2040-03-01", "2040-03-15")
        world.collect()
        assert arrived_from(world) == utc("2040-03-14 12:00")


def test_a_call_for_some_events_leaves_the_others_to_the_next_call(engine: Engine) -> None:
    lines = [event("Purchase", "2040-03-15 08:00", mark="p"), event("Signup", "2040-03-15 08:00", mark="s")]
    with CollectorWorld(engine, lines) as world:
        world.collect(request={"events": ["Purchase"]})
        world.pass_time(minutes=15)
        world.collect()
        assert_tables_hold(world.tables(), lines)


@pytest.mark.parametrize("window", [{}, {"from": "2040-03-14", "to": "2040-03-16"}], ids=["arrivals", "window"])
def test_a_call_for_some_events_does_not_count_as_reading_any_time(engine: Engine, window: dict[str, str]) -> None:
    lines = [event("Purchase", "2040-03-15 08:00", mark="p"), event("Signup", "2040-03-15 08:00", mark="s")]
    with CollectorWorld(engine, lines) as world:
        world.collect(request={"events": ["Purchase"], **window})
        assert [row["read_until"] for row in world.tables().runs()] == [None, None]
        world.collect(request=window)
        assert {row["read_until"] for row in world.tables().runs()[2:]} == {world.clock()}


# Narrowed questions

REFUSED = faults.Status(400, '{"error": "Error in where: it is wrong"}')
NARROWER = [("2039-12-17", True), ("2040-02-15", True), ("2040-03-09", True), ("2040-03-09", False)]


def questions(world: CollectorWorld) -> list[tuple[str, bool]]:
    """The first day of every export call so far, and whether the call had an expression."""
    return [(call.parameters["from_date"], "where" in call.parameters) for call in world.mixpanel.calls]


@pytest.mark.parametrize("refused", [1, 2, 3])
def test_a_refused_question_is_narrowed_and_in_the_end_asked_without_an_expression(
    engine: Engine, refused: int
) -> None:
    lines = [days_late(6, "week", "2040-03-15 11:00"), days_late(6, "old", "2040-03-14 11:00"), b"42"]
    lines += [] if refused > 1 else [days_late(29, "month", "2040-03-15 11:00")]
    with CollectorWorld(engine, lines) as world:
        world.mixpanel.faults.extend([REFUSED] * (refused + 1))
        result = world.collect()
        assert questions(world) == [NARROWER[0], *NARROWER[: refused + 1]]
        assert result.filtered == (1 if refused == 3 else 0)
        assert_tables_hold(world.tables(), [line for line in lines if b'"old"' not in line])


@pytest.mark.parametrize("kind", [WarehouseRefusedError, WarehouseUnavailableError])
def test_a_refusal_of_the_warehouse_does_not_narrow_the_question(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, kind: type[MixpanelDataError]
) -> None:
    def refuse(_part: DuckDBStaging, stream: ByteStream) -> None:
        list(stream)
        raise kind("not today")

    late = days_late(55, "old", "2040-03-15 11:00")
    with CollectorWorld(engine, [late]) as world:
        with monkeypatch.context() as patched:
            patched.setattr(DuckDBStaging, "load", refuse)
            with pytest.raises(kind, match="not today"):
                world.collect()
        assert set(questions(world)) == {NARROWER[0]}
        world.pass_time(minutes=15)
        world.collect()
        assert_tables_hold(world.tables(), [late])


def test_a_project_that_refuses_expressions_is_read_without_one(engine: Engine) -> None:
    lines = [days_late(6, "week", "2040-03-15 11:00"), days_late(6, "old", "2040-03-14 11:00")]
    with CollectorWorld(engine, lines, behaviour=Behaviour(refuse_where=True)) as world:
        world.collect()
        assert_tables_hold(world.tables(), lines[:1])


@pytest.mark.parametrize(
    "fault", [faults.Status(400), faults.Status(504), faults.EmptyReply(), faults.TERMINATED_EARLY], ids=str
)
def test_a_question_that_takes_too_long_is_asked_twice_and_then_narrowed(
    engine: Engine, fault: faults.Fault, waits: list[float]
) -> None:
    with CollectorWorld(engine, [days_late(29, "month", "2040-03-15 11:00")]) as world:
        world.mixpanel.faults.extend([fault, fault])
        assert world.collect().inserted == 1
        assert questions(world) == [NARROWER[0], NARROWER[0], NARROWER[1]]
        assert len(waits) == 1


def test_the_narrowest_question_is_retried_like_any_export_before_the_call_fails(engine: Engine) -> None:
    with CollectorWorld(engine) as world:
        world.mixpanel.faults.permanent = faults.Status(504)
        with pytest.raises(UnavailableError, match="504"):
            world.collect()
        assert questions(world) == [question for question in NARROWER[:3] for _ in range(2)] + [NARROWER[3]] * 5


def test_a_call_fails_with_the_refusal_of_the_narrowest_question(engine: Engine) -> None:
    with CollectorWorld(engine) as world:
        world.mixpanel.faults.permanent = REFUSED
        with pytest.raises(QueryError, match="it is wrong"):
            world.collect()
        assert questions(world) == [NARROWER[0], *NARROWER]


@pytest.mark.parametrize(
    ("fault", "kind", "calls"),
    [(faults.Status(402), PlanError, 1), (faults.Status(429), RateLimitError, 2)],
    ids=["plan", "quota"],
)
def test_a_question_is_not_narrowed_because_of_a_plan_or_a_quota(
    engine: Engine, fault: faults.Fault, kind: type[Exception], calls: int
) -> None:
    with CollectorWorld(engine) as world:
        world.mixpanel.faults.permanent = fault
        with pytest.raises(kind):
            world.collect()
        assert questions(world) == [NARROWER[0]] * calls


@pytest.mark.parametrize("refused", range(5))
@pytest.mark.parametrize("days", [10, 40, 100])
def test_after_an_outage_even_the_narrowest_question_covers_all_of_it(engine: Engine, refused: int, days: int) -> None:
    gap = [event("Gap", "2040-03-16 10:00", mark="g"), days_late(0, "last", "2040-03-15 11:30")]
    with CollectorWorld(engine, [event("Now", "2040-03-15 11:59", mark="n")]) as world:
        world.collect()
        world.mixpanel.add(gap)
        world.pass_time(days=days)
        world.mixpanel.faults.extend([REFUSED] * refused)
        world.collect()
        world.pass_time(minutes=15)
        world.collect()
        assert_tables_hold(world.tables(), [event("Now", "2040-03-15 11:59", mark="n"), *gap])


def test_a_refused_question_is_not_asked_again_for_an_hour(engine: Engine) -> None:
    late = event("Late", "2040-03-10 10:00", mark="l", stored="2040-03-15 12:10")
    with CollectorWorld(engine, [event(at="2040-03-15 11:00"), late], behaviour=Behaviour(refuse_where=True)) as world:
        world.collect()
        assert len(world.calls) == 5
        for _ in range(3):
            world.pass_time(minutes=19)
            world.collect()
        assert questions(world)[5:] == [("2040-03-09", False)] * 3
        world.pass_time(minutes=4)
        world.collect()
        assert len(world.calls) == 13
        assert_tables_hold(world.tables(), [event(at="2040-03-15 11:00"), late])


def test_a_question_that_took_too_long_is_asked_again_by_the_next_call(engine: Engine) -> None:
    with CollectorWorld(engine) as world:
        world.mixpanel.faults.extend([faults.Status(504)] * 2)
        world.collect()
        world.pass_time(minutes=15)
        world.collect()
        assert questions(world)[-1] == NARROWER[0]


# Too many arrivals for one part


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts that are full with 20 lines and given up at 80, as if each line stood for thousands."""
    monkeypatch.setattr("mixpanel_data.collect.plan.LINES_PER_PART", 20)
    monkeypatch.setattr("mixpanel_data.collect.window.TOO_MANY_LINES", 80)


def an_import(days: int = 40, each: int = 5) -> list[bytes]:
    """Events of many days that were all stored recently, more than one part holds; one has no insert id."""
    marked = [days_late(late, f"{late}-{n}", "2040-03-15 10:00") for late in range(1, days) for n in range(each)]
    return [*marked, event("Bare", "2040-03-10 10:00", mark=None, stored="2040-03-15 10:00"), b"42"]


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("refuses_where", [False, True])
def test_arrivals_that_are_too_many_for_one_part_are_read_day_by_day(engine: Engine, refuses_where: bool) -> None:
    lines = an_import(*((7, 40) if refuses_where else ()))
    with CollectorWorld(engine, lines, behaviour=Behaviour(refuse_where=refuses_where)) as world:
        result = world.collect()
        assert_tables_hold(world.tables(), lines)
        assert result.inserted == len(lines) - 1
        parts = [row for row in world.tables().runs() if row["part"]]
        assert 3 < len(parts) < 30
        assert max(row["figures"]["received"] for row in parts) <= 80
        before = len(world.calls)
        world.pass_time(minutes=15)
        assert world.collect().inserted == 0
        assert len(world.calls) - before <= (8 if refuses_where else 1)
        assert arrived_from(world) == (None if refuses_where else utc("2040-03-15 11:00"))


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("minutes", [0, 45])
def test_a_reading_by_days_that_is_cut_off_again_and_again_gets_done(engine: Engine, minutes: int) -> None:
    """Each run makes three calls and does not get far; no event is lost that arrives on a day already read."""
    lines = an_import()
    with CollectorWorld(engine, lines) as world:
        for number in range(40):
            more = days_late(89 - number, f"more{number}", f"{world.clock():%Y-%m-%d %H:%M}")
            world.mixpanel.add(more)
            lines.append(more)
            world.mixpanel.faults.clear()
            world.mixpanel.faults.extend([None] * 3)
            world.mixpanel.faults.permanent = faults.Status(429)
            world.pass_time(minutes=minutes)
            try:
                world.collect()
                break
            except RateLimitError:
                continue
        assert 2 < number < 20
        world.mixpanel.faults.clear()
        world.pass_time(minutes=15)
        world.collect()
        assert_tables_hold(world.tables(), lines)


@pytest.mark.usefixtures("small_parts")
def test_a_reading_that_failed_before_its_first_part_is_repeated_in_smaller_parts(engine: Engine) -> None:
    with CollectorWorld(engine, [days_late(60, "a", "2040-03-15 11:00")]) as world:
        world.mixpanel.faults.permanent = faults.Status(429)
        with pytest.raises(RateLimitError):
            world.collect()
        world.mixpanel.faults.clear()
        before = len(world.calls)
        world.pass_time(hours=5)
        world.collect()
        assert world.calls[before] == ("2039-12-17", "2039-12-23")
        assert len(world.calls) - before > 1
        assert arrived_from(world) == utc("2040-03-14 12:00")
        assert_tables_hold(world.tables(), [days_late(60, "a", "2040-03-15 11:00")])


@pytest.mark.usefixtures("small_parts")
def test_parts_read_under_another_configuration_are_read_again(engine: Engine) -> None:
    lines = an_import()
    with CollectorWorld(engine, lines) as world:
        world.mixpanel.faults.extend([None] * 4)
        world.mixpanel.faults.permanent = faults.Status(401)
        with pytest.raises(Exception, match="401"):
            world.collect(config=enabled("Late"))
        world.mixpanel.faults.clear()
        world.pass_time(minutes=5)
        world.collect()
        assert_tables_hold(world.tables(), lines)
