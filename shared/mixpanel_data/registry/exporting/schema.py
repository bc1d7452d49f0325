"""The JSON Schema (2020-12) of an event, as it was observed: whatever it says, no event has broken it so far."""

from collections.abc import Iterator, Sequence
from typing import Any

from mixpanel_data.base.redaction import Redactor
from mixpanel_data.configuration.tracking_plan import PlannedEvent, PlannedProperty, PlannedStatus
from mixpanel_data.registry.exporting.observed import ObservedEvent, ObservedProperty

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
# Values of which each occurs in one event only are not a choice.
_LEAST_EVENTS_A_CHOICE = 2


def json_schema(event: ObservedEvent, planned: PlannedEvent | None, redactor: Redactor) -> dict[str, Any]:
    """The schema of the event's properties, redacted: names and values that look personal are left out.

    Types, required properties and choices are those of the events, descriptions those of the plan.
    """
    named = [each for each in event.properties if redactor.text(each.name) == each.name]
    described = planned.schema_.properties if planned else {}
    schema: dict[str, Any] = {"$schema": _DIALECT, "title": redactor.text(event.name)}
    if description := description_of(planned, redactor):
        schema["description"] = description
    if planned and planned.status in (PlannedStatus.DEPRECATED, PlannedStatus.BLOCKED):
        schema["deprecated"] = True
    schema["type"] = "object"
    schema["properties"] = {each.name: _property(each, described.get(each.name), redactor) for each in named}
    schema["required"] = [each.name for each in named if each.is_in_all]
    schema["additionalProperties"] = True
    return schema


def description_of(planned: PlannedEvent | PlannedProperty | None, redactor: Redactor) -> str:
    """The plan's description, redacted; empty without one."""
    return redactor.text(planned.description) if planned and planned.description else ""


def types_of(types: Sequence[str]) -> list[str]:
    """The types by name, without `integer` where there is `number`: in JSON Schema each integer is a number too."""
    return sorted(set(types) - ({"integer"} if "number" in types else set()))


def _property(observed: ObservedProperty, planned: PlannedProperty | None, redactor: Redactor) -> dict[str, Any]:
    schema: dict[str, Any] = {}
    types = types_of(list(observed.types))
    if types:
        schema["type"] = types[0] if len(types) == 1 else types
    if choices := _choices(observed, redactor):
        schema["enum"] = choices
    if description := description_of(planned, redactor):
        schema["description"] = description
    if planned and planned.deprecated:
        schema["deprecated"] = True
    return schema


def _choices(observed: ObservedProperty, redactor: Redactor) -> list[Any]:
    """All values that the property ever had; none where one is not known or must not be shown, or where they are many.

    A type says as much as its values where it has one or two of them.
    """
    found: list[Any] = []
    for type_name, events in observed.types.items():
        values = list(_values(type_name, observed.choices.get(type_name, ())))
        if not values or (type_name in observed.choices and len(values) * _LEAST_EVENTS_A_CHOICE > events):
            return []
        found += values
    return found if observed.choices and _are_shown(observed.name, found, redactor) else []


def _are_shown(name: str, values: Sequence[Any], redactor: Redactor) -> bool:
    """Whether neither the property's name nor the look of a value says that they are personal."""
    texts = [str(value) for value in values if not isinstance(value, bool | None)]
    return redactor.value(name, "") == "" and all(redactor.text(text) == text for text in texts)


def _values(type_name: str, choices: Sequence[str]) -> Iterator[Any]:
    if type_name == "null":
        yield None
    elif type_name == "boolean":
        yield from (False, True)
    elif type_name == "string":
        yield from choices
    elif type_name == "integer" and all(_is_exact(text) for text in choices):
        yield from sorted(map(int, choices))


def _is_exact(text: str) -> bool:
    """Whether the text is a whole number that every reader of JSON keeps as it is."""
    digits = text.removeprefix("-")
    return digits.isascii() and digits.isdigit() and len(digits) <= 15
