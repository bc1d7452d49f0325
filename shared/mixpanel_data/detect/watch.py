"""What is watched: event names, each with its rules, its channel and its mutes."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from mixpanel_data.configuration.events import Event, EventsConfig

# Names are in lower case.
_CHANNEL_ID = re.compile(r"[CGD][A-Z0-9]{6,}\Z")


@dataclass(frozen=True, slots=True)
class Muted:
    """A time in which nobody is told about an event: [start, end), UTC."""

    event_name: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Watched:
    """One event with the entry of the configuration that it is watched by, and where it is told."""

    event_name: str
    entry: Event
    channel: str

    @property
    def uses_baseline(self) -> bool:
        """Whether one of its rules needs to know what is usual."""
        return self.entry.baseline or self.entry.silence


def watched(names: Iterable[str], events: EventsConfig, default_channel: str) -> list[Watched]:
    """Those of the names that the configuration enables, in alphabetical order."""
    entries = ((name, events.entry(name)) for name in sorted(set(names)))
    return [Watched(name, entry, channel(entry.alert_channel or default_channel)) for name, entry in entries if entry]


def channel(text: str) -> str:
    """A channel as it is written everywhere, so that it is one: `#name`, or its id (`C…`, `G…`, `D…`)."""
    return text if not text or text.startswith("#") or _CHANNEL_ID.match(text) else f"#{text}"


def is_muted(watch: Watched, mutes: Sequence[Muted], at: datetime) -> bool:
    """Whether a mute, of the configuration or said since, holds at that time."""
    configured = any(mute.start <= at < mute.end for mute in watch.entry.mute)
    return configured or any(mute.event_name == watch.event_name and mute.start <= at < mute.end for mute in mutes)
