"""Values in a plan, checked: lists of names, types, numbers and what `enum` and `const` compare with."""

import math
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from mixpanel_data.configuration.base import Name


class JsonType(StrEnum):
    """The types of JSON Schema; a number that is whole is an integer, whether written 5 or 5.0."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    NULL = "null"
    ARRAY = "array"
    OBJECT = "object"


SEPARATOR = "\x1f"
"""Stands between the values of a list where SQL gets them as one text; no value of a plan has it."""
# From here on, two whole numbers can be one FLOAT64, which is what SQL compares.
_TOO_LARGE = 2**53
_LONGEST = 2**31 - 1

Number = int | float
Scalar = str | bool | int | float | None


def _unique(names: tuple[str, ...]) -> tuple[str, ...]:
    for position, name in enumerate(names):
        if name in names[:position]:
            raise ValueError(f"{name!r} is listed twice: remove one of them")
    return names


def _types(value: object) -> tuple[JsonType, ...]:
    listed = value if isinstance(value, list | tuple) else (value,)
    known = [str(one) for one in JsonType]
    if not listed:
        raise ValueError("give at least one type")
    for one in listed:
        if not isinstance(one, str) or one not in known:
            raise ValueError(f"give one of {', '.join(known)}, or a list of them")
    return tuple(JsonType(one) for one in _unique(tuple(listed)))


def _number(value: object) -> Number:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("give a number")
    if not math.isfinite(value) or abs(value) >= _TOO_LARGE:
        raise ValueError(f"SQL compares numbers exactly only below {_TOO_LARGE}: give a smaller one")
    return value


def _length(value: object) -> int:
    number = _number(value)
    if number != int(number) or not 0 <= number <= _LONGEST:
        raise ValueError(f"give a whole number from 0 to {_LONGEST}")
    return int(number)


def _scalar(value: object) -> Scalar:
    if isinstance(value, str) and SEPARATOR in value:
        raise ValueError("SQL cannot compare text that contains the control character U+001F: remove it")
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int | float):
        return _number(value)
    raise ValueError("SQL compares scalars only: give text, a number, true, false or null")


def is_choice(value: object) -> bool:
    """Whether `enum` and `const` can have the value."""
    try:
        _scalar(value)
    except ValueError:
        return False
    return True


def _choices(value: object) -> tuple[Scalar, ...]:
    if not isinstance(value, list | tuple) or not value:
        raise ValueError("give a list of at least one value")
    return tuple(_scalar(one) for one in value)


Names = Annotated[tuple[Name, ...], Field(strict=False), AfterValidator(_unique)]
"""Names of properties, each once."""
Keys = Annotated[tuple[str, ...], Field(strict=False), AfterValidator(_unique)]
"""Keys of an object, each once; JSON also has the empty one."""
Types = Annotated[tuple[JsonType, ...], BeforeValidator(_types)]
Bound = Annotated[Number, BeforeValidator(_number)]
Length = Annotated[int, BeforeValidator(_length)]
Choice = Annotated[Scalar, BeforeValidator(_scalar)]
Choices = Annotated[tuple[Scalar, ...], BeforeValidator(_choices)]
