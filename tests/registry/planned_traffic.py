"""Random plans, and random events that break them often, for the comparison with jsonschema."""

from collections.abc import Callable, Mapping
from hashlib import sha256
from random import Random
from typing import Any

from support.published_events import PublishedEvent

_EVENTS = ("Purchase", "sign_up", "Log In", "video.play", "$identify")
_KEYS = ("amount", "plan", "Plan Type", "a.b", "it's", 'q"x', "", '"z"', "😀", "$os", "mp_x", "camelCase", "a/~b", "0")
_BELOW = ("city", "a.b", "sku", "c", "d", "tags")
_TEXTS = (
    *("5", "", "é", "e\u0301", "😀", "free", "pro", "a\nb", "no", "user@x", "@"),
    *("2024-02-30", "2024-02-29", "2024-02-29T12:00:00Z", "2024-02-29t12:00:00.5+01:00", "2024-02-29 12:00:00Z"),
    *("12:00:00Z", "24:00:00Z", "http://x.y/z?q=1#f", "http://x y", "urn:a:b", "/rel", "1.2.3.4", "01.2.3.4"),
    *("6ba7b810-9dad-11d1-80b4-00c04fd430c8", "6ba7b8109dad11d180b400c04fd430c8"),
)
_SCALARS = (None, True, False, 0, 1, 1.0, 5, 5.0, -0.0, 0.1, -3, 2.5, 1e-7, 2**53 - 1, *_TEXTS)
_VALUES: tuple[Any, ...] = (
    *_SCALARS,
    # What only events can have: numbers that are not exact, and what stands between the values of an enum.
    *(1e300, 2**53, 2**53 + 1, 123456789012345678901234567890, "free\x1fstring:pro"),
    *([], [1, "a"], [None], [[None, 1], None], [{"sku": "x"}, {"sku": 1}, {}], [[1, 2], ["x"]], [{"tags": ["a", 1]}]),
    *({}, {"city": "B"}, {"city": None, "a.b": 1}, {"a.b": {"c": [{"d": 1}, {"d": "x"}]}}),
)
_TYPES = (
    "string",
    "integer",
    "number",
    "boolean",
    "null",
    "array",
    "object",
    ["string", "null"],
    ["integer", "string"],
)
_KEYWORDS: Mapping[str, Callable[[Random], Any]] = {
    "type": lambda random: random.choice(_TYPES),
    "enum": lambda random: random.sample(_SCALARS, 4),
    "const": lambda random: random.choice(_SCALARS),
    "minimum": lambda random: random.choice([0, 1, 5.0, 0.1]),
    "maximum": lambda random: random.choice([0, 5, 1e10]),
    "exclusiveMinimum": lambda random: random.choice([0, 1]),
    "exclusiveMaximum": lambda random: random.choice([5, 0.1]),
    "minLength": lambda random: random.choice([0, 1, 2.0, 3]),
    "maxLength": lambda random: random.choice([1, 4, 10]),
    "pattern": lambda random: random.choice(["e", "^[a-z]+$", "a.b", r"\d{4}", "(?i)PRO|5", "^$"]),
    "format": lambda random: random.choice(["date-time", "date", "time", "email", "uri", "uuid", "ipv4"]),
    "deprecated": lambda random: random.random() < 0.5,
}
_NAMINGS = ("snake_case", "camelCase", "Title Case", "object.action", "[a-z$].*")


def some_plan(random: Random) -> dict[str, Any]:
    """A plan with up to three of the events, and with every rule somewhere in a few plans."""
    plan: dict[str, Any] = {"events": {}}
    names = random.sample(_EVENTS, random.choice([0, 1, 3]))
    if not names or random.random() < 0.7:
        plan["naming"] = {"events": random.choice(_NAMINGS), "properties": random.choice(_NAMINGS)}
    if random.random() < 0.5:
        plan["context"] = {"required": random.sample(["$os", "amount", "a.b"], 2)}
    for name in names:
        status = random.choice(["active", "experimental", "deprecated", "blocked"])
        plan["events"][name] = {"status": status, "schema": _event_schema(random)}
    return plan


def some_events(random: Random, count: int, days: int = 3) -> list[PublishedEvent]:
    """Events of these days of 2040-03, with ids like those of the collector."""
    return [_event(random, number, days) for number in range(count)]


def _event(random: Random, number: int, days: int) -> PublishedEvent:
    at = f"2040-03-{random.randint(1, days):02} 10:{random.randint(0, 59):02}:00"
    keys = random.sample(_KEYS, random.randint(3, 10))
    properties = {key: random.choice(_VALUES) for key in keys} | {"mp_lib": random.choice(["web", "ios"])}
    event_id = sha256(str(number).encode()).hexdigest()
    return PublishedEvent(random.choice(_EVENTS), at, "ann", event_id, properties)


def _event_schema(random: Random) -> dict[str, Any]:
    schema: dict[str, Any] = {"properties": {key: _property_schema(random) for key in random.sample(_KEYS, 5)}}
    if random.random() < 0.6:
        schema["required"] = random.sample(_KEYS, 3)
    if random.random() < 0.5:
        schema["additionalProperties"] = random.random() < 0.3
    return schema


def _property_schema(random: Random) -> dict[str, Any]:
    schema = {keyword: make(random) for keyword, make in _KEYWORDS.items() if random.random() < 0.25}
    if random.random() < 0.5:
        schema |= {keyword: value for keyword, value in _nested_schema(random, 0).items() if keyword != "type"}
    return schema


def _nested_schema(random: Random, depth: int) -> dict[str, Any]:
    schema: dict[str, Any] = {}
    if random.random() < 0.6:
        schema["type"] = random.choice(_TYPES)
    if depth == 3:
        return schema
    if random.random() < 0.5:
        schema["properties"] = {key: _nested_schema(random, depth + 1) for key in random.sample(_BELOW, 2)}
    if random.random() < 0.4:
        schema["required"] = random.sample(_BELOW, 2)
    if random.random() < 0.4:
        schema["items"] = _nested_schema(random, depth + 1)
    return schema
