"""A Slack app's bot."""

import copy
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from mixpanel_data.base.clock import Clock, utc_now
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import ConfigError
from mixpanel_data.base.secret import Secret
from mixpanel_data.clients.slack import messages, sdk, standing
from mixpanel_data.clients.slack.channels import ChannelIds
from mixpanel_data.clients.slack.contract import Body
from mixpanel_data.clients.slack.outcomes import Found, NotSent, Outcome, Sent, Stored, Unknown
from mixpanel_data.clients.slack.search import Search
from mixpanel_data.clients.slack.standing import Bot, Channel

if TYPE_CHECKING:
    from slack_sdk import WebClient
    from slack_sdk.web import SlackResponse

# slack-sdk asks for a URL, sends the file there, and completes the upload.
_UPLOAD_REQUESTS = 3


@dataclass(slots=True)
class BotSlack:
    """A bot, identified by its token. It can post to every channel that it is a member of.

    Scopes: chat:write to post; channels:read and channels:history to find, in private channels groups:read and
    groups:history; files:write to upload. `base_url` replaces Slack's own, up to and including `/api/`. `clock` is
    compared with Slack's. Only the client that `within` returns has a deadline. Raises ConfigError if `token` cannot be
    one.
    """

    can_find: ClassVar[bool] = True
    can_update: ClassVar[bool] = True

    token: Secret
    base_url: str | None = None
    timeout_seconds: float = sdk.TIMEOUT_SECONDS
    clock: Clock = utc_now
    _clock_ahead: timedelta = field(default=timedelta(0), init=False, repr=False)
    _scopes: frozenset[str] | None = field(default=None, init=False, repr=False)
    _deadline: Deadline = field(default=Deadline(), init=False, repr=False)
    _channel_ids: ChannelIds = field(default_factory=ChannelIds, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.base_url is not None:
            # slack-sdk appends the method to it as it is.
            self.base_url = f"{self.base_url.rstrip('/')}/"
        if not sdk.is_printable(self._token()):
            raise ConfigError("SLACK_BOT_TOKEN is not a Slack token. Copy the xoxb-… token from the app's page.")

    def within(self, deadline: Deadline) -> "BotSlack":
        """Return this client for one call, which ends by the deadline; it shares the known ids of channels."""
        bound = copy.copy(self)
        bound._deadline = deadline
        return bound

    def post(self, channel: str, body: Body, key: str, thread_ts: str | None = None) -> Outcome:
        """See Slack.post."""
        message = {
            "channel": channel,
            **messages.content(body),
            **messages.NO_UNFURLING,
            "metadata": messages.metadata(key),
            **({} if thread_ts is None else {"thread_ts": thread_ts}),
        }
        return _outcome(self._call("chat.postMessage", json=message))

    def update(self, channel_id: str, ts: str, body: Body) -> Outcome:
        """See Slack.update. The message keeps its metadata, which an update leaves out."""
        return _outcome(self._call("chat.update", json={"channel": channel_id, "ts": ts, **messages.content(body)}))

    def find(self, channel: str, key: str, since: datetime, thread_ts: str | None = None) -> Found:
        """See Slack.find."""
        search = Search(self._look_up, self._channel_ids, lambda: self._clock_ahead)
        return search.find(channel, key, since, thread_ts)

    def store(self, png: bytes, title: str, alt_text: str) -> Stored | NotSent:
        """See Slack.store."""
        answer = self._ask(
            lambda client: client.files_upload_v2(file=png, filename="chart.png", title=title, alt_txt=alt_text),
            requests=_UPLOAD_REQUESTS,
        )
        if not isinstance(answer, Mapping):
            return answer
        files = answer.get("files") or [{}]
        file_id = files[0].get("id")
        return Stored(file_id) if file_id else Unknown("Slack's answer to an upload names no file")

    def upload(self, channel_id: str, png: bytes, title: str, alt_text: str, thread_ts: str | None = None) -> Outcome:
        """See Slack.upload. The `ts` is unknown, because Slack posts the file a little later."""
        answer = self._ask(
            lambda client: client.files_upload_v2(
                channel=channel_id,
                file=png,
                filename="chart.png",
                title=title,
                alt_txt=alt_text,
                thread_ts=thread_ts,
            ),
            requests=_UPLOAD_REQUESTS,
        )
        return Sent(channel_id) if isinstance(answer, Mapping) else answer

    def introduced(self) -> Bot | NotSent:
        """Ask Slack who the bot is."""
        return standing.introduced(self._look_up, lambda: self._scopes)

    def channels(self, names: Collection[str]) -> Mapping[str, Channel] | NotSent:
        """Ask Slack for channels, by `#name`, name or id. A channel that the bot does not see is not in the answer."""
        return standing.channels(self._look_up, names)

    def refusal_of_nothing(self) -> Mapping[str, Any] | NotSent:
        """Ask to upload no file: Slack refuses that for the scope if it is missing, else for its arguments."""
        return self._look_up("files.getUploadURLExternal", {})

    def _look_up(self, method: str, arguments: dict[str, Any]) -> Mapping[str, Any] | NotSent:
        return self._call(method, params=arguments)

    def _call(
        self, method: str, *, json: dict[str, Any] | None = None, params: dict[str, Any] | None = None
    ) -> Mapping[str, Any] | NotSent:
        return self._ask(lambda client: client.api_call(method, json=json, params=params))

    def _ask(self, ask: Callable[["WebClient"], "SlackResponse"], *, requests: int = 1) -> Mapping[str, Any] | NotSent:
        """Return Slack's answer to a success; else what became of the message. `ask` makes this many requests."""
        from mixpanel_data.clients.slack.unredirected import WebClient

        seconds = sdk.request_seconds(self._deadline, self.timeout_seconds, requests)
        if seconds is None:
            return sdk.NO_TIME
        client = WebClient(self._token(), base_url=self.base_url or WebClient.BASE_URL, **sdk.options(seconds))
        with sdk.Failures([self._token()]) as failures:
            response = ask(client)
            self._clock_ahead = sdk.clock_ahead(response.headers, self.clock())
            self._scopes = sdk.scopes(response.headers)
            answer = response.data
            return answer if isinstance(answer, Mapping) else Unknown("Slack's answer is not a JSON object")
        return failures.outcome

    def _token(self) -> str:
        # A secret may have been stored with a newline behind it.
        return self.token.reveal().strip()


def _outcome(answer: Mapping[str, Any] | NotSent) -> Outcome:
    return Sent(answer.get("channel"), answer.get("ts")) if isinstance(answer, Mapping) else answer
