"""The main behaviour over one history, most of it on both engines: what is observed, judged, told and retracted."""

import pytest

from registry.registry_happenings import PLANS, Stretch
from registry.registry_truth import assert_told_once, comparable, recounted, seen
from support.engines import DuckDB, Engine
from support.published_events import visit
from support.registry_world import RegistryWorld, day_before

pytestmark = pytest.mark.sequences

both_engines = pytest.mark.both_engines

HISTORY = (
    *Stretch("Checkout", 70, 70, 12, "plain").events(),
    *Stretch("Checkout", 8, 8, 12, "broken").events(),
    *Stretch("Chekout", 6, 3, 1, "plain").events(),
    *Stretch("Cart Opened", 60, 3, 12, "deep").events(),
    *Stretch("signup.v2", 5, 5, 6, "mixed").events(),
)


@pytest.fixture
def lived(engine: Engine) -> RegistryWorld:
    """A world with a plan, whose history came in two parts, the second one late."""
    world = RegistryWorld(engine, *HISTORY[::2], plan=PLANS[1], channel="#data")
    world.update()
    world.bring(*HISTORY)
    world.pass_time(days=1)
    world.update()
    return world


def test_what_comes_late_ends_as_what_came_at_once(lived: RegistryWorld) -> None:
    assert seen(lived) == recounted(lived.brought.values())
    at_once = lived.fresh()
    at_once.update()
    assert comparable(lived) == comparable(at_once)
    assert_told_once(lived)


@both_engines
def test_both_engines_publish_the_same_rows(lived: RegistryWorld, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = RegistryWorld(
        DuckDB(tmp_path_factory.mktemp("other")),
        *lived.brought.values(),
        plan=lived.plan,
        channel=lived.channel,
        clock=lived.clock,
    )
    other.update()
    assert comparable(lived) == comparable(other)


@both_engines
def test_a_run_with_nothing_new_changes_no_row(lived: RegistryWorld) -> None:
    before = lived.contents()
    lived.update()
    assert lived.contents() == before
    lived.update(full=True)
    assert lived.contents() == before


@both_engines
def test_a_change_that_no_longer_follows_is_retracted_and_comes_back(lived: RegistryWorld) -> None:
    broken = {mark: event for mark, event in lived.brought.items() if event.name == "Checkout"}
    change = {row["change_id"] for row in lived.changes("type_changed")}
    assert change
    mended = Stretch("Checkout", 8, 8, 12, "plain").events()
    again = [broken[event.event_id] for event in mended]
    lived.bring(*mended)
    lived.pass_time(days=1)
    assert lived.update().retracted >= len(change)
    assert change <= {row["change_id"] for row in lived.changes("type_changed", retracted=True)}
    lived.bring(*again)
    lived.pass_time(days=1)
    lived.update()
    assert change == {row["change_id"] for row in lived.changes("type_changed")}
    assert_told_once(lived)


def test_what_is_deleted_is_gone(lived: RegistryWorld) -> None:
    lived.bring(gone=list(lived.brought))
    lived.pass_time(days=1)
    lived.update()
    for table in ("event_observations", "event_registry", "event_properties", "property_dictionary"):
        assert lived.table(table) == [], table
    assert lived.table("schema_violations") == []
    assert lived.changes() == []


@both_engines
def test_today_and_yesterday_are_observed_within_the_hour_and_older_days_after_midnight(engine: Engine) -> None:
    world = RegistryWorld(engine, *HISTORY[:12])
    world.update()
    late = [visit(at=f"{day_before(days)} 09:00:00") for days in (0, 1, 2, 9)]
    world.bring(*late)
    assert world.update().pending == 2
    assert {day.isoformat() for day, name in seen(world) if name == "Visit"} == {day_before(0), day_before(1)}
    world.pass_time(hours=13)
    assert world.update().pending == 0
    assert seen(world) == recounted(world.brought.values())
