"""What `config/tracking_plan.json` can say, and the messages about its mistakes."""

from __future__ import annotations

import json
import random
from typing import Any

import duckdb
import pytest
from jsonschema import Draft202012Validator

from mixpanel_data.base.errors import ConfigError
from mixpanel_data.configuration.base import parsed
from mixpanel_data.configuration.tracking_plan import ALL_EVENTS, PlannedStatus, TrackingPlan
from mixpanel_data.configuration.tracking_plan.formats import FORMATS
from mixpanel_data.configuration.tracking_plan.naming import CONVENTIONS, whole_name_pattern
from mixpanel_data.configuration.tracking_plan.patterns import re2_pattern
from support.refusals import refused

PURCHASE: dict[str, Any] = {
    "description": "Somebody paid.",
    "owner": "shop",
    "status": "active",
    "schema": {
        "properties": {
            "amount": {"type": "number", "minimum": 0},
            "plan": {"enum": ["free", "pro"]},
            "items": {"type": "array", "items": {"required": ["sku"], "properties": {"sku": {"type": "string"}}}},
        },
        "required": ["amount"],
        "additionalProperties": False,
    },
}
PLAN: dict[str, Any] = {
    "naming": {"events": "Title Case", "properties": "snake_case"},
    "version_properties": ["mp_lib"],
    "context": {"required": ["$os"]},
    "events": {"Purchase": PURCHASE},
}


def read(document: Any) -> TrackingPlan:
    return parsed(TrackingPlan, document if isinstance(document, str) else json.dumps(document), "TRACKING_PLAN")


def with_property(schema: Any) -> TrackingPlan:
    return read({"events": {"Purchase": {"schema": {"properties": {"amount": schema}}}}})


# What a plan says


def test_a_plan_keeps_what_it_is_given() -> None:
    plan = read(PLAN)
    purchase = plan.events["Purchase"]
    assert (plan.naming.events, plan.naming.properties) == ("Title Case", "snake_case")
    assert (plan.version_properties, plan.context.required) == (("mp_lib",), ("$os",))
    assert (purchase.owner, purchase.status) == ("shop", PlannedStatus.ACTIVE)
    assert purchase.schema_.model_dump(mode="json", by_alias=True, exclude_unset=True) == {
        **PURCHASE["schema"],
        "properties": {
            "amount": {"type": ["number"], "minimum": 0},
            "plan": {"enum": ["free", "pro"]},
            "items": {
                "type": ["array"],
                "items": {"required": ["sku"], "properties": {"sku": {"type": ["string"]}}},
            },
        },
    }


def test_an_empty_plan_asks_for_nothing() -> None:
    plan = read({})
    assert (plan.naming.events, plan.naming.properties, plan.context.required) == (None, None, ())
    assert plan.version_properties == ("mp_lib", "$lib_version", "$app_version_string")
    assert plan.events == {}


def test_null_can_be_a_constant() -> None:
    assert with_property({"const": None}).events["Purchase"].schema_.properties["amount"].has_const
    assert not with_property({}).events["Purchase"].schema_.properties["amount"].has_const


def test_every_schema_of_a_plan_is_json_schema() -> None:
    schema = read(PLAN).events["Purchase"].schema_.model_dump(mode="json", by_alias=True, exclude_unset=True)
    Draft202012Validator.check_schema(schema)


# Versions and entries


def test_the_version_of_a_plan_depends_on_what_it_says_alone() -> None:
    reordered = {key: PLAN[key] for key in reversed(PLAN)}
    assert read(PLAN).version == read(reordered).version
    assert len(read(PLAN).version) == 64
    assert read(PLAN).version != read({**PLAN, "context": {}}).version


def test_an_entry_changes_with_the_rules_and_not_with_who_owns_them() -> None:
    entry = read(PLAN).entry("Purchase")
    described = {**PURCHASE, "description": "Paid.", "owner": "checkout"}
    assert read({**PLAN, "events": {"Purchase": described}}).entry("Purchase") == entry
    for changed in ({**PURCHASE, "status": "blocked"}, {**PURCHASE, "schema": {}}):
        assert read({**PLAN, "events": {"Purchase": changed}}).entry("Purchase") != entry


