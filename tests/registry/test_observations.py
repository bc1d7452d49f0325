"""Observations are a recount of the stored events, by day and name, whatever these hold and however they come."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.engines import DuckDB, Engine
from support.published_events import PublishedEvent, visit
from support.registry_oracle import Key, observations
from support.registry_world import RegistryWorld, day_before
from support.stored_rows import by_key

pytestmark = pytest.mark.sequences

_KEY = ("day", "event_name", "property", "path", "type")

KEYS = st.sampled_from(["plan", "Plan", "a.b", "it's", 'say "x"', "", "[0]", "🛒", "back\\slash", "$os", "with space"])
NUMBERS = st.one_of(
    st.integers(-3, 3),
    st.sampled_from([5.0, 0.5, -0.0, 1e-7, 1e22, 2**53 + 1, 2**64 + 5, 123.456789012345]),
)
SCALARS = st.one_of(
    st.none(), st.booleans(), NUMBERS, st.sampled_from(["", "a", "b", "Ä🛒", 'quote " and \\', "5", "\n"])
)
VALUES = st.recursive(
    SCALARS,
    lambda within: st.one_of(st.lists(within, max_size=3), st.dictionaries(KEYS, within, max_size=3)),
    max_leaves=8,
)
NAMES = ("Visit", "Purchase", "visit")
MARKS = st.builds("{:02x} {}".format, st.integers(0, 7), st.sampled_from(NAMES))
TIMES = st.builds("{} {:02}:00:00".format, st.sampled_from([day_before(day) for day in (0, 1, 9)]), st.integers(0, 11))


def event(mark: str, at: str, properties: Mapping[str, Any]) -> PublishedEvent:
    """An event whose name is part of its identity, as it is in the collector."""
    return PublishedEvent(mark.split(" ")[1], at, "ann", mark, properties)


EVENTS = st.builds(event, MARKS, TIMES, st.dictionaries(KEYS, VALUES, max_size=4))


def observed(world: RegistryWorld) -> dict[Key, Mapping[str, Any]]:
    """The stored rows, as the oracle has them."""
    rows = by_key(world.table("event_observations"), lambda row: tuple(row[name] for name in _KEY))
    return {key: _without_key(row) for key, row in rows.items()}


def _without_key(row: Mapping[str, Any]) -> Mapping[str, Any]:
    figures = {name: value for name, value in row.items() if name not in _KEY}
    listed = figures["top_values"]
    pairs = None if listed is None else [(each["value"], each["events"]) for each in listed]
    return {**figures, "top_values": pairs}


def assert_recounted(world: RegistryWorld) -> None:
    found, expected = observed(world), observations(world.table("mixpanel_events"))
    assert found.keys() == expected.keys()
    assert {key: row for key, row in found.items() if row != expected[key]} == {
        key: row for key, row in expected.items() if row != found[key]
    }


def many(count: int, **properties: Any) -> list[PublishedEvent]:
    """So many visits, with ids as the collector makes them; `n` numbers them."""
    return [
        visit(mark=hashlib.sha256(str(number).encode()).hexdigest(), n=number, **properties) for number in range(count)
    ]


@settings(max_examples=8)
@given(
    first=st.lists(EVENTS, max_size=12),
    later=st.lists(st.tuples(st.lists(EVENTS, max_size=6), st.lists(MARKS, max_size=4)), max_size=3),
)
def test_late_repeated_changed_and_deleted_events_lead_to_a_recount(
    tmp_path_factory: pytest.TempPathFactory,
    first: list[PublishedEvent],
    later: list[tuple[list[PublishedEvent], list[str]]],
) -> None:
    world = RegistryWorld(DuckDB(tmp_path_factory.mktemp("observed")), *first)
    world.update()
    assert_recounted(world)
    for events, gone in later:
        world.bring(*events, gone=gone)
        world.update_all()
        assert_recounted(world)


@pytest.mark.both_engines
def test_every_kind_of_value_is_recounted_on_both_engines(world: RegistryWorld) -> None:
    world.bring(
        visit(mark="a1", plan="free", count=5, price=0.5, tags=["a", "a", "b"], cart={"items": [{"sku": "x"}, {}]}),
        visit(mark="a2", plan=None, count=5.0, price=12.0, tags=[], cart={"a.b": {"it's": [[1, [2]]]}}),
        visit(mark="a3", plan="ä🛒", count="5", price=-7.25, tags=[None, True], cart={"": {"": {"": {"": 1}}}}),
        visit(mark="a4", at="2040-03-14 23:59:59.999999", plan="free"),
        PublishedEvent("Nothing", properties={}),
    )
    world.update()
    assert_recounted(world)


def test_numbers_with_an_exponent_are_recounted(world: RegistryWorld) -> None:
    world.bring(visit(mark="a1", price=1e22), visit(mark="a2", price=1e-7), visit(mark="a3", price=-1.5e300))
    world.update()
    assert_recounted(world)


def test_a_number_is_an_integer_where_it_is_whole(world: RegistryWorld) -> None:
    world.bring(visit(mark="a1", n=5), visit(mark="a2", n=5.0), visit(mark="a3", n=0.5))
    world.update()
    rows = {(key[2], key[4]): row for key, row in observed(world).items()}
    assert rows["n", "integer"]["top_values"] == [("5", 2)]
    assert rows["n", "number"]["top_values"] == [("0.5", 1)]


def test_about_200_events_are_sampled_and_all_are_counted(world: RegistryWorld) -> None:
    world.bring(*many(1_000, plan="free"))
    world.update()
    assert_recounted(world)
    (unit,) = (row for key, row in observed(world).items() if key[4] == "event")
    assert unit["events"] == 1_000
    assert 140 < unit["sampled"] < 285


def test_a_unit_of_200_events_is_sampled_whole(world: RegistryWorld) -> None:
    world.bring(*many(200))
    world.update()
    assert {row["sampled"] for row in observed(world).values()} == {200}


def test_the_20_most_frequent_values_are_listed_and_of_equals_the_first(world: RegistryWorld) -> None:
    world.bring(*(visit(mark=f"{number:02x}", letter=chr(ord("z") - number % 25)) for number in range(40)))
    world.update()
    (row,) = (row for key, row in observed(world).items() if key[2] == "letter")
    twice = [(letter, 2) for letter in "lmnopqrstuvwxyz"]
    assert (row["distinct_values"], row["top_values"]) == (25, [*twice, *((letter, 1) for letter in "bcdef")])


def test_places_are_followed_three_steps_down(world: RegistryWorld) -> None:
    world.bring(visit(cart={"items": [{"sku": {"deep": 1}}], "a.b": 1}))
    world.update()
    assert {key[3] for key in observed(world)} == {"", ".items", ".items[*]", ".items[*].sku", "['a.b']"}


def test_of_more_than_500_properties_the_most_frequent_are_listed_and_the_others_counted(world: RegistryWorld) -> None:
    names = [f"p{number:03}" for number in range(600)]
    all_of_them: dict[str, Any] = dict.fromkeys(names, 1)
    some: dict[str, Any] = dict.fromkeys(names[550:], "x")
    world.bring(visit(mark="a1", **all_of_them), visit(mark="a2", **some))
    world.update()
    assert_recounted(world)
    found = observed(world)
    assert {key[2] for key in found if key[2]} == {*names[550:], *names[:450]}
    (others,) = (row for key, row in found.items() if key[4] == "others")
    assert (others["events"], others["distinct_values"]) == (100, 100)


def test_events_without_a_unit_of_their_own_leave_its_observations_alone(world: RegistryWorld) -> None:
    world.bring(visit(plan="free"), PublishedEvent("Purchase", at=f"{day_before(0)} 01:00:00"))
    world.update()
    before = [json.dumps(row, default=str) for row in world.table("event_observations")]
    world.bring(PublishedEvent("Signup", at=f"{day_before(0)} 02:00:00"))
    world.update()
    after = [json.dumps(row, default=str) for row in world.table("event_observations")]
    assert set(before) < set(after)
    assert_recounted(world)


def test_a_unit_whose_events_are_gone_is_observed_no_more(engine: Engine) -> None:
    world = RegistryWorld(engine, visit(mark="a1", at=f"{day_before(0)} 01:00:00", plan="free"))
    world.update()
    world.bring(gone=["a1"])
    world.update()
    assert observed(world) == {}
