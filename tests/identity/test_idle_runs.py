"""What a run of the transition reads of arrivals: one question where none is new, and only names that carry links."""

import pytest

from identity.seen_events import linked, seen, with_events
from support.engines import Engine
from support.fatal_steps import Steps
from support.identity_world import EVENTS, IdentityWorld
from support.mortal_warehouse import MortalWarehouse


def read_by(world: IdentityWorld) -> list[str]:
    """What a run asks, and the statements of its transactions."""
    steps = Steps()
    with world.opened() as warehouse:
        world.run(warehouse=MortalWarehouse(warehouse, steps))
    points = [step for step in steps.passed if "before" in step and "commit" not in step]
    return [point.rpartition("before ")[2] for point in points]


@pytest.mark.both_engines
def test_a_run_without_arrivals_asks_once_and_writes_one_row(engine: Engine) -> None:
    world = with_events(engine)
    world.bring(seen("ann", "laptop"))
    world.follow()
    before = world.contents()
    assert read_by(world) == ["identity/reading/state.sql.jinja", "runs/record_whole.sql"]
    assert world.contents() == before
    assert (world.follow().ids, world.follow().pairs) == (2, 1)


def test_arrivals_of_names_without_links_are_not_read(engine: Engine) -> None:
    world = with_events(engine, {**EVENTS, "events": ["Login"]})
    world.bring(seen("ann", "d1", name="Login"))
    world.follow()
    world.bring(seen("bob", "d2", name="Visit"))
    assert "identity/reading/candidates.sql.jinja" not in read_by(world)
    world.bring(seen("eve", "d3", name="Login"))
    world.follow()
    assert linked(world) == {"ann d1", "eve d3"}


def test_arrivals_of_a_run_that_began_long_ago_are_read(engine: Engine) -> None:
    world = with_events(engine)
    world.bring(seen("ann", "phone"))
    world.follow()
    world.clock.advance(days=-20)
    world.bring(seen("zoe", "old", "2040-02-01 10:00:00"))
    world.clock.advance(days=21)
    world.bring(seen("bob", "tablet", "2040-03-16 08:00:00"))
    world.follow()
    assert linked(world) == {"ann phone", "zoe old", "bob tablet"}
    world.assert_settled()
