"""Whatever keys and values events have, each is observed under its own name, with its own type."""

from collections.abc import Mapping
from typing import Any

import pytest

from mixpanel_data.warehouse.base import Row
from mixpanel_data.warehouse.statements import Statement
from support.engines import Engine
from support.published_events import PublishedEvent, visit
from support.registry_world import RegistryWorld
from support.stored_rows import by_key

pytestmark = pytest.mark.sequences

both_engines = pytest.mark.both_engines

AWKWARD = (
    *("plan", "Plan", "PLAN", "straße", "STRASSE", "é", "e\u0301"),
    *("a.b", "a", "a['b']", "[0]", "[*]", "$", "$.a", "$os", "@", "a.", ".a", "*"),
    *("it's", 'say "x"', "'", '"', "''", '""', "back\\slash", "\\", "\\'", "\\u0041", "`tick`", "--", "/* */", ";"),
    *("with space", " ", "  ", " a ", "tab\there", "new\nline", "\r\n", "\x01", "\x1f", "\x7f", "\u2028", "\ufeff"),
    *("🛒", "👩‍👩‍👧", "日本語", "ا", "", "null", "true", "1", "-1", "{}", "[]", "{{ x }}", "%s", "%", "@day", "NULL"),
    *("distinct_id", "event", "properties", "x" * 255),
)
"""Keys that a path, a parameter or a comparison could confuse."""


def holding(person: str, properties: Mapping[str, Any]) -> PublishedEvent:
    """A visit with these properties."""
    return PublishedEvent("Visit", person=person, properties=properties)


def observed(world: RegistryWorld, path: str | None = "") -> dict[tuple[str | None, str], Row]:
    """The rows of event_observations at a path by property and type; with `path` None, of all paths, by all three."""
    rows = world.table("event_observations")
    if path is None:
        return by_key(rows, lambda row: (f"{row['property']}{row['path']}", row["type"]))
    return by_key((row for row in rows if row["path"] == path), lambda row: (row["property"], row["type"]))


def types_of(world: RegistryWorld, path: str | None = "") -> dict[str, dict[str, int]]:
    """How many events have each property, by type."""
    found: dict[str, dict[str, int]] = {}
    for (name, type_), row in observed(world, path).items():
        if name is not None and row["property"] is not None:
            found.setdefault(name, {})[type_] = row["events"]
    return found


@both_engines
def test_every_key_is_a_property_of_its_own(world: RegistryWorld) -> None:
    values: dict[str, Any] = {key: f"value of {key}" for key in AWKWARD}
    numbers: dict[str, Any] = dict.fromkeys(AWKWARD[::2], 7)
    world.bring(visit(**values), visit("bob", **numbers))
    world.update()
    assert types_of(world) == {
        key: {"string": 1, "integer": 1} if key in AWKWARD[::2] else {"string": 1} for key in AWKWARD
    }
    found = observed(world)
    assert {key: found[key, "string"]["max_length"] for key in AWKWARD} == {
        key: len(f"value of {key}") for key in AWKWARD
    }
    assert world.properties("Visit").keys() == world.dictionary().keys() == set(AWKWARD)


def test_every_key_below_a_property_has_a_path_of_its_own(world: RegistryWorld) -> None:
    world.bring(visit(cart={key: number for number, key in enumerate(AWKWARD)}))
    world.update()
    below = [row for row in world.table("event_observations") if row["path"]]
    assert len({row["path"] for row in below}) == len(below) == len(AWKWARD)
    assert {row["type"] for row in below} == {"integer"}
    paths = {int(row["least"]): row["path"] for row in below}
    by_name = {key: paths[number] for number, key in enumerate(AWKWARD)}
    assert (by_name["plan"], by_name["a.b"], by_name["a"]) == (".plan", "['a.b']", ".a")


def test_every_name_is_an_event_of_its_own(world: RegistryWorld) -> None:
    names = [name for name in AWKWARD if name]
    world.bring(*(PublishedEvent(name, properties={"name": name}, mark=str(n)) for n, name in enumerate(names)))
    world.update()
    assert {name: row["events"] for name, row in world.events().items()} == dict.fromkeys(names, 1)
    found = {row["event_name"]: row["max_length"] for row in world.table("event_observations") if row["property"]}
    assert found == {name: len(name) for name in names}
    assert world.dictionary()["name"]["event_names"] == sorted(names)


