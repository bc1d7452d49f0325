"""What Slack says about a bot or a webhook, and about the channels that alerts go to."""

from collections.abc import Iterator, Mapping, Sequence

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import ConfigError
from mixpanel_data.base.secret import Secret
from mixpanel_data.clients.slack import BotSlack, Limited, NotSent, Refused, Sent, WebhookSlack
from mixpanel_data.clients.slack.advice import FINDING_PRIVATE, SCOPES, add_scopes, advice, problem_of
from mixpanel_data.clients.slack.outcomes import Cause
from mixpanel_data.clients.slack.standing import Bot, Channel
from mixpanel_data.doctor.check import Check, Verdict
from mixpanel_data.doctor.wording import TRUST_PROXY, failed, skipped

SUBJECT = "slack"

_TOKEN, _SCOPES, _CHANNEL, _WEBHOOK = "token", "scopes", "channel", "webhook"
_PUBLIC_POSTING, _LISTING = "chat:write.public", "channels:read"
# No message has this ts, so that an update of it changes nothing.
_NO_MESSAGE = "1.000000"
_COPY_BOT = "Copy the Bot User OAuth Token (xoxb-…) from OAuth & Permissions of the app into SLACK_BOT_TOKEN."
_COPY_URL = "Copy the address of a webhook from Incoming Webhooks of the app into SLACK_WEBHOOK_URL."
_ARCHIVED = ("channel_is_archived", "is_archived")
_PROHIBITED = ("action_prohibited", "posting_to_general_channel_denied", "no_permission")
_TEST_ALERT = "Send a test alert, which needs all of them: mp detect test-alert"


def slack_checks(
    credential: Secret, channels: Sequence[str], base_url: str | None, deadline: Deadline
) -> Iterator[Check]:
    """Ask Slack about a credential, its scopes and its membership in channels. It sends no message, and raises nothing.

    A credential that is a URL is a webhook, else a bot's token. `base_url` replaces Slack's own, up to and including
    `/api`, and counts for a bot alone.
    """
    if credential.reveal().strip().lower().startswith(("http://", "https://")):
        yield from webhook_checks(credential, deadline)
    else:
        yield from bot_checks(credential, channels, base_url, deadline)


def webhook_checks(url: Secret, deadline: Deadline) -> Iterator[Check]:
    """Ask Slack whether a webhook is alive, by sending what is no message."""
    try:
        outcome = WebhookSlack(url).within(deadline).introduced()
    except ConfigError as error:
        yield failed(SUBJECT, _WEBHOOK, error)
        return
    if isinstance(outcome, Sent) or (isinstance(outcome, Refused) and outcome.cause is Cause.MESSAGE):
        yield _check(_WEBHOOK, Verdict.OK, "Slack knows the webhook, which posts to a channel of its own.")
    elif isinstance(outcome, Refused) and outcome.reason in _ARCHIVED:
        found = f"The webhook's channel is archived ({outcome})."
        yield _check(_WEBHOOK, Verdict.FAILED, found, f"Unarchive it. Or: {_COPY_URL}")
    elif isinstance(outcome, Refused) and _is_prohibited(outcome):
        found = f"The workspace prohibits that the webhook posts to its channel ({outcome})."
        yield _check(_WEBHOOK, Verdict.FAILED, found, f"Ask an administrator of Slack to allow it. Or: {_COPY_URL}")
    elif isinstance(outcome, Refused) and _is_unknown_webhook(outcome):
        yield _check(_WEBHOOK, Verdict.FAILED, f"Slack does not know the webhook: {outcome}.", _COPY_URL)
    else:
        yield _unanswered(_WEBHOOK, outcome, "SLACK_WEBHOOK_URL")


def bot_checks(token: Secret, channels: Sequence[str], base_url: str | None, deadline: Deadline) -> Iterator[Check]:
    """Ask Slack about a bot: its token, its scopes, and its membership in channels."""
    try:
        # slack-sdk appends a method's name to the base URL.
        slack = BotSlack(token, base_url).within(deadline)
    except ConfigError as error:
        yield failed(SUBJECT, _TOKEN, error)
        yield from _skipped(channels, _TOKEN)
        return
    bot = slack.introduced()
    if not isinstance(bot, Bot):
        yield _refused_token(bot)
        yield from _skipped(channels, _TOKEN)
        return
    yield _check(_TOKEN, Verdict.OK, f"Slack accepts the bot {bot.user} of {bot.team}.")
    found = slack.channels(channels) if channels else {}
    yield _scopes(bot, slack, found)
    yield from _channels(bot, channels, found)


def _refused_token(outcome: NotSent) -> Check:
    if isinstance(outcome, Refused) and outcome.cause is Cause.CREDENTIAL:
        return _check(_TOKEN, Verdict.FAILED, f"Slack refuses the token: {outcome}.", _COPY_BOT)
    return _unanswered(_TOKEN, outcome, "SLACK_BASE_URL")


def _is_prohibited(outcome: Refused) -> bool:
    return outcome.reason in _PROHIBITED or outcome.reason.startswith("restricted_action")


def _is_unknown_webhook(outcome: Refused) -> bool:
    return outcome.cause in (Cause.CREDENTIAL, Cause.DESTINATION) or outcome.reason in ("HTTP 403", "HTTP 404")


