"""The document itself: naming rules, what every event carries, and the planned events."""

import hashlib
import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, Field, field_validator

from mixpanel_data.configuration.base import Configuration, Name
from mixpanel_data.configuration.tracking_plan.naming import naming_rule
from mixpanel_data.configuration.tracking_plan.schema import PlannedSchema
from mixpanel_data.configuration.tracking_plan.values import Names

ALL_EVENTS = "*"
"""Stands for the rules that concern all events, where entries are listed by event name."""

MOST_VERSION_PROPERTIES = 5
"""Each is a parameter of the SQL that counts by version."""


class PlannedStatus(StrEnum):
    """What the plan says of an event. Each `deprecated` or `blocked` event counts as a violation; none is dropped."""

    ACTIVE = "active"
    EXPERIMENTAL = "experimental"
    DEPRECATED = "deprecated"
    BLOCKED = "blocked"


NamingRule = Annotated[str, AfterValidator(naming_rule)]


class Naming(Configuration):
    """How names are written: `snake_case`, `camelCase`, `Title Case`, `object.action`, or a regular expression (RE2).

    A regular expression has to match the whole name. Names that Mixpanel gives itself are exempt.
    """

    events: NamingRule | None = None
    properties: NamingRule | None = None


class Context(Configuration):
    """What every event carries, whatever its name."""

    required: Names = ()


class PlannedEvent(Configuration):
    """One entry of `events`, by its raw name; `schema` describes the event's own properties."""

    description: str | None = None
    owner: Name | None = None
    status: Annotated[PlannedStatus, Field(strict=False)] = PlannedStatus.ACTIVE
    schema_: Annotated[PlannedSchema, Field(alias="schema")] = PlannedSchema()


class TrackingPlan(Configuration):
    """The document in `config/tracking_plan.json`.

    `version_properties` hold the version of the program that sent an event, the most telling one first. A plan that
    lists no events says nothing about which events may exist.
    """

    naming: Naming = Naming()
    version_properties: Annotated[Names, Field(max_length=MOST_VERSION_PROPERTIES)] = (
        "mp_lib",
        "$lib_version",
        "$app_version_string",
    )
    context: Context = Context()
    events: Mapping[str, PlannedEvent] = {}

    @field_validator("events")
    @classmethod
    def _no_event_stands_for_all(cls, events: Mapping[str, PlannedEvent]) -> Mapping[str, PlannedEvent]:
        if ALL_EVENTS in events:
            raise ValueError(f"{ALL_EVENTS!r} cannot name an event: put rules for all events in naming and context")
        return events

    @property
    def version(self) -> str:
        """Identifies the plan: lower-case hex SHA-256 of its canonical JSON."""
        document = self.model_dump(mode="json", by_alias=True)
        return hashlib.sha256(_canonical(document).encode()).hexdigest()

    def entry(self, name: str) -> str | None:
        """What violations of an event are counted by, as canonical JSON; None for an event that is not planned.

        Descriptions and owners are left out: they change no count. `ALL_EVENTS` is the name of the rules that concern
        every event.
        """
        if name == ALL_EVENTS:
            return self._entry_of_all()
        planned = self.events.get(name)
        if planned is None:
            return None
        document = planned.model_dump(mode="json", by_alias=True, exclude_unset=True)
        schema = _without_descriptions(document.get("schema", {}))
        return _canonical({"status": planned.status, "schema": schema})

    def entries(self) -> Mapping[str, str]:
        """All entries by name, with the one for `ALL_EVENTS`."""
        names = (ALL_EVENTS, *self.events)
        return {name: entry for name in names if (entry := self.entry(name)) is not None}

    def _entry_of_all(self) -> str:
        return _canonical(
            {
                "naming": self.naming.model_dump(mode="json"),
                "version_properties": list(self.version_properties),
                "context": self.context.model_dump(mode="json"),
                # With the first planned event, every other one becomes unknown.
                "lists_events": bool(self.events),
            }
        )


def _without_descriptions(schema: Any) -> Any:
    """A schema without the keyword `description`; a property of that name stays."""
    if not isinstance(schema, dict):
        return schema
    kept = {keyword: value for keyword, value in schema.items() if keyword != "description"}
    if "properties" in kept:
        kept["properties"] = {name: _without_descriptions(one) for name, one in kept["properties"].items()}
    if "items" in kept:
        kept["items"] = _without_descriptions(kept["items"])
    return kept


def _canonical(document: object) -> str:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