def test_zero_has_one_sign(world: RegistryWorld) -> None:
    world.bring(visit(zero=-0.0, deep={"zero": -0.0}))
    world.update()
    bounds = {(row["least"], row["greatest"]) for row in world.table("event_observations") if row["type"] == "integer"}
    assert str(bounds) == "{(0.0, 0.0)}"


@both_engines
def test_types_are_those_of_the_values_and_numbers_are_whole_by_value(world: RegistryWorld) -> None:
    values: Mapping[str, tuple[object, str]] = {
        "five": (5, "integer"),
        "five point zero": (5.0, "integer"),
        "zero": (-0.0, "integer"),
        "half": (0.5, "number"),
        "tiny": (5e-324, "number"),
        "beyond doubles": (2**53 + 1, "integer"),
        "largest of 64 bits": (2**63 - 1, "integer"),
        "beyond 64 bits": (2**64 + 5, "integer"),
        "huge": (1e300, "integer"),
        "negative": (-(2**63), "integer"),
        "huge text": ("1e400", "string"),
        "number as text": ("5", "string"),
        "truth as text": ("true", "string"),
        "null as text": ("null", "string"),
        "empty text": ("", "string"),
        "NUL": ("a\x01b", "string"),
        "truth": (True, "boolean"),
        "lie": (False, "boolean"),
        "nothing": (None, "null"),
        "list": ([], "array"),
        "full list": ([1, "a"], "array"),
        "object": ({}, "object"),
        "full object": ({"a": 1}, "object"),
    }
    given: dict[str, Any] = {name: value for name, (value, _) in values.items()}
    world.bring(visit(**given))
    world.update()
    assert types_of(world) == {name: {type_: 1} for name, (_, type_) in values.items()}
    for (name, type_), row in observed(world).items():
        if type_ in ("integer", "number"):
            assert row["least"] == row["greatest"] == float(values[str(name)][0]), name  # type: ignore[arg-type]
        else:
            assert row["least"] is row["greatest"] is None
        assert (row["min_length"] is None) == (type_ != "string")


def test_ranges_and_lengths_are_those_of_all_values(world: RegistryWorld) -> None:
    values: tuple[object, ...] = (3, -2, 5.0, 2.5, -7.25, "", "ab", "🛒🛒🛒", None, True)
    world.bring(*(visit(mark=f"m{number}", own=value) for number, value in enumerate(values)))
    world.update()
    rows = {type_: row for (name, type_), row in observed(world).items() if name == "own"}
    assert {type_: row["events"] for type_, row in rows.items()} == {
        "integer": 3,
        "number": 2,
        "string": 3,
        "null": 1,
        "boolean": 1,
    }
    assert (rows["integer"]["least"], rows["integer"]["greatest"]) == (-2.0, 5.0)
    assert (rows["number"]["least"], rows["number"]["greatest"]) == (-7.25, 2.5)
    assert (rows["string"]["min_length"], rows["string"]["max_length"]) == (0, 3)


def test_paths_are_three_steps_deep(world: RegistryWorld) -> None:
    deep = {"b": {"c": {"d": {"e": 1}}}, "list": [[[[1]]], 2, {"x": {"y": 1}}]}
    world.bring(visit(a=deep, plain=1))
    world.update()
    found: dict[str, set[str]] = {}
    for row in world.table("event_observations"):
        found.setdefault(row["path"], set()).add(row["type"])
    del found[""]
    assert found == {
        ".b": {"object"},
        ".b.c": {"object"},
        ".b.c.d": {"object"},
        ".list": {"array"},
        ".list[*]": {"array", "integer", "object"},
        ".list[*][*]": {"array"},
        ".list[*].x": {"object"},
    }


def test_an_event_counts_once_for_each_type_in_its_list(world: RegistryWorld) -> None:
    world.bring(visit(items=[1, 2, "a", None, 2, "a"]), visit("bob", items=[3]), visit("eve", items=[]))
    world.update()
    found = {type_: row for (name, type_), row in observed(world, "[*]").items() if name == "items"}
    assert {type_: row["events"] for type_, row in found.items()} == {"integer": 2, "string": 1, "null": 1}
    assert observed(world)["items", "array"]["events"] == 3
    assert {one["value"]: one["events"] for one in found["integer"]["top_values"]} == {"1": 1, "2": 1, "3": 1}


