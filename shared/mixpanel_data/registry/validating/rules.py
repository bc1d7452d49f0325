"""A tracking plan as rules that SQL can check: one for each keyword of a property, each with what it compares with."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mixpanel_data.base.choices import RuleName
from mixpanel_data.configuration.tracking_plan import (
    DeepestSchema,
    DeepSchema,
    JsonType,
    NestedSchema,
    PlannedEvent,
    PlannedProperty,
    PlannedStatus,
    TrackingPlan,
)
from mixpanel_data.configuration.tracking_plan.formats import FORMATS
from mixpanel_data.configuration.tracking_plan.values import SEPARATOR, Scalar
from mixpanel_data.registry.context.json_values import number_text
from mixpanel_data.registry.validating.paths import ITEMS, member, path_of

_Nested = PlannedProperty | NestedSchema | DeepSchema | DeepestSchema


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule for a property of an event, or (`property` None) for the event.

    `comparison` is one that the SQL knows, `operand` what it compares with: text, or `bound`, a number. `path` is where
    the rule is broken, `steps` lead from the property to the value that is checked.
    """

    name: RuleName
    comparison: str
    property: str | None = None
    path: str = ""
    expected: str | None = None
    operand: str = ""
    bound: float = 0.0
    steps: tuple[str, ...] = ()

    def document(self) -> Mapping[str, Any]:
        """The rule as suspected_rules.sql takes it; what is absent is NULL there."""
        described: dict[str, Any] = {"rule": self.name, "comparison": self.comparison}
        described |= {"property": self.property} if self.property is not None else {}
        described |= {"expected": self.expected} if self.expected is not None else {}
        described |= {"path": self.path, "operand": self.operand, "bound": self.bound}
        return described | {f"step_{number}": step for number, step in enumerate(self.steps, 1)}


def rules_of(name: str, plan: TrackingPlan) -> Iterator[Rule]:
    """The rules for events of this name: those of its entry, and what the plan requires of every event."""
    planned = plan.events.get(name)
    required = dict.fromkeys((*plan.context.required, *(planned.schema_.required if planned else ())))
    yield from (Rule(RuleName.REQUIRED, "required", property=each) for each in required)
    if planned is None:
        return
    yield from _of_status(planned)
    for property_name, schema in planned.schema_.properties.items():
        yield from _of_property(property_name, schema)


def as_documents(names: Collection[str], plan: TrackingPlan) -> list[str]:
    """The rules for these events, as JSON: an object for each event that has any.

    `is_closed`: whether the event may have no properties but the planned ones, which are then listed.
    """
    documents = []
    for name in names:
        planned = plan.events.get(name)
        rules = [rule.document() for rule in rules_of(name, plan)]
        is_closed = planned is not None and not planned.schema_.additional_properties
        properties = list(planned.schema_.properties) if planned is not None and is_closed else []
        if rules or is_closed:
            document = {"event": name, "rules": rules, "is_closed": is_closed, "properties": properties}
            documents.append(json.dumps(document, ensure_ascii=False))
    return documents


def value_key(value: Scalar) -> str:
    """A scalar by type and value, as broken_by_members.sql writes those of events: numbers that are equal, alike."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return f"boolean:{_json(value)}"
    if isinstance(value, str):
        return f"string:{value}"
    return f"number:{number_text(value)}"


def _of_status(planned: PlannedEvent) -> Iterator[Rule]:
    if planned.status == PlannedStatus.DEPRECATED:
        yield Rule(RuleName.DEPRECATED, "always")
    if planned.status == PlannedStatus.BLOCKED:
        yield Rule(RuleName.BLOCKED, "always")


def _of_property(name: str, schema: PlannedProperty) -> Iterator[Rule]:
    if schema.type is not None:
        yield _type_rule(name, schema.type)
    if schema.enum is not None:
        yield Rule(RuleName.ENUM, "values", name, expected=_json(schema.enum), operand=_values(schema.enum))
    if schema.has_const:
        yield Rule(RuleName.ENUM, "values", name, expected=_json(schema.const), operand=_values((schema.const,)))
    for keyword, bound in _ranges(schema):
        yield Rule(RuleName.RANGE, keyword, name, expected=f"{keyword} {_json(bound)}", bound=float(bound))
    for keyword, length in (("minLength", schema.min_length), ("maxLength", schema.max_length)):
        if length is not None:
            yield Rule(RuleName.LENGTH, keyword, name, expected=f"{keyword} {length}", bound=float(length))
    if schema.pattern is not None:
        yield Rule(RuleName.PATTERN, "pattern", name, expected=schema.pattern, operand=schema.pattern)
    if schema.format is not None:
        yield Rule(RuleName.FORMAT, "pattern", name, expected=schema.format, operand=FORMATS[schema.format])
    if schema.deprecated:
        yield Rule(RuleName.DEPRECATED, "always", name)
    yield from _below(name, (), schema)


def _ranges(schema: PlannedProperty) -> Iterator[tuple[str, int | float]]:
    bounds = {
        "minimum": schema.minimum,
        "maximum": schema.maximum,
        "exclusiveMinimum": schema.exclusive_minimum,
        "exclusiveMaximum": schema.exclusive_maximum,
    }
    yield from ((keyword, bound) for keyword, bound in bounds.items() if bound is not None)


def _below(name: str, steps: tuple[str, ...], schema: _Nested) -> Iterator[Rule]:
    """The rules for what is below a value, which these steps lead to."""
    if isinstance(schema, DeepestSchema):
        return
    for key in schema.required:
        yield Rule(RuleName.REQUIRED, "required", name, path_of((*steps, member(key))), operand=key, steps=steps)
    below = [(member(key), one) for key, one in schema.properties.items()]
    below += [(ITEMS, schema.items)] if schema.items is not None else []
    for step, one in below:
        if one.type is not None:
            yield _type_rule(name, one.type, (*steps, step))
        yield from _below(name, (*steps, step), one)


def _type_rule(name: str, types: Sequence[JsonType], steps: tuple[str, ...] = ()) -> Rule:
    # A whole number is an integer to SQL here, and a number too.
    accepted = dict.fromkeys([*types, *([JsonType.INTEGER] if JsonType.NUMBER in types else [])])
    return Rule(
        RuleName.TYPE, "type", name, path_of(steps), expected="|".join(types), operand=_listed(accepted), steps=steps
    )


def _values(values: Sequence[Scalar]) -> str:
    return _listed([value_key(value) for value in values])


def _listed(texts: Collection[str]) -> str:
    return f"{SEPARATOR}{SEPARATOR.join(texts)}{SEPARATOR}"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
