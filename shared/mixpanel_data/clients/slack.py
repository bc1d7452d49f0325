"""Slack over HTTP, by a bot token or an incoming webhook: posting, updating, finding again what was posted.

Nothing is raised for what Slack or the network does: a call returns what became of it. Only four things can become of
a message: `Sent`, `Refused` and `Limited` (nothing was posted), and `Unknown`, which must not be repeated before
`find` has looked for the message's key. Nothing is repeated in here: slack-sdk's own repeats double messages, as was
measured.
"""

import contextlib
import logging
import math
import re
import socket
import ssl
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, ClassVar, Protocol
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import ConfigError
from mixpanel_data.base.secret import Secret

if TYPE_CHECKING:
    from slack_sdk import WebClient
    from slack_sdk.web import SlackResponse

EVENT_TYPE = "mixpanel_data_alert"
"""`event_type` of the metadata that our messages carry; its payload is `{"key": …}`."""

_TIMEOUT_SECONDS = 15.0
_LEAST_SECONDS = 0.001
# Without a readable Retry-After: Slack takes about one message a second and channel.
_USUAL_WAIT_SECONDS = 1.0
# Slack's clock gives a message its ts, ours says since when to look.
_CLOCKS_APART = timedelta(minutes=5)
_CHANNELS_A_PAGE, _MESSAGES_A_PAGE = 1000, 200
# Names of channels have no capital letters, ids nothing else.
_ID = re.compile(r"[A-Z][A-Z0-9]+")
_CODE = re.compile(r"[a-z][a-z0-9_]{1,79}")
_TOKEN = re.compile(r"[\x21-\x7e]+")
_TEXT_CHARACTERS = 300


class Cause(StrEnum):
    """What a refusal is about; who mends it follows from it."""

    DESTINATION = "destination"
    MESSAGE = "message"
    CREDENTIAL = "credential"
    OTHER = "other"


_REMEDIES: Mapping[Cause, str] = {
    Cause.DESTINATION: "Check that the channel exists, is not archived, lets the app post, and has the bot as a member "
    "(/invite it)",
    Cause.MESSAGE: "Slack does not take this message, however often it is sent; report it",
    Cause.CREDENTIAL: "Check SLACK_BOT_TOKEN and the app's scopes, or SLACK_WEBHOOK_URL; what waits is sent then",
    Cause.OTHER: "The next run tries again",
}


@dataclass(frozen=True, slots=True)
class Sent:
    """It was posted, as message `ts` of the channel with the id `channel`; over a webhook neither is known."""

    channel: str | None = None
    ts: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was posted. `reason` is Slack's word for it, or how it failed; `detail` what Slack said besides."""

    reason: str
    cause: Cause = Cause.OTHER
    detail: str = ""

    @property
    def is_final(self) -> bool:
        """Whether sending the same message there again is refused again, whatever an operator does to credentials."""
        return self.cause in (Cause.DESTINATION, Cause.MESSAGE)

    @property
    def remedy(self) -> str:
        """What somebody can do about it."""
        return _REMEDIES[self.cause]

    def __str__(self) -> str:
        return f"{self.reason} ({self.detail})" if self.detail else self.reason


@dataclass(frozen=True, slots=True)
class Limited:
    """Nothing was posted: too many messages. Slack asks to wait so long."""

    retry_after_seconds: float


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may have been posted or not: no answer came, or none that says."""

    reason: str


@dataclass(frozen=True, slots=True)
class CannotLook:
    """Messages cannot be found again here, for lack of a scope, of membership, or over a webhook."""

    reason: str


@dataclass(frozen=True, slots=True)
class LookLater:
    """Looking failed and may succeed later; whether the message is there is not known."""

    reason: str


NotDone = Refused | Limited | Unknown
Outcome = Sent | NotDone
Found = Sent | CannotLook | LookLater | None
Body = Mapping[str, Any]
"""`text` (what notifications show) and, if there are any, `blocks`."""


class Slack(Protocol):
    """Where messages go. `can_find` false: delivery is at least once; `can_update` false: no update, thread or file."""

    can_find: ClassVar[bool]
    can_update: ClassVar[bool]

    def post(self, channel: str, body: Body, key: str, thread_ts: str | None = None) -> Outcome:
        """Post to a channel (`#name`, name or id), or into the thread of a message; `key` lets `find` know it again."""

    def update(self, channel_id: str, ts: str, body: Body) -> Outcome:
        """Put another body in a message's place; may be repeated whatever came of it."""

    def find(self, channel: str, key: str, since: datetime, thread_ts: str | None = None) -> Found:
        """The message with this key that was posted since then (less five minutes, for clocks apart); None: none was.

        Ask in a later run than the one that posted: a message whose answer timed out may still be under way."""

    def upload(self, channel_id: str, png: bytes, title: str, alt_text: str, thread_ts: str | None = None) -> Outcome:
        """Show an image in a channel or thread. It has no key: what is Unknown had better stay so."""


