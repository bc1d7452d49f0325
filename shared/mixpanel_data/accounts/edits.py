"""Changes to the text of the file that keep its comments, its order and its spacing."""

from typing import Any

import tomlkit
from tomlkit.items import Comment, Item, Table, Whitespace

from mixpanel_data.accounts.credentials import FIELDS, Credentials
from mixpanel_data.accounts.document import Accounts


def edited(text: str, before: Accounts, after: Accounts) -> str:
    """The text of a file with the accounts `before`, changed to have those of `after`; the rest stays as it is.

    On unusual TOML, the editing library may raise any error, or return a wrong text: check the result.
    """
    document: Any = tomlkit.parse(text)
    if before.default != after.default:
        _set_default(document, after.default)
    for name in before.by_name.keys() - after.by_name.keys():
        _remove(_table_with(document, name), name)
    for name, credentials in after.by_name.items():
        if name not in before.by_name:
            _add(document, name, credentials)
        elif credentials != before.by_name[name]:
            _change(_table_with(document, name)[name], credentials)
    return tomlkit.dumps(document)


def _set_default(document: Any, name: str | None) -> None:
    if name is None:
        del document["default"]
    else:
        document["default"] = name


def _add(document: Any, name: str, credentials: Credentials) -> None:
    account = tomlkit.table()
    for each in FIELDS:
        account.add(each, getattr(credentials, each))
    accounts = document.setdefault("accounts", tomlkit.table(is_super_table=True))
    accounts[name] = account


def _change(account: Any, credentials: Credentials) -> None:
    for each in FIELDS:
        if account[each] != getattr(credentials, each):
            account[each] = getattr(credentials, each)


def _table_with(document: Any, name: str) -> Any:
    """The table that has this account: where another table stands between accounts, the library makes several."""
    return next(item for key, item in document.body if key is not None and key.key == "accounts" and name in item)


def _remove(accounts: Any, name: str) -> None:
    kept = _behind(accounts[name])
    body = accounts.value.body
    place = next(index for index, (key, _) in enumerate(body) if key is not None and key.key == name)
    accounts.remove(name)
    if kept:
        body[place] = (None, Whitespace(kept))


def _behind(account: Any) -> str:
    """The comments behind the last key, with the lines between them: they are about the account that follows."""
    if not isinstance(account, Table):
        return ""
    items: list[Item] = []
    for key, item in account.value.body:
        items = [] if key is not None else [*items, item]
    return "".join(item.as_string() for item in items) if any(isinstance(item, Comment) for item in items) else ""
