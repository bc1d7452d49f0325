"""What all results have in common: JSON values, plain rows, and a DataFrame when it is asked for."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Plain:
    """A frozen shape that can be written as JSON."""

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON values; a moment is ISO 8601 in UTC."""
        return {field.name: plain(getattr(self, field.name)) for field in fields(self)}


@dataclass(frozen=True)
class Table(Plain):
    """A result with rows. Each class says what a row is; `columns` are those that even an empty table has."""

    columns: ClassVar[tuple[str, ...]] = ()

    def records(self) -> list[dict[str, Any]]:
        """Return the rows, each as a dictionary by column."""
        raise NotImplementedError

    # A cached property writes past the frozen fields, and nothing compares or prints what it holds.
    @cached_property
    def df(self) -> "pd.DataFrame":
        """The rows as a DataFrame with a fresh index, made once."""
        import pandas as pd

        records = self.records()
        # In order of appearance: a row may lack a column that a later one has.
        names = dict.fromkeys([*self.columns, *(name for record in records for name in record)])
        try:
            return pd.DataFrame(records, columns=list(names))
        except UnicodeEncodeError:
            # Mixpanel may cut a text within a character, and pandas takes no text with half a character.
            return pd.DataFrame(_whole_characters(records), columns=_whole_characters(list(names)))


def _whole_characters(value: Any) -> Any:
    """The value with U+FFFD in place of each half of a character."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_whole_characters(key): _whole_characters(one) for key, one in value.items()}
    return [_whole_characters(one) for one in value] if isinstance(value, list) else value


def plain(value: object) -> Any:
    """Return a value as JSON has it; an infinite number, which JSON does not have, is None."""
    if isinstance(value, Plain):
        return value.to_dict()
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z") if value.tzinfo else value.isoformat()
    if isinstance(value, date | PurePath):
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
