"""What goes wrong at Mixpanel: a run heals or fails, shows nothing in part, and the next one ends as if nothing was."""

import contextlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice, pairwise

import pytest

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import (
    AuthenticationError,
    DeadlineError,
    IncompleteExportError,
    MixpanelDataError,
    PlanError,
    QueryError,
    RateLimitError,
    UnavailableError,
)
from mixpanel_data.configuration.events import EventsConfig
from mixpanel_data.warehouse.base import Row, Value
from mixpanel_data.warehouse.statements import Statement
from mixpanel_data_standins.mixpanel import Behaviour, Quotas, faults
from support.collected_tables import COLLECTED_TABLES, assert_consistent, assert_tables_hold
from support.collector_world import CollectorWorld
from support.engines import DuckDB, Engine
from support.events_configs import ALL_EVENTS, enabled
from support.export_lines import event
from support.fatal_steps import Killed, Steps
from support.mortal_warehouse import MortalWarehouse
from support.settable_clock import SettableClock
from support.triggered_deadline import TriggeredDeadline

# Ten weeks of a project that was never read: parts of 7 and of 56 days, and one of the rest.
WEEKS = ("2040-01-01", "2040-03-11")
PARTS = [("2040-01-01", "2040-01-07"), ("2040-01-08", "2040-03-03"), ("2040-03-04", "2040-03-10")]


def lines() -> list[bytes]:
    """Events of every day, with copies, some without an id, and lines that are none."""
    first = datetime(2040, 1, 1, tzinfo=UTC)
    days = [first + timedelta(days=number) for number in range(70)]
    return [
        *(event("Purchase", f"{day:%Y-%m-%d} 10:00", f"p{n}", f"m{day:%j}-{n}") for day in days for n in range(4)),
        *(event("Bare", f"{day:%Y-%m-%d} 11:00", mark=None, n=day.day % 3) for day in days),
        *(event("Purchase", f"{day:%Y-%m-%d} 10:00", "p0", f"m{day:%j}-0") for day in days[::5]),
        b"42",
    ]


HEALING: dict[str, faults.Fault] = {
    "400 timeout": faults.Status(400),
    "408": faults.Status(408),
    "429": faults.Status(429),
    "429 with a wait": faults.Status(429, retry_after="7"),
    "500": faults.Status(500),
    "502": faults.Status(502),
    "503": faults.Status(503),
    "504": faults.Status(504),
    "no answer": faults.EmptyReply(),
    "reset before the header": faults.ResetBeforeHeader(),
    "reset": faults.Reset(900),
    "closed early": faults.CloseEarly(900),
    "gzip cut off": faults.TruncatedGzip(),
    "wrong checksum": faults.WrongChecksum(),
    "terminated early": faults.TERMINATED_EARLY,
    "export terminated early": faults.EXPORT_TERMINATED_EARLY,
    "terminated in the middle": faults.Tail("terminated early", after_rows=20),
    "an error as last line": faults.ERROR_LINE,
    "a fragment of an error": faults.ERROR_FRAGMENT,
    "no last newline": faults.NoLastNewline(),
}
FATAL: dict[str, tuple[faults.Fault, type[MixpanelDataError]]] = {
    "400": (faults.Status(400, '{"error": "Error in where: it is wrong"}'), QueryError),
    "401": (faults.Status(401), AuthenticationError),
    "402": (faults.Status(402), PlanError),
    "403": (faults.Status(403), AuthenticationError),
}


@pytest.fixture
def world(engine: Engine) -> Iterator[CollectorWorld]:
    with CollectorWorld(engine, lines()) as made:
        yield made


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """The tables of a run without any fault."""
    with CollectorWorld(DuckDB(tmp_path_factory.mktemp("undisturbed")), lines()) as made:
        made.collect(*WEEKS)
        return lasting(made)


def lasting(world: CollectorWorld) -> dict[str, list[str]]:
    """What does not tell which run it was, when it read, and on which engine."""
    tables = world.tables()
    times = ("inserted_at", "updated_at", "arrived_at", "first_rejected_at", "last_changed", "read_at")
    told = (*times, "run_id", "seq", "contents_fingerprint")
    return {
        name: sorted(str({key: row[key] for key in sorted(row) if key not in told}) for row in getattr(tables, name))
        for name in COLLECTED_TABLES
    }


def days_read(calls: list[tuple[str, str]]) -> list[str]:
    """Each day that was asked for, as often as it was."""
    return [
        date.fromordinal(day).isoformat()
        for first, last in calls
        for day in range(date.fromisoformat(first).toordinal(), date.fromisoformat(last).toordinal() + 1)
    ]


