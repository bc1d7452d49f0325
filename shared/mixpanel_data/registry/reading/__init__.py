"""Read-only lists of the registry: events, properties, changes and violations, redacted for whoever asks.

Each function takes one request, reads a page, and writes nothing. Values and names that look personal are redacted.
"""

from mixpanel_data.registry.reading.changes import changes
from mixpanel_data.registry.reading.events import EventDetails, event, events
from mixpanel_data.registry.reading.properties import properties
from mixpanel_data.registry.reading.requests import (
    ChangesRequest,
    EventRequest,
    EventsRequest,
    PropertiesRequest,
    ViolationsRequest,
)
from mixpanel_data.registry.reading.violations import violations

__all__ = [
    "ChangesRequest",
    "EventDetails",
    "EventRequest",
    "EventsRequest",
    "PropertiesRequest",
    "ViolationsRequest",
    "changes",
    "event",
    "events",
    "properties",
    "violations",
]
