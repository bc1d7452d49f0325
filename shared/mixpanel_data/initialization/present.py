"""What is set already: the defaults of the questions."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from mixpanel_data.accounts.config_file import ConfigFile
from mixpanel_data.accounts.document import Accounts
from mixpanel_data.accounts.resolution import Choice, Source, source_of
from mixpanel_data.base.errors import ConfigError
from mixpanel_data.base.secret import Secret
from mixpanel_data.configuration.environment.analyst_variables import (
    MP_CONFIG_PATH,
    MP_PROJECT_ID,
    MP_SECRET,
    MP_USERNAME,
)
from mixpanel_data.configuration.environment.variables import (
    MIXPANEL_API_SECRET,
    MIXPANEL_PROJECT_ID,
    MIXPANEL_SERVICE_ACCOUNT,
    MIXPANEL_SERVICE_ACCOUNT_SECRET,
    SLACK_BOT_TOKEN,
    SLACK_CHANNEL,
    SLACK_WEBHOOK_URL,
)
from mixpanel_data.initialization.env_file import EnvFile

_Env = Mapping[str, str]
_CREDENTIALS = (MIXPANEL_SERVICE_ACCOUNT, MIXPANEL_API_SECRET.itself)


@dataclass(frozen=True, slots=True)
class Credential:
    """A project with the secret of a service account, or (`username` None) with its API secret. None: not known."""

    project_id: str | None = None
    username: str | None = None
    secret: Secret | None = None

    @property
    def is_api_secret(self) -> bool:
        """Whether it is a project's API secret."""
        return self.username is None and self.secret is not None

    @property
    def revealed(self) -> str:
        """The secret itself; "" if it is not known."""
        return self.secret.reveal() if self.secret else ""


@dataclass(frozen=True, slots=True)
class Slack:
    """Where alerts go. `webhook` is used where there is no token. None: not known."""

    token: Secret | None = None
    channel: str | None = None
    webhook: Secret | None = None


@dataclass(frozen=True, slots=True)
class Present:
    """What is set: in the environment, in `.env`, or as an account. `is_in_env_file`: the credential is in `.env`."""

    credential: Credential
    slack: Slack
    is_in_env_file: bool


def present(choice: Choice, env: _Env, accounts: Accounts, file: EnvFile) -> Present:
    """What commands use now in this environment, which has the variables of the file too. Raises ConfigError."""
    in_file = file.values()
    return Present(
        _credential(choice, env, accounts),
        Slack(SLACK_BOT_TOKEN.read(env).value, SLACK_CHANNEL.read(env), SLACK_WEBHOOK_URL.read(env).value),
        any(variable.text(in_file) for variable in _CREDENTIALS),
    )


def accounts_of(env: _Env, *, is_needed: bool) -> Accounts:
    """The accounts of this machine; none if they cannot be read and are not needed. Raises ConfigError."""
    try:
        return ConfigFile(MP_CONFIG_PATH.read(env)).read()
    except ConfigError:
        if is_needed:
            raise
        return Accounts()


def account_for(project_id: str, choice: Choice, accounts: Accounts) -> str:
    """The name of the account to keep a project's credential in: the one asked for, else one of this project."""
    if choice.account is not None:
        return choice.account
    same = [name for name, each in accounts.by_name.items() if each.project_id == project_id]
    if accounts.default in same:
        return accounts.default
    return same[0] if same else f"project-{project_id}"


def _credential(choice: Choice, env: _Env, accounts: Accounts) -> Credential:
    source = source_of(choice, os.environ, env)
    project_id = choice.project_id or MP_PROJECT_ID.read(env) or MIXPANEL_PROJECT_ID.read(env)
    if source is Source.MP_VARIABLES:
        return Credential(project_id, MP_USERNAME.read(env), _secret(MP_SECRET.read(env)))
    if source is Source.MIXPANEL_VARIABLES:
        secret = MIXPANEL_SERVICE_ACCOUNT_SECRET.read(env).value
        return Credential(project_id, MIXPANEL_SERVICE_ACCOUNT.read(env), secret)
    api_secret = MIXPANEL_API_SECRET.read(env).value
    if source is Source.DEFAULT_ACCOUNT and api_secret is not None:
        return Credential(project_id, None, api_secret)
    account = accounts.by_name.get(choice.account or accounts.default or "")
    if account is None:
        return Credential(project_id)
    return Credential(choice.project_id or account.project_id, account.username, Secret(account.secret))


def _secret(text: str | None) -> Secret | None:
    return Secret(text) if text else None
