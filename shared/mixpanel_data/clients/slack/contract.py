"""The contract of a Slack client."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Protocol

from mixpanel_data.clients.slack.outcomes import Found, NotSent, Outcome, Stored

Body = Mapping[str, Any]
"""`text`, which notifications show, and optionally `blocks`."""


class Slack(Protocol):
    """The destination of the messages of one call; threads can share it.

    Without `can_find`, delivery is at least once. Without `can_update`, nothing can be updated, threaded or attached.
    """

    can_find: ClassVar[bool]
    can_update: ClassVar[bool]

    def post(self, channel: str, body: Body, key: str, thread_ts: str | None = None) -> Outcome:
        """Post to a channel (`#name`, name or id), or into the thread of a message. `find` finds it by its `key`."""

    def update(self, channel_id: str, ts: str, body: Body) -> Outcome:
        """Replace the body of a message. Whatever the outcome, the update can be repeated."""

    def find(self, channel: str, key: str, since: datetime, thread_ts: str | None = None) -> Found:
        """Find the message with this key that was posted at or after `since`; None if there is none.

        `since` is aware, by our clock; the search starts an hour earlier, and earlier still where our clock is ahead of
        Slack's. Search in a later run than the one that posted: a message whose answer timed out may still be on its
        way.
        """

    def store(self, png: bytes, title: str, alt_text: str) -> Stored | NotSent:
        """Upload an image where nobody sees it; an image block shows it by its `slack_file` id.

        Slack may need some seconds until it takes the id: until then it refuses the message. An upload can be repeated.
        """

    def upload(self, channel_id: str, png: bytes, title: str, alt_text: str, thread_ts: str | None = None) -> Outcome:
        """Show an image in a channel or thread. It has no key, so do not repeat an upload whose outcome is Unknown."""
