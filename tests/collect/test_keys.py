"""Events that share the fingerprint of their ids stay apart, and keep what is theirs."""

import contextlib
from typing import Any

import pytest

from collect.some_events import WEEK
from mixpanel_data import runs
from mixpanel_data.base.errors import StateMovedError
from mixpanel_data.collect.comparing import statements as compared
from mixpanel_data.exports.reading import ExportReader
from mixpanel_data.warehouse.statements import Statement
from support.collected_tables import assert_tables_hold
from support.collector_world import CollectorWorld
from support.engines import Engine, opened
from support.export_lines import event

KEY = "FARM_FINGERPRINT({id})"


def few_keys(statement: Statement) -> Statement:
    """The statement with three keys in all, and three fingerprints of ids, so that most events share theirs."""
    sql = statement.sql
    for name in ("event_id", "unmarked.event_id", "identifying"):
        sql = sql.replace(KEY.format(id=name), f"MOD(ABS(FARM_FINGERPRINT({name})), 3)")
    assert sql != statement.sql
    return Statement(statement.name, sql, statement.parameters, statement.creates)


@pytest.fixture
def colliding(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys of which each is that of many events."""
    monkeypatch.setattr("mixpanel_data.collect.INCOMING", few_keys(compared.INCOMING))
    monkeypatch.setattr("mixpanel_data.collect.comparing.comparison.MARKED", few_keys(compared.MARKED))


@pytest.mark.usefixtures("colliding")
@pytest.mark.both_engines
def test_events_that_share_a_key_are_events_of_their_own(engine: Engine) -> None:
    lines = [
        *(event("Purchase", f"2040-03-{day:02d} 10:00", f"p{n}", f"m{n}") for day in (9, 10) for n in range(4)),
        *(event(name, "2040-03-10 10:00", "ann", "same") for name in ("Purchase", "Signup")),
        *(event("Bare", "2040-03-10 11:00", mark=None, n=n) for n in (1, 2, 2)),
    ]
    with CollectorWorld(engine, lines[:6]) as world:
        assert world.collect(*WEEK).inserted == 6
        world.mixpanel.add(lines[6:])
        copy = event("Purchase", "2040-03-09 10:00", "p0", "m0", stored="2040-03-15 11:00", plan="new")
        world.mixpanel.add(copy)
        world.pass_time(minutes=15)
        assert (second := world.collect(*WEEK)).updated == 1
        assert second.inserted == 6
        assert_tables_hold(world.tables(), [*lines, copy])
        world.mixpanel.resolve["p1"] = "ann"
        world.pass_time(minutes=15)
        assert [world.collect(*WEEK).updated for _ in range(2)] == [2, 0]


@pytest.mark.usefixtures("colliding")
@pytest.mark.both_engines
def test_an_event_that_differs_from_a_stored_one_in_its_name_alone_is_another_event(engine: Engine) -> None:
    lines = [event(f"Event {number}", "2040-03-10 10:00", "ann", "same") for number in range(8)]
    with CollectorWorld(engine, lines[:4]) as world:
        world.collect(*WEEK)
        world.mixpanel.add(lines[4:])
        world.pass_time(minutes=15)
        assert [world.collect(*WEEK).inserted for _ in range(2)] == [4, 0]
        assert_tables_hold(world.tables(), lines)


def test_a_part_that_another_run_overtakes_is_compared_again(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the comparison and the publication of a run, another run stores the same events with other contents."""
    with CollectorWorld(engine, [event(person="eve", mark=f"m{n}") for n in range(3)]) as world:
        original: Any = ExportReader.incoming
        moved: list[bool] = []

        def overtaken(self: ExportReader, *given: object, **known: object) -> object:
            made: object = original(self, *given, **known)
            if not moved:
                moved.append(True)
                world.mixpanel.add(event(person="bob", mark="m9"))
                assert world.collect(*WEEK).inserted == 4
            return made

        monkeypatch.setattr(ExportReader, "incoming", overtaken)
        with contextlib.closing(engine.open()) as warehouse:
            result = world.collect(*WEEK, warehouse=warehouse)
        assert (result.inserted, result.updated, result.duplicates) == (0, 0, 3)
        assert len(world.tables().events()) == 4


def test_the_guard_names_the_state_that_moved(engine: Engine) -> None:
    with CollectorWorld(engine, [event()]) as world, opened(engine) as warehouse:
        world.collect(*WEEK)
        run = runs.Run("r", "collector", world.clock(), world.collect().window, warehouse, world.clock)
        with runs.begin(run):
            world.mixpanel.add(event(mark="more"))
            world.collect(*WEEK)
            with pytest.raises(StateMovedError, match="Run this again"):
                runs.publish(run, [], window=run.window, figures={}, published=run.published)