def assert_whole_parts(world: CollectorWorld) -> None:
    """What is published is whole: all that the parts stand for, and nothing else."""
    tables = world.tables()
    parts = [row for row in tables.runs() if row["part"]]
    assert all(one["window_to"] == other["window_from"] for one, other in pairwise(parts))
    assert_consistent(tables)
    if not parts:
        assert tables.lasting() == {name: [] for name in COLLECTED_TABLES}
        return
    published = (parts[0]["window_from"], parts[-1]["window_to"])
    assert published[0] == datetime(2040, 1, 1, tzinfo=UTC)
    has_rejected = bool(tables.rejected_events)
    given = lines() if has_rejected else [line for line in lines() if line != b"42"]
    assert_tables_hold(tables, given, window=published)


# One fault


def test_without_a_fault_the_run_has_three_parts(world: CollectorWorld) -> None:
    world.collect(*WEEKS)
    assert world.calls == PARTS
    assert_tables_hold(world.tables(), lines())


@pytest.mark.parametrize("first", range(0, len(HEALING), 3))
def test_faults_that_pass_are_healed_by_asking_again(
    world: CollectorWorld, undisturbed: dict[str, list[str]], waits: list[float], first: int
) -> None:
    """Each of the three calls meets a fault of its own."""
    met = [*islice(HEALING.items(), first, first + 3)]
    for _, fault in met:
        world.mixpanel.faults.extend([fault, None])
    result = world.collect(*WEEKS)
    assert lasting(world) == undisturbed
    assert world.calls == [part for number, part in enumerate(PARTS) for _ in range(1 + (number < len(met)))]
    assert (result.received, result.inserted, result.duplicates, result.rejected) == (365, 350, 14, 1)
    assert len(waits) == len(met)
    assert max(waits) >= (7 if "429 with a wait" in dict(met) else 0)


@pytest.mark.parametrize(("fault", "call"), [("503", 0), ("terminated early", 1), ("gzip cut off", 2)])
def test_a_fault_that_stays_ends_the_run_and_the_next_one_reads_the_rest(
    world: CollectorWorld, undisturbed: dict[str, list[str]], fault: str, call: int
) -> None:
    world.mixpanel.faults.extend([None] * call)
    world.mixpanel.faults.permanent = HEALING[fault]
    with pytest.raises(UnavailableError) as raised:
        world.collect(*WEEKS)
    assert_whole_parts(world)
    published = [row for row in world.tables().runs() if row["part"]]
    assert len(published) == call
    assert f"{PARTS[call][0]} to " in str(raised.value)
    assert world.tables().runs(part=0)[0]["status"] == "failed"
    world.mixpanel.faults.clear()
    world.pass_time(minutes=15)
    before = len(world.calls)
    world.collect(*WEEKS)
    assert days_read(world.calls[before:]) == days_read(PARTS[call:])
    assert lasting(world) == undisturbed


@pytest.mark.parametrize(("fault", "call"), [("400", 0), ("401", 1), ("402", 2), ("403", 1)])
def test_a_refusal_ends_the_run_at_once(
    world: CollectorWorld, undisturbed: dict[str, list[str]], waits: list[float], fault: str, call: int
) -> None:
    what, kind = FATAL[fault]
    world.mixpanel.faults.extend([*[None] * call, what])
    with pytest.raises(kind):
        world.collect(*WEEKS)
    assert waits == []
    assert len(world.calls) == call + 1
    assert_whole_parts(world)
    world.pass_time(minutes=15)
    world.collect(*WEEKS)
    assert lasting(world) == undisturbed


@pytest.mark.parametrize("framing", ["chunked", "close", "length"])
def test_a_connection_that_ends_early_is_noticed_however_the_body_is_framed(engine: Engine, framing: str) -> None:
    behaviour = Behaviour(framing=framing)  # type: ignore[arg-type]  # one of its literals
    with CollectorWorld(engine, lines(), behaviour=behaviour) as world:
        for after_bytes in (1, 20, 500):
            world.mixpanel.faults.extend([faults.CloseEarly(after_bytes), faults.Reset(after_bytes), None])
        world.collect(*WEEKS)
        assert_tables_hold(world.tables(), lines())
        assert len(world.calls) == 9


@pytest.mark.parametrize("framing", ["chunked", "length", pytest.param("close")])
def test_a_connection_that_ends_before_the_first_byte_of_the_body_is_noticed(engine: Engine, framing: str) -> None:
    """The header says that the body is gzip, of which no bytes at all are none."""
    behaviour = Behaviour(framing=framing)  # type: ignore[arg-type]  # one of its literals
    with CollectorWorld(engine, lines(), behaviour=behaviour) as world:
        world.mixpanel.faults.append(faults.CloseEarly(0))
        world.collect(*WEEKS)
        assert_tables_hold(world.tables(), lines())


