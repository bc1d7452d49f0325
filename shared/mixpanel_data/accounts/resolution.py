"""Which credentials a call uses: variables, a named account, or the default account.

The order, from the first that counts to the last:

1. MP_USERNAME and MP_SECRET, if the process's own environment sets one of them
2. the account that the call names
3. MP_USERNAME and MP_SECRET of a `.env` file
4. MIXPANEL_SERVICE_ACCOUNT and its secret, of the environment or a `.env` file
5. the default account

MP_PROJECT_ID and MP_REGION complete MP_USERNAME. Without MP_USERNAME, they replace the project and the region of the
credentials in use; for an account that the call names, only the process's own environment counts, not a `.env` file.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from mixpanel_data.accounts.config_file import ConfigFile
from mixpanel_data.accounts.credentials import Credentials
from mixpanel_data.accounts.document import Accounts
from mixpanel_data.base.errors import AccountNotFoundError, AuthenticationError, ConfigError, listed
from mixpanel_data.base.nearest import near
from mixpanel_data.configuration.environment.analyst_variables import MP_PROJECT_ID, MP_REGION, MP_SECRET, MP_USERNAME
from mixpanel_data.configuration.environment.variable import SecretVariable
from mixpanel_data.configuration.environment.variables import (
    MIXPANEL_API_SECRET,
    MIXPANEL_PROJECT_ID,
    MIXPANEL_REGION,
    MIXPANEL_SERVICE_ACCOUNT,
    MIXPANEL_SERVICE_ACCOUNT_SECRET,
)

_Env = Mapping[str, str]
_DEFAULT_REGION = "us"


class Source(Enum):
    """What the credentials of a call come from."""

    MP_VARIABLES = auto()
    NAMED_ACCOUNT = auto()
    MIXPANEL_VARIABLES = auto()
    DEFAULT_ACCOUNT = auto()


@dataclass(frozen=True, slots=True)
class Choice:
    """What a call asks for: an account by name, and a project or a region in place of the account's own."""

    account: str | None = None
    project_id: str | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Resolved:
    """Credentials, and where they come from: `source` in words, `account` by name, None if they are variables."""

    credentials: Credentials
    source: str
    account: str | None = None


def resolved(choice: Choice, process: _Env, env: _Env, file: ConfigFile) -> Resolved:
    """The credentials of a call. `process` is the process's own environment, `env` the same with a `.env` file added.

    Raises AuthenticationError, AccountNotFoundError and ConfigError.
    """
    match source_of(choice, process, env):
        case Source.MP_VARIABLES:
            return _of_mp_variables(choice, env)
        case Source.NAMED_ACCOUNT:
            # What a `.env` file says about a project belongs to the credentials in that file.
            return _of_account(choice.account or "", choice, process, file)
        case Source.MIXPANEL_VARIABLES:
            return _of_mixpanel_variables(choice, env)
        case Source.DEFAULT_ACCOUNT:
            return _of_default_account(choice, env, file)


def source_of(choice: Choice, process: _Env, env: _Env) -> Source:
    """Where the credentials of a call come from. It does not check whether they are complete."""
    if _has_pair(process):
        return Source.MP_VARIABLES
    if choice.account is not None:
        return Source.NAMED_ACCOUNT
    if _has_pair(env):
        return Source.MP_VARIABLES
    if MIXPANEL_SERVICE_ACCOUNT.text(env) or _is_set(MIXPANEL_SERVICE_ACCOUNT_SECRET, env):
        return Source.MIXPANEL_VARIABLES
    return Source.DEFAULT_ACCOUNT


def overruling(choice: Choice, process: _Env) -> list[str]:
    """The names of the variables in the process's own environment that win over the account that a call names."""
    project = () if choice.project_id else (MP_PROJECT_ID,)
    return [each.name for each in (MP_USERNAME, MP_SECRET, *project, MP_REGION) if each.text(process)]


def not_found(name: str, accounts: Accounts, path: Path) -> AccountNotFoundError:
    """The error of a name that no account has."""
    close = near(name, accounts.by_name)
    there = f"It has {listed(list(accounts.by_name))}" if accounts.by_name else "It has no accounts"
    told = f"Nearest: {listed(close)}" if close else there
    return AccountNotFoundError(f"{path} has no account {name!r}. {told}. Give another name, or run: mp auth add")


