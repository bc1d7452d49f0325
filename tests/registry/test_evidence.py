"""What the evidence of a change says: counts before and after, bad events, versions, and the first bad one."""

from typing import Any

import pytest

from support.engines import Engine
from support.fatal_steps import Steps
from support.given_days import days_before, each_day
from support.mortal_warehouse import MortalWarehouse
from support.registry_world import TODAY, RegistryWorld

pytestmark = pytest.mark.sequences

BEFORE = days_before(TODAY, 30, 6)
SINCE = days_before(TODAY, 5)
CHANGED = SINCE[0]


def by_version(number: int) -> dict[str, Any]:
    """Half of the events of each version, as texts with the new one only."""
    version = "2.9" if number % 2 else "2.10"
    return {"$lib_version": version, "mp_lib": "web", "amount": 5 if version == "2.9" else "5"}


def the_change(world: RegistryWorld, kind: str) -> dict[str, Any]:
    """The only change of a kind; its evidence beside it, in place of what it says it was before and after."""
    (row,) = world.changes(kind)
    return {**row, **row["evidence"], "said": (row["before"], row["after"])}


def test_a_type_that_came_with_a_version_has_that_version_as_its_first_bad_one(world: RegistryWorld) -> None:
    world.bring(
        *each_day(BEFORE, properties={"$lib_version": "2.9", "mp_lib": "web", "amount": 5}),
        *each_day(SINCE, properties=by_version),
    )
    world.update()
    change = the_change(world, "type_changed")
    assert (change["day"], change["property"], change["said"]) == (CHANGED, "amount", ("integer", "string|integer"))
    assert (change["first_bad"], change["version_property"]) == ("2.10", "$lib_version")
    assert change["versions"]["$lib_version"] == {"2.10": {"bad": 30, "good": 0}, "2.9": {"bad": 0, "good": 30}}
    assert change["versions"]["mp_lib"] == {"web": {"bad": 30, "good": 30}}


def test_counts_are_of_the_30_days_before_and_of_the_first_three_days(world: RegistryWorld) -> None:
    world.bring(
        *each_day(days_before(TODAY, 45, 6), properties={"amount": 5}),
        *each_day(SINCE, properties={"amount": None}),
    )
    world.update()
    change = the_change(world, "type_changed")
    assert change["before"] == {"events": 600, "integer": 600}
    assert change["after"] == {"events": 60, "null": 60}


def test_the_bad_events_with_the_least_ids_are_named(world: RegistryWorld) -> None:
    bad = list(each_day(SINCE, properties=lambda number: {"amount": "5" if number > 3 else 5}))
    world.bring(*each_day(BEFORE, properties={"amount": 5}), *bad)
    world.update()
    first_days = {day.isoformat() for day in SINCE[:3]}
    ids = sorted(e.event_id for e in bad if e.properties["amount"] == "5" and e.at[:10] in first_days)
    assert the_change(world, "type_changed")["event_ids"] == ids[:3]


def test_a_change_in_all_versions_has_no_first_bad_one(world: RegistryWorld) -> None:
    world.bring(
        *each_day(BEFORE, properties={"$lib_version": "1.0", "amount": 5}),
        *each_day(SINCE, properties=lambda number: {"$lib_version": f"1.{number % 2}", "amount": "5"}),
    )
    world.update()
    change = the_change(world, "type_changed")
    assert (change["first_bad"], change["version_property"]) == (None, None)
    assert change["versions"]["$lib_version"] == {"1.0": {"bad": 30, "good": 0}, "1.1": {"bad": 30, "good": 0}}


def test_events_that_lack_a_property_are_bad_where_it_became_sparse(world: RegistryWorld) -> None:
    def lacking(number: int) -> dict[str, Any]:
        return {"$app_version_string": "7.0"} if number % 2 else {"$app_version_string": "6.9", "plan": "free"}

    world.bring(
        *each_day(BEFORE, properties={"$app_version_string": "6.9", "plan": "free"}),
        *each_day(SINCE, properties=lacking),
    )
    world.update()
    change = the_change(world, "became_sparse")
    assert (change["day"], change["property"], change["first_bad"]) == (CHANGED, "plan", "7.0")
    assert len(change["event_ids"]) == 3


def test_values_that_are_new_are_bad_where_the_cardinality_exploded(world: RegistryWorld) -> None:
    def exploded(number: int) -> dict[str, Any]:
        return {"mp_lib": "ios", "plan": f"user {number}"} if number % 2 else {"mp_lib": "web", "plan": "free"}

    world.bring(
        *each_day(BEFORE, a_day=80, properties=lambda number: {"mp_lib": "web", "plan": ["free", "pro"][number % 2]}),
        *each_day(SINCE, a_day=80, properties=exploded),
    )
    world.update()
    change = the_change(world, "cardinality_exploded")
    assert (change["day"], change["property"], change["first_bad"]) == (CHANGED, "plan", "ios")