def test_a_property_named_description_is_no_description() -> None:
    schema = {"properties": {"description": {"type": "string", "description": "What it says."}}}
    entry = read({"events": {"Purchase": {"schema": schema}}}).entry("Purchase")
    assert entry == '{"schema":{"properties":{"description":{"type":["string"]}}},"status":"active"}'


def test_rules_for_all_events_have_an_entry_of_their_own() -> None:
    plan = read(PLAN)
    assert plan.entries().keys() == {ALL_EVENTS, "Purchase"}
    assert plan.entry("Visit") is None
    more = read({**PLAN, "events": {"Purchase": PURCHASE, "Visit": {}}})
    assert more.entry(ALL_EVENTS) == plan.entry(ALL_EVENTS)
    # Without planned events, no event is unknown.
    assert read({**PLAN, "events": {}}).entry(ALL_EVENTS) != plan.entry(ALL_EVENTS)
    assert read({**PLAN, "naming": {}}).entry(ALL_EVENTS) != plan.entry(ALL_EVENTS)


# Mistakes

_AT = "events.Purchase.schema.properties.amount"
_WRONG_SCHEMAS: dict[str, tuple[Any, str]] = {
    "a keyword that SQL does not count": ({"multipleOf": 3}, f"{_AT}.multipleOf is not known here: remove it"),
    "a keyword of another level": ({"properties": {"a": {"minimum": 1}}}, f"{_AT}.properties.a.minimum is not known"),
    "a schema too deep": (
        {"items": {"items": {"items": {"items": {}}}}},
        f"{_AT}.items.items.items.items is not known",
    ),
    "a schema that is true": (True, f"{_AT} is true: give a JSON object"),
    "an unknown type": ({"type": "text"}, f'{_AT}.type is "text": give one of string, integer'),
    "a type twice": ({"type": ["null", "null"]}, f"{_AT}.type"),
    "no type": ({"type": []}, f"{_AT}.type is []: give at least one type"),
    "null for a keyword": ({"minimum": None}, f"{_AT}.minimum is null: give a value, or remove the keyword"),
    "null for items": ({"items": None}, f"{_AT}.items is null: give a value"),
    "a negative length": ({"minLength": -1}, f"{_AT}.minLength is -1: give a whole number"),
    "a length with a fraction": ({"maxLength": 1.5}, f"{_AT}.maxLength is 1.5: give a whole number"),
    "text for a number": ({"maximum": "3"}, f'{_AT}.maximum is "3": give a number'),
    "true for a number": ({"exclusiveMinimum": True}, f"{_AT}.exclusiveMinimum is true: give a number"),
    "a number that is not exact": ({"minimum": 2**53}, f"{_AT}.minimum is {2**53}: SQL compares numbers exactly only"),
    "an empty enum": ({"enum": []}, f"{_AT}.enum is []: give a list of at least one value"),
    "an object to compare with": ({"enum": [{}]}, f"{_AT}.enum is [{{}}]: SQL compares scalars only"),
    "a list to compare with": ({"const": [1]}, f"{_AT}.const is [1]: SQL compares scalars only"),
    "look-around": ({"pattern": "(?=a)"}, f'{_AT}.pattern is "(?=a)": RE2 rejects the pattern at character 1'),
    "a back-reference": ({"pattern": r"(a)\1"}, "RE2 rejects the pattern at character 4: unknown escape"),
    "a group left open": ({"pattern": "a(b"}, "RE2 rejects the pattern at character 2: this group is not closed"),
    "a format that SQL does not check": ({"format": "ipv6"}, f'{_AT}.format is "ipv6": SQL checks the formats'),
    "a key twice": ({"required": ["a", "a"]}, f'{_AT}.required is ["a", "a"]: \'a\' is listed twice'),
    "deprecated as text": ({"deprecated": "yes"}, f'{_AT}.deprecated is "yes"'),
}


