"""What events break of a tracking plan: counted as jsonschema counts it, kept up to date, and nothing is blocked."""

from __future__ import annotations

from collections import Counter
from hashlib import sha256
from random import Random
from typing import Any

import pytest

from registry.planned_traffic import some_events, some_plan
from support.plan_oracle import Place, violations
from support.published_events import PublishedEvent, purchase, visit, with_changes
from support.registry_world import RegistryWorld
from support.stored_rows import as_sorted_text

pytestmark = pytest.mark.sequences


def counted(world: RegistryWorld) -> Counter[Place]:
    """Events by day, name, property, path and rule, over the rows that differ in what they expect."""
    counts: Counter[Place] = Counter()
    for row in world.table("schema_violations"):
        counts[row["day"], row["event_name"], row["property"], row["path"], row["rule"]] += row["events"]
    return counts


def found(world: RegistryWorld) -> dict[tuple[str, str | None, str, str], tuple[Any, int]]:
    """What is expected, and how many events break it, by event name, property, path and rule."""
    return {
        (row["event_name"], row["property"], row["path"], row["rule"]): (row["expected"], row["events"])
        for row in world.table("schema_violations")
    }


def hashed(number: int) -> str:
    return sha256(str(number).encode()).hexdigest()


def planned(**schema: Any) -> dict[str, Any]:
    """A plan for purchases that says nothing of other events' properties."""
    return {"events": {"Purchase": {"schema": schema}, "Visit": {}}}


# What breaks which rule


@pytest.mark.both_engines
def test_each_rule_says_what_it_expects(world: RegistryWorld) -> None:
    world.plan = {
        "naming": {"events": "Title Case", "properties": "snake_case"},
        "context": {"required": ["$os"]},
        "events": {
            "Purchase": {
                "schema": {
                    "properties": {
                        "amount": {"type": ["number", "null"], "minimum": 0},
                        "plan": {"enum": ["free", "pro"]},
                        "currency": {"const": "EUR", "maxLength": 3},
                        "code": {"pattern": "^[A-Z]", "format": "uuid"},
                        "coupon": {"deprecated": True},
                    },
                    "required": ["amount"],
                    "additionalProperties": False,
                }
            },
            "Old": {"status": "deprecated"},
            "Bad": {"status": "blocked"},
        },
    }
    own: dict[str, Any] = {"amount": 1, "plan": "free", "currency": "EUR", "$os": "iOS", "mp_lib": "web", "time": 1}
    world.bring(
        purchase(mark="fine", **own),
        purchase(mark="wrong", **{**own, "amount": "1", "plan": "Free", "currency": "euros", "code": "x"}),
        purchase(mark="less", **{**own, "amount": -1, "coupon": None, "utmTerm": "x"}),
        purchase(mark="lacking"),
        PublishedEvent("Old", properties={"$os": ""}),
        PublishedEvent("Bad", properties={"$os": None}),
        PublishedEvent("signed_up", properties={"$os": ""}),
    )
    world.update()
    assert found(world) == {
        ("Purchase", "amount", "", "type"): ("number|null", 1),
        ("Purchase", "amount", "", "range"): ("minimum 0", 1),
        ("Purchase", "amount", "", "required"): (None, 1),
        ("Purchase", "plan", "", "enum"): ('["free", "pro"]', 1),
        ("Purchase", "currency", "", "enum"): ('"EUR"', 1),
        ("Purchase", "currency", "", "length"): ("maxLength 3", 1),
        ("Purchase", "code", "", "pattern"): ("^[A-Z]", 1),
        ("Purchase", "code", "", "format"): ("uuid", 1),
        ("Purchase", "coupon", "", "deprecated"): (None, 1),
        ("Purchase", "utmTerm", "", "naming"): ("snake_case", 1),
        ("Purchase", "utmTerm", "", "unknown_property"): (None, 1),
        ("Purchase", "$os", "", "required"): (None, 1),
        ("Old", None, "", "deprecated"): (None, 1),
        ("Bad", None, "", "blocked"): (None, 1),
        ("signed_up", None, "", "unknown_event"): (None, 1),
        ("signed_up", None, "", "naming"): ("Title Case", 1),
    }


