"""The shape of a declared environment variable, and how its text is read."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Generic, TypeVar

from mixpanel_data.base.errors import ConfigError
from mixpanel_data.base.secret import Secret

Value = TypeVar("Value")


class Group(Enum):
    """A heading of the documentation, with the sentence below it."""

    MIXPANEL = "Mixpanel", "Where events come from. Either pair of credentials will do."
    WAREHOUSE = "Warehouse", "Where events go."
    CONFIGURATION = "Configuration files", "Where to read the files of `config/` from, if not from that folder."
    USER_SYNC = "Targets of the user sync", "Only for the targets that `config/user_metrics.json` asks for."
    SLACK = "Slack", "Where alerts go: a bot token posts to any channel, a webhook to its own."
    COLLECTOR = "Collector", "How far back the collector looks."
    CALL = "Calls", "How often jobs read again what grows, and how long one call can take."
    ANALYST = "Analyst's desk", "What `mp` and `Workspace` work on, and with which service account."
    COMMAND_LINE = "Command line", "How `mp` writes its output."
    DEPLOYMENT = "Deployment", "Where `deploy.sh` deploys to."
    EMULATORS = "Emulators", "For tests against emulators of Google's services."

    def __init__(self, title: str, sentence: str) -> None:
        self.title = title
        self.sentence = sentence


class ReadBy(StrEnum):
    """The reader of a variable."""

    EVERY_JOB = "every job"
    MIXPANEL_CLIENTS = "jobs that call Mixpanel"
    COLLECTOR = "collector"
    DETECTOR = "detector"
    ALERTING_JOBS = "jobs that alert"
    USER_SYNC = "incremental-user-sync"
    IDENTITY = "identity-transition"
    REGISTRY = "registry-updater"
    ANALYST = "mp and Workspace"
    REPORTS = "reports"
    ZONED = "collector, detector, reports"
    COMMAND_LINE = "mp"
    DEPLOYMENT = "deploy.sh"


@dataclass(frozen=True, slots=True)
class Variable(Generic[Value]):
    """One environment variable.

    `reader` turns its text into a value; see `readers`. `default` is the text that counts where it is unset; "" if
    there is none, and then `reader` is an `optional` one. `meaning` is Markdown, in whole sentences. `is_secret`: no
    message shows its value, right or wrong. `is_shipped`: deployed functions get it.
    """

    name: str
    group: Group
    read_by: ReadBy
    reader: Callable[[str], Value]
    meaning: str
    default: str = ""
    is_secret: bool = False
    is_shipped: bool = True

    def text(self, env: Mapping[str, str]) -> str:
        """The value in the environment, stripped of white space; "" if unset or empty. Raises ConfigError."""
        text = env.get(self.name, "").strip()
        try:
            # Python reads bytes that are not UTF-8 as lone surrogates, which no request can carry.
            text.encode()
        except UnicodeEncodeError as error:
            raise ConfigError(f"{self.name} is not UTF-8 text. Set it again.") from error
        return text

    def read(self, env: Mapping[str, str]) -> Value:
        """Its value in this environment. Raises ConfigError with the variable, what it holds, and what to give."""
        text = self.text(env)
        try:
            return self.reader(text or self.default)
        except ValueError as error:
            raise ConfigError(f"{self.name} {self._fault(text)}. {error}.") from error

    def _fault(self, text: str) -> str:
        if self.is_secret:
            return "is not a valid secret name; its value is hidden, because it may be the secret itself"
        # A URL can carry a password before its host.
        return f"is {re.sub(r'//[^/]*@', '//***@', text)!r}"


def secret_for(variable: str) -> str:
    """The name under which Terraform makes a variable's secret in Secret Manager."""
    return variable.lower().replace("_", "-")


@dataclass(frozen=True, slots=True)
class SecretSource:
    """A secret itself, or the name of the Secret Manager secret that holds it; the secret itself wins."""

    value: Secret | None
    secret_name: str | None


@dataclass(frozen=True, slots=True)
class SecretVariable:
    """A pair of variables: one holds the secret itself, the other, `…_NAME`, the name of a Secret Manager secret."""

    itself: Variable[Secret | None]
    reference: Variable[str | None]

    @property
    def name(self) -> str:
        """The name of the variable that holds the secret itself."""
        return self.itself.name

    def read(self, env: Mapping[str, str]) -> SecretSource:
        """The source of the secret. Raises ConfigError."""
        return SecretSource(self.itself.read(env), self.reference.read(env))
