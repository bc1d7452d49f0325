"""Events configurations, as short as a test wants to write them."""

from collections.abc import Mapping
from typing import Any

from mixpanel_data.configuration.events import EventsConfig


def enabled(*events: str | Mapping[str, Any], **settings: Any) -> EventsConfig:
    """A configuration of these events, each a name or an entry of the file; of all events where none is given.

    `settings` are the other keys of the file.
    """
    entries = [{"name": event} if isinstance(event, str) else event for event in events or ("*",)]
    return EventsConfig.model_validate({"events": entries, **settings})


ALL_EVENTS = enabled()
