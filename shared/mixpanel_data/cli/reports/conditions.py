"""Conditions, steps and segments as the command line has them: short, or as JSON."""

import json
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mixpanel_data.base.errors import RequestError

# The longer signs first: `>=` begins with `>`.
_SHORT = re.compile(r"(?P<name>.+?)(?P<sign>!=|>=|<=|=|>|<)(?P<value>.*)", re.DOTALL)
# A property as Mixpanel's expressions have it, and what it is compared with: number(properties["n"]) == 3.
_OF_MIXPANEL = re.compile(
    r"""\b(?:properties|user|event)\s*\[\s*(["'])(?P<name>.+?)\1\s*\]|^properties\.(?P<dotted>[^\s=!<>]+)"""
)
_COMPARED = re.compile(r"""\)?\s*(?P<sign>!=|>=|<=|=|>|<)=?\s*(?P<value>"[^"]*"|'[^']*'|[^\s"')]+)""")
_TESTS = {"=": "equals", "!=": "not", ">=": "at_least", "<=": "at_most", ">": "above", "<": "below"}


def where_of(option: str, texts: Sequence[str] | None) -> Any:
    """The conditions of an option that can be repeated, as JSON values; None for none.

    `plan=pro`, `amount>=10` and JSON objects must all hold; a JSON list, of which any must, stands alone. A value that
    reads as a number, true or false is one; text that looks like one is written `plan="10"`. Raises RequestError.
    """
    documents = [_condition(option, text) for text in texts or ()]
    lists = [each for each in documents if isinstance(each, list)]
    if lists and len(documents) > 1:
        raise RequestError(f"{option} has a JSON list, which stands alone. Give {option} once.")
    if lists:
        return lists[0]
    return _all_of(option, documents) if documents else None


def check_property(option: str, name: str) -> None:
    """Raise RequestError for an expression of Mixpanel's, which names a property in another way."""
    if found := _OF_MIXPANEL.search(name):
        raise RequestError(
            f"{option} is {name!r}, an expression of Mixpanel's. Give the name of the property: {_name_in(found)}."
        )


def step_of(option: str, text: str, where: Any = None) -> Any:
    """A step: an event's name, or a JSON object. Raises RequestError for two conditions of one step."""
    step = json_of(option, text) if text.startswith("{") else {"events": text}
    if where is None:
        return step
    if "where" in step:
        raise RequestError(f"{option} has a condition of its own. Leave out --where.")
    return {**step, "where": where}


def steps_of(option: str, texts: Sequence[str] | None, where: Any = None) -> list[Any] | None:
    """Steps, all with the same condition; None for none. Raises RequestError for a condition without steps."""
    if where is not None and not texts:
        raise RequestError(f"--where is for the events that {option} names. Add {option}.")
    return [step_of(option, text, where) for text in texts] if texts else None


def any_step_of(option: str, text: str | None, where: Any = None) -> Any:
    """A step that can be left out: then an event of any name that meets the condition, or None without one."""
    if text is None:
        return None if where is None else {"where": where}
    return step_of(option, text, where)


def segment_of(option: str, text: str) -> Any:
    """A segment: the name of a saved one, or a JSON object."""
    return json_of(option, text) if text.startswith("{") else text


def json_of(option: str, text: str) -> Any:
    """A JSON document of an option. Raises RequestError."""
    try:
        return json.loads(text)
    except ValueError as error:
        raise RequestError(f"{option} is {text!r}, which is not valid JSON: {error}.") from error


def _condition(option: str, text: str) -> Any:
    if text.startswith(("{", "[")):
        condition = json_of(option, text)
        if not condition:
            raise RequestError(f"{option} is {text!r}, which tests nothing. Give at least one condition.")
        return condition
    example = _example_of(text)
    if example is not None:
        raise RequestError(
            f"{option} is {text!r}, an expression of Mixpanel's. "
            f"Give a condition such as {shlex.quote(example)}, or JSON."
        )
    found = _SHORT.fullmatch(text)
    if found is None:
        raise RequestError(f"{option} is {text!r}. Give a condition such as plan=pro, 'amount>=10', or JSON.")
    return {found["name"].strip(): {_TESTS[found["sign"]]: _value(found["value"].strip())}}


def _example_of(text: str) -> str | None:
    """The condition that the first comparison of an expression of Mixpanel's stands for; None for a condition."""
    found, short = _OF_MIXPANEL.search(text), _SHORT.fullmatch(text)
    if found is not None:
        compared = _COMPARED.match(text, found.end())
        test = f"{compared['sign']}{_unquoted(compared['value'])}" if compared else "=VALUE"
        return f"{_name_in(found)}{test}"
    if short is not None and short["value"].startswith("="):
        return f"{short['name'].strip()}{short['sign']}{_unquoted(short['value'][1:].strip())}"
    return None


def _name_in(expression: re.Match[str]) -> str:
    return expression["name"] or expression["dotted"]


def _unquoted(value: str) -> str:
    """A value as conditions have it; text that looks like a number keeps its quotation marks."""
    text = value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" else value
    return text if text == value or isinstance(_value(text), str) else json.dumps(text)


def _value(text: str) -> Any:
    """A number, a truth value or a text in quotation marks as JSON has them; any other text as it is."""
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except ValueError:
        return text
    return value if isinstance(value, str | bool | int | float) else text


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _all_of(option: str, conditions: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """One condition that holds where all of them do."""
    found: dict[str, dict[str, Any]] = {}
    for condition in conditions:
        for name, test in condition.items():
            tests = test if isinstance(test, Mapping) else {"equals": test}
            known = found.setdefault(name, {})
            if twice := known.keys() & tests.keys():
                raise RequestError(
                    f"{option} tests {name!r} twice by {min(twice)!r}. For any of several values give a JSON list: "
                    f"""'{{"{name}": ["a", "b"]}}'."""
                )
            known.update(tests)
    return found
