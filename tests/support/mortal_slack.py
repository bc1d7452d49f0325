"""Slack, as a process uses it that dies before or after a call."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from mixpanel_data.clients.slack import BotSlack, Found, NotSent, Outcome, Stored
from support.fatal_steps import Steps


class MortalSlack:
    """A bot whose process dies at one of its steps."""

    can_find: ClassVar[bool] = True
    can_update: ClassVar[bool] = True

    def __init__(self, slack: BotSlack, steps: Steps) -> None:
        self._slack = slack
        self._steps = steps

    def post(self, channel: str, body: Mapping[str, Any], key: str, thread_ts: str | None = None) -> Outcome:
        return self._steps.around("post", lambda: self._slack.post(channel, body, key, thread_ts))

    def update(self, channel_id: str, ts: str, body: Mapping[str, Any]) -> Outcome:
        return self._steps.around("update", lambda: self._slack.update(channel_id, ts, body))

    def find(self, channel: str, key: str, since: datetime, thread_ts: str | None = None) -> Found:
        return self._steps.around("find", lambda: self._slack.find(channel, key, since, thread_ts))

    def store(self, png: bytes, title: str, alt_text: str) -> Stored | NotSent:
        return self._steps.around("store", lambda: self._slack.store(png, title, alt_text))

    def upload(self, channel_id: str, png: bytes, title: str, alt_text: str, thread_ts: str | None = None) -> Outcome:
        return self._steps.around("upload", lambda: self._slack.upload(channel_id, png, title, alt_text, thread_ts))
