"""The credentials of a service account, and what may be shown of an account."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from mixpanel_data.base.errors import ConfigError

FIELDS = ("username", "secret", "project_id", "region")
"""What an account consists of, in the order in which the file has it."""

# What a header cannot carry: white space, control characters, and the surrogates that Python reads bytes as that are
# not UTF-8.
_UNFIT = r"\s\x00-\x1f\x7f-\x9f\ud800-\udfff"
_RULES: Mapping[str, tuple[re.Pattern[str], str]] = {
    # HTTP's basic authentication ends the user name at the first colon.
    "username": (re.compile(f"[^{_UNFIT}:]+"), "Give the user name of a service account, without spaces and colons"),
    "secret": (re.compile(f"[^{_UNFIT}]+"), "Give the secret of the service account, without spaces"),
    "project_id": (re.compile("[0-9]+"), "Give the project's number as text"),
    "region": (re.compile("us|eu|in"), "Give us, eu or in"),
}


@dataclass(frozen=True, slots=True)
class Credentials:
    """A service account and the project that it reads.

    `project_id` is the project's number as text, `region` is `us`, `eu` or `in`. `repr` leaves the secret out. Raises
    ConfigError naming the field that is wrong.
    """

    username: str
    secret: str = field(repr=False)
    project_id: str
    region: str

    def __post_init__(self) -> None:
        for name in FIELDS:
            if fault := fault_of(name, getattr(self, name)):
                raise ConfigError(fault)


@dataclass(frozen=True, slots=True)
class AccountInfo:
    """An account without its secret. `is_default`: a call that names no account uses it."""

    name: str
    username: str
    project_id: str
    region: str
    is_default: bool


def fault_of(name: str, value: object) -> str | None:
    """What is wrong with the value of a field, in sentences that show no secret; None if nothing is wrong."""
    pattern, remedy = _RULES[name]
    if isinstance(value, str) and pattern.fullmatch(value):
        return None
    return f"{name} is {_shown(name, value)}. {remedy}."


def _shown(name: str, value: object) -> str:
    if name == "secret":
        return "not valid"
    # A list or a table can have the secret in it.
    return repr(value) if isinstance(value, str | int | float) else "not text"


def info(name: str, credentials: Credentials, default: str | None) -> AccountInfo:
    """What may be shown of an account."""
    shown = {each.name: getattr(credentials, each.name) for each in fields(credentials) if each.name != "secret"}
    return AccountInfo(name, **shown, is_default=name == default)
