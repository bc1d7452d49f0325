"""The questions about Slack, and what Slack says to the answers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import (
    AuthenticationError,
    ConfigError,
    MixpanelDataError,
    RequestError,
    UnavailableError,
)
from mixpanel_data.base.secret import Secret
from mixpanel_data.cli.base.output import Output
from mixpanel_data.cli.dialogue import SECONDS, questions
from mixpanel_data.cli.dialogue.given import Given
from mixpanel_data.clients.slack import BotSlack, Limited, NotSent, Refused
from mixpanel_data.clients.slack.advice import problem_of
from mixpanel_data.clients.slack.outcomes import Cause
from mixpanel_data.clients.slack.sdk import NO_TIME
from mixpanel_data.doctor.check import Check, Verdict
from mixpanel_data.doctor.slack import slack_checks
from mixpanel_data.initialization.present import Slack

_ABOUT_CREDENTIAL = ("token", "webhook", "scopes")
_NONE = "-"


@dataclass(frozen=True, slots=True)
class Tried:
    """Where alerts are to go (no token and no webhook: nowhere), and what Slack says of what was tried.

    `error` is why it does not work.
    """

    slack: Slack
    checks: Sequence[Check] = ()
    error: MixpanelDataError | None = None


@dataclass(frozen=True, slots=True)
class Asking:
    """Asks where alerts go until Slack accepts it, or until somebody leaves Slack out."""

    given: Given
    base_url: str | None
    output: Output

    def tried(self, known: Slack) -> Tried:
        """What was answered; what is known is the default.

        Where nobody can be asked and no option is about Slack, what is set and does not work is left out. Raises
        RequestError for a missing answer there and for a channel that does not work, AuthenticationError for a token
        that does not, and UnavailableError if Slack does not answer.
        """
        if not questions.can_be_asked():
            return self._without_questions(known)
        asked = _asked(self.given, known, "keep it" if known.token or known.webhook else "none")
        for tries_left in reversed(range(questions.MOST_TRIES)):
            found = self._looked_at(asked)
            if found.error is None:
                return found
            if tries_left == 0:
                raise found.error
            self.output.note(f"{found.error}\n")
            asked = _asked(Given(), asked, f"the same again, {_NONE} none")
        raise AssertionError

    def _without_questions(self, known: Slack) -> Tried:
        given = self.given
        asked = Slack(given.slack_token or known.token, given.slack_channel or known.channel, known.webhook)
        is_given = bool(given.slack_token or given.slack_channel)
        if is_given and asked.token is None:
            raise RequestError("--slack-channel needs a bot's token. Pipe it in, with --slack-token-stdin.")
        if is_given and asked.channel is None:
            raise RequestError("--slack-channel is missing. Give the channel that alerts go to, such as '#alerts'.")
        found = self._looked_at(asked)
        if found.error is not None and is_given:
            raise found.error
        if found.error is not None:
            self.output.note(f"warning: {found.error}")
            return replace(found, slack=Slack())
        return found

    def _looked_at(self, slack: Slack) -> Tried:
        credential = slack.token or slack.webhook
        if credential is None:
            return Tried(Slack())
        channels = [slack.channel] if slack.channel else []
        deadline = Deadline.after(SECONDS)
        with self.output.progress("Asking Slack"):
            silence = _silence(slack.token, channels, self.base_url, deadline) if slack.token else None
            if silence is not None:
                return Tried(slack, error=_unavailable(silence))
            checks = list(slack_checks(credential, channels, self.base_url, deadline))
        return Tried(slack, checks, _error_of(checks))


def _silence(token: Secret, channels: Sequence[str], base_url: str | None, deadline: Deadline) -> NotSent | None:
    """The answer with which Slack says nothing about a bot, which then may be right; None if it does say something."""
    try:
        # slack-sdk appends a method's name to the base URL.
        bot = BotSlack(token, base_url).within(deadline)
    except ConfigError:
        # The check of the token says it.
        return None
    answer: object = bot.introduced()
    if not isinstance(answer, NotSent) and channels:
        answer = bot.channels(channels)
    if not isinstance(answer, NotSent) or (isinstance(answer, Refused) and answer.cause is Cause.CREDENTIAL):
        return None
    return answer


def _unavailable(silence: NotSent) -> UnavailableError:
    if isinstance(silence, Limited):
        seconds = silence.retry_after_seconds
        text = f"Slack takes no more requests for now. Run this again in {seconds:.0f} s."
        return UnavailableError(text, retry_after_seconds=seconds)
    if silence == NO_TIME:
        text = f"Slack did not name all channels within {SECONDS:.0f} s. Check SLACK_BASE_URL if it is set, and"
        return UnavailableError(f"{text} run this again.")
    problem = problem_of(silence).rstrip(".")
    found = f"Slack answers {problem}." if problem.startswith("HTTP") else f"{problem}."
    return UnavailableError(
        f"{found} Check the network, HTTPS_PROXY if there is a proxy, and SLACK_BASE_URL if it is set; then run this "
        "again."
    )


def _error_of(checks: Sequence[Check]) -> MixpanelDataError | None:
    """The error that the first failed check means."""
    failed = next((each for each in checks if each.verdict is Verdict.FAILED), None)
    if failed is None:
        return None
    text = " ".join(filter(None, (failed.found, failed.remedy)))
    if failed.name in _ABOUT_CREDENTIAL:
        return AuthenticationError(text)
    return RequestError(f"{failed.name.capitalize()}: {text}")


def _asked(given: Given, known: Slack, on_enter: str) -> Slack:
    """The answers; none means no Slack."""
    token = given.slack_token or _token(on_enter, known)
    if token is None:
        return known if known.webhook and on_enter.startswith("keep") else Slack()
    question = "Slack channel for alerts, such as #alerts"
    return Slack(token, given.slack_channel or questions.text(question, known.channel, _fault_of_channel))


def _token(on_enter: str, known: Slack) -> Secret | None:
    typed = questions.hidden(f"Slack bot token (not shown; Enter: {on_enter})")
    if typed == _NONE:
        return None
    return Secret(typed) if typed else known.token


def _fault_of_channel(answer: str) -> str | None:
    return None if answer else "A channel is missing. Give the one that alerts go to."
