"""The files of `config/`: their shapes, and messages that name entry and field."""

from mixpanel_data.configuration.base import Configuration, Shape, complaints, no_key_twice, parsed
from mixpanel_data.configuration.events import Event, EventsConfig, EventSelection, Mute, Redaction
from mixpanel_data.configuration.users import Counter, Latest, ProfileSync, TableSync, UserMetrics, ValueType

__all__ = [
    "Configuration",
    "Counter",
    "Event",
    "EventSelection",
    "EventsConfig",
    "Latest",
    "Mute",
    "ProfileSync",
    "Redaction",
    "Shape",
    "TableSync",
    "UserMetrics",
    "ValueType",
    "complaints",
    "no_key_twice",
    "parsed",
]
