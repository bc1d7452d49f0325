"""Decoded JSON values as SQL sees them: their types, and their numbers as doubles."""

import math
from typing import Any

from mixpanel_data.configuration.tracking_plan import JsonType

# From here on, two whole numbers can be one double.
_TOO_LARGE = 2**53


def type_of(value: Any) -> JsonType:
    """The type of a value; a number that is whole is an integer, whether written 5 or 5.0."""
    if value is None:
        return JsonType.NULL
    if isinstance(value, bool):
        return JsonType.BOOLEAN
    if isinstance(value, int | float):
        return JsonType.INTEGER if _is_whole(_double(value)) else JsonType.NUMBER
    if isinstance(value, str):
        return JsonType.STRING
    return JsonType.ARRAY if isinstance(value, list) else JsonType.OBJECT


def number_text(value: float) -> str:
    """A number as text: numbers that are one double have one text."""
    number = _double(value)
    return str(int(number)) if number.is_integer() and abs(number) < _TOO_LARGE else repr(number)


def _double(value: float) -> float:
    """The nearest double; beyond all of them, infinity."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _is_whole(number: float) -> bool:
    # SQL rounds infinity to itself.
    return number.is_integer() or not math.isfinite(number)
