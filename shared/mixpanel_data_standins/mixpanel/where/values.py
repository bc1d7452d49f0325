"""The values of an expression: strings, floats, booleans, None (null), lists, instants and UNDEFINED."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final


class ExpressionError(ValueError):
    """The expression cannot be parsed, or cannot be applied to an event; the message names the character, from 1."""

    def __init__(self, problem: str, position: int) -> None:
        super().__init__(f"{problem} at character {position + 1}")


class Undefined(Enum):
    """The type of UNDEFINED."""

    UNDEFINED = "undefined"


UNDEFINED: Final = Undefined.UNDEFINED
"""The value of a missing property, and of an operator applied to operands that it does not support."""


@dataclass(frozen=True, slots=True)
class Instant:
    """A point in time, in seconds since 1970 on the clock that the project's `datetime()` uses."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Event:
    """The part of an event that an expression can read: its properties, its time, and its user's profile (`user`).

    Numbers are floats."""

    properties: Mapping[str, object]
    time: Instant | Undefined
    user: Mapping[str, object] = field(default_factory=dict)


def truth(value: object, position: int) -> bool:
    """A value as a condition; undefined counts as false. ExpressionError for a value that is not a boolean."""
    if isinstance(value, bool):
        return value
    if value is UNDEFINED:
        return False
    raise ExpressionError(f"{_type_name(value)} where a boolean is needed, in the part", position)


def finite(value: float) -> float | Undefined:
    """The number, or UNDEFINED for an infinity or NaN."""
    return value if math.isfinite(value) else UNDEFINED


def _type_name(value: object) -> str:
    names = {str: "a string", float: "a number", list: "a list", Instant: "a datetime", type(None): "null"}
    return names.get(type(value), "an object")