def _of_mp_variables(choice: Choice, env: _Env) -> Resolved:
    values = {
        MP_USERNAME.name: MP_USERNAME.read(env),
        MP_SECRET.name: MP_SECRET.read(env),
        MP_PROJECT_ID.name: choice.project_id or MP_PROJECT_ID.read(env),
    }
    region = choice.region or MP_REGION.read(env) or _DEFAULT_REGION
    return _of_variables(values, region, "MP_USERNAME and MP_SECRET")


def _of_mixpanel_variables(choice: Choice, env: _Env) -> Resolved:
    secret = MIXPANEL_SERVICE_ACCOUNT_SECRET.read(env)
    if secret.value is None and secret.secret_name is not None:
        raise ConfigError(
            f"{MIXPANEL_SERVICE_ACCOUNT_SECRET.reference.name} names a secret in Secret Manager, which only jobs read. "
            f"Set {MIXPANEL_SERVICE_ACCOUNT_SECRET.name} too, or name an account with --account."
        )
    values = {
        MIXPANEL_SERVICE_ACCOUNT.name: MIXPANEL_SERVICE_ACCOUNT.read(env),
        MIXPANEL_SERVICE_ACCOUNT_SECRET.name: secret.value.reveal() if secret.value else None,
        MIXPANEL_PROJECT_ID.name: choice.project_id or MP_PROJECT_ID.read(env) or MIXPANEL_PROJECT_ID.read(env),
    }
    region = choice.region or MP_REGION.read(env) or MIXPANEL_REGION.read(env)
    return _of_variables(values, region, "MIXPANEL_SERVICE_ACCOUNT and MIXPANEL_SERVICE_ACCOUNT_SECRET")


def _of_variables(values: Mapping[str, str | None], region: str, source: str) -> Resolved:
    """The credentials of variables, by their names: user name, secret and project, in this order."""
    missing = [name for name, value in values.items() if value is None]
    if missing:
        given = [name for name, value in values.items() if value is not None]
        raise ConfigError(
            f"{_joined(given)} set, but {_joined(missing)} not. Set {' and '.join(missing)} too, or unset the others."
        )
    username, secret, project_id = (value or "" for value in values.values())
    return Resolved(_credentials(username, secret, project_id, region, source=source), source)


def _of_account(name: str, choice: Choice, env: _Env, file: ConfigFile) -> Resolved:
    accounts = file.read()
    if name not in accounts.by_name:
        raise not_found(name, accounts, file.path)
    own = accounts.by_name[name]
    source = f"the account {name!r} in {file.path}"
    project_id = choice.project_id or MP_PROJECT_ID.read(env) or own.project_id
    region = choice.region or MP_REGION.read(env) or own.region
    return Resolved(_credentials(own.username, own.secret, project_id, region, source=source), source, name)


def _of_default_account(choice: Choice, env: _Env, file: ConfigFile) -> Resolved:
    accounts = file.read()
    if not accounts.by_name:
        raise _none_at_all(env)
    if accounts.default is None or accounts.default not in accounts.by_name:
        gone = "" if accounts.default is None else f" {accounts.default!r} any more"
        raise ConfigError(
            f"{file.path} has no default account{gone}. Choose one with `mp auth switch NAME`, or name one with "
            f"--account: {listed(list(accounts.by_name))}."
        )
    return _of_account(accounts.default, choice, env, file)


def _none_at_all(env: _Env) -> AuthenticationError:
    # Mixpanel is sure to accept this older kind of credential only at the endpoints that jobs call.
    older = f" {MIXPANEL_API_SECRET.name} serves the jobs only." if _is_set(MIXPANEL_API_SECRET, env) else ""
    return AuthenticationError(
        "There are no credentials for Mixpanel. Add an account with `mp auth add NAME`, or set MP_USERNAME, MP_SECRET "
        f"and MP_PROJECT_ID.{older}"
    )


def _credentials(username: str, secret: str, project_id: str, region: str, *, source: str) -> Credentials:
    try:
        return Credentials(username, secret, project_id, region)
    except ConfigError as error:
        raise ConfigError(f"The credentials of {source} are not valid: {error}") from error


def _has_pair(env: _Env) -> bool:
    return bool(MP_USERNAME.text(env) or MP_SECRET.text(env))


def _is_set(secret: SecretVariable, env: _Env) -> bool:
    return bool(secret.itself.text(env) or secret.reference.text(env))


def _joined(names: Sequence[str]) -> str:
    return f"{' and '.join(names)} {'is' if len(names) == 1 else 'are'}"