@dataclass(slots=True)
class BotSlack:
    """A bot's token. Scopes: chat:write; channels:read and channels:history to find; files:write to upload.

    For private channels groups:read and groups:history. Raises ConfigError for what cannot be a token."""

    can_find: ClassVar[bool] = True
    can_update: ClassVar[bool] = True

    token: Secret
    deadline: Deadline
    base_url: str | None = None
    timeout_seconds: float = _TIMEOUT_SECONDS
    _ids: dict[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        # As a header's value anything else raises an error that quotes it.
        if not _TOKEN.fullmatch(self._token()):
            raise ConfigError("SLACK_BOT_TOKEN is no token of Slack. Give the xoxb-… that the app's page shows.")

    def post(self, channel: str, body: Body, key: str, thread_ts: str | None = None) -> Outcome:
        """See Slack.post."""
        thread = {} if thread_ts is None else {"thread_ts": thread_ts}
        metadata = {"event_type": EVENT_TYPE, "event_payload": {"key": key}}
        message = {"channel": channel, **_content(body), **_NO_UNFURLING, "metadata": metadata, **thread}
        return _sent(self._call("chat.postMessage", json=message))

    def update(self, channel_id: str, ts: str, body: Body) -> Outcome:
        """See Slack.update. The metadata, which is not sent, stays."""
        return _sent(self._call("chat.update", json={"channel": channel_id, "ts": ts, **_content(body)}))

    def find(self, channel: str, key: str, since: datetime, thread_ts: str | None = None) -> Found:
        """See Slack.find."""
        try:
            channel_id = self._id_of(channel)
            if channel_id is None:
                return CannotLook(f"channel_not_found: the bot sees no channel {channel!r}")
            messages = self._messages(channel_id, since - _CLOCKS_APART, thread_ts)
            return next((Sent(channel_id, message.get("ts")) for message in messages if _key(message) == key), None)
        except _LookError as error:
            return error.found

    def upload(self, channel_id: str, png: bytes, title: str, alt_text: str, thread_ts: str | None = None) -> Outcome:
        """See Slack.upload. `ts` of what is sent is not known: Slack shows the file a little later."""
        done = self._ask(
            lambda client: client.files_upload_v2(
                channel=channel_id,
                file=png,
                filename="chart.png",
                title=title,
                alt_txt=alt_text,
                thread_ts=thread_ts,
            ),
            requests=3,
        )
        return Sent(channel_id) if isinstance(done, Mapping) else done

    def _messages(self, channel_id: str, since: datetime, thread_ts: str | None) -> Iterator[Mapping[str, Any]]:
        arguments = {
            "channel": channel_id,
            "oldest": f"{since.timestamp():.6f}",
            "inclusive": True,
            "include_all_metadata": True,
            "limit": _MESSAGES_A_PAGE,
        }
        if thread_ts is None:
            pages = self._pages("conversations.history", arguments)
        else:
            pages = self._pages("conversations.replies", {**arguments, "ts": thread_ts})
        for page in pages:
            yield from page.get("messages") or ()

    def _id_of(self, channel: str) -> str | None:
        """The id of a channel by `#name`, name or id; None if the bot sees none."""
        name = channel.removeprefix("#")
        if _ID.fullmatch(name):
            return name
        if name not in self._ids:
            self._ids |= self._listed_until(name)
        return self._ids.get(name)

    def _listed_until(self, name: str) -> dict[str, str]:
        """Ids by name, up to the page with this name."""
        try:
            return self._listed("public_channel,private_channel", name)
        except _LookError as error:
            # One scope of the two lacks: public channels need channels:read alone.
            if not error.is_missing_scope:
                raise
        return self._listed("public_channel", name)

    def _listed(self, types: str, name: str) -> dict[str, str]:
        known: dict[str, str] = {}
        for page in self._pages("conversations.list", {"types": types, "limit": _CHANNELS_A_PAGE}):
            known |= {str(channel.get("name")): str(channel.get("id")) for channel in page.get("channels") or ()}
            if name in known:
                break
        return known

    def _pages(self, method: str, arguments: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """The answers, page after page. Raises _LookError."""
        cursor, seen = "", set[str]()
        while cursor not in seen:
            seen.add(cursor)
            page = self._call(method, params={**arguments, **({"cursor": cursor} if cursor else {})})
            if not isinstance(page, Mapping):
                raise _LookError(page)
            yield page
            cursor = str((page.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                return

    def _call(
        self, method: str, *, json: dict[str, Any] | None = None, params: dict[str, Any] | None = None
    ) -> Mapping[str, Any] | NotDone:
        return self._ask(lambda client: client.api_call(method, json=json, params=params))

    def _ask(self, ask: Callable[["WebClient"], "SlackResponse"], *, requests: int = 1) -> Mapping[str, Any] | NotDone:
        """What Slack answered to a call of so many requests, if it did as asked."""
        from slack_sdk import WebClient

        seconds = _seconds(self.deadline, self.timeout_seconds, requests)
        if seconds is None:
            return _NO_TIME
        client = WebClient(
            self._token(),
            base_url=self.base_url or WebClient.BASE_URL,
            timeout=seconds,  # type: ignore[arg-type]  # it goes to a socket, which takes fractions
            logger=_SILENT,
            retry_handlers=[],
        )
        with _Failing([self._token()]) as failing:
            answer = ask(client).data
            return answer if isinstance(answer, Mapping) else Unknown("Slack's answer is no object")
        return failing.outcome

    def _token(self) -> str:
        # A secret that was stored with a line's end is still the token.
        return self.token.reveal().strip()


@dataclass(slots=True)
class WebhookSlack:
    """An incoming webhook: posts to the one channel it was made for, whatever `channel` says.

    Raises ConfigError for what cannot be its URL."""

    can_find: ClassVar[bool] = False
    can_update: ClassVar[bool] = False

    url: Secret
    deadline: Deadline
    timeout_seconds: float = _TIMEOUT_SECONDS

    def __post_init__(self) -> None:
        with contextlib.suppress(ValueError):
            parts = urlsplit(self._url())
            if parts.scheme in ("http", "https") and parts.hostname and _TOKEN.fullmatch(self._url()):
                return
        raise ConfigError("SLACK_WEBHOOK_URL is no URL. Give the https://hooks.slack.com/… that the app's page shows.")

    def post(self, channel: str, body: Body, key: str, thread_ts: str | None = None) -> Outcome:  # noqa: ARG002
        """See Slack.post. A webhook takes neither channel nor key, and knows no thread."""
        from slack_sdk.webhook import WebhookClient

        seconds = _seconds(self.deadline, self.timeout_seconds)
        if seconds is None:
            return _NO_TIME
        client = WebhookClient(
            self._url(),
            timeout=seconds,  # type: ignore[arg-type]  # it goes to a socket, which takes fractions
            logger=_SILENT,
            retry_handlers=[],
        )
        path = urlsplit(self._url()).path
        with _Failing([self._url(), path, path.rpartition("/")[2]]) as failing:
            answer = client.send_dict({**_content(body), **_NO_UNFURLING})
            said = answer.body.strip()
            if answer.status_code == 200:
                # A refusal of a webhook has a status of its own.
                return Sent() if said == "ok" else Unknown("the webhook answered 200 with something else than ok")
            return _not_done(answer.status_code, answer.headers, {"error": said})
        return failing.outcome

    def update(self, channel_id: str, ts: str, body: Body) -> Outcome:  # noqa: ARG002
        """Refused: a webhook cannot."""
        return Refused("a webhook cannot update messages", Cause.MESSAGE)

    def find(self, channel: str, key: str, since: datetime, thread_ts: str | None = None) -> Found:  # noqa: ARG002
        """CannotLook: a webhook cannot."""
        return CannotLook("a webhook cannot read messages")

    def upload(
        self,
        channel_id: str,  # noqa: ARG002
        png: bytes,  # noqa: ARG002
        title: str,  # noqa: ARG002
        alt_text: str,  # noqa: ARG002
        thread_ts: str | None = None,  # noqa: ARG002
    ) -> Outcome:
        """Refused: a webhook cannot."""
        return Refused("a webhook cannot upload files", Cause.MESSAGE)

    def _url(self) -> str:
        return self.url.reveal().strip()


_NO_UNFURLING = {"unfurl_links": False, "unfurl_media": False}
_NO_TIME = Refused("there was no time left to send it")
# slack-sdk writes errors to its logger, some with the URL; what there is to say is in the outcome.
_SILENT = logging.Logger("slack_sdk", logging.CRITICAL + 1)


def _content(body: Body) -> dict[str, Any]:
    blocks = body.get("blocks")
    return {"text": body["text"], **({"blocks": list(blocks)} if blocks else {})}


def _seconds(deadline: Deadline, most: float, requests: int = 1) -> float | None:
    """How long each of so many requests may take to go on; None: there is no time left."""
    left = deadline.left(math.inf)
    # A timeout of 0 is none to a socket: the little that may be left is not.
    return max(_LEAST_SECONDS, min(most, left / requests)) if left > 0.0 else None


def _sent(answer: Mapping[str, Any] | NotDone) -> Outcome:
    return Sent(answer.get("channel"), answer.get("ts")) if isinstance(answer, Mapping) else answer


def _key(message: Mapping[str, Any]) -> str | None:
    """The key of a message of ours; None: it is not ours."""
    metadata = message.get("metadata") or {}
    return (metadata.get("event_payload") or {}).get("key") if metadata.get("event_type") == EVENT_TYPE else None


# What Slack calls its refusals: https://docs.slack.dev/reference/methods/chat.postMessage, …/chat.update,
# …/files.completeUploadExternal and https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks.
_WORDS: Mapping[Cause, str] = {
    Cause.DESTINATION: """
        channel_not_found not_in_channel is_archived channel_is_archived is_inactive user_not_found no_permission
        action_prohibited posting_to_general_channel_denied cannot_dm_bot messages_tab_disabled
        external_channel_migrating slack_connect_file_upload_sharing_blocked method_not_supported_for_channel_type
        not_in_channel_or_dm team_not_found""",
    Cause.MESSAGE: """
        invalid_blocks invalid_blocks_format msg_blocks_too_long msg_too_long no_text invalid_payload
        invalid_attachments too_many_attachments invalid_metadata_format invalid_metadata_schema metadata_too_large
        metadata_must_be_sent_from_app invalid_arguments invalid_arg_name invalid_array_arg invalid_post_type
        invalid_form_data invalid_json json_not_object message_not_found cant_update_message edit_window_closed
        block_mismatch cant_broadcast_message cannot_reply_to_message thread_not_found markdown_text_conflict
        as_user_not_supported file_not_found file_deleted invalid_channel malformed_arguments""",
    Cause.CREDENTIAL: """
        invalid_auth not_authed account_inactive token_revoked token_expired missing_scope not_allowed_token_type
        access_denied team_access_not_granted ekm_access_denied enterprise_is_restricted org_login_required
        two_factor_setup_required accesslimited no_service no_active_hooks no_service_id no_team team_disabled
        invalid_token app_missing_action_url""",
}
_CAUSES = {word: cause for cause, words in _WORDS.items() for word in words.split()}
_RATE_WORDS = ("ratelimited", "rate_limited")
# "It's possible some aspect of the operation succeeded before the error was raised", as Slack says of the first two.
_UNCLEAR_WORDS = ("fatal_error", "internal_error", "service_unavailable", "update_failed", "rollup_error")
_NO_LOOKING = (
    *("missing_scope", "not_allowed_token_type", "no_permission", "not_in_channel", "channel_not_found"),
    *("method_not_supported_for_channel_type", "unknown_method", "thread_not_found"),
)


def _not_done(status: int, headers: Mapping[str, str], answer: Mapping[str, Any]) -> NotDone:
    """What an answer that is no success means for the message."""
    said = str(answer.get("error") or "")
    word = said if _CODE.fullmatch(said) else ""
    if status == 429 or word in _RATE_WORDS:
        return Limited(_retry_after_seconds(headers))
    if status >= 500 or status == 408 or word in _UNCLEAR_WORDS:
        return Unknown(f"Slack answered {status} {word}".strip())
    if word:
        return Refused(word, _cause(word), _detail(answer))
    if status < 300:
        return Unknown(f"Slack answered {status} with something that is not its own")
    return Refused(f"HTTP {status}")


def _cause(word: str) -> Cause:
    if word.startswith("restricted_action"):
        return Cause.DESTINATION
    return _CAUSES.get(word, Cause.OTHER)


def _detail(answer: Mapping[str, Any]) -> str:
    """Which scope lacks, or what is wrong with which block; never what the message says."""
    needed = answer.get("needed")
    metadata = answer.get("response_metadata")
    messages = metadata.get("messages") if isinstance(metadata, Mapping) else None
    told = [f"needs {needed}"] if needed else map(str, messages or ())
    return "; ".join(told)[:_TEXT_CHARACTERS]


def _retry_after_seconds(headers: Mapping[str, str]) -> float:
    values = [str(value) for name, value in headers.items() if name.lower() == "retry-after"]
    value = values[0].strip() if values else ""
    return float(value) if value.isascii() and value.isdigit() else _USUAL_WAIT_SECONDS


class _LookError(Exception):
    """Looking failed."""

    def __init__(self, failure: NotDone) -> None:
        super().__init__(failure)
        self._failure = failure

    @property
    def is_missing_scope(self) -> bool:
        return isinstance(self._failure, Refused) and self._failure.reason == "missing_scope"

    @property
    def found(self) -> CannotLook | LookLater:
        match self._failure:
            case Refused() as refused if refused.reason in _NO_LOOKING:
                return CannotLook(str(refused))
            case Limited(seconds):
                return LookLater(f"Slack limits calls; it asks to wait {seconds:.0f} s")
            case failure:
                return LookLater(str(failure) if isinstance(failure, Refused) else failure.reason)


class _Failing:
    """A `with` in which slack-sdk may fail; what that means for the message is `outcome` then."""

    def __init__(self, secrets: list[str]) -> None:
        self._secrets = [secret for secret in secrets if secret.strip("/")]
        self.outcome: NotDone = Unknown("nothing was answered")

    def __enter__(self) -> "_Failing":
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        from slack_sdk.errors import SlackApiError, SlackClientError

        # An answer of the wrong shape, such as a JSON list, is an AttributeError to slack-sdk; an odd charset a
        # LookupError.
        foreign = (SlackClientError, OSError, HTTPException, ValueError, LookupError, AttributeError)
        if not isinstance(error, foreign):
            return False
        if isinstance(error, SlackApiError):
            data = error.response.data
            said = data if isinstance(data, Mapping) else {}
            self.outcome = _not_done(error.response.status_code, error.response.headers, said)
        else:
            self.outcome = self._without_answer(error)
        # slack-sdk's frames and the error hold one another and the open connection: let go of it now, not some day.
        traceback.clear_frames(error.__traceback__)
        return True

    def _without_answer(self, error: BaseException) -> NotDone:
        if isinstance(error, HTTPError):
            with error:
                return _not_done(error.code, dict(error.headers), {})
        reason = error.reason if isinstance(error, URLError) else error
        if isinstance(error, URLError) and isinstance(reason, _UNREACHED):
            return Refused(f"Slack cannot be reached: {self._told(reason)}")
        return Unknown(f"Slack did not answer: {self._told(reason)}")

    def _told(self, error: object) -> str:
        """What an error says, if it is the network's; others quote what they were given, secrets included."""
        if not isinstance(error, OSError):
            return type(error).__name__
        text = str(error) or type(error).__name__
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text[:_TEXT_CHARACTERS]


# The request did not leave: no connection was made.
_UNREACHED = (ConnectionRefusedError, socket.gaierror, ssl.SSLCertVerificationError)
