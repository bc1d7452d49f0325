"""Values of a property, or below it at a path, in one event."""

import re
from collections.abc import Iterator
from typing import Any

from mixpanel_data.configuration.tracking_plan import JsonType
from mixpanel_data.registry.context.json_values import number_text

# A step of a path: .city, ['a.b'] or [*].
_STEP = re.compile(r"\.(?P<name>[A-Za-z_][A-Za-z0-9_]*)|\['(?P<quoted>(?:[^'\\]|\\.)*)'\]|\[\*\]", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def values_at(value: Any, path: str) -> list[Any]:
    """The values that the JSONPath leads to, below a decoded JSON value; the value itself for the path ''."""
    found = [value]
    for step in _STEP.finditer(path):
        name = step["name"] if step["name"] is not None else step["quoted"]
        found = [each for one in found for each in _below(one, None if name is None else _ESCAPED.sub(r"\1", name))]
    return found


def _below(value: Any, name: str | None) -> Iterator[Any]:
    """The member of an object, or for None the elements of an array."""
    if name is None and isinstance(value, list):
        yield from value
    elif name is not None and isinstance(value, dict) and name in value:
        yield value[name]


def text_of(value: Any) -> str | None:
    """A value as text, numbers by their value; None for null, arrays and objects."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return number_text(value)
    return value if isinstance(value, str) else None


def known_text(type_: str, text: str) -> str:
    """A value that observations list, as `text_of` has it: engines write a number in more than one way."""
    return number_text(float(text)) if type_ in (JsonType.INTEGER, JsonType.NUMBER) else text
