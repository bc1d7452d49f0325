"""The format of the file: TOML with the name of the default account, and a table for each account.

Any other key is somebody else's: nothing here reads it, and a change keeps it.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mixpanel_data.accounts.credentials import FIELDS, Credentials, fault_of
from mixpanel_data.base.errors import ConfigError

_POSITION = re.compile(r"\(at [^()]*\)$")


@dataclass(frozen=True, slots=True)
class Accounts:
    """The content of the file: the accounts by name, in its order, and the name of the default account, if it has one.

    No account of that name has to exist: only a call that uses it fails, so that a command can choose another one.
    """

    by_name: Mapping[str, Credentials] = field(default_factory=dict)
    default: str | None = None


def parsed(content: bytes, path: Path) -> Accounts:
    """The accounts of a file. Raises ConfigError naming the file, and the line or the entry that is wrong."""
    document = _document(content, path)
    faults = [*_faults_of_default(document), *_faults_of_accounts(document)]
    if faults:
        raise ConfigError(f"{path}: {faults[0]}")
    accounts = document.get("accounts", {})
    by_name = {name: Credentials(**_fields(account)) for name, account in accounts.items()}
    return Accounts(by_name, document.get("default"))


def others(content: bytes, path: Path) -> Mapping[tuple[str, ...], Any]:
    """What a file has beside the known keys, by the path of its keys. Raises ConfigError."""
    document = _document(content, path)
    of_file: dict[tuple[str, ...], Any] = {
        (key,): value for key, value in document.items() if key not in ("default", "accounts")
    }
    of_accounts: dict[tuple[str, ...], Any] = {
        ("accounts", name, key): value
        for name, account in document.get("accounts", {}).items()
        for key, value in account.items()
        if key not in FIELDS
    }
    return of_file | of_accounts


def _document(content: bytes, path: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(content.decode())
    except (ValueError, RecursionError) as error:
        # The rest of the parser's message can quote the file, and so a secret.
        position = _POSITION.search(str(error))
        where = f" {position[0]}" if position else ""
        if isinstance(error, UnicodeDecodeError):
            where = " (not UTF-8)"
        raise ConfigError(
            f"{path} is not valid TOML{where}. Correct it, or move it away and add the accounts again."
        ) from None


def _faults_of_default(document: Mapping[str, Any]) -> Iterator[str]:
    if not isinstance(document.get("default", ""), str):
        yield 'default is not text. Give the name of an account in quotes, such as default = "production".'


def _faults_of_accounts(document: Mapping[str, Any]) -> Iterator[str]:
    accounts = document.get("accounts", {})
    if not isinstance(accounts, dict):
        yield "accounts is not a table. Write each account as a table of its own, [accounts.NAME]."
        return
    for name, account in accounts.items():
        yield from _faults_of_account(f"accounts.{name}", account)


def _faults_of_account(where: str, account: object) -> Iterator[str]:
    if not isinstance(account, dict):
        yield f"{where} is not a table. Write it as [{where}] with {', '.join(FIELDS)}."
        return
    given = _fields(account)
    for name in FIELDS:
        if name not in given:
            yield f"{where}.{name} is missing. Add it."
        elif fault := fault_of(name, given[name]):
            yield f"{where}.{fault}"


def _fields(account: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that an account's table has; a project's number may stand there without quotes."""
    return {
        name: str(account[name]) if name == "project_id" and type(account[name]) is int else account[name]
        for name in FIELDS
        if name in account
    }
