"""The search for a message by its key, page by page."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from mixpanel_data.clients.slack.channels import ChannelIds, is_channel_id
from mixpanel_data.clients.slack.messages import key_of
from mixpanel_data.clients.slack.outcomes import CannotLook, Found, Limited, LookLater, NotSent, Refused, Sent

Ask = Callable[[str, dict[str, Any]], Mapping[str, Any] | NotSent]
"""Calls a method of the Web API with these arguments."""

CHANNELS_A_PAGE, _MESSAGES_A_PAGE = 1000, 200
# Slack's clock gives a message its ts, ours gives the time to search from; ours may have been set right meanwhile.
_CLOCK_DIFFERENCE = timedelta(hours=1)
# The Date header has whole seconds, and is older than the end of the answer.
_NOTABLE = timedelta(seconds=60)
# With these the search can never succeed; with any other fault it may, later.
_FINAL_CODES = (
    *("missing_scope", "not_allowed_token_type", "no_permission", "not_in_channel", "channel_not_found"),
    *("method_not_supported_for_channel_type", "unknown_method", "thread_not_found"),
)


class Search:
    """Looks for messages. `clock_ahead` is by how much our clock was ahead of Slack's at the last answer."""

    def __init__(
        self,
        ask: Ask,
        channel_ids: ChannelIds,
        clock_ahead: Callable[[], timedelta],
    ) -> None:
        self._ask = ask
        self._channel_ids = channel_ids
        self._clock_ahead = clock_ahead

    def find(self, channel: str, key: str, since: datetime, thread_ts: str | None) -> Found:
        """See Slack.find."""
        try:
            channel_id = self._id_of(channel)
            if channel_id is None:
                return CannotLook(f"channel_not_found: the bot sees no channel {channel!r}")
            oldest = since - _CLOCK_DIFFERENCE
            found = self._sent(channel_id, key, oldest, thread_ts)
            ahead = self._clock_ahead()
            if found is None and ahead > _NOTABLE:
                found = self._sent(channel_id, key, oldest - ahead, thread_ts)
            return found
        except SearchError as error:
            return error.found

    def _sent(self, channel_id: str, key: str, oldest: datetime, thread_ts: str | None) -> Sent | None:
        messages = self._messages(channel_id, oldest, thread_ts)
        return next((Sent(channel_id, message.get("ts")) for message in messages if key_of(message) == key), None)

    def _messages(self, channel_id: str, since: datetime, thread_ts: str | None) -> Iterator[Mapping[str, Any]]:
        arguments = {
            "channel": channel_id,
            "oldest": f"{since.timestamp():.6f}",
            "inclusive": True,
            "include_all_metadata": True,
            "limit": _MESSAGES_A_PAGE,
        }
        if thread_ts is None:
            found = pages(self._ask, "conversations.history", arguments)
        else:
            found = pages(self._ask, "conversations.replies", {**arguments, "ts": thread_ts})
        for page in found:
            yield from page.get("messages") or ()

    def _id_of(self, channel: str) -> str | None:
        """Return the id of a channel, given by `#name`, name or id; None if the bot sees no such channel."""
        name = channel.removeprefix("#")
        if is_channel_id(name):
            return name
        if self._channel_ids.get(name) is None:
            self._channel_ids.learn(self._ids_until(name))
        return self._channel_ids.get(name)

    def _ids_until(self, name: str) -> dict[str, str]:
        """Return ids by name, up to the page with this name."""
        try:
            return self._listed("public_channel,private_channel", name)
        except SearchError as error:
            # The scope for private channels may be missing. Public ones need channels:read alone.
            if not error.is_missing_scope:
                raise
        return self._listed("public_channel", name)

    def _listed(self, types: str, name: str) -> dict[str, str]:
        known: dict[str, str] = {}
        for page in pages(self._ask, "conversations.list", {"types": types, "limit": CHANNELS_A_PAGE}):
            known |= {str(channel.get("name")): str(channel.get("id")) for channel in page.get("channels") or ()}
            if name in known:
                break
        return known


def pages(ask: Ask, method: str, arguments: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield page after page, until Slack sends no cursor, or one that was followed before. Raises SearchError."""
    cursor, seen = "", set[str]()
    while cursor not in seen:
        seen.add(cursor)
        page = ask(method, {**arguments, **({"cursor": cursor} if cursor else {})})
        if not isinstance(page, Mapping):
            raise SearchError(page)
        yield page
        cursor = str((page.get("response_metadata") or {}).get("next_cursor") or "")
        if not cursor:
            return


class SearchError(Exception):
    """The search failed for `failure`; `found` says whether it can succeed later."""

    def __init__(self, failure: NotSent) -> None:
        super().__init__(failure)
        self.failure = failure

    @property
    def is_missing_scope(self) -> bool:
        return isinstance(self.failure, Refused) and self.failure.reason == "missing_scope"

    @property
    def found(self) -> CannotLook | LookLater:
        match self.failure:
            case Refused() as refused if refused.reason in _FINAL_CODES:
                return CannotLook(str(refused))
            case Limited(seconds):
                return LookLater(f"Slack limits the number of requests and asks to wait {seconds:.0f} s")
            case failure:
                return LookLater(str(failure) if isinstance(failure, Refused) else failure.reason)
