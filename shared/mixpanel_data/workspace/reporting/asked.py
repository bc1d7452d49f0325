"""What a caller asks for, as a checked definition."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from mixpanel_data.base.errors import RequestError
from mixpanel_data.configuration.base import complaints
from mixpanel_data.configuration.reports.definitions import Report
from mixpanel_data.configuration.reports.people import Cohort
from mixpanel_data.configuration.reports.scope import Scope

Given = Scope | Mapping[str, Any]
"""A definition: an object of its class, or its fields as JSON has them."""

Asked = TypeVar("Asked", bound=Scope)
_DAYS = ("from_date", "to_date")


def definition_from(shape: type[Asked], given: Given | None, changes: Mapping[str, Any]) -> Asked:
    """A definition of this shape: what is given, with these fields in place of its own.

    Raises RequestError, naming the field, for a wrong value, for a definition of another report, and for a report over
    days without them.
    """
    if isinstance(given, Scope) and not isinstance(given, shape):
        raise RequestError(f"The definition is of the report {_name(type(given))}, not of {_name(shape)}.")
    try:
        definition = shape.model_validate({**_fields(given), **changes})
    except ValidationError as error:
        raise RequestError(f"{complaints(error, shape)}.") from error
    _check_days(definition)
    return definition


def _check_days(definition: Scope) -> None:
    missing = [field for field in _DAYS if getattr(definition, field, None) is None]
    # A cohort without any days is asked for its members alone.
    is_asked_over_days = isinstance(definition, Report) or (isinstance(definition, Cohort) and missing != list(_DAYS))
    if missing and is_asked_over_days:
        raise RequestError(f"{missing[0]} is missing: give a day such as 2026-01-31.")


def _fields(given: Given | None) -> dict[str, Any]:
    """The fields that a definition sets itself."""
    if isinstance(given, Scope):
        return {name: getattr(given, name) for name in given.model_fields_set}
    return dict(given or {})


def _name(shape: type[Scope]) -> str:
    return str(shape.model_fields["report"].default)
