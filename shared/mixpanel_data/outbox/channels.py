"""The form in which a Slack channel is written."""

import re

# The names of channels are lower case, so that an id cannot be mistaken for a name.
_CHANNEL_ID = re.compile(r"[CGD][A-Z0-9]{6,}\Z")


def normalized_channel(text: str) -> str:
    """A channel as it is written everywhere: `#name`, or its id (`C…`, `G…`, `D…`); empty stays empty."""
    return text if not text or text.startswith("#") or _CHANNEL_ID.match(text) else f"#{text}"
