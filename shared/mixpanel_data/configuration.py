"""The files of `config/`: their shapes, and messages that name entry and field."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from mixpanel_data.errors import ConfigError, RequestError, listed
from mixpanel_data.types import Moment

Name = Annotated[str, StringConstraints(min_length=1, max_length=255)]


def _regular_expression(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}") from error
    return text


class Configuration(BaseModel):
    """Base of all shapes that a user writes: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


Shape = TypeVar("Shape", bound=BaseModel)
# Where pydantic speaks of its own shapes, and not of JSON's.
_GIVE = {
    "model_type": "give a JSON object",
    "tuple_type": "give a list",
    "too_short": "give a list of at least {min_length}",
}


class Mute(Configuration):
    """A time in which an event's incidents are recorded and nobody is told: `[from, to)`, ISO 8601."""

    start: Annotated[Moment, Field(alias="from")]
    end: Annotated[Moment, Field(alias="to")]
    reason: Name

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> "Mute":
        if self.start >= self.end:
            raise ValueError(f"to ({self.end.isoformat()}) is not after from ({self.start.isoformat()})")
        return self


class Event(Configuration):
    """One entry of `events`; `name` is the raw event name, `*` every event that has no entry of its own.

    `owner` is a Slack member's or user group's id (`U…`, `W…`, `S…`), which is mentioned, or any text, which is shown.
    """

    name: Name
    enabled: bool = True
    alert_threshold: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    alert_channel: Name | None = None
    time_window_minutes: Annotated[int, Field(ge=1, le=1440)] = 1
    baseline: bool = True
    silence: bool = True
    owner: Name | None = None
    runbook_url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s<>|]+$", max_length=2000)] | None = None
    mute: Annotated[tuple[Mute, ...], Field(strict=False)] = ()
    remind_after_minutes: Annotated[int, Field(ge=1, le=525_600)] | None = None


class Redaction(Configuration):
    """What is not shown of events, besides the default: properties by name, and values by regular expression."""

    properties: Annotated[tuple[Name, ...], Field(strict=False)] = ()
    patterns: Annotated[tuple[Annotated[Name, AfterValidator(_regular_expression)], ...], Field(strict=False)] = ()


@dataclass(frozen=True, slots=True)
class EventSelection:
    """The names that are collected, or (`names_are_wanted` False) all but these."""

    names: Sequence[str]
    names_are_wanted: bool

    def __contains__(self, name: str) -> bool:
        return (name in self.names) == self.names_are_wanted


class EventsConfig(Configuration):
    """Which events are collected and watched (`config/events_config.json`)."""

    events: Annotated[tuple[Event, ...], Field(min_length=1, strict=False)]
    false_alerts_per_week: Annotated[float, Field(gt=0, le=1000)] = 1.0
    max_age_hours: Annotated[int, Field(ge=1, le=24)] = 24
    cooldown_minutes: Annotated[int, Field(ge=0, le=1440)] = 5
    redact: Redaction = Redaction()

    @model_validator(mode="after")
    def _names_are_unique(self) -> "EventsConfig":
        seen: dict[str, int] = {}
        for position, event in enumerate(self.events):
            if event.name in seen:
                raise ValueError(f"events[{position}].name repeats {event.name!r} of events[{seen[event.name]}]")
            seen[event.name] = position
        if not any(event.enabled for event in self.events):
            raise ValueError("events: none is enabled, so that there is nothing to do")
        return self

    def entry(self, name: str) -> Event | None:
        """The entry that an event is watched by: its own, or that of `*`; None for one that is not enabled."""
        entries = {event.name: event for event in self.events}
        found = entries.get(name) or entries.get("*")
        return found if found is not None and found.enabled else None

    def selected(self, names: Sequence[str] | None) -> EventSelection:
        """These names alone, or (None) all that are enabled. Raises RequestError naming those that are not enabled."""
        if names is None:
            return self.selection
        unknown = [name for name in names if name not in self.selection]
        if unknown:
            raise RequestError(f"events: the events configuration does not enable {listed(unknown)}.")
        return EventSelection(names, names_are_wanted=True)

    @property
    def selection(self) -> EventSelection:
        """The enabled names, or with an enabled `*` all but the disabled ones."""
        if any(event.name == "*" and event.enabled for event in self.events):
            return EventSelection(tuple(event.name for event in self.events if not event.enabled), False)
        return EventSelection(tuple(event.name for event in self.events if event.enabled), True)


def parsed(shape: type[Shape], text: str | bytes, source: str) -> Shape:
    """A configuration from its JSON text, in UTF-8; raises ConfigError naming source, entry and field."""
    try:
        text = text.decode() if isinstance(text, bytes) else text
        document = json.loads(text, object_pairs_hook=_no_key_twice)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{source} is not valid JSON: {error}.") from error
    try:
        return shape.model_validate(document)
    except ValidationError as error:
        raise ConfigError(f"{source}: {complaints(error)}.") from error


def complaints(error: ValidationError) -> str:
    """What pydantic found, as `entry.field is value: what to give`."""
    all_found = error.errors(include_url=False)
    places = [found["loc"] for found in all_found]
    return "; ".join(_complaint(found) for found in all_found if not _is_of_a_part(found, places))


def _is_of_a_part(found: Any, places: Sequence[tuple[int | str, ...]]) -> bool:
    """Whether it follows from what is wrong within: pydantic counts no entry that is wrong."""
    depth = len(found["loc"])
    return found["type"] == "too_short" and any(
        place[:depth] == found["loc"] and place != found["loc"] for place in places
    )


def _complaint(found: Any) -> str:
    where = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in found["loc"]).lstrip(".")
    ours, ctx = _GIVE.get(found["type"]), found.get("ctx", {})
    said = ours.format(**ctx) if ours else found["msg"].removeprefix("Value error, ")
    if not where:
        return str(said)
    if found["type"] == "extra_forbidden":
        return f"{where} is not known here"
    if found["type"] == "missing":
        return f"{where} is missing"
    return f"{where} is {json.dumps(found['input'], default=str)}: {said}"


def _no_key_twice(members: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(members)
    if len(document) < len(members):
        twice = next(key for key in document if sum(key == other for other, _ in members) > 1)
        raise ValueError(f"the key {twice!r} stands twice in one object")
    return document
