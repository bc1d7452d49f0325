"""The ids of channels by their names, remembered for a while."""

import re
import threading
import time
from collections.abc import Mapping

# Channel names have no capital letters, and channel ids have no small ones.
_ID = re.compile(r"[A-Z][A-Z0-9]+")
# A name can pass to another channel. A search in the wrong one would find nothing, and the message would be sent again.
_REMEMBERED_SECONDS = 600.0


class ChannelIds:
    """The channel ids that the calls over one client have learnt; threads can share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ids: dict[str, tuple[float, str]] = {}

    def get(self, name: str) -> str | None:
        """Return the id of a channel; None if it is not known, or was learnt more than ten minutes ago."""
        with self._lock:
            learnt_at, channel_id = self._ids.get(name, (0.0, None))
        return channel_id if channel_id is None or time.monotonic() - learnt_at <= _REMEMBERED_SECONDS else None

    def learn(self, ids: Mapping[str, str]) -> None:
        """Remember ids by name."""
        now = time.monotonic()
        with self._lock:
            self._ids |= {name: (now, channel_id) for name, channel_id in ids.items()}


def is_channel_id(name: str) -> bool:
    """True for an id, as Slack shows it at the foot of a channel's details."""
    return _ID.fullmatch(name) is not None
