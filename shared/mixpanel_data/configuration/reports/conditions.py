"""Conditions on an event's properties."""

import math
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from mixpanel_data.configuration.base import Configuration, Name

Scalar = str | bool | int | float
Number = int | float


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _number(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, Number) or not _is_finite(value):
        raise ValueError("give a finite number")
    # One number has one form, so that equal definitions have equal versions.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _scalar(value: object) -> object:
    if not isinstance(value, Scalar):
        raise ValueError("give text, a number, true or false")
    if isinstance(value, str):
        return _text(value)
    return value if isinstance(value, bool) else _number(value)


def _text(value: object) -> object:
    if isinstance(value, str) and not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise ValueError("remove the unpaired surrogate, which is not a valid character") from None
    return value


def _scalars(value: object) -> object:
    values = tuple(value) if isinstance(value, list | tuple) else (value,)
    if not values:
        raise ValueError("give at least one value; nothing has one of none")
    return tuple(_scalar(one) for one in values)


Values = Annotated[tuple[Scalar, ...], BeforeValidator(_scalars)]
"""One value or several; several mean any of them."""


Bound = Annotated[Number, BeforeValidator(_number)]


class Test(Configuration):
    """What a property's value has to be; everything that is given must hold.

    Values are compared within their JSON type: `"10"` is not `10`, and `true` is not `1`. Bounds are met by numbers,
    `contains` by text, letter by letter. `not` is met by every other value, and by events without the property. `set`
    asks whether the property is there and is not null.
    """

    equals: Values | None = None
    not_: Annotated[Values | None, Field(alias="not")] = None
    above: Bound | None = None
    at_least: Bound | None = None
    below: Bound | None = None
    at_most: Bound | None = None
    contains: Annotated[str, BeforeValidator(_text)] | None = None
    set: bool | None = None

    @model_validator(mode="after")
    def _asks_something(self) -> "Test":
        if all(value is None for _, value in self):
            raise ValueError("it tests nothing; give one of not, above, at_least, below, at_most, contains, set")
        return self

    @model_serializer(mode="wrap")
    def _shortest(self, dump: SerializerFunctionWrapHandler) -> Any:
        """The short form of `equals` alone: its value, or a list of several."""
        given = {name: value for name, value in dump(self).items() if value is not None}
        if given.keys() != {"equals"}:
            return given
        values = given["equals"]
        return values[0] if len(values) == 1 else values


def _test(value: object) -> object:
    """The short forms: a value, or a list of them, stands for `equals`."""
    return value if isinstance(value, Mapping | Test) else {"equals": value}


Condition = Annotated[
    Mapping[Name, Annotated[Test, BeforeValidator(_test)]],
    Field(min_length=1),
]
"""Tests by the name of a property; all must hold."""


def _conditions(value: object) -> object:
    return tuple(value) if isinstance(value, list | tuple) else (value,)


Where = Annotated[tuple[Condition, ...], BeforeValidator(_conditions), Field(min_length=1)]
"""A condition, or several, of which any must hold."""
