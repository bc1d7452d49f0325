"""Which days and event names a run observes, and which it leaves for the night."""

from collections import Counter
from datetime import date

import pytest

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import DeadlineError
from mixpanel_data.warehouse.base import Row
from mixpanel_data.warehouse.statements import Statement
from support.fatal_steps import Steps
from support.mortal_warehouse import MortalWarehouse
from support.published_events import PublishedEvent
from support.registry_world import RegistryWorld, day_before

pytestmark = pytest.mark.sequences

TODAY, YESTERDAY, OLDER = (day_before(days) for days in (0, 1, 5))


MARK = Statement(
    "mark",
    "INSERT INTO registry_unjudged (event_name, day, marked_at)"
    " SELECT 'Visit', @day, TIMESTAMP '2040-03-15 00:00:00+00'",
    {"day": "DATE"},
)


def on(day: str, name: str = "Visit", hour: int = 1, **properties: object) -> PublishedEvent:
    return PublishedEvent(name, f"{day} {hour:02}:00:00", properties=properties)


def counted(world: RegistryWorld) -> dict[tuple[str, str], int]:
    """The number of observed events by day and name."""
    rows = [row for row in world.table("event_observations") if row["type"] == "event"]
    return {(row["day"].isoformat(), row["event_name"]): row["events"] for row in rows}


def marked(world: RegistryWorld) -> set[tuple[str, str]]:
    return {(row["day"].isoformat(), row["event_name"]) for row in world.table("registry_pending")}


def parts(world: RegistryWorld) -> list[Row]:
    """The parts of the registry's runs that observed something."""
    rows = [row for row in world.table("job_runs") if row["job"] == "registry-updater" and row["part"] > 0]
    return [row for row in rows if (row["figures"] or {}).get("units")]


@pytest.mark.both_engines
def test_the_first_run_observes_all_days(world: RegistryWorld) -> None:
    world.bring(on(TODAY), on(YESTERDAY), on(OLDER))
    assert world.update().pending == 0
    assert counted(world) == {(TODAY, "Visit"): 1, (YESTERDAY, "Visit"): 1, (OLDER, "Visit"): 1}


def test_a_later_run_of_the_day_takes_today_and_yesterday_and_the_first_of_the_next_day_the_rest(
    world: RegistryWorld,
) -> None:
    world.bring(on(TODAY), on(YESTERDAY), on(OLDER))
    world.update()
    world.bring(*(on(day, hour=2) for day in (TODAY, YESTERDAY, OLDER)))
    assert world.update().pending == 1
    assert marked(world) == {(OLDER, "Visit")}
    assert counted(world) == {(TODAY, "Visit"): 2, (YESTERDAY, "Visit"): 2, (OLDER, "Visit"): 1}
    world.pass_time(hours=13)
    assert world.update().pending == 0
    assert counted(world)[OLDER, "Visit"] == 2


def test_a_full_run_observes_everything_at_once(world: RegistryWorld) -> None:
    world.bring(on(TODAY), on(OLDER))
    world.update()
    world.bring(on(OLDER, hour=2))
    assert world.update(full=True).pending == 0
    assert counted(world)[OLDER, "Visit"] == 2
    assert {row["figures"]["units"] for row in parts(world)} == {2}


def test_only_the_names_whose_events_changed_are_observed_again(world: RegistryWorld) -> None:
    world.bring(on(TODAY), on(TODAY, "Purchase"))
    world.update()
    world.pass_time(hours=1)
    world.bring(on(TODAY, "Purchase", hour=2))
    world.update()
    assert [row["figures"]["units"] for row in sorted(parts(world), key=lambda row: row["started_at"])] == [2, 1]


def test_a_changed_entry_of_the_plan_has_its_event_counted_again_on_all_days(world: RegistryWorld) -> None:
    world.plan = {"events": {"Visit": {"description": "Somebody came."}}}
    world.bring(on(TODAY), on(OLDER), on(OLDER, "Purchase"))
    world.update()
    before = len(parts(world))
    schema = {"properties": {"plan": {"type": "string"}}, "required": ["plan"]}
    world.plan = {"events": {"Visit": {"description": "Somebody came.", "schema": schema}}}
    assert world.update().pending == 0
    assert [row["figures"]["units"] for row in parts(world)][before:] == [2]
    assert {row["day"].isoformat() for row in world.table("schema_violations") if row["rule"] == "required"} == {
        TODAY,
        OLDER,
    }


def test_a_run_that_died_after_it_marked_leaves_its_marks_to_the_next(world: RegistryWorld) -> None:
    world.bring(on(TODAY), on(OLDER))
    world.update()
    with pytest.raises(DeadlineError):
        world.update(full=True, deadline=Deadline.after(0.0))
    assert marked(world) == {(TODAY, "Visit"), (OLDER, "Visit")}
    assert world.update().pending == 0
    world.assert_settled()


def test_a_part_runs_no_statement_that_changes_nothing(world: RegistryWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """On BigQuery it would conflict with others all the same, and cost."""
    monkeypatch.setattr("mixpanel_data.registry.observing.parts._MOST_UNITS", 1)
    world.bring(on(TODAY), on(YESTERDAY))
    world.update()
    world.transact([MARK], day=date.fromisoformat(TODAY))
    world.bring(on(TODAY, hour=2), on(YESTERDAY, hour=2))
    steps = Steps()
    with world.opened() as warehouse:
        world.update(warehouse=MortalWarehouse(warehouse, steps))
    published = Counter(step.rpartition("/")[2] for step in steps.passed if step.startswith("publish, before"))
    assert (published["insert_observations.sql"], published["delete_pending.sql"]) == (2, 2)
    assert (published["insert_unjudged.sql"], published["reopen_judgement.sql"]) == (1, 1)
    world.assert_settled()


def test_a_mark_stands_once(world: RegistryWorld) -> None:
    world.bring(on(TODAY), on(OLDER))
    world.update()
    for hour in (2, 3):
        world.bring(on(OLDER, hour=hour))
        world.update()
    assert [row["day"].isoformat() for row in world.table("registry_pending")] == [OLDER]