def _unanswered(name: str, outcome: NotSent, variable: str) -> Check:
    """Slack said nothing about the credential."""
    if isinstance(outcome, Limited):
        found, remedy = (
            "Slack takes no more requests for now.",
            f"Run this again in {outcome.retry_after_seconds:.0f} s.",
        )
    else:
        problem = problem_of(outcome).rstrip(".")
        found = f"Slack answers {problem}." if problem.startswith("HTTP") else f"{problem}."
        remedy = (
            f"Check the network, HTTPS_PROXY if there is a proxy, and {variable} if it is set; then run this again."
        )
        # slack-sdk hands over a text alone.
        remedy = f"{remedy} {TRUST_PROXY}" if "CERTIFICATE_VERIFY_FAILED" in problem else remedy
    return _check(name, Verdict.FAILED, found, remedy)


def _scopes(bot: Bot, slack: BotSlack, channels: Mapping[str, Channel] | NotSent) -> Check:
    if bot.scopes is None:
        return _unsaid_scopes(slack, channels)
    missing = [scope for scope in SCOPES if scope not in bot.scopes]
    if not missing:
        return _check(_SCOPES, Verdict.OK, "The token has every scope that alerts need.")
    is_private = isinstance(channels, Mapping) and any(each.is_private for each in channels.values())
    harmless = () if is_private else FINDING_PRIVATE
    verdict = Verdict.WARNING if set(missing) <= set(harmless) else Verdict.FAILED
    found = f"The token lacks {', '.join(missing)}{_uses(missing)}."
    return _check(_SCOPES, verdict, found, add_scopes(",".join(missing)))


def _uses(missing: Sequence[str]) -> str:
    """What does not work without a scope, for the worst one."""
    if "chat:write" in missing:
        return ": no alert can be posted"
    if "files:write" in missing:
        return ": alerts have no plot"
    is_private = set(missing) <= set(FINDING_PRIVATE)
    return f": a message{' in a private channel' if is_private else ''} may be posted twice"


def _unsaid_scopes(slack: BotSlack, channels: Mapping[str, Channel] | NotSent) -> Check:
    """The scopes of a token of which Slack does not name them, as far as requests for nothing can tell."""
    known = next(iter(channels.values()), None) if isinstance(channels, Mapping) else None
    posted = slack.update(known.channel_id, _NO_MESSAGE, {"text": "-"}) if known else None
    for outcome in (posted, slack.refusal_of_nothing(), channels):
        if isinstance(outcome, Refused) and outcome.reason == "missing_scope":
            problem = problem_of(outcome)
            return _check(_SCOPES, Verdict.FAILED, f"Slack answers {problem}.", advice(problem, outcome, ""))
    return _check(_SCOPES, Verdict.WARNING, "Slack does not name the scopes of the token.", _TEST_ALERT)


def _channels(bot: Bot, names: Sequence[str], found: Mapping[str, Channel] | NotSent) -> Iterator[Check]:
    if not names:
        yield _check(_CHANNEL, Verdict.FAILED, "No channel is set.", "Set SLACK_CHANNEL, for example to #alerts.")
    elif isinstance(found, Mapping):
        yield from (_channel(bot, name, found.get(name)) for name in names)
    elif bot.scopes is not None and _LISTING not in bot.scopes:
        yield from (skipped(SUBJECT, _of(name), _SCOPES) for name in names)
    elif isinstance(found, Limited):
        yield from (_unanswered(_of(name), found, "SLACK_BASE_URL") for name in names)
    else:
        problem = problem_of(found)
        for name in names:
            remedy = advice(problem, found, name)
            yield _check(_of(name), Verdict.FAILED, f"Slack does not list the channels: {problem}.", remedy)


def _channel(bot: Bot, name: str, channel: Channel | None) -> Check:
    if channel is None:
        found = f"The bot sees no channel {name} (channel_not_found)."
        return _check(_of(name), Verdict.FAILED, found, advice("channel_not_found", None, name))
    if channel.is_archived:
        remedy = "Unarchive it, or choose another channel."
        return _check(_of(name), Verdict.FAILED, "The channel is archived (is_archived).", remedy)
    if channel.is_member:
        return _check(_of(name), Verdict.OK, "The bot is a member.")
    invite = f"Invite the bot: write /invite @{bot.user} in {name}."
    if bot.scopes is not None and _PUBLIC_POSTING in bot.scopes and not channel.is_private:
        found = "The bot can post and is no member: it cannot look for a message, and may post one twice."
        return _check(_of(name), Verdict.WARNING, found, invite)
    return _check(_of(name), Verdict.FAILED, "The bot is not a member (not_in_channel).", invite)


def _of(channel: str) -> str:
    return f"{_CHANNEL} {channel}"


def _skipped(channels: Sequence[str], earlier: str) -> Iterator[Check]:
    for name in (_SCOPES, *map(_of, channels)):
        yield skipped(SUBJECT, name, earlier)


def _check(name: str, verdict: Verdict, found: str, remedy: str | None = None) -> Check:
    return Check(SUBJECT, name, verdict, found, remedy)
