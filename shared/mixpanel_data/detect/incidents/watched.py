"""The events that are watched, each with its entry of the configuration and its Slack channel."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mixpanel_data.configuration.events import Event, EventsConfig
from mixpanel_data.detect.incidents.incident import WHOLE
from mixpanel_data.detect.statistics.whole.breadth import LEAST_NAMES
from mixpanel_data.outbox.channels import normalized_channel


@dataclass(frozen=True, slots=True)
class WatchedEvent:
    """One event, the entry of the configuration that it is watched by, and the channel that its alerts go to."""

    event_name: str
    entry: Event
    channel: str

    @property
    def uses_baseline(self) -> bool:
        """True where one of its rules needs to know the usual volume."""
        return self.entry.baseline or self.entry.silence


def watched_events(names: Iterable[str], events: EventsConfig, default_channel: str) -> list[WatchedEvent]:
    """The events among the names that the configuration enables, in alphabetical order."""
    entries = ((name, events.entry(name)) for name in sorted(set(names)))
    return [
        WatchedEvent(name, entry, normalized_channel(entry.alert_channel or default_channel))
        for name, entry in entries
        if entry
    ]


def watched_whole(watched: Sequence[WatchedEvent], events: EventsConfig, default_channel: str) -> WatchedEvent:
    """All events as one that is watched: by the entry of the events without one, and its channel.

    Where there is no channel for it, the first channel of an event is.
    """
    entry = events.entry(WHOLE) or Event(name=WHOLE)
    channels = sorted(event.channel for event in watched if event.channel)
    channel = entry.alert_channel or default_channel or next(iter(channels), "")
    whole = entry.model_copy(update={"baseline": True, "silence": False, "alert_threshold": None})
    return WatchedEvent(WHOLE, whole, normalized_channel(channel))


def has_whole(watched: Iterable[WatchedEvent]) -> bool:
    """True where enough events are compared with a baseline to judge all of them as one."""
    return sum(event.entry.baseline for event in watched) >= LEAST_NAMES


def shares_of_budget(watched: Sequence[WatchedEvent]) -> int:
    """How many share the budget of false alerts: the events that need a baseline, and all together as one more."""
    return sum(event.uses_baseline for event in watched) + has_whole(watched)
