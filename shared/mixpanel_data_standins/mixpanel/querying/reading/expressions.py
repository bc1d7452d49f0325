"""The expressions of queries: `where` and `on` over events, which see their users' profiles, and over profiles."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from mixpanel_data_standins.mixpanel import where
from mixpanel_data_standins.mixpanel.answers import RefusalError
from mixpanel_data_standins.mixpanel.events import lines
from mixpanel_data_standins.mixpanel.project import Project
from mixpanel_data_standins.mixpanel.querying.reading.occurrences import Occurrence

Test = Callable[[Occurrence], bool]
Value = Callable[[Occurrence], object]
ProfileTest = Callable[[Mapping[str, Any]], bool]


def event_test(project: Project, text: str | None, name: str = "where") -> Test:
    """A predicate over events; without an expression all events pass. RefusalError 400 for a wrong expression."""
    if not text:
        return lambda _one: True
    try:
        test = where.compile_where(text)
    except where.ExpressionError as error:
        raise bad_expression(error, name) from error
    view = _view(project)
    return lambda one: test(view(one))


def event_value(project: Project, text: str, name: str = "on") -> Value:
    """The value of an expression for an event. RefusalError 400 for a wrong expression."""
    try:
        value = where.compile_value(text)
    except where.ExpressionError as error:
        raise bad_expression(error, name) from error
    view = _view(project)
    return lambda one: value(view(one))


def profile_test(text: str | None) -> ProfileTest:
    """A predicate over the properties of a profile; without an expression all pass. RefusalError 400."""
    if not text:
        return lambda _properties: True
    try:
        test = where.compile_where(text, orders_text=True)
    except where.ExpressionError as error:
        raise bad_expression(error, "where") from error
    return lambda properties: test(_profile(_floats(properties)))


def bad_expression(error: where.ExpressionError, name: str) -> RefusalError:
    """The refusal of an expression that cannot be parsed, or not be applied."""
    return RefusalError(400, f"Error in {name}: {error}")


def text_of(value: object) -> str:
    """A property's value as the key of an answer."""
    if isinstance(value, str):
        return value
    if value is where.UNDEFINED:
        return "undefined"
    if isinstance(value, where.Instant):
        return text_of(value.seconds)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return json.dumps(value, ensure_ascii=False)


def _view(project: Project) -> Callable[[Occurrence], where.Event]:
    profiles = {distinct_id: _floats(properties) for distinct_id, properties in project.profiles.items()}

    def view(one: Occurrence) -> where.Event:
        seconds = lines.seconds_of(one.properties.get("time"))
        time = where.UNDEFINED if seconds is None else where.Instant(seconds)
        return where.Event(_floats(one.properties), time, profiles.get(one.user or "", {}))

    return view


def _profile(properties: Mapping[str, Any]) -> where.Event:
    return where.Event(properties, where.UNDEFINED, properties)


def _floats(value: Any) -> Any:
    """The value with its whole numbers as floats, which is how expressions know numbers."""
    if isinstance(value, Mapping):
        return {name: _floats(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_floats(inner) for inner in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