def test_an_export_that_stops_in_its_middle_ends_with_the_time(world: CollectorWorld) -> None:
    world.collect(*WEEKS, deadline=Deadline.after(60))
    before = lasting(world)
    world.mixpanel.faults.permanent = faults.Stall(500)
    answered = len(world.calls)
    deadline = TriggeredDeadline(seconds=0.3, begins=lambda: len(world.calls) > answered)
    with pytest.raises(DeadlineError):
        world.collect(*WEEKS, deadline=deadline)
    world.mixpanel.stop()
    assert lasting(world) == before


@pytest.mark.both_engines
def test_arrivals_survive_a_fault_too(engine: Engine) -> None:
    given = [event("Late", "2040-02-01 10:00", mark=f"m{n}", stored="2040-03-15 11:00") for n in range(50)]
    with CollectorWorld(engine, given) as world:
        world.mixpanel.faults.append(faults.Tail("terminated early", after_rows=20))
        assert world.collect().inserted == 50
        assert_tables_hold(world.tables(), given)


# Lines that a reader loses


@pytest.mark.parametrize("blank", [b"", b" ", b"\t\r"], ids=repr)
def test_a_blank_line_is_nothing(engine: Engine, blank: bytes) -> None:
    with CollectorWorld(engine, [event(mark="a"), blank, event(mark="b"), b"42"]) as world:
        result = world.collect("2040-03-08", "2040-03-16")
        assert (result.received, result.inserted, result.rejected) == (3, 2, 1)
        assert_tables_hold(world.tables(), [event(mark="a"), event(mark="b"), b"42"])


def test_a_second_reading_of_lines_that_were_lost_survives_a_fault_too(engine: Engine) -> None:
    with CollectorWorld(engine, [event(mark="a"), b"", event(mark="b")]) as world:
        world.mixpanel.faults.extend([None, faults.Status(503), faults.TERMINATED_EARLY])
        assert world.collect("2040-03-14", "2040-03-15").inserted == 2
        assert len(world.calls) == 4


# The quota


def test_a_quota_that_is_used_up_publishes_what_is_whole_and_names_the_rest(world: CollectorWorld) -> None:
    world.mixpanel.faults.extend([None])
    world.mixpanel.faults.permanent = faults.Status(429, retry_after="60")
    with pytest.raises(RateLimitError, match="2040-01-08 to 2040-03-03, 2040-03-04 to 2040-03-10") as raised:
        world.collect(*WEEKS)
    assert raised.value.retry_after_seconds == 60
    assert_whole_parts(world)
    assert len(world.tables().runs()) == 2


@pytest.mark.both_engines
def test_the_same_call_reads_only_the_rest_and_once_it_is_done_all(world: CollectorWorld) -> None:
    world.mixpanel.faults.extend([None])
    world.mixpanel.faults.permanent = faults.Status(429)
    with pytest.raises(RateLimitError):
        world.collect(*WEEKS)
    world.mixpanel.faults.clear()
    for rest in (PARTS[1:], PARTS):
        before = len(world.calls)
        world.pass_time(minutes=15)
        world.collect(*WEEKS)
        assert days_read(world.calls[before:]) == days_read(rest)
        assert_tables_hold(world.tables(), lines())


@pytest.mark.parametrize("other", ["window", "events", "age", "configuration"])
def test_another_call_reads_all_of_its_own(world: CollectorWorld, other: str) -> None:
    world.mixpanel.faults.extend([None])
    world.mixpanel.faults.permanent = faults.Status(429)
    with pytest.raises(RateLimitError):
        world.collect(*WEEKS)
    world.mixpanel.faults.clear()
    before = len(world.calls)
    world.pass_time(hours=25 if other == "age" else 1)
    end = "2040-03-12" if other == "window" else WEEKS[1]
    asked = {"events": ["Purchase"]} if other == "events" else {}
    config = enabled("Purchase") if other == "configuration" else ALL_EVENTS
    world.collect(WEEKS[0], end, request=asked, config=config)
    assert days_read(world.calls[before:])[:70] == days_read(PARTS)


def test_all_but_some_events_is_another_call_than_these_alone(engine: Engine) -> None:
    given = [event(name, f"2040-{month:02d}-02 10:00", mark=f"{name}{month}") for name in "XY" for month in (1, 2, 3)]
    all_but_x = EventsConfig.model_validate({"events": [{"name": "*"}, {"name": "X", "enabled": False}]})
    with CollectorWorld(engine, given) as world:
        world.mixpanel.faults.extend([None, None])
        world.mixpanel.faults.permanent = faults.Status(401)
        with pytest.raises(AuthenticationError):
            world.collect(*WEEKS, config=all_but_x)
        world.mixpanel.faults.clear()
        world.pass_time(minutes=5)
        assert world.collect(*WEEKS, config=enabled("X")).inserted == 3


