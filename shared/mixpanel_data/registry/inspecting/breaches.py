"""What a single event breaks of the tracking plan: the rules of `validating`, in Python, for a look at few events.

Patterns are left to the engine, whose regular expressions (RE2) are not Python's.
"""

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mixpanel_data.base.choices import RuleName
from mixpanel_data.configuration.tracking_plan import TrackingPlan
from mixpanel_data.configuration.tracking_plan.naming import whole_name_pattern
from mixpanel_data.configuration.tracking_plan.values import SEPARATOR
from mixpanel_data.registry.context.json_values import type_of
from mixpanel_data.registry.judging.own_keys import is_mixpanels
from mixpanel_data.registry.validating.paths import ITEMS
from mixpanel_data.registry.validating.rules import Rule, rules_of, value_key

_MEMBER = "."
_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "minimum": operator.ge,
    "maximum": operator.le,
    "exclusiveMinimum": operator.gt,
    "exclusiveMaximum": operator.lt,
    "minLength": operator.ge,
    "maxLength": operator.le,
}


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule that an event breaks, at a property (None: the event itself) and the JSONPath below it ('': its value).

    `expected` is what the plan asks for. With a `pattern`, the rule is broken only if that finds no match in `text`.
    """

    rule: RuleName
    property: str | None = None
    path: str = ""
    expected: str | None = None
    text: str = ""
    pattern: str | None = None


def breaches(plan: TrackingPlan, name: str, properties: Mapping[str, Any]) -> Iterator[Breach]:
    """All that an event of this name breaks, or may break if a pattern finds no match."""
    yield from _of_names(plan, name, properties)
    for rule in rules_of(name, plan):
        yield from dict.fromkeys(_of_rule(rule, properties))


def _of_names(plan: TrackingPlan, name: str, properties: Mapping[str, Any]) -> Iterator[Breach]:
    if plan.events and name not in plan.events:
        yield Breach(RuleName.UNKNOWN_EVENT)
    if not name.startswith("$"):
        yield from _naming(plan.naming.events, name, None)
    own = [key for key in properties if not is_mixpanels(key)]
    for key in own:
        yield from _naming(plan.naming.properties, key, key)
    if name in plan.events and not plan.events[name].schema_.additional_properties:
        planned = plan.events[name].schema_.properties
        yield from (Breach(RuleName.UNKNOWN_PROPERTY, key) for key in own if key not in planned)


def _naming(rule: str | None, name: str, of_property: str | None) -> Iterator[Breach]:
    if rule is not None:
        yield Breach(RuleName.NAMING, of_property, expected=rule, text=name, pattern=whole_name_pattern(rule))


def _of_rule(rule: Rule, properties: Mapping[str, Any]) -> Iterator[Breach]:
    if rule.property is None or (rule.comparison == "required" and not rule.path):
        if rule.property not in properties:
            yield _breach(rule)
    elif rule.property in properties:
        for value in _values_at(properties[rule.property], rule.steps):
            yield from _of_value(rule, value)


def _values_at(value: Any, steps: Sequence[str]) -> Iterator[Any]:
    """What the steps lead to: nothing, a value, or one for each item of an array."""
    if not steps:
        yield value
    elif steps[0] == ITEMS and isinstance(value, list):
        for item in value:
            yield from _values_at(item, steps[1:])
    elif isinstance(value, Mapping) and steps[0].startswith(_MEMBER):
        key = steps[0].removeprefix(_MEMBER)
        if key in value:
            yield from _values_at(value[key], steps[1:])


def _of_value(rule: Rule, value: Any) -> Iterator[Breach]:
    if rule.comparison == "pattern":
        if isinstance(value, str):
            yield Breach(rule.name, rule.property, rule.path, rule.expected, value, rule.operand)
    elif not _holds(rule, value):
        yield _breach(rule)


def _holds(rule: Rule, value: Any) -> bool:
    match rule.comparison:
        case "always":
            return False
        case "type":
            return _lists(rule, type_of(value))
        case "values":
            return not isinstance(value, Mapping | list) and _lists(rule, value_key(value))
        case "required":
            return not isinstance(value, Mapping) or rule.operand in value
        case "minLength" | "maxLength":
            return not isinstance(value, str) or _COMPARISONS[rule.comparison](len(value), rule.bound)
        case _:
            return not _is_number(value) or _COMPARISONS[rule.comparison](value, rule.bound)


def _lists(rule: Rule, text: str) -> bool:
    return text in rule.operand.split(SEPARATOR)


def _breach(rule: Rule) -> Breach:
    return Breach(rule.name, rule.property, rule.path, rule.expected)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
