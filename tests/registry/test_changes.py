"""Changes are recorded once, retracted when they no longer follow, and restored when they follow again."""

from datetime import timedelta
from typing import Any

import pytest

from support.engines import Engine
from support.given_days import days_before, each_day
from support.registry_world import TODAY, RegistryWorld

pytestmark = pytest.mark.sequences

BEFORE = days_before(TODAY, 40, 11)
SINCE = days_before(TODAY, 10)
CHANGED = SINCE[0]


def said(row: dict[str, Any]) -> tuple[object, ...]:
    return row["day"], row["kind"], row["event_name"], row["property"], row["before"], row["after"], row["is_breaking"]


def all_said(world: RegistryWorld) -> list[tuple[object, ...]]:
    return [said(dict(row)) for row in world.changes()]


def test_the_first_week_of_a_history_has_no_changes(world: RegistryWorld) -> None:
    world.bring(*each_day(days_before(TODAY, 7), properties={"plan": "free"}))
    result = world.update()
    assert (result.events, result.properties, list(result.changes), world.table("schema_changes")) == (1, 1, [], [])


def test_changes_are_recorded_on_their_day(world: RegistryWorld) -> None:
    world.bring(
        *each_day(BEFORE, properties={"amount": 5, "plan": "free"}),
        *each_day(SINCE, properties={"amount": "5", "coupon": "x"}),
        *each_day(SINCE, "Signup"),
    )
    result = world.update()
    assert all_said(world) == [
        (CHANGED, "new_event", "Signup", None, None, "Signup", False),
        (CHANGED, "type_changed", "Visit", "amount", "integer", "string", True),
        (CHANGED, "new_property", "Visit", "coupon", None, "string", False),
        (CHANGED, "became_sparse", "Visit", "plan", "always", "never", True),
    ]
    assert (result.new_events, result.new_properties, result.retracted) == (2, 3, 0)
    assert [change["kind"] for change in result.changes] == [
        "new_event",
        "type_changed",
        "new_property",
        "became_sparse",
    ]


def test_a_run_tells_only_of_the_changes_that_it_found(world: RegistryWorld) -> None:
    world.bring(*each_day(BEFORE), *each_day(SINCE, "Signup"))
    first = world.update()
    (before,) = world.changes()
    world.pass_time(hours=1)
    world.bring(*each_day([TODAY.date()]))
    assert (len(first.changes), len(world.update().changes)) == (1, 0)
    (after,) = world.changes()
    assert (after["detected_at"], after["run_id"]) == (before["detected_at"], before["run_id"])


def test_a_change_that_late_events_disprove_is_retracted_and_stays(world: RegistryWorld) -> None:
    world.bring(*each_day(BEFORE[9:]), *each_day(SINCE, "Signup"))
    world.update()
    (found,) = world.changes("new_event")
    late = list(each_day(BEFORE[9:], "Signup"))
    world.bring(*late)
    world.pass_time(days=1)
    result = world.update()
    (retracted,) = world.changes(retracted=True)
    assert (world.changes(), result.retracted) == ([], 1)
    assert (retracted["change_id"], retracted["retracted_at"]) == (found["change_id"], world.clock())
    world.assert_settled()


def test_a_change_that_follows_again_is_restored_as_it_was_found(world: RegistryWorld) -> None:
    world.bring(*each_day(BEFORE[9:]), *each_day(SINCE, "Signup"))
    world.update()
    (found,) = world.changes()
    late = list(each_day(BEFORE[9:], "Signup"))
    world.bring(*late)
    world.pass_time(days=1)
    world.update()
    world.bring(gone=[event.event_id for event in late])
    world.pass_time(days=1)
    result = world.update()
    assert world.changes() == [found]
    assert (world.changes(retracted=True), list(result.changes), result.retracted) == ([], [], 0)
    world.assert_settled()


def test_changes_of_an_event_that_is_gone_are_retracted(world: RegistryWorld) -> None:
    world.bring(*each_day(BEFORE), *each_day(SINCE, "Signup"))
    world.update()
    world.bring(gone=[key for key, event in world.brought.items() if event.name == "Signup"])
    world.update_all()
    assert (world.changes(), len(world.changes(retracted=True))) == ([], 1)
    assert list(world.events()) == ["Visit"]
    world.assert_settled()


def test_judging_as_of_an_earlier_day_takes_later_changes_back(world: RegistryWorld) -> None:
    world.bring(*each_day(BEFORE), *each_day(SINCE, "Signup"))
    world.update()
    world.update(at=CHANGED - timedelta(days=1))
    assert (world.changes(), list(world.events())) == ([], ["Visit"])
    world.update()
    assert len(world.changes("new_event")) == 1
    world.assert_settled()


def test_a_day_after_today_is_refused(world: RegistryWorld) -> None:
    from mixpanel_data.base.errors import RequestError

    with pytest.raises(RequestError, match=r"at \(2040-03-16\) is after today \(2040-03-15, UTC\)"):
        world.update(at="2040-03-16")
    assert world.table("job_runs") == []


def test_a_type_that_changes_is_told_with_its_path(engine: Engine) -> None:
    world = RegistryWorld(
        engine,
        *each_day(BEFORE, a_day=10, properties={"amount": 5, "tags": ["a"]}),
        *each_day(SINCE, a_day=10, properties={"amount": "5", "tags": [1]}),
        *each_day(SINCE, "Signup", a_day=5),
    )
    world.update()
    assert [(row["kind"], row["path"]) for row in world.changes()] == [
        ("new_event", ""),
        ("type_changed", ""),
        ("type_changed", "[*]"),
    ]
    world.assert_settled()
