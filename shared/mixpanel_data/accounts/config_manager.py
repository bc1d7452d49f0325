"""Accounts by name, for programs and for `mp auth`."""

import os
import re
import shlex
from pathlib import Path

from mixpanel_data.accounts import resolution
from mixpanel_data.accounts.config_file import ConfigFile
from mixpanel_data.accounts.credentials import AccountInfo, Credentials, info
from mixpanel_data.accounts.document import Accounts
from mixpanel_data.base.environment import environment
from mixpanel_data.base.errors import AccountExistsError, ConfigError
from mixpanel_data.configuration.environment.analyst_variables import MP_CONFIG_PATH

_MOST_CHARACTERS = 100
_NAME = re.compile(r"(?!-)[^\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


class ConfigManager:
    """The accounts in a file: the one at `config_path`, else at MP_CONFIG_PATH, else `~/.mp/config.toml`.

    Every call reads the file anew. Every method raises ConfigError if the file is not valid TOML, has a wrong value, is
    a symbolic link, or is accessible to other users. Every change keeps the comments in the file and the keys that
    others keep there; after a kill, the old file or the new one is there. Several processes and threads may change one
    file at the same time.
    """

    def __init__(self, config_path: Path | None = None) -> None:
        path = MP_CONFIG_PATH.read(environment()) if config_path is None else Path(config_path).expanduser()
        self._file = ConfigFile(path)

    def resolve_credentials(
        self, account: str | None = None, *, project_id: str | None = None, region: str | None = None
    ) -> Credentials:
        """The credentials to use; a given `project_id` or `region` replaces theirs.

        In this order: MP_USERNAME and MP_SECRET of the environment, the account of this name, the variables MP_* of a
        `.env` file and MIXPANEL_*, the default account. Raises AuthenticationError if there is none of them,
        AccountNotFoundError if no account has the name, and ConfigError if one of two variables is missing.
        """
        return self.resolve(account, project_id=project_id, region=region).credentials

    def resolve(
        self, account: str | None = None, *, project_id: str | None = None, region: str | None = None
    ) -> resolution.Resolved:
        """The same credentials with where they come from. Raises as `resolve_credentials` does."""
        choice = resolution.Choice(account, project_id, region)
        return resolution.resolved(choice, os.environ, environment(), self._file)

    def list_accounts(self) -> list[AccountInfo]:
        """All accounts, in the order of the file."""
        accounts = self._file.read()
        return [info(name, each, accounts.default) for name, each in accounts.by_name.items()]

    def add_account(self, name: str, username: str, secret: str, project_id: str, region: str) -> None:
        """Store an account. It becomes the default account if there is none.

        It does not ask Mixpanel whether the account works. Raises AccountExistsError if there is an account of this
        name, and ConfigError naming the value that is wrong.
        """
        check_name(name)
        credentials = Credentials(username, secret, project_id, region)

        def add(accounts: Accounts) -> Accounts:
            if name in accounts.by_name:
                raise AccountExistsError(
                    f"{self._file.path} already has an account {name!r}. "
                    f"Give another name, or remove that account first: mp auth remove {shlex.quote(name)}"
                )
            default = accounts.default if accounts.default in accounts.by_name else name
            return Accounts({**accounts.by_name, name: credentials}, default)

        self._file.change(add)

    def remove_account(self, name: str) -> None:
        """Forget an account. If it was the default account, there is none until `set_default` chooses one.

        Raises AccountNotFoundError.
        """

        def remove(accounts: Accounts) -> Accounts:
            self._check_exists(name, accounts)
            rest = {each: credentials for each, credentials in accounts.by_name.items() if each != name}
            return Accounts(rest, None if accounts.default == name else accounts.default)

        self._file.change(remove)

    def set_default(self, name: str) -> None:
        """Make this the account that a call without a name uses. Raises AccountNotFoundError."""

        def choose(accounts: Accounts) -> Accounts:
            self._check_exists(name, accounts)
            return Accounts(accounts.by_name, name)

        self._file.change(choose)

    def get_account(self, name: str) -> AccountInfo:
        """What may be shown of an account. Raises AccountNotFoundError."""
        accounts = self._file.read()
        self._check_exists(name, accounts)
        return info(name, accounts.by_name[name], accounts.default)

    def _check_exists(self, name: str, accounts: Accounts) -> None:
        if name not in accounts.by_name:
            raise resolution.not_found(name, accounts, self._file.path)


def check_name(name: str) -> None:
    """Refuse a name that a command line could not give. Raises ConfigError."""
    if name.strip() != name or len(name) > _MOST_CHARACTERS or not _NAME.fullmatch(name):
        raise ConfigError(
            f"The name {name[:_MOST_CHARACTERS]!r} is not valid. Give a name such as production: at most "
            f"{_MOST_CHARACTERS} characters, not starting with -, without control characters, and without spaces at "
            "either end."
        )