def test_a_run_that_takes_up_another_knows_how_much_a_day_holds(world: CollectorWorld) -> None:
    world.mixpanel.faults.extend([None])
    world.mixpanel.faults.permanent = faults.Status(429)
    with pytest.raises(RateLimitError):
        world.collect(*WEEKS)
    world.mixpanel.faults.clear()
    before = len(world.calls)
    world.pass_time(minutes=15)
    world.collect(*WEEKS)
    assert world.calls[before:] == PARTS[1:]


def test_a_stand_in_with_an_hourly_quota_is_read_hour_by_hour(
    engine: Engine, undisturbed: dict[str, list[str]]
) -> None:
    quotas = Quotas(per_hour=1, per_second=None)
    with CollectorWorld(engine, lines(), quotas=quotas) as world:
        hours = 0
        while not any(row["status"] == "ok" for row in world.tables().runs(part=0)):
            hours += 1
            with contextlib.suppress(RateLimitError):
                world.collect(*WEEKS)
            assert_whole_parts(world)
            world.pass_time(minutes=61)
        assert lasting(world) == undisturbed
        assert 3 <= hours <= 10


# A ceiling of one's own


def test_a_run_makes_no_more_calls_than_it_may(world: CollectorWorld) -> None:
    with pytest.raises(RateLimitError, match="MIXPANEL_CALLS_PER_HOUR") as raised:
        world.collect(*WEEKS, calls_per_hour=2)
    assert "2040-03-04 to 2040-03-10" in str(raised.value)
    assert world.calls == PARTS[:2]
    assert_whole_parts(world)
    assert len(world.tables().runs()) == 3


def test_the_calls_of_an_hour_are_counted_over_its_runs(
    world: CollectorWorld, undisturbed: dict[str, list[str]]
) -> None:
    with pytest.raises(RateLimitError):
        world.collect(*WEEKS, calls_per_hour=2)
    world.pass_time(minutes=30)
    with pytest.raises(RateLimitError):
        world.collect(*WEEKS, calls_per_hour=2)
    assert len(world.calls) == 2
    world.pass_time(minutes=31)
    world.collect(*WEEKS, calls_per_hour=2)
    assert lasting(world) == undisturbed


def test_a_call_that_failed_counts_too(world: CollectorWorld) -> None:
    world.mixpanel.faults.extend([HEALING["503"], HEALING["reset"]])
    with pytest.raises(RateLimitError):
        world.collect(*WEEKS, calls_per_hour=2)
    assert len(world.calls) == 2
    assert [row["figures"]["calls"] for row in world.tables().runs(part=0)] == [2]


def test_the_calls_of_a_run_that_goes_on_or_was_killed_count_too(world: CollectorWorld) -> None:
    class Dying(MortalWarehouse):
        """Dies once its second part is published."""

        def rows(self, statement: Statement, **parameters: Value) -> list[Row]:
            if parameters.get("part") == 2:
                raise Killed
            return super().rows(statement, **parameters)

    with contextlib.closing(world.engine.open()) as warehouse, pytest.raises(Killed):
        world.collect(*WEEKS, warehouse=Dying(warehouse, Steps()))
    before = len(world.calls)
    world.pass_time(minutes=15)
    with pytest.raises(RateLimitError):
        world.collect(*WEEKS, calls_per_hour=2)
    assert len(world.calls) == before


def test_the_calls_of_a_run_that_began_long_ago_count_when_they_were_made(world: CollectorWorld) -> None:
    begun = world.clock.at
    ticks = iter([begun])

    class Slow(SettableClock):
        def __call__(self) -> datetime:
            return next(ticks, begun + timedelta(hours=2))

    world.clock = Slow()
    world.collect(*WEEKS)
    world.clock = SettableClock(begun + timedelta(hours=2, minutes=30))
    with pytest.raises(RateLimitError):
        world.collect(*WEEKS, calls_per_hour=3)
    assert len(world.calls) == 3


def test_a_ceiling_that_is_high_enough_is_not_felt(world: CollectorWorld, waits: list[float]) -> None:
    world.collect(*WEEKS, calls_per_hour=3)
    assert_tables_hold(world.tables(), lines())
    assert waits == []


@pytest.mark.both_engines
def test_an_incomplete_export_is_told_as_such(world: CollectorWorld) -> None:
    world.mixpanel.faults.permanent = faults.TERMINATED_EARLY
    with pytest.raises(IncompleteExportError):
        world.collect(*WEEKS)
    assert_whole_parts(world)