@pytest.mark.parametrize("case", _WRONG_SCHEMAS)
def test_a_schema_is_refused_by_the_place_of_its_mistake(case: str) -> None:
    schema, message = _WRONG_SCHEMAS[case]
    with refused("TRACKING_PLAN", message):
        with_property(schema)


_WRONG_PLANS: dict[str, tuple[Any, str]] = {
    "an unknown key": ({"event": {}}, "event is not known here: remove it, or correct its name"),
    "an unknown key of an event": ({"events": {"A": {"state": "x"}}}, "events.A.state is not known here"),
    "an unknown status": ({"events": {"A": {"status": "new"}}}, "events.A.status is \"new\": give 'active'"),
    "an unknown keyword of an event": ({"events": {"A": {"schema": {"oneOf": []}}}}, "events.A.schema.oneOf is not"),
    "an event that is no object": ({"events": {"A": {"schema": {"type": "array"}}}}, "events.A.schema.type"),
    "a schema for further properties": (
        {"events": {"A": {"schema": {"additionalProperties": {}}}}},
        "events.A.schema.additionalProperties is {}",
    ),
    "an event twice": ('{"events": {"A": {}, "A": {}}}', "the key 'A' occurs twice in one object"),
    "a property twice": (
        '{"events": {"A": {"schema": {"properties": {"b": {}, "b": {}}}}}}',
        "the key 'b' occurs twice in one object",
    ),
    "an event for all": ({"events": {"*": {}}}, "'*' cannot name an event"),
    "a name that is no pattern": ({"naming": {"events": "[a"}}, 'naming.events is "[a": RE2 rejects the pattern'),
    "no naming rule": ({"naming": {"properties": ""}}, 'naming.properties is "": give one of snake_case, camelCase'),
    "a context property twice": ({"context": {"required": ["$os", "$os"]}}, "context.required"),
    "too many version properties": ({"version_properties": list("abcdef")}, "version_properties"),
    "a list of events": ({"events": []}, "events is []"),
    "no object": ([], "give a JSON object"),
    "no JSON": ("{", "is not valid JSON"),
}


@pytest.mark.parametrize("case", _WRONG_PLANS)
def test_a_plan_is_refused_by_the_entry_of_its_mistake(case: str) -> None:
    document, message = _WRONG_PLANS[case]
    with refused("TRACKING_PLAN", message):
        read(document)


# Patterns

_PIECES = (
    *("a", "b", "-", "]", "[", "[^", "(", "(?:", ")", "|", "*", "+", "?", "{2}", "{2,}", "{2,1}", "{,2}", "{", "}"),
    *("(?i)", "(?i:", "(?-s)", "(?P<n>", "(?=", "(?#", "(?x)", "(?P=n)", "{1001}", "{50}", "^", "$", "."),
    *(r"\d", r"\D", r"\p{L}", r"\pN", r"\P{Greek}", r"\p{Foo}", r"\pX", r"\z", r"\Z", r"\A", r"\b", r"\B"),
    *(r"\1", r"\8", r"\0", r"\12", r"\x41", r"\x{1F600}", r"\x4", r"\Qa*", r"\E", "\\", r"\-", r"\]", r"\n", r"\u"),
    *(r"\_", r"\é", "é", "😀", "[:alpha:]", "[[:alpha:]]", "[:foo:]", "[:^digit:]", "a-z", "z-a", r"\s", "_", " "),
)


@pytest.mark.sequences
def test_re2_takes_every_pattern_that_a_plan_can_have() -> None:
    """DuckDB has RE2 itself."""
    chosen = random.Random(7)
    patterns = ["".join(chosen.choices(_PIECES, k=chosen.randint(1, 6))) for _ in range(5_000)]
    accepted = [pattern for pattern in patterns if _is_accepted(pattern)]
    with duckdb.connect() as connection:
        for pattern in [*accepted, *FORMATS.values(), *map(whole_name_pattern, CONVENTIONS)]:
            connection.execute("SELECT regexp_matches('a', ?)", [pattern]).fetchall()
        refused_by_re2 = sum(not _is_taken(connection, pattern) for pattern in patterns)
    assert len(accepted) > 1_000
    # What is refused in vain is rare.
    assert len(patterns) - len(accepted) < 1.05 * refused_by_re2


