"""The `where` language: the result of an expression for one event, and the position of its errors."""

import json

import pytest

from mixpanel_data_standins.mixpanel.where import UNDEFINED, Event, ExpressionError, Instant, compile_where

PROPERTIES = {
    "plan": "pro",
    "age": 42,
    "price": 9.5,
    "zero": 0,
    "paid": True,
    "nothing": None,
    "tags": ["a", "b"],
    "count_as_text": "12",
    "time": 1767225600,
    'the "best"\\': "yes",
}
MIDNIGHT_2026 = 1767225600.0


def holds(where: str, **properties: object) -> bool:
    numbers_are_floats = json.loads(json.dumps({**PROPERTIES, **properties}), parse_int=float)
    return compile_where(where)(Event(numbers_are_floats, Instant(MIDNIGHT_2026)))


@pytest.mark.parametrize(
    "where",
    [
        'properties["plan"] == "pro"',
        'properties["age"] == 42',
        'properties["age"] == 42.0',
        'properties["age"] + 8 == 50 and properties["age"] - 2 == 40',
        "2 + 3 * 4 == 14 and (2 + 3) * 4 == 20 and 10 - 3 - 2 == 5 and 12 / 3 / 2 == 2",
        '-properties["age"] < -41 and 3 - -2 == 5',
        "-7 % 4 == -3 and 7 % -4 == 3",
        '"pro" + "file" == properties["plan"] + "file"',
        'properties["paid"]',
        'properties["paid"] == true and not false',
        'not properties["age"] == 41',
        'not "x" in properties["plan"]',
        '"ro" in properties["plan"]',
        'properties["age"] in [1, 42]',
        'properties["plan"] in ["free", "pro"]',
        '"a" in properties["tags"]',
        'false or properties["age"] >= 42',
        "true or true and false",
        'properties["the \\"best\\"\\\\"] == "yes"',
        'floor(properties["price"]) == 9 and ceil(properties["price"]) == 10 and round(2.5) == 3',
        "1e3 == 1000 and .5 == 0.5",
        'number(properties["count_as_text"]) > 11',
        "number(true) == 1 and number(false) == 0",
        'string(properties["age"]) == "42" and string(9.5) == "9.5" and string(true) == "true"',
        'boolean(properties["plan"]) and not boolean("") and not boolean(0) and not boolean("false")',
        'not boolean(properties["nothing"]) and not boolean(properties["missing"])',
        'event["$time"] >= datetime("2026-01-01T00:00:00") and event["$time"] < datetime(1767225601)',
        'properties["$time"] == datetime("2026-01-01")',
        'event["$time"] == datetime("2026-01-01T01:00:00+01:00")',
    ],
)
def test_an_event_passes(where: str) -> None:
    assert holds(where)


@pytest.mark.parametrize(
    "where",
    [
        'properties["plan"] == "free"',
        'properties["age"] == "42"',
        'properties["paid"] == 1',
        'properties["age"] in ["42"]',
        'properties["plan"] != "pro"',
        'properties["time"] == 1767225600',
        'properties["$time"] == 1767225600',
        'user["$email"] == "ann@example.com"',
    ],
)
def test_an_event_does_not_pass(where: str) -> None:
    assert not holds(where)


@pytest.mark.parametrize(
    "undefined",
    [
        'properties["missing"]',
        'properties["Plan"]',
        'user["plan"]',
        'properties["time"]',
        'properties["plan"] + 1',
        'properties["plan"] - "o"',
        '-properties["plan"]',
        'properties["age"] / properties["zero"]',
        'properties["age"] % 0',
        'number("abc")',
        'number("nan")',
        'number("")',
        'number(properties["nothing"])',
        'floor("1.5")',
        'datetime("yesterday")',
        "1e308 * 10",
    ],
)
def test_an_operation_without_a_meaning_is_undefined_and_counts_as_false(undefined: str) -> None:
    assert holds(f"not defined({undefined})")
    assert holds(f"not ({undefined} == 1)")
    assert holds(f"{undefined} != 1")
    assert not holds(f"{undefined} < 1 or {undefined} >= 1")
    assert holds(f"not ({undefined} < 1)")


def test_text_and_numbers_are_not_ordered_together() -> None:
    assert holds('not defined(properties["plan"] > 1) and not defined("a" < "b") and not defined(true > false)')


def test_null_is_neither_undefined_nor_equal_to_anything_else() -> None:
    assert holds('defined(properties["nothing"]) and properties["nothing"] != 0')
    assert holds('defined(string(properties["nothing"]))')


def test_an_undefined_part_of_and_and_or_is_false() -> None:
    assert not holds('true and properties["missing"]')
    assert holds('properties["missing"] or true')
    assert holds('not properties["missing"]')


def test_the_time_of_an_event_without_one_is_undefined() -> None:
    assert not compile_where('event["$time"] > datetime(0)')(Event({}, UNDEFINED))


@pytest.mark.parametrize(
    ("where", "problem"),
    [
        ("", "unexpected end at character 1"),
        ('properties["plan"] = "pro"', "unexpected '=' at character 20"),
        ('properties["plan"] == ', "unexpected end at character 23"),
        ('properties["plan"', "unexpected end instead of ']' at character 18"),
        ("properties[plan]", "unexpected 'plan' instead of a name in double quotes at character 12"),
        ("plan == 1", "unexpected 'plan' at character 1"),
        ("true AND true", "unexpected 'AND' at character 6"),
        ('"pro', "string without an end at character 1"),
        ('true and "\\q" == "q"', "bad escape in the string at character 10"),
        ("(1 < 2", "unexpected end instead of ')' at character 7"),
        ("1 < 2 < 3", "unexpected '<' at character 7"),
        ('string(1, "undefined")', "unexpected ',' instead of ')' at character 9"),
        ("1 in [1, 2", "unexpected end instead of ']' at character 11"),
        ("true & true", "unexpected '&' at character 6"),
        ("(" * 1000 + "true" + ")" * 1000, "nested too deeply at character 41"),
        ("not " * 1000 + "true", "nested too deeply at character 161"),
    ],
)
def test_an_expression_that_cannot_be_parsed_names_the_position(where: str, problem: str) -> None:
    with pytest.raises(ExpressionError) as error:
        compile_where(where)
    assert str(error.value) == problem


@pytest.mark.parametrize(
    ("where", "problem"),
    [
        ('properties["plan"]', "a string where a boolean is needed, in the part at character 1"),
        ('true and properties["age"]', "a number where a boolean is needed, in the part at character 10"),
        ('true or properties["nothing"]', "null where a boolean is needed, in the part at character 9"),
        ('not properties["tags"]', "a list where a boolean is needed, in the part at character 1"),
        ('event["$time"]', "a datetime where a boolean is needed, in the part at character 1"),
    ],
)
def test_a_condition_that_is_not_a_boolean_is_an_error(where: str, problem: str) -> None:
    with pytest.raises(ExpressionError) as error:
        holds(where)
    assert str(error.value) == problem


def test_a_long_expression_needs_no_deep_stack() -> None:
    assert holds(" and ".join(['properties["age"] + 1 == 43'] * 5000))
    assert holds(" + ".join(["1"] * 5000) + " == 5000")
