"""A tracking plan drafted from what was observed: what it says, and that nothing breaks it but likely typos."""

from __future__ import annotations

import json
from hashlib import sha256
from random import Random
from typing import Any

import pytest

from mixpanel_data.base.redaction import Redactor
from mixpanel_data.configuration.base import parsed
from mixpanel_data.configuration.tracking_plan import TrackingPlan
from mixpanel_data.registry.drafting import Draft, draft
from registry.planned_traffic import some_events
from support.plan_oracle import violations
from support.published_events import PublishedEvent, purchase, visit
from support.registry_world import RegistryWorld, day_before

pytestmark = pytest.mark.sequences


def drafted(world: RegistryWorld) -> Draft:
    with world.opened() as warehouse:
        return draft(warehouse, Redactor())


def properties(world: RegistryWorld, event_name: str = "Purchase") -> dict[str, Any]:
    found: dict[str, Any] = drafted(world).plan["events"][event_name]["schema"]["properties"]
    return found


def with_typo(typo: str) -> list[PublishedEvent]:
    """An event on each of the last 60 days, whose name was misspelled twice a month ago."""
    days = [("Sign Up", day) for day in range(60)] + [(typo, day) for day in (30, 31)]
    own = {"plan": "free", "source": "web"}
    return [PublishedEvent(name, f"{day_before(day)} 10:00:00", properties=own) for name, day in days]


def test_a_draft_says_what_was_observed(world: RegistryWorld) -> None:
    for number in range(40):
        shown: dict[str, Any] = {
            "plan_name": ["free", "pro"][number % 2],
            "amount": number / 4,
            "is_gift": number % 3 == 0,
        }
        coupon: dict[str, Any] = {"coupon": None if number % 2 else f"c{number}"} if number else {}
        world.bring(purchase(mark=f"m{number}", **shown, **coupon, **{"$os": "iOS", "mp_lib": "web"}))
    world.update_all()
    plan = drafted(world).plan
    assert plan["naming"] == {"events": "Title Case", "properties": "snake_case"}
    schema = plan["events"]["Purchase"]["schema"]
    assert schema["properties"] == {
        "plan_name": {"type": "string", "enum": ["free", "pro"]},
        "amount": {"type": "number"},
        "is_gift": {"type": "boolean"},
        "coupon": {"type": ["null", "string"]},
    }
    assert sorted(schema["required"]) == ["amount", "is_gift", "plan_name"]


def test_a_draft_has_an_enum_only_where_every_value_was_looked_at(world: RegistryWorld) -> None:
    world.bring(*(purchase(mark=sha256(str(number).encode()).hexdigest(), plan="free") for number in range(1_000)))
    world.bring(
        *(visit(mark=f"v{number}", plan=plan) for number, plan in enumerate(["free", "pro", "pro", "free"])),
        visit(mark="v4"),
    )
    world.update_all()
    assert properties(world, "Purchase")["plan"] == {"type": "string"}
    assert properties(world, "Visit")["plan"] == {"type": "string", "enum": ["free", "pro"]}


def test_names_of_no_one_convention_lead_to_no_naming_rule(world: RegistryWorld) -> None:
    # `page` is snake_case and camelCase.
    world.bring(visit(page="x"), PublishedEvent("signed up", properties={"page": 1}))
    world.update_all()
    assert "naming" not in drafted(world).plan


def test_a_draft_lists_likely_typos_apart(world: RegistryWorld) -> None:
    world.bring(*with_typo("Sing Up"))
    world.update_all()
    found = drafted(world)
    assert [(typo.event_name, typo.similar_to, typo.events) for typo in found.likely_typos] == [
        ("Sing Up", "Sign Up", 2)
    ]
    assert list(found.plan["events"]) == ["Sign Up"]


def test_personal_names_of_events_count_for_the_naming_rule(world: RegistryWorld) -> None:
    world.bring(purchase(), PublishedEvent("mail to ann@example.com"), PublishedEvent("$identify"))
    world.update_all()
    plan = drafted(world).plan
    assert list(plan["events"]) == ["$identify", "Purchase"]
    assert "naming" not in plan


def test_a_draft_shows_nothing_personal(world: RegistryWorld) -> None:
    world.bring(
        *(purchase(mark=str(number), who=["ann@example.com", "bob@example.com"][number % 2]) for number in range(8))
    )
    world.bring(PublishedEvent("Mail to ann@example.com"))
    world.update_all()
    assert "@" not in json.dumps(drafted(world).plan)


@pytest.mark.parametrize("seed", range(4))
def test_no_event_breaks_a_plan_drafted_from_it(world: RegistryWorld, seed: int) -> None:
    events = some_events(Random(seed), 400)
    world.bring(*events)
    world.update_all()
    plan = json.loads(json.dumps(drafted(world).plan))
    assert violations(events, plan) == {}
    parsed(TrackingPlan, json.dumps(plan), "the draft")
    world.plan = plan
    world.update()
    assert world.table("schema_violations") == []


def test_only_likely_typos_break_a_drafted_plan(world: RegistryWorld) -> None:
    world.bring(*with_typo("sign_up"))
    world.update_all()
    world.plan = json.loads(json.dumps(drafted(world).plan))
    world.update()
    broken = {(row["event_name"], row["rule"]) for row in world.table("schema_violations")}
    assert {name for name, _ in broken} == {"sign_up"}
