"""`config/events_config.json`: the events to collect and to watch, and how to watch them."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints, WithJsonSchema, model_validator

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


# How much of ISO 8601 a pattern can say: an editor refuses no instant that a job accepts.
_Bound = Annotated[
    Instant, WithJsonSchema({"type": "string", "pattern": "^[0-9]{4}-?[0-9W]", "examples": ["2026-12-24"]})
]


class Mute(Configuration):
    """A time in which the detector records an event's incidents and posts nothing: `[from, to)`, ISO 8601."""

    start: Annotated[_Bound, Field(alias="from", description="The start, included: a date, or a time in ISO 8601.")]
    end: Annotated[_Bound, Field(alias="to", description="The end, not included: a date, or a time in ISO 8601.")]
    reason: Annotated[Name, Field(description="Why, for those who look at the incidents.")]

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> "Mute":
        if self.start >= self.end:
            raise ValueError(
                f"from is {self.start.isoformat()} and to is {self.end.isoformat()}: give a window that ends after it "
                "starts"
            )
        return self


class Event(Configuration):
    """One entry of `events`.

    `owner` is the id of a Slack member or user group (`U…`, `W…`, `S…`), whom a message mentions, or any other text,
    which it shows.
    """

    name: Annotated[
        Name, Field(description="The raw event name, letter by letter, or * for all events without an entry.")
    ]
    enabled: Annotated[bool, Field(description="Whether to collect and to watch the event.")] = True
    alert_threshold: Annotated[
        Annotated[float, Field(gt=0, allow_inf_nan=False)] | None,
        Field(
            description="The count within the window above which the event is abnormal; without it, the rule is off."
        ),
    ] = None
    alert_channel: Annotated[
        Name | None,
        Field(description="The Slack channel for alerts; without it, that of SLACK_CHANNEL.", examples=["#payments"]),
    ] = None
    time_window_minutes: Annotated[int, Field(ge=1, le=1440, description="The window of alert_threshold.")] = 1
    baseline: Annotated[bool, Field(description="Whether to compare the event with what is usual for it.")] = True
    silence: Annotated[bool, Field(description="Whether to notice that the event has stopped.")] = True
    owner: Annotated[
        Name | None,
        Field(
            description="Whom to notify: the id of a Slack member or user group, or any text.", examples=["U024BE7LH"]
        ),
    ] = None
    runbook_url: Annotated[
        WebAddress | None,
        Field(description="What to do, linked in the alert.", examples=["https://wiki.example.com/checkout"]),
    ] = None
    mute: Annotated[
        tuple[Mute, ...],
        Field(strict=False, description="Periods without alerts; incidents are still recorded."),
    ] = ()
    remind_after_minutes: Annotated[
        Annotated[int, Field(ge=1, le=525_600)] | None,
        Field(description="How often to repeat the alert of a lasting incident; without it, never."),
    ] = None


class Redaction(Configuration):
    """Parts of events that no message shows, in addition to the defaults: properties by name, values by pattern."""

    properties: Annotated[
        tuple[Name, ...], Field(strict=False, description="The names of properties.", examples=[["card_holder"]])
    ] = ()
    patterns: Annotated[
        tuple[Annotated[Name, AfterValidator(_regular_expression)], ...],
        Field(strict=False, description="Python's regular expressions for values.", examples=[["DE[0-9]{20}"]]),
    ] = ()


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


# For editors: at least one entry is not disabled, and the address has a place for the name.
_AN_ENABLED_EVENT = {"contains": {"not": {"required": ["enabled"], "properties": {"enabled": {"const": False}}}}}
_EventAddress = Annotated[
    WebAddress,
    AfterValidator(_event_address),
    WithJsonSchema(
        {"type": "string", "maxLength": 2000, "pattern": r"^https?://[^\s<>|]*\{event\}[^\s<>|]*$"},
    ),
]


class EventsConfig(Configuration):
    """The document in `config/events_config.json`.

    `$schema` is for editors alone.
    """

    schema_of_editors: Annotated[
        str | None, Field(alias="$schema", description="Where editors find this schema; nothing else reads it.")
    ] = None
    events: Annotated[
        tuple[Event, ...],
        Field(
            min_length=1,
            strict=False,
            description="The events to collect and to watch, at least one of them enabled.",
            json_schema_extra=_AN_ENABLED_EVENT,
        ),
    ]
    false_alerts_per_week: Annotated[
        float,
        Field(gt=0, le=1000, description="The budget for false incidents a week, over all watched events together."),
    ] = 1.0
    max_age_hours: Annotated[
        int, Field(ge=1, le=24, description="The detector does not report an incident that ended longer ago.")
    ] = 24
    cooldown_minutes: Annotated[
        int,
        Field(ge=0, le=1440, description="An event that becomes abnormal again within this time reopens its incident."),
    ] = 5
    redact: Annotated[
        Redaction, Field(description="What no message shows, in addition to e-mail addresses, names and the like.")
    ] = Redaction()
    mixpanel_event_url: Annotated[
        _EventAddress | None,
        Field(
            description="The address of an event in Mixpanel, as a browser shows it, with {event} in place of the "
            "event's name; alerts link to it."
        ),
    ] = None

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