def test_of_more_than_500_properties_the_most_frequent_are_kept_and_the_others_counted(world: RegistryWorld) -> None:
    frequent: dict[str, Any] = {f"frequent {number}": 1 for number in range(10)}
    # As many digits for each, so that they are in the order of their names.
    many: dict[str, Any] = {f"p{number:03d}": number for number in range(600)}
    world.bring(holding("ann", many | frequent), holding("bob", frequent | {"p599": 1}), visit("eve"))
    world.update()
    kept = types_of(world).keys()
    assert kept == {*frequent, "p599", *(f"p{number:03d}" for number in range(489))}
    others = observed(world)[None, "others"]
    assert (others["events"], others["distinct_values"]) == (110, 110)
    assert observed(world)[None, "event"]["events"] == 3
    assert world.events()["Visit"]["properties"] == 500


@both_engines
def test_255_properties_are_all_kept(world: RegistryWorld) -> None:
    many: dict[str, Any] = {f"property {number}": [number, str(number), None][number % 3] for number in range(255)}
    world.bring(holding("ann", many), holding("bob", many))
    result = world.update()
    assert (result.events, result.properties) == (1, 255)
    assert all(sum(types.values()) == 2 for types in types_of(world).values())
    assert (None, "others") not in observed(world)


AS_STORED = Statement(
    "properties as they are stored",
    "UPDATE mixpanel_events SET properties = PARSE_JSON(@stored)"
    " WHERE event_id = @event_id AND event_timestamp >= TIMESTAMP '1900-01-01 00:00:00+00'",
    {"stored": "STRING", "event_id": "STRING"},
)


def with_stored_text(engine: Engine, text: str) -> RegistryWorld:
    """A world with two events, one of whose properties are this text in DuckDB, which keeps each as it was sent."""
    world = RegistryWorld(engine, visit("ann", mark="m1", plan="free"), visit("bob", mark="m2", plan="gold"))
    world.transact([AS_STORED], stored=text, event_id="m1")
    return world


def assert_settled(world: RegistryWorld) -> None:
    """Another run, and one over everything, change no row."""
    before = world.contents()
    world.update()
    world.update(full=True)
    assert world.contents() == before


def test_a_key_that_stands_twice_in_an_event_does_no_harm(engine: Engine) -> None:
    world = with_stored_text(engine, '{"plan":"free","plan":7,"level":1}')
    world.update()
    types = types_of(world)
    assert types["plan"]["string"] == 2
    assert types["plan"].get("integer", 0) <= 1
    assert types["level"] == {"integer": 1}
    assert_settled(world)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('{"odd":1e400,"plan":"free"}', id="beyond doubles"),
        pytest.param('{"odd":-1e400,"plan":"free"}', id="below doubles"),
        pytest.param('{"odd":nan,"plan":"free"}', id="nan"),
        pytest.param('{"odd":Infinity,"plan":"free"}', id="infinity"),
        pytest.param('{"odd":1e-400,"plan":"free"}', id="below the least double"),
        pytest.param('{"odd":-0,"plan":"free"}', id="minus zero"),
        pytest.param('{"odd":123456789012345678901234567890,"plan":"free"}', id="beyond 64 bits"),
        pytest.param('{"odd":"a\\u0000b","plan":"free"}', id="NUL in a value"),
        pytest.param('{"a\\u0000b":1,"plan":"free","odd":1}', id="NUL in a key"),
        pytest.param('{"odd":{"a\\u0000b":{"\\u0000":1}},"plan":"free"}', id="NUL below a property"),
        pytest.param('{ "odd" : [ 1 , { "a" : 2 } ] , "plan" : "free" }', id="white space"),
        pytest.param('{"\\u006fdd":1,"plan":"free"}', id="an escaped key"),
        pytest.param('{"odd":' + "[" * 400 + "]" * 400 + ',"plan":"free"}', id="400 levels"),
        pytest.param('{"odd":"' + "x" * 900_000 + '","plan":"free"}', id="900 KB"),
    ],
)
def test_an_odd_value_is_observed_and_spoils_nothing_beside_it(engine: Engine, text: str) -> None:
    world = with_stored_text(engine, text)
    world.update()
    types = types_of(world)
    assert types["plan"] == {"string": 2}
    assert sum(types["odd"].values()) == 1
    assert_settled(world)


def test_minus_zero_and_numbers_beyond_64_bits_are_whole(engine: Engine) -> None:
    world = with_stored_text(engine, '{"a":-0,"b":123456789012345678901234567890,"c":5.0,"d":1e3,"e":1.5e1,"f":1e-1}')
    world.update()
    found = observed(world)
    least = {name: row["least"] for (name, type_), row in found.items() if type_ == "integer"}
    assert least == {"a": 0.0, "b": 123456789012345678901234567890.0, "c": 5.0, "d": 1000.0, "e": 15.0}
    assert found["f", "number"]["least"] == 0.1
