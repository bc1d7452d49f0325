"""An incoming webhook."""

import contextlib
import copy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import urlsplit

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import ConfigError
from mixpanel_data.base.secret import Secret
from mixpanel_data.clients.slack import messages, sdk
from mixpanel_data.clients.slack.contract import Body
from mixpanel_data.clients.slack.errors import not_sent
from mixpanel_data.clients.slack.outcomes import (
    CannotLook,
    Cause,
    Found,
    NotSent,
    Outcome,
    Refused,
    Sent,
    Stored,
    Unknown,
)


@dataclass(slots=True)
class WebhookSlack:
    """An incoming webhook. It posts to the one channel that it was made for, whatever `channel` says.

    Only the client that `within` returns has a deadline. Raises ConfigError if `url` cannot be a webhook's URL.
    """

    can_find: ClassVar[bool] = False
    can_update: ClassVar[bool] = False

    url: Secret
    timeout_seconds: float = sdk.TIMEOUT_SECONDS
    _deadline: Deadline = field(default=Deadline(), init=False, repr=False)

    def __post_init__(self) -> None:
        if not _is_url(self._url()):
            raise ConfigError(
                "SLACK_WEBHOOK_URL is not a URL. Copy the https://hooks.slack.com/… address from the app's page."
            )

    def within(self, deadline: Deadline) -> "WebhookSlack":
        """Return this client for one call, which ends by the deadline."""
        bound = copy.copy(self)
        bound._deadline = deadline
        return bound

    def post(self, channel: str, body: Body, key: str, thread_ts: str | None = None) -> Outcome:  # noqa: ARG002
        """See Slack.post. A webhook has no use for channel, key and thread."""
        return self._send({**messages.content(body), **messages.NO_UNFURLING})

    def introduced(self) -> Outcome:
        """Send what is no message, for lack of text: a webhook that is alive refuses it for that, and posts nothing."""
        return self._send({})

    def _send(self, document: dict[str, Any]) -> Outcome:
        from mixpanel_data.clients.slack.unredirected import WebhookClient

        seconds = sdk.request_seconds(self._deadline, self.timeout_seconds)
        if seconds is None:
            return sdk.NO_TIME
        client = WebhookClient(self._url(), **sdk.options(seconds))
        path = urlsplit(self._url()).path
        with sdk.Failures([self._url(), path, path.rpartition("/")[2]]) as failures:
            answer = client.send_dict(document)
            text = answer.body.strip()
            if answer.status_code == 200:
                # A webhook refuses with another status.
                return Sent() if text == "ok" else Unknown("the webhook answered 200, but not with ok")
            return not_sent(answer.status_code, answer.headers, {"error": text})
        return failures.outcome

    def update(self, channel_id: str, ts: str, body: Body) -> Outcome:  # noqa: ARG002
        """Return Refused: a webhook cannot update messages."""
        return Refused("a webhook cannot update messages", Cause.MESSAGE)

    def find(self, channel: str, key: str, since: datetime, thread_ts: str | None = None) -> Found:  # noqa: ARG002
        """Return CannotLook: a webhook cannot read messages."""
        return CannotLook("a webhook cannot read messages")

    def store(self, png: bytes, title: str, alt_text: str) -> Stored | NotSent:  # noqa: ARG002
        """Return Refused: a webhook cannot upload files."""
        return Refused("a webhook cannot upload files", Cause.MESSAGE)

    def upload(
        self,
        channel_id: str,  # noqa: ARG002
        png: bytes,  # noqa: ARG002
        title: str,  # noqa: ARG002
        alt_text: str,  # noqa: ARG002
        thread_ts: str | None = None,  # noqa: ARG002
    ) -> Outcome:
        """Return Refused: a webhook cannot upload files."""
        return Refused("a webhook cannot upload files", Cause.MESSAGE)

    def _url(self) -> str:
        # A secret may have been stored with a newline behind it.
        return self.url.reveal().strip()


def _is_url(text: str) -> bool:
    with contextlib.suppress(ValueError):
        parts = urlsplit(text)
        return bool(parts.scheme in ("http", "https") and parts.hostname and sdk.is_printable(text))
    return False
