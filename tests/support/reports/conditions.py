"""Whether an event meets a condition, and fits a step."""

from collections.abc import Mapping
from typing import Any

from mixpanel_data.configuration.reports.conditions import Condition, Test, Where
from mixpanel_data.configuration.reports.steps import Step
from support.reports.events import Event
from support.reports.values import is_number, is_same


def meets(properties: Mapping[str, Any], where: Where | None) -> bool:
    """Whether any of the conditions holds; none given: yes."""
    return where is None or any(_holds(properties, condition) for condition in where)


def is_one_of(event: Event, names: tuple[str, ...], where: Where | None) -> bool:
    """Whether an event has one of these names, or any where none is given, and meets the condition."""
    return (not names or event.name in names) and meets(event.properties, where)


def fits(event: Event, step: Step) -> bool:
    """Whether an event fits a step."""
    return is_one_of(event, step.events, step.where)


def _holds(properties: Mapping[str, Any], condition: Condition) -> bool:
    """Whether the property of every name passes its test; a missing one is as null."""
    return all(_passes(properties.get(name), test) for name, test in condition.items())


def _passes(value: Any, test: Test) -> bool:
    """Whether a value passes all that a test asks.

    Bounds are for numbers alone, `contains` for text alone; any other value fails them. What is missing or null is not
    `set`, equals nothing, and passes `not`.
    """
    asked = [
        test.equals is None or any(is_same(value, one) for one in test.equals),
        test.not_ is None or not any(is_same(value, one) for one in test.not_),
        test.above is None or (is_number(value) and value > test.above),
        test.at_least is None or (is_number(value) and value >= test.at_least),
        test.below is None or (is_number(value) and value < test.below),
        test.at_most is None or (is_number(value) and value <= test.at_most),
        test.contains is None or (isinstance(value, str) and test.contains in value),
        test.set is None or test.set == (value is not None),
    ]
    return all(asked)
