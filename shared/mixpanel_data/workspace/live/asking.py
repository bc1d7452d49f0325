"""What a caller asks for, checked before Mixpanel is asked: days, units, and expressions."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from mixpanel_data.base.days import check_in_order, day_of
from mixpanel_data.base.errors import RequestError
from mixpanel_data.clients.mixpanel.querying import Days

COUNT_UNITS = ("minute", "hour", "day", "week", "month")
SEGMENTATION_UNITS = ("minute", "hour", "day", "month")
LONG_UNITS = ("day", "week", "month")
SHORT_UNITS = ("hour", "day")
KINDS = ("general", "unique", "average")

# What makes a text an expression: anything else is the name of a property, brackets and quotes included.
_ACCESSOR = re.compile(r"""\b(?:properties|user|event|behaviors)\s*\[\s*["']""")
_DOTTED = re.compile(r"properties\.(.+)", re.DOTALL)
_PROPERTY = re.compile(r'properties\["((?:[^"\\]|\\.)*)"\]', re.DOTALL)


def days_of(from_date: str | date, to_date: str | date) -> Days:
    """The days from `from_date` to `to_date`, both inclusive. Raises RequestError."""
    days = Days(day_of("from_date", from_date), day_of("to_date", to_date))
    check_in_order(days.first, days.last)
    return days


def days_or_none(from_date: str | date | None, to_date: str | date | None) -> Days | None:
    """The days, or None if neither is given. Raises RequestError."""
    if from_date is None and to_date is None:
        return None
    if from_date is None or to_date is None:
        missing = "from_date" if from_date is None else "to_date"
        raise RequestError(f"{missing} is missing. Give both days, or neither.")
    return days_of(from_date, to_date)


def one_of(parameter: str, value: str, choices: Sequence[str]) -> str:
    """The value, if it is one of the choices. Raises RequestError."""
    if value not in choices:
        raise RequestError(f"{parameter} is {value!r}. Give one of {', '.join(choices)}.")
    return value


def at_least_one(parameter: str, value: int) -> int:
    """The value, if it is a whole number above 0. Raises RequestError."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise RequestError(f"{parameter} is {value!r}. Give a whole number, at least 1.")
    return value


def names_of(parameter: str, value: str | Sequence[str]) -> list[str]:
    """The names as a list of at least one; a text is one name. Raises RequestError for an empty name."""
    names = [value] if isinstance(value, str) else list(value) if isinstance(value, Iterable) else []
    if not names or not all(isinstance(name, str) and name for name in names):
        raise RequestError(f"{parameter} is {value!r}. Give at least one name, and no empty one.")
    return names


def name_of(parameter: str, value: str) -> str:
    """The value, if it is a text that is not empty. Raises RequestError."""
    if not isinstance(value, str) or not value:
        raise RequestError(f"{parameter} is {value!r}. Give a text that is not empty.")
    return value


def json_object(parameter: str, value: Mapping[str, Any]) -> Mapping[str, Any]:
    """The mapping, if it can be written as JSON. Raises RequestError."""
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise RequestError(
            f"{parameter} cannot be written as JSON: {error}. Give texts, finite numbers, and lists and "
            "dictionaries of them."
        ) from error
    return value


def expression_of(on: str) -> str:
    """The expression for a property's name, `plan` or `properties.plan`; an expression stays as it is.

    Raises RequestError for an empty text, and for a value that is not a text.
    """
    if not isinstance(on, str) or not on:
        raise RequestError(f"on is {on!r}. Give the name of a property, or an expression.")
    if _ACCESSOR.search(on):
        return on
    dotted = _DOTTED.fullmatch(on)
    name = (dotted[1] if dotted else on).replace("\\", "\\\\").replace('"', '\\"')
    return f'properties["{name}"]'


def property_of(on: str) -> str:
    """The name of the property, if the expression is its value and nothing more; else the expression."""
    expression = expression_of(on)
    found = _PROPERTY.fullmatch(expression)
    return re.sub(r"\\(.)", r"\1", found[1], flags=re.DOTALL) if found else expression
