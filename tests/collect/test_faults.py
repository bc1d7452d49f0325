"""Faults of Mixpanel: a run heals or fails, publishes nothing by halves, and the next run completes it."""

from itertools import islice

import pytest

from collect.ten_weeks import PARTS, WEEKS, assert_whole_parts, comparable, days_read, ten_weeks_of_lines
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import (
    AuthenticationError,
    DeadlineError,
    IncompleteExportError,
    MixpanelDataError,
    PlanError,
    QueryError,
    UnavailableError,
)
from mixpanel_data_standins.mixpanel import Behaviour, faults
from support.collected_tables import assert_tables_hold
from support.collector_world import CollectorWorld
from support.engines import Engine
from support.export_lines import event
from support.triggered_deadline import TriggeredDeadline

pytestmark = pytest.mark.sequences

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


# One fault


def test_a_run_over_ten_weeks_has_three_parts(world: CollectorWorld) -> None:
    world.collect(*WEEKS)
    assert world.calls == PARTS
    assert_tables_hold(world.tables(), ten_weeks_of_lines())


@pytest.mark.parametrize("first", range(0, len(HEALING), 3))
def test_passing_faults_are_healed_by_asking_again(
    world: CollectorWorld, undisturbed: dict[str, list[str]], waits: list[float], first: int
) -> None:
    """Each of the three calls meets a different fault."""
    met = [*islice(HEALING.items(), first, first + 3)]
    for _, fault in met:
        world.mixpanel.faults.extend([fault, None])
    result = world.collect(*WEEKS)
    assert comparable(world) == undisturbed
    assert world.calls == [part for number, part in enumerate(PARTS) for _ in range(1 + (number < len(met)))]
    assert (result.received, result.inserted, result.duplicates, result.rejected) == (365, 350, 14, 1)
    assert len(waits) == len(met)
    assert max(waits) >= (7 if "429 with a wait" in dict(met) else 0)


@pytest.mark.parametrize(("fault", "call"), [("503", 0), ("terminated early", 1), ("gzip cut off", 2)])
def test_a_lasting_fault_ends_the_run_and_the_next_run_reads_the_rest(
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
    assert comparable(world) == undisturbed


@pytest.mark.parametrize(("fault", "call"), [("400", 0), ("401", 1), ("402", 2), ("403", 1)])
def test_a_refusal_ends_the_run_without_a_retry(
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
    assert comparable(world) == undisturbed


@pytest.mark.parametrize("framing", ["chunked", "close", "length"])
def test_a_connection_that_ends_early_is_noticed_however_the_body_is_framed(engine: Engine, framing: str) -> None:
    behaviour = Behaviour(framing=framing)  # type: ignore[arg-type]  # one of its literals
    with CollectorWorld(engine, ten_weeks_of_lines(), behaviour=behaviour) as world:
        for after_bytes in (1, 20, 500):
            world.mixpanel.faults.extend([faults.CloseEarly(after_bytes), faults.Reset(after_bytes), None])
        world.collect(*WEEKS)
        assert_tables_hold(world.tables(), ten_weeks_of_lines())
        assert len(world.calls) == 9


@pytest.mark.parametrize("framing", ["chunked", "length", pytest.param("close")])
def test_a_connection_that_ends_before_the_first_byte_of_the_body_is_noticed(engine: Engine, framing: str) -> None:
    """The header promises gzip, and no bytes at all are not gzip."""
    behaviour = Behaviour(framing=framing)  # type: ignore[arg-type]  # one of its literals
    with CollectorWorld(engine, ten_weeks_of_lines(), behaviour=behaviour) as world:
        world.mixpanel.faults.append(faults.CloseEarly(0))
        world.collect(*WEEKS)
        assert_tables_hold(world.tables(), ten_weeks_of_lines())


def test_a_run_whose_export_stalls_ends_at_the_deadline(world: CollectorWorld) -> None:
    world.collect(*WEEKS, deadline=Deadline.after(60))
    before = comparable(world)
    world.mixpanel.faults.permanent = faults.Stall(500)
    answered = len(world.calls)
    deadline = TriggeredDeadline(seconds=0.3, begins=lambda: len(world.calls) > answered)
    with pytest.raises(DeadlineError):
        world.collect(*WEEKS, deadline=deadline)
    world.mixpanel.stop()
    assert comparable(world) == before


@pytest.mark.both_engines
def test_a_reading_of_arrivals_survives_a_fault(engine: Engine) -> None:
    given = [event("Late", "2040-02-01 10:00", mark=f"m{n}", stored="2040-03-15 11:00") for n in range(50)]
    with CollectorWorld(engine, given) as world:
        world.mixpanel.faults.append(faults.Tail("terminated early", after_rows=20))
        assert world.collect().inserted == 50
        assert_tables_hold(world.tables(), given)


# Lines that a reader loses


@pytest.mark.parametrize("blank", [b"", b" ", b"\t\r"], ids=repr)
def test_blank_lines_are_ignored(engine: Engine, blank: bytes) -> None:
    with CollectorWorld(engine, [event(mark="a"), blank, event(mark="b"), b"42"]) as world:
        result = world.collect("2040-03-08", "2040-03-16")
        assert (result.received, result.inserted, result.rejected) == (3, 2, 1)
        assert_tables_hold(world.tables(), [event(mark="a"), event(mark="b"), b"42"])


def test_reading_lost_lines_a_second_time_survives_a_fault(engine: Engine) -> None:
    with CollectorWorld(engine, [event(mark="a"), b"", event(mark="b")]) as world:
        world.mixpanel.faults.extend([None, faults.Status(503), faults.TERMINATED_EARLY])
        assert world.collect("2040-03-14", "2040-03-15").inserted == 2
        assert len(world.calls) == 4


@pytest.mark.both_engines
def test_an_export_that_stays_incomplete_is_an_incomplete_export_error(world: CollectorWorld) -> None:
    world.mixpanel.faults.permanent = faults.TERMINATED_EARLY
    with pytest.raises(IncompleteExportError):
        world.collect(*WEEKS)
    assert_whole_parts(world)
