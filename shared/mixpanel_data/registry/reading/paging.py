"""Pages of a list: the key that leads from one to the next, without a name that must not be shown."""

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from mixpanel_data.base.errors import RequestError
from mixpanel_data.base.parameters import Page
from mixpanel_data.base.redaction import Redactor
from mixpanel_data.registry.reading.redacting import shown
from mixpanel_data.warehouse.base import Row, Warehouse
from mixpanel_data.warehouse.statements import Statement

_HASHED = "sha256:"


def page(rows: Sequence[Row], limit: int, key: Callable[[Row], str], redactor: Redactor) -> Page:
    """The first `limit` rows, redacted. There are more if there is one row more, and `key` of the last is `next`."""
    items: list[Mapping[str, Any]] = [shown(row, redactor) for row in rows[:limit]]
    return Page(items, key(rows[limit - 1]) if len(rows) > limit else None)


def key_of_name(name: str, redactor: Redactor) -> str:
    """The name, or its hash where the name must not be shown."""
    is_shown = redactor.text(name) == name and not name.startswith(_HASHED)
    return name if is_shown else _HASHED + sha256(name.encode()).hexdigest()


def name_of_key(after: str | None, by_hash: Statement, warehouse: Warehouse, redactor: Redactor) -> str:
    """The name of such a key; '' without one. Raises RequestError for a hash that no name has any more."""
    if after is None or not after.startswith(_HASHED):
        return after or ""
    rows = warehouse.rows(by_hash, name_hash=after.removeprefix(_HASHED))
    if not rows:
        raise unknown_key(after, redactor)
    return str(rows[0]["name"])


def unknown_key(after: str, redactor: Redactor) -> RequestError:
    """The error for a key that leads nowhere."""
    return RequestError(
        f"after is {redactor.text(after)!r}, which is not a key of this list. Give the `next` of an earlier answer, or "
        "omit it to start from the beginning."
    )
