"""The events that are watched, each with its entry of the configuration and its Slack channel."""

from collections.abc import Iterable
from dataclasses import dataclass

from mixpanel_data.configuration.events import Event, EventsConfig
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
