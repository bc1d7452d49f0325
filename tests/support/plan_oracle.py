"""What events break of a tracking plan, by the package jsonschema, and by plain Python where that has no rule."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from support.published_events import PublishedEvent

Place = tuple[date, str, str | None, str, str]
"""Day, event name, property, path and rule."""

_RULES = {
    **dict.fromkeys(("enum", "const"), "enum"),
    **{keyword: keyword for keyword in ("type", "pattern", "format")},
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), "range"),
    **dict.fromkeys(("minLength", "maxLength"), "length"),
}
_MIXPANELS = {"alias", "bucket", "distinct_id", "ip", "time", "token"}
_CONVENTIONS = {
    "snake_case": r"[a-z][a-z0-9]*(_[a-z0-9]+)*",
    "camelCase": r"[a-z][a-z0-9]*([A-Z][a-z0-9]*)*",
    "Title Case": r"[A-Z0-9][A-Za-z0-9]*( [A-Z0-9][A-Za-z0-9]*)*",
    "object.action": r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+",
}


def violations(events: Iterable[PublishedEvent], plan: Mapping[str, Any]) -> Counter[Place]:
    """How many events break each rule; one that breaks two keywords of a rule counts twice, as there are two rows."""
    found: Counter[Place] = Counter()
    validators = {
        name: Draft202012Validator(entry.get("schema", {}), format_checker=Draft202012Validator.FORMAT_CHECKER)
        for name, entry in plan.get("events", {}).items()
    }
    for event in events:
        place = event.happened_at.date(), event.name
        broken = set(_by_plan(event, plan))
        if event.name in validators:
            broken |= set(_by_schema(event, validators[event.name]))
        found.update((*place, property_name, path, rule) for property_name, path, rule, _ in broken)
    return found


def _by_plan(event: PublishedEvent, plan: Mapping[str, Any]) -> Iterator[tuple[str | None, str, str, str]]:
    planned, naming = plan.get("events", {}), plan.get("naming", {})
    entry = planned.get(event.name, {})
    if planned and event.name not in planned:
        yield None, "", "unknown_event", ""
    if entry.get("status") in ("deprecated", "blocked"):
        yield None, "", entry["status"], ""
    if not event.name.startswith("$") and not _is_named(event.name, naming.get("events")):
        yield None, "", "naming", ""
    for name in event.properties:
        if not is_mixpanels(name) and not _is_named(name, naming.get("properties")):
            yield name, "", "naming", ""
        if entry.get("schema", {}).get("properties", {}).get(name, {}).get("deprecated"):
            yield name, "", "deprecated", ""
    for name in plan.get("context", {}).get("required", []):
        if name not in event.properties:
            yield name, "", "required", ""


def is_mixpanels(name: str) -> bool:
    """Whether Mixpanel adds the property."""
    return name.startswith(("$", "mp_")) or name in _MIXPANELS


def _is_named(name: str, rule: str | None) -> bool:
    return rule is None or re.fullmatch(_CONVENTIONS.get(rule, rule), name) is not None


def _by_schema(event: PublishedEvent, validator: Draft202012Validator) -> Iterator[tuple[str | None, str, str, str]]:
    for error in validator.iter_errors(event.properties):
        steps = list(error.absolute_path)
        for step in _broken_in(error):
            below = [*steps, *step]
            rule = "required" if error.validator == "required" else _rule(error)
            # Once for each keyword, wherever in an array; a property that two rules require counts once.
            keyword = "" if rule in ("required", "unknown_property") or len(below) > 1 else str(error.validator)
            yield str(below[0]), "".join(map(_path_step, below[1:])), rule, keyword


def _rule(error: ValidationError) -> str:
    return "unknown_property" if error.validator == "additionalProperties" else _RULES[str(error.validator)]


def _broken_in(error: ValidationError) -> Iterator[tuple[str, ...]]:
    """The steps from the value of an error to what is wrong: members that it lacks, or has and should not have."""
    value: Any = error.instance
    schema: Any = error.schema
    if error.validator == "required":
        yield from ((name,) for name in schema["required"] if error.message == f"{name!r} is a required property")
    elif error.validator == "additionalProperties":
        planned = schema.get("properties", {})
        yield from ((name,) for name in value if name not in planned and not is_mixpanels(name))
    else:
        yield ()


def _path_step(step: str | int) -> str:
    if isinstance(step, int):
        return "[*]"
    if step.isascii() and step.isidentifier():
        return f".{step}"
    escaped = step.replace("\\", "\\\\").replace("'", "\\'")
    return f"['{escaped}']"
