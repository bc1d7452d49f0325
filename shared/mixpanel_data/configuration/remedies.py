"""What to do about a fault that pydantic found: in words of JSON and of this project, in place of pydantic's own."""

from collections.abc import Mapping
from typing import Any

from mixpanel_data.base.nearest import near

_WHOLE, _NUMBER = "give a whole number", "give a number"
_OBJECT, _LIST = "give a JSON object", "give a list"
_DAY = "give a day such as 2026-01-31"
_MOMENT = "give a moment with its offset, such as 2026-01-31T12:00:00Z"
_DURATION = "give a length of time such as P7D or PT30M"

_REMEDIES = {
    "string_type": "give text",
    "string_unicode": "remove the unpaired surrogate, which is not a valid character",
    "string_too_long": "give at most {max_length} characters",
    "string_too_short": "give at least {min_length} characters",
    "string_pattern_mismatch": "give text that matches {pattern}",
    "bool_type": "give true or false",
    "bool_parsing": "give true or false",
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_from_float": _WHOLE,
    "int_parsing_size": "give a smaller number",
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "finite_number": "give a finite number",
    "greater_than": "give more than {gt}",
    "greater_than_equal": "give {ge} or more",
    "less_than": "give less than {lt}",
    "less_than_equal": "give {le} or less",
    "multiple_of": "give a multiple of {multiple_of}",
    "literal_error": "give {expected}",
    "enum": "give {expected}",
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "dict_type": _OBJECT,
    "mapping_type": _OBJECT,
    "list_type": _LIST,
    "tuple_type": _LIST,
    "set_type": _LIST,
    "frozen_set_type": _LIST,
    "iterable_type": _LIST,
    "too_short": "give a list of at least {min_length}",
    "too_long": "give a list of at most {max_length}",
    "none_required": "give null, or leave it out",
    "union_tag_invalid": "give one of {expected_tags}",
    "union_tag_not_found": "say which kind it is",
    "date_type": _DAY,
    "date_parsing": _DAY,
    "date_from_datetime_parsing": _DAY,
    "date_from_datetime_inexact": _DAY,
    "datetime_type": _MOMENT,
    "datetime_parsing": _MOMENT,
    "datetime_from_date_parsing": _MOMENT,
    "datetime_object_invalid": _MOMENT,
    "timezone_aware": _MOMENT,
    "time_delta_type": _DURATION,
    "time_delta_parsing": _DURATION,
}


def remedy(fault: Mapping[str, Any]) -> str:
    """What to give in place of the value, for one of `ValidationError.errors()`.

    Where one of several words is expected, the nearest to the value is named as well.
    """
    kind, value, context = fault["type"], fault["input"], fault.get("ctx", {})
    if kind == "too_short" and value == {}:
        return "give a JSON object that has something in it"
    if kind == "string_too_short" and context["min_length"] == 1:
        return "give text that is not empty"
    if kind in ("value_error", "assertion_error"):
        told = str(context["error"])
        # What variables say stands in a sentence of its own.
        return f"give {told.removeprefix('Give ')}" if told.startswith("Give ") else told
    if kind not in _REMEDIES:
        # A check of pydantic's that nothing here uses yet: its words are better than none.
        return str(fault["msg"])
    return _REMEDIES[kind].format(**context) + _hint(value, str(context.get("expected", "")))


def _hint(value: Any, expected: str) -> str:
    words = [each.strip("'") for each in expected.replace(" or ", ", ").split(", ")]
    found = near(value, words) if isinstance(value, str) and len(words) > 1 else []
    return f" (nearest: {found[0]!r})" if found else ""