@pytest.mark.parametrize("seed", range(12))
def test_violations_are_those_that_jsonschema_finds(world: RegistryWorld, seed: int) -> None:
    random = Random(seed)
    world.plan = some_plan(random)
    events = some_events(random, 300)
    world.bring(*events)
    world.update()
    assert counted(world) == violations(events, world.plan)


def test_a_null_in_an_array_has_a_type(world: RegistryWorld) -> None:
    def items(schema: dict[str, Any], depth: int = 1) -> dict[str, Any]:
        return schema if depth == 0 else {"items": items(schema, depth - 1)}

    text, nothing = {"type": "string"}, {"type": "null"}
    world.plan = planned(properties={"tags": items(text), "rows": items(text, 2), "deep": items(nothing, 3)})
    world.bring(
        purchase(mark="a", tags=[None], rows=[[None]], deep=[[[None]]]),
        purchase(mark="b", tags=["x", None], rows=[["x"], None, [None, None]], deep=[[None], [[None, 1]]]),
        purchase(mark="c", tags=["x"], rows=[[], None], deep=[None]),
        purchase(mark="d", tags=None, rows=None, deep=None),
        purchase(mark="e"),
    )
    world.update()
    assert found(world) == {
        ("Purchase", "tags", "[*]", "type"): ("string", 2),
        ("Purchase", "rows", "[*][*]", "type"): ("string", 2),
        ("Purchase", "deep", "[*][*][*]", "type"): ("null", 1),
    }


def test_only_the_sample_is_looked_at_below_a_property(world: RegistryWorld) -> None:
    items = {"type": "array", "items": {"required": ["sku"], "properties": {"sku": {"type": "string"}}}}
    world.plan = planned(properties={"items": items})
    world.bring(*(purchase(mark=hashed(number), items=[{"sku": 1}, {"sku": 2}, {}]) for number in range(1_000)))
    world.bring(purchase(mark=hashed(1_000), items=1))
    world.update()
    rows = {(row["path"], row["rule"]): row for row in world.table("schema_violations")}
    assert rows.keys() == {("[*].sku", "type"), ("[*].sku", "required"), ("", "type")}
    assert (rows["", "type"]["events"], rows["", "type"]["is_sampled"]) == (1, False)
    for rule in ("type", "required"):
        row = rows["[*].sku", rule]
        # An event counts once, however many items break a rule.
        assert row["is_sampled"]
        assert 100 < row["events"] < 400


def test_a_planned_property_is_counted_among_too_many_others(world: RegistryWorld) -> None:
    """The registry keeps the 500 properties of a day and name that most events have."""
    world.plan = planned(properties={"zz": {"type": "string"}}, required=["zz"])
    crowd: dict[str, Any] = {f"key{number}": number for number in range(600)}
    world.bring(purchase(mark="a", zz=1, **crowd), purchase(mark="b", **crowd), purchase(mark="c", zz="", **crowd))
    world.update()
    assert found(world) == {
        ("Purchase", "zz", "", "type"): ("string", 1),
        ("Purchase", "zz", "", "required"): (None, 1),
    }


@pytest.mark.both_engines
def test_names_are_checked_among_too_many_others(world: RegistryWorld) -> None:
    """The names of the properties that are not kept are checked, in events that are sampled and in others."""
    world.plan = {
        "naming": {"properties": "snake_case"},
        "events": {"Purchase": {"schema": {"additionalProperties": False, "properties": {"known": {}}}}},
    }
    crowd: dict[str, Any] = {"$os": "iOS", "known": 1, "utm_id": "x"} | {f"key{number}": "" for number in range(600)}
    world.bring(*(purchase(mark=hashed(number), **crowd) for number in range(2)), purchase(mark="c", **crowd, aB=1))
    world.bring(*(visit(mark=hashed(number + 2), **crowd) for number in range(2)), visit(mark="d", **crowd, aB=1))
    world.update()
    places = found(world)
    unknown = {name: places.pop(("Purchase", name, "", "unknown_property")) for name in crowd if name.startswith("key")}
    assert set(unknown.values()) == {(None, 3)}
    assert places == {
        ("Purchase", "aB", "", "unknown_property"): (None, 1),
        ("Purchase", "aB", "", "naming"): ("snake_case", 1),
        ("Visit", "aB", "", "naming"): ("snake_case", 1),
        ("Visit", None, "", "unknown_event"): (None, 3),
    }


