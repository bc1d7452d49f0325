"""What a bot is at Slack: its name, its scopes, and the channels that it sees."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from mixpanel_data.clients.slack.outcomes import NotSent, Refused
from mixpanel_data.clients.slack.search import CHANNELS_A_PAGE, Ask, SearchError, pages


@dataclass(frozen=True, slots=True)
class Bot:
    """A bot whose token Slack accepts. `scopes` is None if Slack does not say them."""

    user: str
    team: str
    scopes: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel that the bot sees."""

    channel_id: str
    name: str
    is_member: bool
    is_archived: bool
    is_private: bool


def introduced(ask: Ask, scopes: Callable[[], frozenset[str] | None]) -> Bot | NotSent:
    """The bot, by `auth.test`. `scopes` are those that the last answer names."""
    answer = ask("auth.test", {})
    if not isinstance(answer, Mapping):
        return answer
    return Bot(str(answer.get("user") or "the bot"), str(answer.get("team") or "its workspace"), scopes())


def channels(ask: Ask, names: Collection[str]) -> Mapping[str, Channel] | NotSent:
    """The channels of these names or ids, by what they were asked as, without those that the bot does not see."""
    wanted = {name.removeprefix("#"): name for name in names}
    found = _listed(ask, "public_channel,private_channel", wanted)
    if isinstance(found, Refused) and found.reason == "missing_scope":
        # That for private channels may be missing. Public ones need channels:read alone.
        return _listed(ask, "public_channel", wanted)
    return found


def _listed(ask: Ask, types: str, wanted: Mapping[str, str]) -> Mapping[str, Channel] | NotSent:
    found: dict[str, Channel] = {}
    try:
        for page in pages(ask, "conversations.list", {"types": types, "limit": CHANNELS_A_PAGE}):
            for each in map(_channel, page.get("channels") or ()):
                found |= {wanted[key]: each for key in (each.name, each.channel_id) if key in wanted}
            if len(found) == len(wanted):
                break
    except SearchError as error:
        return error.failure
    return found


def _channel(shown: Mapping[str, Any]) -> Channel:
    return Channel(
        channel_id=str(shown.get("id")),
        name=str(shown.get("name")),
        is_member=bool(shown.get("is_member")),
        is_archived=bool(shown.get("is_archived")),
        is_private=bool(shown.get("is_private")),
    )
