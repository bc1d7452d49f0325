"""Where answers are kept: an account of this machine, or `.env` of this folder."""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from mixpanel_data.accounts.config_file import ConfigFile
from mixpanel_data.accounts.credentials import Credentials
from mixpanel_data.accounts.document import Accounts
from mixpanel_data.accounts.resolution import Choice
from mixpanel_data.base.errors import ConfigError, MixpanelDataError
from mixpanel_data.configuration.environment.analyst_variables import (
    MP_CONFIG_PATH,
    MP_PROJECT_ID,
    MP_REGION,
    MP_SECRET,
    MP_USERNAME,
)
from mixpanel_data.configuration.environment.variables import (
    MIXPANEL_API_SECRET,
    MIXPANEL_BASE_URL,
    MIXPANEL_PROJECT_ID,
    MIXPANEL_REGION,
    MIXPANEL_SERVICE_ACCOUNT,
    MIXPANEL_SERVICE_ACCOUNT_SECRET,
    MIXPANEL_TIMEZONE,
    SLACK_BASE_URL,
    SLACK_BOT_TOKEN,
    SLACK_CHANNEL,
)
from mixpanel_data.initialization.env_file import EnvFile
from mixpanel_data.initialization.events_file import EventsFile
from mixpanel_data.initialization.present import Credential, Slack
from mixpanel_data.wiring.accounts import job_environment

_Env = Mapping[str, str]
_CHOOSING = (
    *(MP_USERNAME, MP_SECRET, MP_PROJECT_ID, MP_REGION),
    *(MIXPANEL_SERVICE_ACCOUNT, MIXPANEL_SERVICE_ACCOUNT_SECRET.itself, MIXPANEL_API_SECRET.itself),
    *(MIXPANEL_PROJECT_ID, MIXPANEL_REGION),
)


@dataclass(frozen=True, slots=True)
class Account:
    """The credentials of an account that is to be the default one, in place of what has its name."""

    name: str
    credentials: Credentials


@dataclass(frozen=True, slots=True)
class Answers:
    """What is to be kept: an account, variables of `.env`, the entries of an events configuration. None: not that."""

    account: Account | None
    variables: Mapping[str, str]
    entries: Sequence[str] | None


def keep(answers: Answers, env_file: EnvFile, events_file: EventsFile, env: _Env) -> str | None:
    """Write all of it or, where one of the files cannot be written, nothing.

    Return the name of the account that was the default, if it was another. The account comes last: after a kill before
    it, the same call again completes what is missing. Raises ConfigError.
    """
    kept = 0
    before: list[str] = []
    try:
        # Of two that set up this folder, one waits.
        with env_file.alone(), contextlib.ExitStack() as stack:
            # All are prepared before the first is put in its place.
            files = [stack.enter_context(each) for each in _changes(answers, env_file, events_file, env, before)]
            for put in files:
                put()
                kept += 1
    except ConfigError as error:
        what = "The files before it are kept; run this again." if kept else "Nothing was kept."
        raise ConfigError(f"{error} {what}") from error
    return next(iter(before), None)


def _changes(
    answers: Answers, env_file: EnvFile, events_file: EventsFile, env: _Env, before: list[str]
) -> Iterator[AbstractContextManager[Callable[[], object]]]:
    """The files to change, in their order. `before` gets the name of another account that was the default."""
    if answers.entries is not None:
        yield events_file.writing(answers.entries)
    if answers.variables:
        yield env_file.changing(answers.variables)
    if answers.account is not None:
        yield _making_default(answers.account, env, before)


def _making_default(account: Account, env: _Env, before: list[str]) -> AbstractContextManager[Callable[[], object]]:
    def changed(accounts: Accounts) -> Accounts:
        if accounts.default not in (None, account.name):
            before.append(str(accounts.default))
        return Accounts({**accounts.by_name, account.name: account.credentials}, account.name)

    return ConfigFile(MP_CONFIG_PATH.read(env)).changing(changed)


def variables_of(credential: Credential, region: str, env: _Env, in_file: _Env) -> Mapping[str, str]:
    """The variables of a credential in `.env`, with the base URL that it works at."""
    variables = {
        MIXPANEL_PROJECT_ID.name: credential.project_id or "",
        MIXPANEL_REGION.name: region,
        **_set(MIXPANEL_BASE_URL.name, MIXPANEL_BASE_URL.text(env)),
    }
    if credential.username is not None:
        account = {
            MIXPANEL_SERVICE_ACCOUNT.name: credential.username,
            MIXPANEL_SERVICE_ACCOUNT_SECRET.name: credential.revealed,
        }
        return {**variables, **account}
    # A service account there would win.
    service_account = (MIXPANEL_SERVICE_ACCOUNT.name, MIXPANEL_SERVICE_ACCOUNT_SECRET.name)
    return {
        **variables,
        MIXPANEL_API_SECRET.name: credential.revealed,
        **{name: "" for name in service_account if name in in_file},
    }


def variables_of_slack(slack: Slack, env: _Env) -> Mapping[str, str]:
    """The variables of a bot in `.env`, with the base URL that it works at; none without a bot."""
    if slack.token is None:
        return {}
    return {
        SLACK_BOT_TOKEN.name: slack.token.reveal(),
        **_set(SLACK_CHANNEL.name, slack.channel or ""),
        **_set(SLACK_BASE_URL.name, SLACK_BASE_URL.text(env)),
    }


def variables_of_zone(time_zone: str | None, env: _Env) -> Mapping[str, str]:
    """The variable of the project's zone, unless one is set: whoever set it had a reason."""
    return {} if MIXPANEL_TIMEZONE.text(env) else _set(MIXPANEL_TIMEZONE.name, time_zone or "")


def overruling(credential: Credential, region: str, env: _Env) -> Sequence[str]:
    """The names of the variables that lead jobs to another credential than this one, which has been kept."""
    expected = variables_of(credential, region, {}, {MIXPANEL_SERVICE_ACCOUNT.name: ""})
    try:
        used = job_environment(Choice(), env)
    except MixpanelDataError:
        used = {}
    if all(used.get(name, "").strip() == value for name, value in expected.items()):
        return []
    return [variable.name for variable in _CHOOSING if variable.text(env)]


def _set(name: str, value: str) -> Mapping[str, str]:
    return {name: value} if value else {}
