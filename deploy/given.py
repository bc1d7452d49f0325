"""The input of deploy.sh: the environment's variables and `.env`, and the part that a deployed function gets."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from deploy.env_file import plain_variables
from deploy.files import ROOT, DeployError
from deploy.functions import Function

from mixpanel_data.base.errors import ConfigError
from mixpanel_data.configuration.environment.readers import SecretName
from mixpanel_data.configuration.environment.variable import SecretVariable
from mixpanel_data.configuration.environment.variables import SECRETS, VARIABLES

_OF_SECRETS = {variable.name for secret in SECRETS for variable in (secret.itself, secret.reference)}
_SHIPPED = [each.name for each in VARIABLES if each.is_shipped and each.name not in _OF_SECRETS]


@dataclass(frozen=True, slots=True)
class BoundSecret:
    """A version of a secret in Secret Manager, and the variable that a function gets it as."""

    variable: str
    secret: str
    project: str | None
    version: str

    def flag(self) -> str:
        """As `gcloud functions deploy --set-secrets` takes it."""
        prefix = f"projects/{self.project}/secrets/" if self.project else ""
        return f"{self.variable}={prefix}{self.secret}:{self.version}"


@dataclass(frozen=True, slots=True)
class Given:
    """The variables that are set, by name, without the white space around their values."""

    variables: Mapping[str, str]

    @classmethod
    def here(cls) -> Self:
        """The environment, and `.env` where the environment is silent, as the library reads them.

        Raises DeployError where `.env` cannot be read.
        """
        return cls({**cls.of_dotenv(), **_set(os.environ)})

    @staticmethod
    def of_dotenv() -> Mapping[str, str]:
        """The variables that `.env` sets. Raises DeployError where it cannot be read."""
        return _set(_of_dotenv())

    def has(self, secret: SecretVariable) -> bool:
        """Whether a secret is given, itself or by name."""
        return not {secret.itself.name, secret.reference.name}.isdisjoint(self.variables)

    def is_plain(self, secret: SecretVariable) -> bool:
        """Whether a secret is given itself, and not by name."""
        return secret.itself.name in self.variables and secret.reference.name not in self.variables

    def bound(self, secret: SecretVariable) -> BoundSecret | None:
        """The version that a named secret is bound to; None for one that is not named. Raises DeployError."""
        try:
            text = secret.reference.read(self.variables)
        except ConfigError as error:
            raise DeployError(str(error)) from error
        if text is None:
            return None
        name = SecretName.parse(text)
        return BoundSecret(secret.name, name.secret, name.project, name.version or "latest")

    def shipped(self, function: Function) -> Mapping[str, str]:
        """The variables that a function gets with its deployment: all that are not secrets, and its plain secrets.

        A secret that is given by name is bound instead, and a function gets no secret of another one.
        """
        plain = [secret.name for secret in function.secrets if self.is_plain(secret)]
        return {name: self.variables[name] for name in (*_SHIPPED, *plain) if name in self.variables}


def _set(variables: Mapping[str, str | None]) -> Mapping[str, str]:
    """The variables that count as set: an empty one does not."""
    return {name: value.strip() for name, value in variables.items() if value and value.strip()}


def _of_dotenv() -> Mapping[str, str | None]:
    file = ROOT / ".env"
    if not file.is_file():
        return {}
    try:
        from dotenv import dotenv_values
    except ImportError:
        return _of_plain(file)
    try:
        return dotenv_values(file)
    except OSError as error:
        raise DeployError(f".env cannot be read: {error.strerror}. Fix that, or move the file away.") from None
    except ValueError as error:
        raise DeployError(f".env cannot be read: {error}. Write it as UTF-8 text, one NAME=value per line.") from None


def _of_plain(file: Path) -> Mapping[str, str]:
    """What `.env` sets where the library that reads it is not installed."""
    try:
        found = plain_variables(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = None
    if found is None:
        raise DeployError(
            "There is a .env file, and the library that reads it is not installed. Run `make .venv/installed`, "
            "write each line of it as NAME=value or NAME='value', or export the variables and move the file away."
        )
    return found
