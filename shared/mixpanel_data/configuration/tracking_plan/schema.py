"""The subset of JSON Schema 2020-12 that SQL can count; any other keyword is refused by name.

Keywords mean what the standard says: `pattern` finds a match anywhere in a string, lengths are Unicode code points,
`5.0` is an integer, a property that is null is present, and a keyword says nothing about values of other types.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from mixpanel_data.configuration.base import Configuration
from mixpanel_data.configuration.tracking_plan.formats import known_format
from mixpanel_data.configuration.tracking_plan.patterns import re2_pattern
from mixpanel_data.configuration.tracking_plan.values import (
    Bound,
    Choice,
    Choices,
    JsonType,
    Keys,
    Length,
    Types,
)

__all__ = ["DeepSchema", "DeepestSchema", "JsonType", "NestedSchema", "PlannedProperty", "PlannedSchema"]


class _Keywords(Configuration):
    """Keywords of JSON Schema, which have a value where they stand."""

    @field_validator("*", mode="before")
    @classmethod
    def _is_given(cls, value: object, info: ValidationInfo) -> object:
        if value is None and info.field_name != "const":
            raise ValueError("give a value, or remove the keyword")
        return value


class DeepestSchema(_Keywords):
    """A value three steps below a property: its type alone, as that is as deep as the registry looks."""

    type: Types | None = None
    description: str | None = None


class DeepSchema(_Keywords):
    """A value two steps below a property."""

    type: Types | None = None
    properties: Mapping[str, DeepestSchema] = {}
    required: Keys = ()
    items: DeepestSchema | None = None
    description: str | None = None


class NestedSchema(_Keywords):
    """A value one step below a property: a member of an object, or the items of an array."""

    type: Types | None = None
    properties: Mapping[str, DeepSchema] = {}
    required: Keys = ()
    items: DeepSchema | None = None
    description: str | None = None


class PlannedProperty(_Keywords):
    """The schema of a property. Numbers compare by value: 1 equals 1.0, and true equals neither.

    `properties`, `required` and `items` describe what is below an object or array; the registry checks them in a sample
    of the events, everything else in all events.
    """

    type: Types | None = None
    enum: Choices | None = None
    const: Choice = None
    minimum: Bound | None = None
    maximum: Bound | None = None
    exclusive_minimum: Annotated[Bound | None, Field(alias="exclusiveMinimum")] = None
    exclusive_maximum: Annotated[Bound | None, Field(alias="exclusiveMaximum")] = None
    min_length: Annotated[Length | None, Field(alias="minLength")] = None
    max_length: Annotated[Length | None, Field(alias="maxLength")] = None
    pattern: Annotated[str, AfterValidator(re2_pattern)] | None = None
    format: Annotated[str, AfterValidator(known_format)] | None = None
    properties: Mapping[str, NestedSchema] = {}
    required: Keys = ()
    items: NestedSchema | None = None
    description: str | None = None
    deprecated: bool = False

    @property
    def has_const(self) -> bool:
        """Whether there is a `const`, which may be null."""
        return "const" in self.model_fields_set


class PlannedSchema(_Keywords):
    """The schema of an event's own properties, by name; those that Mixpanel adds are never additional."""

    type: Literal["object"] = "object"
    properties: Mapping[str, PlannedProperty] = {}
    required: Keys = ()
    additional_properties: Annotated[bool, Field(alias="additionalProperties")] = True
    description: str | None = None