@pytest.mark.parametrize(
    "pattern",
    [
        r"^\p{L}{1,448}$",
        r"^[\p{L}\p{N} ]{1,405}$",
        r"(?:[^\PL]{1,10}a){50}",
        r"\pL" * 600,
        f"(?:{'abc' * 300}){{1000}}",
        rf"(?:\Q{'.' * 900}\E){{1000}}",
    ],
)
def test_a_pattern_that_is_too_large_for_re2_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"at character \d+: the pattern gets too large"):
        re2_pattern(pattern)
    with duckdb.connect() as connection:
        assert not _is_taken(connection, pattern)


@pytest.mark.parametrize("pattern", [r"^.{1,1000}$", r"^[^\s]{1,1000}$", r"^[\w .,é-ü-]{1,255}$", r"^\p{L}{1,255}$"])
def test_long_text_can_be_asked_for(pattern: str) -> None:
    re2_pattern(pattern)
    with duckdb.connect() as connection:
        assert _is_taken(connection, pattern)


def _is_accepted(pattern: str) -> bool:
    try:
        re2_pattern(pattern)
    except ValueError:
        return False
    return True


def _is_taken(connection: duckdb.DuckDBPyConnection, pattern: str) -> bool:
    try:
        connection.execute("SELECT regexp_matches('a', ?)", [pattern]).fetchall()
    except duckdb.Error:
        return False
    return True


# Formats

_DAYS = ("2024-02-29", "2023-02-29", "2000-02-29", "1900-02-29", "0000-01-01", "2024-04-31", "2024-12-31", "2024-1-1")
_TIMES = (
    "12:00:00Z",
    "23:59:59.123+23:59",
    "24:00:00Z",
    "12:00:60Z",
    "12:00:00",
    "12:00Z",
    "12:00:00-24:00",
    "1:00:00Z",
)
_STRINGS = (
    *("", "a@b.c", "@", "a.b", *_DAYS, *_TIMES, *(f"{day}T{time}" for day in _DAYS for time in _TIMES)),
    *("2024-02-29t12:00:00z", "2024-02-29 12:00:00Z", "x2024-02-29", "２０２４-02-29"),
    *("1.2.3.4", "01.2.3.4", "255.255.255.255", "256.1.1.1", "1.2.3", "1.2.3.4.5", "::1"),
    *(
        "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
        "6BA7B810-9DAD-11D1-80B4-00C04FD430C8",
        "6ba7b8109dad11d180b400c04fd430c8",
    ),
    *(
        "http://x.y/z?q=1#f",
        "http://x y",
        "urn:a:b",
        "/rel",
        "mailto:a@b.c",
        "http://[::1]:80/",
        "a:",
        "1a:b",
        "http://é",
    ),
    *("https://user:pw@host:8080/a%20b", "http://a/%zz", "http://a/b c", "http://a#b#c", "data:,x", "x://", "x:///"),
)


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_accepts_what_jsonschema_accepts(name: str) -> None:
    checker = Draft202012Validator({"format": name}, format_checker=Draft202012Validator.FORMAT_CHECKER)
    expected = [text for text in _STRINGS if checker.is_valid(text)]
    with duckdb.connect() as connection:
        found = [
            text
            for text in _STRINGS
            if connection.execute("SELECT regexp_matches(?, ?)", [text, FORMATS[name]]).fetchall() == [(True,)]
        ]
    assert found == expected
    assert found


def test_a_mistake_is_an_error_of_the_configuration() -> None:
    with pytest.raises(ConfigError):
        read({"event": {}})
