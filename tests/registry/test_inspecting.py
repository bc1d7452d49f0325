"""Events are shown as they are stored, redacted, with what breaks the tracking plan; rejected lines are shown too."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from mixpanel_data.base.errors import NotFoundError
from mixpanel_data.base.redaction import REDACTED, Redactor
from mixpanel_data.registry.inspecting import Inspector, rejected
from support.published_events import PublishedEvent, purchase, visit
from support.registry_rows import add
from support.registry_world import RegistryWorld

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from mixpanel_data.registry.inspecting import Payload
    from mixpanel_data.warehouse.base import Warehouse
    from support.engines import Engine

ANN = "ann@example.com"


class Enough(Exception):  # noqa: N818 - it is no error
    """Nobody looks on any more."""


def inspector(world: RegistryWorld, warehouse: Warehouse, name: str = "Purchase") -> Inspector:
    return Inspector(warehouse, name, world.tracking_plan(), Redactor(), world.clock())


def newest(world: RegistryWorld, name: str = "Purchase", most: int = 5) -> list[Payload]:
    with world.opened() as warehouse:
        return list(inspector(world, warehouse, name).newest(most))


def broken(world: RegistryWorld, name: str = "Purchase") -> list[tuple[str, str]]:
    """The rules that the newest event breaks, each with its property and path."""
    (payload,) = newest(world, name, most=1)
    return sorted((each["rule"], f"{each['property'] or ''}{each['path']}") for each in payload.violations)


# The newest


def test_the_newest_events_come_first(world: RegistryWorld) -> None:
    world.bring(
        purchase("a", "2040-03-10 10:00:01", amount=1),
        purchase("b", "2040-03-10 10:00:03", amount=2),
        purchase("c", "2040-03-09 10:00:00", amount=3),
        visit("d", "2040-03-11 10:00:00"),
    )
    assert [payload.properties["amount"] for payload in newest(world)] == [2, 1, 3]
    assert [payload.properties["amount"] for payload in newest(world, most=1)] == [2]


@pytest.mark.parametrize("at", ["2004-01-01 00:00:00", "2040-01-20 00:00:00", "2041-01-01 00:00:00"])
def test_an_event_is_found_however_long_ago_it_was(world: RegistryWorld, at: str) -> None:
    world.bring(purchase("a", at, amount=1))
    assert len(newest(world)) == 1


def test_an_event_that_never_was_is_not_found(world: RegistryWorld) -> None:
    world.bring(visit("a"))
    with pytest.raises(NotFoundError, match=r"no event 'Purchase'.*mp registry events"):
        newest(world)


def test_a_payload_is_redacted(world: RegistryWorld) -> None:
    world.bring(purchase(ANN, note=f"ask {ANN}", email="x", deep={"first_name": "Ann", ANN: 1}, amount=2))
    (payload,) = newest(world)
    assert payload.distinct_id == REDACTED
    assert payload.properties == {
        "amount": 2,
        "deep": {"first_name": REDACTED, REDACTED: 1},
        "email": REDACTED,
        "note": f"ask {REDACTED}",
    }


# What breaks the plan

SCHEMA = {
    "properties": {
        "amount": {"type": "number", "minimum": 0, "exclusiveMaximum": 100},
        "plan": {"enum": ["free", 1, None]},
        "code": {"type": ["string", "null"], "minLength": 2, "maxLength": 3, "pattern": "^[[:upper:]]"},
        "day": {"format": "date"},
        "old": {"deprecated": True},
        "kind": {"const": True},
        "cart": {
            "type": "array",
            "items": {"type": "object", "required": ["sku"], "properties": {"sku": {"type": "string"}}},
        },
        "a.b": {"type": "object", "properties": {"c d": {"type": "integer"}}},
    },
    "required": ["amount"],
    "additionalProperties": False,
}
PLAN = {"naming": {"properties": "snake_case"}, "events": {"Purchase": {"schema": SCHEMA}}}


@pytest.mark.parametrize(
    "properties",
    [
        {"amount": 0, "plan": "free", "code": "AB", "day": "2024-02-29", "kind": True},
        {"amount": 99.5, "plan": 1.0, "code": None, "cart": [{"sku": "x"}, {"sku": "y", "z": 1}]},
        {"amount": 5, "plan": None, "code": "Ünd"[1:].title(), "a.b": {"c d": 2.0}, "$Os": "x", "mp_Lib": "y"},
        {"amount": 5, "day": 7, "cart": []},
    ],
)
def test_an_event_that_keeps_to_the_plan_has_no_mark(world: RegistryWorld, properties: Mapping[str, Any]) -> None:
    world.plan = {**PLAN, "naming": {}}
    world.bring(PublishedEvent("Purchase", properties=properties))
    assert broken(world) == []


@pytest.mark.parametrize(
    ("properties", "rules"),
    [
        ({}, [("required", "amount")]),
        ({"amount": "5"}, [("type", "amount")]),
        ({"amount": True}, [("type", "amount")]),
        ({"amount": None}, [("type", "amount")]),
        ({"amount": -0.5}, [("range", "amount")]),
        ({"amount": 100}, [("range", "amount")]),
        ({"amount": 1, "plan": "pro"}, [("enum", "plan")]),
        ({"amount": 1, "plan": True}, [("enum", "plan")]),
        ({"amount": 1, "plan": ["free"]}, [("enum", "plan")]),
        ({"amount": 1, "kind": 1}, [("enum", "kind")]),
        ({"amount": 1, "code": "A"}, [("length", "code")]),
        ({"amount": 1, "code": "ABCD"}, [("length", "code")]),
        ({"amount": 1, "code": "ab"}, [("pattern", "code")]),
        ({"amount": 1, "code": 5}, [("type", "code")]),
        ({"amount": 1, "day": "2023-02-29"}, [("format", "day")]),
        ({"amount": 1, "old": None}, [("deprecated", "old")]),
        ({"amount": 1, "Extra": 1}, [("naming", "Extra"), ("unknown_property", "Extra")]),
        ({"amount": 1, "cart": {}}, [("type", "cart")]),
        ({"amount": 1, "cart": [{}, {"sku": 1}, {"sku": 2}, 3]}, [
            ("required", "cart[*].sku"), ("type", "cart[*]"), ("type", "cart[*].sku"),
        ]),
        ({"amount": 1, "a.b": {"c d": 1.5}}, [("naming", "a.b"), ("type", "a.b['c d']")]),
    ],
)  # fmt: skip
def test_what_breaks_the_plan_is_marked(
    world: RegistryWorld, properties: Mapping[str, Any], rules: list[tuple[str, str]]
) -> None:
    world.plan = PLAN
    world.bring(PublishedEvent("Purchase", properties=properties))
    assert broken(world) == rules


@pytest.mark.parametrize("huge", [10**400, -(10**400)])
def test_a_number_beyond_doubles_breaks_what_the_registry_counts(world: RegistryWorld, huge: int) -> None:
    numbers = {"type": "integer", "maximum": 5}
    schema = {"properties": {"amount": numbers, "of": {"enum": [1]}, "all": {"items": {"type": "string"}}}}
    world.plan = {"events": {"Purchase": {"schema": schema}}}
    world.bring(purchase(amount=huge, of=huge, all=[huge]))
    ranges = [("range", "amount")] if huge > 0 else []
    assert broken(world) == [("enum", "of"), *ranges, ("type", "all[*]")]
    world.update()
    rows = world.table("schema_violations")
    assert sorted((row["rule"], f"{row['property']}{row['path']}") for row in rows) == broken(world)


def test_an_event_itself_can_break_the_plan(world: RegistryWorld) -> None:
    world.bring(purchase(), visit(), PublishedEvent("$old"))
    world.plan = {
        "naming": {"events": "snake_case"},
        "context": {"required": ["$os"]},
        "events": {"Purchase": {"status": "blocked"}, "$old": {"status": "deprecated"}},
    }
    assert broken(world) == [("blocked", ""), ("naming", ""), ("required", "$os")]
    assert broken(world, "Visit") == [("naming", ""), ("required", "$os"), ("unknown_event", "")]
    assert broken(world, "$old") == [("deprecated", ""), ("required", "$os")]


def test_without_a_plan_nothing_is_broken(world: RegistryWorld) -> None:
    world.bring(purchase(anything=[{}]))
    assert broken(world) == []


def test_the_marks_are_those_of_the_registry(world: RegistryWorld) -> None:
    world.plan = PLAN
    properties = {"plan": "pro", "code": "a", "day": "x", "old": 1, "Extra": 1, "cart": [{}], "a.b": {"c d": "1"}}
    world.bring(PublishedEvent("Purchase", properties=properties))
    world.update(full=True)
    stored = world.table("schema_violations")
    assert broken(world) == sorted((row["rule"], f"{row['property'] or ''}{row['path']}") for row in stored)
    (payload,) = newest(world)
    assert {each["expected"] for each in payload.violations} == {row["expected"] for row in stored}


# Those that arrive


def looks(*happenings: Callable[[], None]) -> Callable[[], None]:
    """Waits in which something happens, each time the next; after them, nobody looks on."""
    left = iter(happenings)

    def wait() -> None:
        happening = next(left, None)
        if happening is None:
            raise Enough
        happening()

    return wait


def gather(shown: Iterator[Sequence[Payload]], into: list[str]) -> None:
    """Keeps whose they are, also when an error ends them."""
    for payloads in shown:
        into += [payload.distinct_id for payload in payloads]


def test_events_that_arrive_are_shown_once_and_in_order(world: RegistryWorld) -> None:
    world.bring(purchase("old", "2040-03-15 11:00:00"))
    late = purchase("late", "2040-02-01 10:00:00")
    arriving = (purchase("b", "2040-03-15 11:59:00"), purchase("a", "2040-03-15 11:58:00"), visit("v"))
    seen: list[str] = []

    def passes(*events: PublishedEvent) -> Callable[[], None]:
        def bring() -> None:
            world.pass_time(minutes=1)
            world.bring(*events)

        return bring

    with world.opened() as warehouse:
        wait = looks(passes(), passes(*arriving), passes(), passes(late), passes())
        with pytest.raises(Enough):
            gather(inspector(world, warehouse).following(1, wait), seen)
    assert seen == ["old", "a", "b", "late"]


def test_events_of_two_parts_over_the_same_minute_are_shown_once(world: RegistryWorld) -> None:
    """Parts of a run tell of the time when it started, so that those of the later part cannot be told by it."""
    world.bring(purchase("old", "2040-03-15 11:58:30"))
    seen: list[str] = []
    first = (purchase("a", "2040-03-15 11:58:00"), purchase("b", "2040-03-15 11:58:50"))
    second = (purchase("c", "2040-03-15 11:58:00"), purchase("d", "2040-03-15 11:59:00"))
    wait = looks(lambda: world.bring(*first), lambda: world.bring(*second))
    with world.opened() as warehouse, pytest.raises(Enough):
        gather(inspector(world, warehouse).following(5, wait), seen)
    assert seen == ["old", "a", "b", "c", "d"]


# Rejected lines


def reject(engine: Engine, *lines: str) -> None:
    rows = [
        {
            "line_id": f"l{number}",
            "first_rejected_at": f"2040-03-15 10:0{number}:00+00",
            "run_id": "r",
            "reason": "is not JSON",
            "line": line,
        }
        for number, line in enumerate(lines)
    ]
    add(engine, "rejected_events", *rows)


def test_rejected_lines_are_shown_newest_first(world: RegistryWorld) -> None:
    reject(world.engine, "first", "second")
    with world.opened() as warehouse:
        assert [each.line for each in rejected(warehouse, Redactor())] == ["second", "first"]
        assert [each.line for each in rejected(warehouse, Redactor(), most=1)] == ["second"]


@pytest.mark.parametrize(
    "line",
    [
        json.dumps(
            {"event": "A", "properties": {"$email": "x@example.com", "name": "Ann Secret", "note": "to ann@x.com"}}
        ),
        '{"event": "A", "properties": {"note": "to ann@x.com", "$name": "Ann Secret", "other": 1',
        '{"event": "A", "properties": {"user": {"first_name": {"a": "Ann Secret"}}, ',
        '{"event": "A", "note": "ann\\u0040x.com", "\\u0024name": "Ann Secret"',
        '{"event": "A", "properties": {"$name": "Ann Secr',
        '[[["ann@x.com"]]]',
        "{'event': 'A', 'name': 'Ann Secret'}",
        "{event: 'A', $name : \"Ann Secret\"",
        "event=A&firstName=Ann+Secret",
        "it's A's \"name\": Ann Secret",
        r'"{\"event\": \"A\", \"name\": \"Ann Secret\""x',
        "User name: Ann Secret",
        '"ann@x.com',
    ],
)
def test_a_rejected_line_shows_nothing_personal(world: RegistryWorld, line: str) -> None:
    reject(world.engine, line)
    with world.opened() as warehouse:
        (shown,) = rejected(warehouse, Redactor())
    assert "@" not in shown.line
    assert "Ann" not in shown.line
    assert REDACTED in shown.line
