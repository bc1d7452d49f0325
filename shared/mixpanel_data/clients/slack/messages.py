"""Our messages as Slack carries them."""

from collections.abc import Mapping
from typing import Any

from mixpanel_data.clients.slack.contract import Body

_EVENT_TYPE = "mixpanel_data_alert"
NO_UNFURLING = {"unfurl_links": False, "unfurl_media": False}
"""No previews of the links in a message."""


def content(body: Body) -> dict[str, Any]:
    """Return the arguments that carry a body."""
    blocks = body.get("blocks")
    return {"text": body["text"], **({"blocks": list(blocks)} if blocks else {})}


def metadata(key: str) -> dict[str, Any]:
    """Return the metadata that carry a key. Slack's users do not see them."""
    return {"event_type": _EVENT_TYPE, "event_payload": {"key": key}}


def key_of(message: Mapping[str, Any]) -> str | None:
    """Return the key of one of our messages; None for any other message."""
    found = message.get("metadata") or {}
    return (found.get("event_payload") or {}).get("key") if found.get("event_type") == _EVENT_TYPE else None
