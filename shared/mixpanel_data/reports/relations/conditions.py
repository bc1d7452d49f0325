"""Conditions as expressions of GoogleSQL over an event's `properties`. They are TRUE or FALSE, never NULL."""

from collections.abc import Iterator, Sequence
from decimal import Context, Decimal
from typing import Any

from mixpanel_data.configuration.reports.conditions import Condition, Scalar, Test, Where
from mixpanel_data.configuration.reports.steps import Step
from mixpanel_data.reports.relations.parameters import Parameters

_NUMERIC_END = 10**29
_NUMERIC = Context(prec=38)
_BOUNDS = (("above", ">"), ("at_least", ">="), ("below", "<"), ("at_most", "<="))


def is_step(step: Step, parameters: Parameters) -> str:
    """Whether an event is one of a step: its name first, as that is cheap."""
    parts = [f"event_name IN UNNEST({parameters.add('ARRAY<STRING>', list(step.events))})"] if step.events else []
    if step.where:
        parts.append(meets(step.where, parameters))
    return f"({' AND '.join(parts)})" if parts else "TRUE"


def meets(where: Where, parameters: Parameters) -> str:
    """Whether an event meets any of the conditions."""
    return f"({' OR '.join(_all_of(condition, parameters) for condition in where)})"


def _all_of(condition: Condition, parameters: Parameters) -> str:
    return f"({' AND '.join(_passes(name, test, parameters) for name, test in condition.items())})"


def _passes(name: str, test: Test, parameters: Parameters) -> str:
    """Whether a property passes a test. As an element of an array, the value is looked up once, and not in each use."""
    tests = " AND ".join(_tests("value", test, parameters))
    return f"EXISTS (SELECT 1 FROM UNNEST([{property_json(name, parameters)}]) AS value WHERE {tests})"  # noqa: S608 - expressions of our own, and parameters


def _tests(value: str, test: Test, parameters: Parameters) -> Iterator[str]:
    if test.equals is not None:
        yield _is_one_of(value, test.equals, parameters)
    if test.not_ is not None:
        yield f"NOT {_is_one_of(value, test.not_, parameters)}"
    for field, operator in _BOUNDS:
        bound = getattr(test, field)
        if bound is not None:
            yield f"COALESCE({number_of(value)} {operator} {parameters.add('FLOAT64', float(bound))}, FALSE)"
    if test.contains is not None:
        part = parameters.add("STRING", test.contains)
        yield f"COALESCE(JSON_TYPE({value}) = 'string' AND STRPOS({text_of(value)}, {part}) > 0, FALSE)"
    if test.set is not None:
        yield is_set(value) if test.set else f"NOT {is_set(value)}"


def property_json(name: str, parameters: Parameters) -> str:
    """A property of an event as JSON; NULL where it is missing."""
    return f"properties[{parameters.add('STRING', name)}]"


def text_of(value: str) -> str:
    """A scalar's text; NULL for an object, a list, and null."""
    return f"JSON_VALUE({value}, '$')"


def number_of(value: str) -> str:
    """A number as FLOAT64; NULL for everything else."""
    return f"IF(JSON_TYPE({value}) = 'number', LAX_FLOAT64({value}), NULL)"


def is_set(value: str) -> str:
    """Whether a property is there and is not null."""
    return f"COALESCE(JSON_TYPE({value}) <> 'null', FALSE)"


def _is_one_of(value: str, wanted: tuple[Scalar, ...], parameters: Parameters) -> str:
    texts = [one for one in wanted if isinstance(one, str)]
    booleans = ["true" if one else "false" for one in wanted if isinstance(one, bool)]
    numbers = [one for one in wanted if not isinstance(one, str | bool)]
    cases = []
    if texts:
        cases.append(f"WHEN 'string' THEN {_is_among(text_of(value), 'STRING', texts, parameters)}")
    if booleans:
        cases.append(f"WHEN 'boolean' THEN {_is_among(text_of(value), 'STRING', booleans, parameters)}")
    if numbers:
        cases.append(f"WHEN 'number' THEN {_is_number(value, numbers, parameters)}")
    return f"COALESCE(CASE JSON_TYPE({value}) {' '.join(cases)} ELSE FALSE END, FALSE)"


def _is_number(value: str, numbers: list[int | float], parameters: Parameters) -> str:
    """Doubles do not tell integers above 2^53 apart, and decimals no fractions below 10^-9: both have to agree."""
    is_double = _is_among(f"LAX_FLOAT64({value})", "FLOAT64", [float(one) for one in numbers], parameters)
    fitting = [_numeric(one) for one in numbers if abs(one) < _NUMERIC_END]
    if not fitting:
        return is_double
    decimal = f"SAFE_CAST({text_of(value)} AS NUMERIC)"
    is_decimal = _is_among(decimal, "NUMERIC", fitting, parameters)
    return f"IF({is_double}, COALESCE({is_decimal}, {decimal} IS NULL), FALSE)"


def _numeric(number: float) -> Decimal:
    return Decimal(str(number)).quantize(Decimal("1e-9"), context=_NUMERIC)


def _is_among(value: str, type_: str, wanted: Sequence[Any], parameters: Parameters) -> str:
    if len(wanted) == 1:
        return f"{value} = {parameters.add(type_, wanted[0])}"
    return f"{value} IN UNNEST({parameters.add(f'ARRAY<{type_}>', list(wanted))})"
