"""`config/events_config.json`: which events are collected and watched, and how."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from mixpanel_data.base.errors import RequestError, listed
from mixpanel_data.base.parameters import Instant
from mixpanel_data.configuration.base import Configuration, Name


def _regular_expression(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}") from error
    return text


class Mute(Configuration):
    """A time in which an event's incidents are recorded and nobody is told: `[from, to)`, ISO 8601."""

    start: Annotated[Instant, Field(alias="from")]
    end: Annotated[Instant, Field(alias="to")]
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
