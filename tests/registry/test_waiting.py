"""What a run leaves for later, so that a day is not read again for each event that comes: how soon what is known."""

from collections.abc import Iterator
from typing import Any

import pytest

from support.fatal_steps import Steps
from support.mortal_warehouse import MortalWarehouse
from support.published_events import PublishedEvent
from support.registry_world import RegistryWorld, day_before

pytestmark = pytest.mark.sequences

TODAY, YESTERDAY, OLDER = (day_before(days) for days in (0, 1, 5))


@pytest.fixture(autouse=True)
def large_days(monkeypatch: pytest.MonkeyPatch) -> None:
    """No day is so small that it is observed at once."""
    monkeypatch.setattr("mixpanel_data.registry.looking.SMALL_DAY", 0)
    monkeypatch.setattr("mixpanel_data.registry.observing.parts.SMALL_DAY", 0)


def on(day: str, first: int, last: int, name: str = "Visit", **properties: Any) -> Iterator[PublishedEvent]:
    """Events of a day, one a minute from `first` on, up to `last`."""
    for number in range(first, last):
        yield PublishedEvent(name, f"{day} {number // 60:02}:{number % 60:02}:00", properties=properties)


@pytest.fixture
def known(world: RegistryWorld) -> RegistryWorld:
    """Visits of today, yesterday and an older day are observed."""
    world.bring(*on(TODAY, 0, 40), *on(YESTERDAY, 0, 40), *on(OLDER, 0, 40))
    world.update()
    return world


def counts(world: RegistryWorld) -> dict[str, int]:
    return {
        row["day"].isoformat(): row["events"] for row in world.table("event_observations") if row["type"] == "event"
    }


def test_the_growing_day_waits_for_six_hours(known: RegistryWorld) -> None:
    known.bring(*on(TODAY, 40, 80, color="red"))
    for _ in range(5):
        known.pass_time(hours=1)
        assert known.update().pending == 1
    assert counts(known)[TODAY] == 40
    known.pass_time(hours=1)
    assert known.update().pending == 0
    assert counts(known)[TODAY] == 80
    assert known.properties("Visit").keys() == {"color"}


def test_a_new_name_is_known_with_the_next_run(known: RegistryWorld) -> None:
    known.pass_time(hours=1)
    known.bring(*on(TODAY, 0, 1, "Signup", plan="free"))
    assert known.update().new_events == 1
    assert known.properties("Signup").keys() == {"plan"}


def test_a_day_that_is_over_is_observed_whole_by_the_first_run_of_the_next(known: RegistryWorld) -> None:
    known.bring(*on(TODAY, 40, 41))
    known.pass_time(hours=13)
    assert known.update().pending == 0
    assert counts(known)[TODAY] == 41


def test_an_older_day_with_few_changes_waits_until_it_is_twice_as_old(known: RegistryWorld) -> None:
    known.pass_time(days=1)
    known.bring(*on(OLDER, 40, 41))
    assert known.update().pending == 1
    known.pass_time(days=5)
    assert known.update().pending == 1
    known.pass_time(days=1)
    assert known.update().pending == 0
    known.assert_as_from_scratch()


def test_an_older_day_of_which_a_twentieth_changed_is_observed_in_the_next_night(known: RegistryWorld) -> None:
    known.bring(*on(OLDER, 40, 42))
    known.pass_time(hours=13)
    assert known.update().pending == 0
    assert counts(known)[OLDER] == 42


def test_a_run_with_nothing_to_do_asks_one_question_and_records_itself(known: RegistryWorld) -> None:
    known.pass_time(hours=1)
    steps = Steps()
    with known.opened() as warehouse:
        result = known.update(warehouse=MortalWarehouse(warehouse, steps))
    assert (result.events, result.read_until) == (1, known.clock())
    asked = [step for step in steps.passed if "look.sql" in step or "record_whole.sql" in step or "commit" in step]
    assert [step for step in steps.passed if step not in asked] == []


def test_who_changed_the_state_since_is_noticed(known: RegistryWorld) -> None:
    known.pass_time(hours=1)
    known.plan = {"events": {"Visit": {"description": "Somebody came."}}}
    known.update()
    assert known.events()["Visit"]["description"] == "Somebody came."
    known.pass_time(hours=1)
    known.update(at=OLDER)
    known.pass_time(hours=1)
    known.update()
    known.assert_as_from_scratch()
