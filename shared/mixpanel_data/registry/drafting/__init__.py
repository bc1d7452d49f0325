"""A tracking plan drafted from what was observed, for people to go on with."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mixpanel_data.base.redaction import Redactor
from mixpanel_data.configuration.tracking_plan import ALL_EVENTS
from mixpanel_data.configuration.tracking_plan.naming import CONVENTIONS
from mixpanel_data.configuration.tracking_plan.values import is_choice
from mixpanel_data.registry.exporting.observed import ObservedEvent, observed_events
from mixpanel_data.registry.exporting.schema import json_schema
from mixpanel_data.registry.judging.own_keys import is_mixpanels
from mixpanel_data.warehouse.base import Row, Warehouse
from mixpanel_data.warehouse.statements import statement

__all__ = ["Draft", "LikelyTypo", "draft"]

LIKELY_TYPOS = statement("registry/drafting/likely_typos.sql")


@dataclass(frozen=True, slots=True)
class LikelyTypo:
    """An event whose name is probably another one misspelled; `events` is how many there are."""

    event_name: str
    similar_to: str
    events: int


@dataclass(frozen=True, slots=True)
class Draft:
    """A plan that no observed event breaks but those of names that it does not list: likely typos, and personal ones.

    `plan` is a document as `config/tracking_plan.json` has it.
    """

    plan: Mapping[str, Any]
    likely_typos: Sequence[LikelyTypo]


def draft(warehouse: Warehouse, redactor: Redactor) -> Draft:
    """Draft a plan from all that was observed of all events; it reads no event, and changes nothing.

    A property has the types that it ever had, is required if no event lacked it, and has an enum if its values are few
    and every one was looked at. Naming rules are those that all names keep, where that is one convention and not two.
    Names and values that look personal are left out, and what Mixpanel adds. Raises what the warehouse raises.
    """
    typos = warehouse.rows(LIKELY_TYPOS)
    misspelled = {row["event_name"] for row in typos}
    events: dict[str, Any] = {}
    event_names: set[str] = set()
    property_names: set[str] = set()
    for event in observed_events(warehouse):
        if event.name in misspelled:
            continue
        if _can_be_planned(event.name, redactor):
            events[event.name] = {"schema": _schema(event, redactor)}
        event_names |= {event.name} if not event.name.startswith("$") else set()
        property_names |= {each.name for each in event.properties if not is_mixpanels(each.name)}
    naming = {
        "events": _convention(event_names),
        "properties": _convention(property_names),
    }
    return Draft({**_given("naming", naming), "events": events}, [_typo(row, redactor) for row in typos])


def _typo(row: Row, redactor: Redactor) -> LikelyTypo:
    return LikelyTypo(redactor.text(row["event_name"]), redactor.text(row["similar_to"]), int(row["events"]))


def _can_be_planned(name: str, redactor: Redactor) -> bool:
    return name != ALL_EVENTS and redactor.text(name) == name


def _schema(event: ObservedEvent, redactor: Redactor) -> Mapping[str, Any]:
    """The schema of an event's own properties."""
    observed = json_schema(event, None, redactor)
    properties = {name: _plannable(schema) for name, schema in observed["properties"].items() if not is_mixpanels(name)}
    required = [name for name in observed["required"] if name in properties]
    return {"properties": properties, **({"required": required} if required else {})}


def _plannable(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema of a property without an enum that a plan cannot have."""
    return {
        keyword: value for keyword, value in schema.items() if keyword != "enum" or all(is_choice(one) for one in value)
    }


def _convention(names: Iterable[str]) -> str | None:
    """The only convention that all names keep; None where there is none, or several."""
    written = list(names)
    kept = [each for each, pattern in CONVENTIONS.items() if _is_kept(pattern, written)]
    return kept[0] if len(kept) == 1 else None


def _is_kept(pattern: str, names: Collection[str]) -> bool:
    return all(re.fullmatch(pattern, name) for name in names)


def _given(key: str, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """An entry with those of the values that are known, if any is."""
    known = {name: value for name, value in values.items() if value is not None}
    return {key: known} if known else {}