def test_numbers_are_known_by_their_values(world: RegistryWorld) -> None:
    known = [1e-7, 2**60]

    def exploded(number: int) -> dict[str, Any]:
        return (
            {"mp_lib": "ios", "size": number + 0.5} if number % 2 else {"mp_lib": "web", "size": known[number % 4 // 2]}
        )

    world.bring(
        *each_day(BEFORE, a_day=80, properties=lambda number: {"mp_lib": "web", "size": known[number % 2]}),
        *each_day(SINCE, a_day=80, properties=exploded),
    )
    world.update()
    assert the_change(world, "cardinality_exploded")["first_bad"] == "ios"


def test_a_number_beyond_doubles_has_a_type(world: RegistryWorld) -> None:
    world.bring(
        *each_day(BEFORE, properties={"items": [{"size": "S"}]}),
        *each_day(SINCE, properties={"items": [{"size": 10**400}]}),
    )
    world.update()
    assert the_change(world, "type_changed")["said"] == ("string", "integer")


def test_what_is_below_a_property_has_evidence_from_the_sample(world: RegistryWorld) -> None:
    def item(sku: object) -> dict[str, Any]:
        return {"items": [{"sku": sku}, {"sku": sku}]}

    world.bring(
        *each_day(BEFORE, properties=item("a")),
        *each_day(
            SINCE,
            properties=lambda number: {"mp_lib": "ios" if number % 2 else "web", **item(7 if number % 2 else "a")},
        ),
    )
    world.update()
    change = the_change(world, "type_changed")
    assert (change["day"], change["property"], change["path"]) == (CHANGED, "items", "[*].sku")
    assert change["first_bad"] == "ios"
    assert change["after"] == {"events": 60, "integer": 30, "string": 30}


@pytest.mark.parametrize("properties", [["$lib_version", "mp_lib"], ["build"], []])
def test_the_plan_says_which_properties_hold_versions(engine: Engine, properties: list[str]) -> None:
    def bad(number: int) -> dict[str, Any]:
        return {**by_version(number), "build": "b2" if number % 2 == 0 else "b1"}

    world = RegistryWorld(
        engine,
        *each_day(BEFORE, properties={"$lib_version": "2.9", "mp_lib": "web", "build": "b1", "amount": 5}),
        *each_day(SINCE, properties=bad),
        plan={"version_properties": properties},
    )
    world.update()
    change = the_change(world, "type_changed")
    assert list(change["versions"]) == sorted(properties)
    assert change["first_bad"] == {"$lib_version": "2.10", "build": "b2"}.get("".join(properties[:1]))


def test_other_version_properties_renew_the_evidence(world: RegistryWorld) -> None:
    world.bring(
        *each_day(BEFORE, properties={"$lib_version": "2.9", "mp_lib": "web", "amount": 5}),
        *each_day(SINCE, properties=by_version),
    )
    world.update()
    world.plan = {"version_properties": ["mp_lib"], "events": {"Visit": {}}}
    world.update()
    assert the_change(world, "type_changed")["versions"].keys() == {"mp_lib"}
    world.assert_as_from_scratch()


def test_for_a_new_description_no_event_is_looked_at(world: RegistryWorld) -> None:
    world.bring(*each_day(BEFORE, properties={"amount": 5}), *each_day(SINCE, properties={"amount": "5"}))
    world.update()
    schema = {"properties": {"amount": {"description": "What was paid."}}}
    world.plan = {"events": {"Visit": {"description": "Somebody came.", "owner": "web", "schema": schema}}}
    world.update()
    world.plan["events"]["Visit"]["description"] = "Somebody was here."
    steps = Steps()
    with world.opened() as warehouse:
        world.update(warehouse=MortalWarehouse(warehouse, steps))
    assert not [step for step in steps.passed if "registry/evidence" in step]
    assert world.events()["Visit"]["description"] == "Somebody was here."
    world.assert_as_from_scratch()


def test_late_events_of_the_first_days_renew_the_evidence(world: RegistryWorld) -> None:
    world.bring(*each_day(BEFORE, properties={"amount": 5}), *each_day(SINCE, properties={"amount": "5"}))
    world.update()
    late = list(each_day(SINCE[1:2], a_day=40, properties={"amount": "5"}))[20:]
    world.bring(*late)
    world.update_all()
    change = the_change(world, "type_changed")
    assert change["after"] == {"events": 80, "string": 80}
    world.assert_settled()


def test_events_that_are_replaced_by_others_of_the_same_counts_renew_the_evidence(world: RegistryWorld) -> None:
    world.bring(*each_day(BEFORE, properties={"amount": 5}), *each_day(SINCE, properties={"amount": "5"}))
    world.update()
    gone = the_change(world, "type_changed")["event_ids"][0]
    before = world.brought[gone]
    world.bring(type(before)(before.name, before.at, before.person, "zz", before.properties), gone=[gone])
    world.update_all()
    assert gone not in the_change(world, "type_changed")["event_ids"]
    world.assert_settled()


def test_the_days_after_a_change_are_added_as_they_are_judged(world: RegistryWorld) -> None:
    world.bring(*each_day(BEFORE, properties={"amount": 5}), *each_day(SINCE, properties={"amount": "5"}))
    for day in SINCE[2:]:
        world.update(at=day)
    world.update()
    assert the_change(world, "type_changed")["after"] == {"events": 60, "string": 60}
    world.assert_settled()
