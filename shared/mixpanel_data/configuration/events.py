"""`config/events_config.json`: the events to collect and to watch, and how to watch them."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from mixpanel_data.base.errors import RequestError, listed
from mixpanel_data.base.parameters import Instant
from mixpanel_data.configuration.base import Configuration, Name

EVENT_PLACE = "{event}"
"""Stands for the event's name in `mixpanel_event_url`."""

WebAddress = Annotated[str, StringConstraints(pattern=r"^https?://[^\s<>|]+$", max_length=2000)]


def _regular_expression(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"that is not a regular expression ({error}); correct it") from error
    return text


class Mute(Configuration):
    """A time in which the detector records an event's incidents and posts nothing: `[from, to)`, ISO 8601."""

    start: Annotated[Instant, Field(alias="from")]
    end: Annotated[Instant, Field(alias="to")]
    reason: Name

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> "Mute":
        if self.start >= self.end:
            raise ValueError(f"to ({self.end.isoformat()}) is not after from ({self.start.isoformat()})")
        return self


class Event(Configuration):
    """One entry of `events`; `name` is the raw event name, or `*` for every event without an entry of its own.

    `owner` is the id of a Slack member or user group (`U…`, `W…`, `S…`), whom a message mentions, or any other text,
    which it shows.
    """

    name: Name
    enabled: bool = True
    alert_threshold: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    alert_channel: Name | None = None
    time_window_minutes: Annotated[int, Field(ge=1, le=1440)] = 1
    baseline: bool = True
    silence: bool = True
    owner: Name | None = None
    runbook_url: WebAddress | None = None
    mute: Annotated[tuple[Mute, ...], Field(strict=False)] = ()
    remind_after_minutes: Annotated[int, Field(ge=1, le=525_600)] | None = None


class Redaction(Configuration):
    """Parts of events that no message shows, in addition to the defaults: properties by name, values by pattern."""

    properties: Annotated[tuple[Name, ...], Field(strict=False)] = ()
    patterns: Annotated[tuple[Annotated[Name, AfterValidator(_regular_expression)], ...], Field(strict=False)] = ()


@dataclass(frozen=True, slots=True)
class EventSelection:
    """The names to collect, or (`names_are_wanted` False) those not to collect."""

    names: Sequence[str]
    names_are_wanted: bool

    def __contains__(self, name: str) -> bool:
        return (name in self.names) == self.names_are_wanted

    @property
    def text(self) -> str:
        """The selection as the request of a run ends with it: a JSON list, of `names_are_wanted` and the names."""
        return json.dumps([self.names_are_wanted, *self.names])

    @classmethod
    def of_text(cls, text: str) -> "EventSelection":
        """Back from `text`. Raises ValueError for any other text."""
        match json.loads(text):
            case [bool(wanted), *names]:
                return cls(tuple(names), wanted)
        raise ValueError(f"{text} is not the text of a selection")


def _event_address(url: str) -> str:
    if EVENT_PLACE not in url:
        raise ValueError(f"it has no {EVENT_PLACE}; put that where the address has the event's name")
    return url


class EventsConfig(Configuration):
    """The document in `config/events_config.json`.

    `mixpanel_event_url` is the address of an event in Mixpanel, as a browser shows it, with `{event}` in place of the
    event's name; alerts link to it.
    """

    events: Annotated[tuple[Event, ...], Field(min_length=1, strict=False)]
    false_alerts_per_week: Annotated[float, Field(gt=0, le=1000)] = 1.0
    max_age_hours: Annotated[int, Field(ge=1, le=24)] = 24
    cooldown_minutes: Annotated[int, Field(ge=0, le=1440)] = 5
    redact: Redaction = Redaction()
    mixpanel_event_url: Annotated[WebAddress, AfterValidator(_event_address)] | None = None

    @model_validator(mode="after")
    def _names_are_unique(self) -> "EventsConfig":
        seen: dict[str, int] = {}
        for position, event in enumerate(self.events):
            if event.name in seen:
                raise ValueError(f"events[{position}].name repeats {event.name!r} of events[{seen[event.name]}]")
            seen[event.name] = position
        if not any(event.enabled for event in self.events):
            raise ValueError("events: no event is enabled. Enable at least one")
        return self

    def entry(self, name: str) -> Event | None:
        """The entry that applies to an event: its own, or that of `*`; None for an event that is not enabled."""
        entries = {event.name: event for event in self.events}
        found = entries.get(name) or entries.get("*")
        return found if found is not None and found.enabled else None

    def selected(self, names: Sequence[str] | None) -> EventSelection:
        """Only these names, or all enabled ones (None). Raises RequestError naming those that are not enabled."""
        if names is None:
            return self.selection
        unknown = [name for name in names if name not in self.selection]
        if unknown:
            raise RequestError(
                f"events: the events configuration does not enable {listed(unknown)}. Enable them there first."
            )
        return EventSelection(names, names_are_wanted=True)

    @property
    def selection(self) -> EventSelection:
        """The enabled names; with an enabled `*`, all names but the disabled ones."""
        if any(event.name == "*" and event.enabled for event in self.events):
            return EventSelection(tuple(event.name for event in self.events if not event.enabled), False)
        return EventSelection(tuple(event.name for event in self.events if event.enabled), True)
