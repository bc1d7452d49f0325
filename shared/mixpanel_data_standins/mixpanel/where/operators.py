"""The operators, accessors and functions of the `where` language.

Each takes and returns the values of `values`, and returns UNDEFINED for operands that it does not support.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from mixpanel_data_standins.mixpanel.events import lines
from mixpanel_data_standins.mixpanel.where.values import UNDEFINED, Event, Instant, finite

Accessor = Callable[[Event, str], object]
Unary = Callable[[object], object]
Binary = Callable[[object, object], object]

_NUMERIC_TEXT = re.compile(r"\s*[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?\s*")


def negative(value: object) -> object:
    """A number with its sign changed."""
    return -value if isinstance(value, float) else UNDEFINED


def _numeric(calculate: Callable[[float, float], float]) -> Binary:
    def binary(left: object, right: object) -> object:
        if not isinstance(left, float) or not isinstance(right, float):
            return UNDEFINED
        try:
            return finite(calculate(left, right))
        except (ArithmeticError, ValueError):  # division by zero, or fmod of infinity
            return UNDEFINED

    return binary


_add_numbers = _numeric(operator.add)


def _add(left: object, right: object) -> object:
    if isinstance(left, str) and isinstance(right, str):
        return left + right
    return _add_numbers(left, right)


def _equal(left: object, right: object) -> bool:
    return type(left) is type(right) and left == right


def _unequal(left: object, right: object) -> bool:
    return not _equal(left, right)


def _ordered(compare: Callable[[float, float], bool]) -> Binary:
    def binary(left: object, right: object) -> object:
        if isinstance(left, Instant) and isinstance(right, Instant):
            return compare(left.seconds, right.seconds)
        return compare(left, right) if isinstance(left, float) and isinstance(right, float) else UNDEFINED

    return binary


def _text_ordered(compare: Callable[[str, str], bool], otherwise: Binary) -> Binary:
    def binary(left: object, right: object) -> object:
        if isinstance(left, str) and isinstance(right, str):
            return compare(left, right)
        return otherwise(left, right)

    return binary


def _in(left: object, right: object) -> object:
    if isinstance(right, list):
        return any(_equal(left, item) for item in right)
    return left in right if isinstance(left, str) and isinstance(right, str) else UNDEFINED


def _property(event: Event, name: str) -> object:
    # The server filters by `$time`; a filter cannot see `time` itself.
    if name == "$time":
        return event.time
    return UNDEFINED if name == "time" else event.properties.get(name, UNDEFINED)


def _of_event(event: Event, name: str) -> object:
    return event.time if name == "$time" else UNDEFINED


def _of_user(event: Event, name: str) -> object:
    # The stand-in's queries join profiles, its export does not.
    return event.user.get(name, UNDEFINED)


def _boolean(value: object) -> object:
    return value not in (UNDEFINED, None, False, 0.0, "", "false")


def _number(value: object) -> object:
    if isinstance(value, str):
        return finite(float(value)) if _NUMERIC_TEXT.fullmatch(value) else UNDEFINED
    return float(value) if isinstance(value, (bool, float)) else UNDEFINED


def _string(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, Instant):
        return _iso(value)
    return value if isinstance(value, str) or value is None else UNDEFINED


def _iso(instant: Instant) -> object:
    try:
        return datetime.fromtimestamp(instant.seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    except (ValueError, OverflowError):
        return UNDEFINED


def _datetime(value: object) -> object:
    if isinstance(value, Instant):
        return value
    seconds = lines.seconds_of_iso(value) if isinstance(value, str) else value
    return Instant(seconds) if isinstance(seconds, float) else UNDEFINED


def _whole(calculate: Callable[[float], int]) -> Unary:
    def function(value: object) -> object:
        return float(calculate(value)) if isinstance(value, float) and math.isfinite(value) else UNDEFINED

    return function


SUMS: Mapping[str, Binary] = {"+": _add, "-": _numeric(operator.sub)}
PRODUCTS: Mapping[str, Binary] = {
    "*": _numeric(operator.mul),
    "/": _numeric(operator.truediv),
    "%": _numeric(math.fmod),
}
COMPARISONS: Mapping[str, Binary] = {
    "==": _equal,
    "!=": _unequal,
    "<": _ordered(operator.lt),
    "<=": _ordered(operator.le),
    ">": _ordered(operator.gt),
    ">=": _ordered(operator.ge),
    "in": _in,
}
TEXT_COMPARISONS: Mapping[str, Binary] = {
    **COMPARISONS,
    "<": _text_ordered(operator.lt, COMPARISONS["<"]),
    "<=": _text_ordered(operator.le, COMPARISONS["<="]),
    ">": _text_ordered(operator.gt, COMPARISONS[">"]),
    ">=": _text_ordered(operator.ge, COMPARISONS[">="]),
}
"""The same, with texts in the order of their characters, as queries of profiles compare them."""
ACCESSORS: Mapping[str, Accessor] = {
    "properties": _property,
    "event": _of_event,
    "user": _of_user,
}
FUNCTIONS: Mapping[str, Unary] = {
    "defined": lambda value: value is not UNDEFINED,
    "boolean": _boolean,
    "number": _number,
    "string": _string,
    "datetime": _datetime,
    "floor": _whole(math.floor),
    "round": _whole(lambda value: math.floor(value + 0.5)),
    "ceil": _whole(math.ceil),
}