# What a row tells


def test_a_violation_names_its_times_examples_and_versions(world: RegistryWorld) -> None:
    world.plan = {**planned(properties={"amount": {"type": "number"}}), "version_properties": ["app", "mp_lib"]}
    for number, app in enumerate(["4.1", "4.1", "4.2", 5, None]):
        at = f"2040-03-10 11:0{number}:00"
        world.bring(purchase(at=at, mark=f"m{9 - number}", amount="1", app=app, mp_lib="web"))
    world.bring(purchase(at="2040-03-10 10:00:00", mark="m0", amount=1, app="4.0", mp_lib="web"))
    world.update()
    (row,) = world.table("schema_violations")
    assert (row["first_seen"].minute, row["last_seen"].minute) == (0, 4)
    assert row["examples"] == ["m5", "m6", "m7"]
    assert row["versions"] == {"app": {"4.1": 2, "4.2": 1, "5": 1}, "mp_lib": {"web": 5}}


# What stays up to date


def test_a_changed_entry_is_counted_again_over_all_history(world: RegistryWorld) -> None:
    world.plan = planned(properties={"amount": {"type": "number"}})
    world.bring(*(purchase(at=f"2040-0{month}-01 10:00:00", amount="1", plan="pro") for month in (1, 2, 3)))
    world.bring(visit(at="2040-01-01 10:00:00"))
    world.update_all()
    assert len(world.table("schema_violations")) == 3
    world.plan = planned(properties={"amount": {"type": "string"}, "plan": {"const": "free"}})
    world.update()
    assert {row["rule"] for row in world.table("schema_violations")} == {"enum"}
    assert len(world.table("schema_violations")) == 3
    world.assert_settled()


def test_a_new_description_changes_no_violation(world: RegistryWorld) -> None:
    world.plan = planned(properties={"amount": {"type": "number"}})
    world.bring(purchase(amount="1"))
    world.update_all()
    before = as_sorted_text(world.table("registry_plan_entries"))
    world.plan["events"]["Purchase"] |= {"description": "Paid.", "owner": "shop"}
    world.update()
    assert as_sorted_text(world.table("registry_plan_entries")) == before


def test_a_naming_rule_concerns_all_history(world: RegistryWorld) -> None:
    world.plan = {}
    world.bring(purchase(at="2040-01-01 10:00:00", Amount=1), visit(page="x"))
    world.update_all()
    assert world.table("schema_violations") == []
    world.plan = {"naming": {"properties": "snake_case"}}
    world.update()
    assert found(world) == {("Purchase", "Amount", "", "naming"): ("snake_case", 1)}


def test_without_a_plan_there_are_no_violations(world: RegistryWorld) -> None:
    world.plan = planned(properties={"amount": {"type": "number"}})
    world.bring(*(purchase(at=f"2040-0{month}-01 10:00:00", amount="1") for month in (1, 2, 3)))
    world.update_all()
    assert len(world.table("schema_violations")) == 3
    world.plan = None
    world.update()
    assert world.table("schema_violations") == []
    assert world.table("registry_plan_entries") == []


def test_a_late_event_changes_the_violations_of_its_day_alone(world: RegistryWorld) -> None:
    world.plan = planned(properties={"amount": {"type": "number"}})
    world.bring(
        purchase(at="2040-03-14 10:00:00", mark="a", amount="1"), purchase(at="2040-03-15 10:00:00", amount="1")
    )
    world.update()
    world.bring(purchase(at="2040-03-14 12:00:00", mark="b", amount="2"))
    world.update()
    assert sorted((row["day"].day, row["events"]) for row in world.table("schema_violations")) == [(14, 2), (15, 1)]
    world.bring(with_changes(world.brought["a"], properties={"amount": 1}), gone=["b"])
    world.update()
    assert [row["day"].day for row in world.table("schema_violations")] == [15]
    world.assert_settled()
