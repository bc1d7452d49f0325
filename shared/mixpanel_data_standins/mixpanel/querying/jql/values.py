"""JavaScript's values as Python's, and the operators over them.

Undefined is UNDEFINED, null None; numbers are floats, objects dicts, arrays lists, functions callables that take a list
of arguments.
"""

from __future__ import annotations

import json
import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, Final

Function = Callable[[list[object]], object]


class Undefined(Enum):
    """The type of UNDEFINED."""

    UNDEFINED = "undefined"


UNDEFINED: Final = Undefined.UNDEFINED


@dataclass(frozen=True, slots=True)
class Date:
    """A date: milliseconds since 1970."""

    ms: float

    def iso(self) -> str:
        """The date as toISOString() writes it."""
        at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=self.ms)
        return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def truthy(value: object) -> bool:
    """Whether a value counts as true."""
    if isinstance(value, (list, dict)):
        return True
    is_nan = isinstance(value, float) and math.isnan(value)
    return value not in (UNDEFINED, None, False, 0, "") and not is_nan


def text(value: object) -> str:
    """String(value)."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, (int, float)):
        return _number_text(float(value))
    if isinstance(value, list):
        return ",".join("" if one in (None, UNDEFINED) else text(one) for one in value)
    if isinstance(value, Date):
        return value.iso()
    return "undefined" if value is UNDEFINED else "[object Object]"


def number(value: object) -> float:
    """Number(value)."""
    if isinstance(value, (bool, int, float)):
        return float(value)
    if isinstance(value, Date):
        return value.ms
    if value is None or (isinstance(value, str) and not value.strip()):
        return 0.0
    try:
        return float(value) if isinstance(value, str) else math.nan
    except ValueError:
        return math.nan


def same(left: object, right: object) -> bool:
    """left === right."""
    if isinstance(left, (list, dict)) or isinstance(right, (list, dict)):
        return left is right
    if _is_number(left) and _is_number(right):
        return left == right
    return type(left) is type(right) and left == right


def alike(left: object, right: object) -> bool:
    """left == right."""
    nothing = (None, UNDEFINED)
    if left in nothing or right in nothing:
        return left in nothing and right in nothing
    if isinstance(left, str) is not isinstance(right, str) and not isinstance(left, (list, dict)):
        return number(left) == number(right)
    return same(left, right)


def type_of(value: object) -> str:
    """typeof value."""
    if value is UNDEFINED:
        return "undefined"
    names = ((bool, "boolean"), (str, "string"), (int, "number"), (float, "number"))
    name = next((name for kind, name in names if isinstance(value, kind)), "object")
    return "function" if callable(value) else name


def json_value(value: object) -> object:
    """The value as Python's json writes it: whole floats as integers, NaN as null, without what JSON does not have."""
    if isinstance(value, dict):
        return {name: json_value(inner) for name, inner in value.items() if not _is_left_out(inner)}
    if isinstance(value, list):
        return [None if _is_left_out(inner) else json_value(inner) for inner in value]
    if isinstance(value, float):
        return int(value) if value.is_integer() else value if math.isfinite(value) else None
    return value.iso() if isinstance(value, Date) else value


def json_text(value: object) -> str:
    """JSON.stringify(value)."""
    return json.dumps(json_value(value), ensure_ascii=False, separators=(",", ":"))


def _plus(left: object, right: object) -> object:
    if _is_number(left) and _is_number(right):
        return number(left) + number(right)
    if any(isinstance(one, (str, list, dict)) for one in (left, right)):
        return text(left) + text(right)
    return number(left) + number(right)


def _divided(left: object, right: object) -> float:
    above, below = number(left), number(right)
    if below:
        return above / below
    return math.nan if not above or math.isnan(above) else math.copysign(math.inf, above)


def _rest(left: object, right: object) -> float:
    try:
        return math.fmod(number(left), number(right))
    except ValueError:
        return math.nan


def _ordered(compare: Callable[[Any, Any], object]) -> Callable[[object, object], object]:
    def binary(left: object, right: object) -> object:
        if isinstance(left, str) and isinstance(right, str):
            return compare(left, right)
        return compare(number(left), number(right))

    return binary


BINARY: Mapping[str, Callable[[object, object], object]] = {
    "===": same,
    "!==": lambda left, right: not same(left, right),
    "==": alike,
    "!=": lambda left, right: not alike(left, right),
    "<": _ordered(operator.lt),
    "<=": _ordered(operator.le),
    ">": _ordered(operator.gt),
    ">=": _ordered(operator.ge),
    "in": lambda left, right: isinstance(right, dict) and text(left) in right,
    "+": _plus,
    "-": lambda left, right: number(left) - number(right),
    "*": lambda left, right: number(left) * number(right),
    "/": _divided,
    "%": _rest,
}


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_left_out(value: object) -> bool:
    return value is UNDEFINED or callable(value)


def _number_text(value: float) -> str:
    if math.isfinite(value):
        return str(int(value)) if value.is_integer() and abs(value) < 1e21 else repr(value)
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
