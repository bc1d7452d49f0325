"""`Events` and `People` of scripts, and the operations that follow them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from mixpanel_data_standins.mixpanel.project import Project
from mixpanel_data_standins.mixpanel.querying.jql.errors import ScriptError
from mixpanel_data_standins.mixpanel.querying.jql.reducers import reduced, value_at
from mixpanel_data_standins.mixpanel.querying.jql.values import UNDEFINED, Function, json_text, truthy
from mixpanel_data_standins.mixpanel.querying.reading.expressions import event_test, profile_test
from mixpanel_data_standins.mixpanel.querying.reading.occurrences import EPOCH, Occurrence, occurrences


@dataclass(frozen=True, slots=True)
class Collection:
    """Items on their way through a script."""

    items: list[object]

    def member(self, name: str) -> object:
        """The operation with this name; undefined for an unknown one."""
        operation = _OPERATIONS.get(name)
        return UNDEFINED if operation is None else lambda given: Collection(operation(self.items, *given))


def sources(project: Project) -> Mapping[str, Function]:
    """The functions `Events` and `People` of a script over this project."""

    def events(given: list[object]) -> object:
        options = _options(given)
        found = occurrences(project, _days(options), resolved=False)
        passes = _selected(project, options.get("event_selectors"))
        return Collection([_event(one) for one in found if passes(one)])

    def people(given: list[object]) -> object:
        selectors = _list(_options(given).get("user_selectors"))
        tests = [profile_test(str(one.get("selector", ""))) for one in selectors]
        profiles = project.profiles.items()
        found = [one for one in profiles if not tests or any(test(one[1]) for test in tests)]
        return Collection([_profile(distinct_id, properties) for distinct_id, properties in found])

    return {"Events": events, "People": people}


def _options(given: list[object]) -> Mapping[str, Any]:
    return given[0] if given and isinstance(given[0], dict) else {}


def _list(value: object) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _days(options: Mapping[str, Any]) -> tuple[date, date]:
    try:
        return date.fromisoformat(options["from_date"]), date.fromisoformat(options["to_date"])
    except (KeyError, TypeError, ValueError):
        raise ScriptError("Error: Events() needs from_date and to_date, as YYYY-MM-DD", 1) from None


def _selected(project: Project, selectors: object) -> Callable[[Occurrence], bool]:
    """Whether an event is one of the selected; without selectors each one is."""
    wanted = _list(selectors)
    if not wanted:
        return lambda _one: True
    tests = [(one.get("event"), event_test(project, one.get("selector"), "selector")) for one in wanted]
    return lambda one: any(name in (None, one.event) and passes(one) for name, passes in tests)


def _event(one: Occurrence) -> object:
    """An event of a script; its time is ms on the project's wall clock."""
    ms = (one.at - EPOCH).total_seconds() * 1000
    properties = dict(one.properties)
    return {"name": one.event, "time": ms, "distinct_id": one.user or "", "properties": properties}


def _profile(distinct_id: str, properties: Mapping[str, Any]) -> object:
    seen = properties.get("$last_seen")
    try:
        ms: object = (datetime.fromisoformat(str(seen)).replace(tzinfo=None) - EPOCH).total_seconds() * 1000
    except ValueError:
        ms = UNDEFINED
    return {"distinct_id": distinct_id, "last_seen": ms, "properties": dict(properties)}


def _filtered(items: list[object], function: Function) -> list[object]:
    return [item for item in items if truthy(function([item]))]


def _mapped(items: list[object], function: Function) -> list[object]:
    return [function([item]) for item in items]


def _flattened(items: list[object]) -> list[object]:
    return [one for item in items for one in (item if isinstance(item, list) else [item])]


def _grouped(items: list[object], keys: object, reducer: object) -> list[object]:
    groups: dict[str, tuple[list[object], list[object]]] = {}
    for item in items:
        key = _key(item, keys)
        groups.setdefault(json_text(key), (key, []))[1].append(item)
    return [{"key": key, "value": reduced(reducer, found)} for key, found in groups.values()]


def _grouped_by_user(items: list[object], first: object, second: object = UNDEFINED) -> list[object]:
    """groupByUser(reducer), or groupByUser(keys, reducer); a function of the script gets (undefined, events)."""
    keys, reducer = ([], first) if second is UNDEFINED else (first, second)
    paths = ["distinct_id", *(keys if isinstance(keys, list) else [keys])]
    if callable(reducer):
        function = reducer
        return _grouped(items, paths, lambda given: function([UNDEFINED, given[1]]))
    return _grouped(items, paths, reducer)


def _reduced(items: list[object], reducer: object) -> list[object]:
    return [reduced(reducer, items)]


def _key(item: object, keys: object) -> list[object]:
    values = [value_at(item, path) for path in (keys if isinstance(keys, list) else [keys])]
    return [None if value is UNDEFINED else value for value in values]


_OPERATIONS: Mapping[str, Callable[..., list[object]]] = {
    "filter": _filtered,
    "map": _mapped,
    "flatten": _flattened,
    "groupBy": _grouped,
    "groupByUser": _grouped_by_user,
    "reduce": _reduced,
}
