"""The columns of records: which there are, what they are called, and the values in them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Record = Mapping[str, Any]


class Kind(StrEnum):
    """What a column holds, where the values do not tell it."""

    VALUE = "value"
    EXACT = "exact"
    """Values of somebody else's, which are shown as they are."""
    ID = "id"
    """Names to be copied, which are never folded."""
    MINUTE = "minute"
    """Instants, of which the minute is enough."""
    DAY = "day"
    """Instants, of which the day is enough."""
    SECONDS = "seconds"
    """Lengths of time."""
    BYTES = "bytes"
    """Numbers of bytes."""
    USD = "usd"
    """Amounts of money."""
    PROSE = "prose"
    """Sentences, which a narrow table has below their rows."""
    PLOT = "plot"
    """Drawings, which take the room that is left; CSV has none."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table and of CSV.

    `path` names a member of the records; `a.b` is the member b of a. `name` is the column's, the path unless given.
    A terminal that is too narrow for all columns has a table without the `spare` ones.
    """

    path: str
    name: str = ""
    kind: Kind = Kind.VALUE
    spare: bool = False

    @property
    def title(self) -> str:
        """What the column is called."""
        return self.name or self.path

    def value(self, record: Record) -> Any:
        """The value that a record has here, None without one."""
        if self.path in record:
            return record[self.path]
        found: Any = record
        for step in self.path.split("."):
            found = found.get(step) if isinstance(found, Mapping) else None
        return found


def spare(*paths: str) -> list[Column]:
    """Columns that a table can do without."""
    return [Column(path, spare=True) for path in paths]


Choice = Sequence["str | Column"]
"""Columns to show, each by its path or in full."""


def chosen(records: Sequence[Record], choice: Choice, *, wide: bool) -> list[Column]:
    """The columns of the choice, all that the records have without one; `wide` adds the others behind the choice."""
    columns = [Column(each) if isinstance(each, str) else each for each in choice]
    if columns and not wide:
        return columns
    known = {each.path for each in columns}
    names = dict.fromkeys(name for record in records for name in _paths(record))
    # An object that one record lacks is no column beside its members.
    objects = {name[:place] for name in names for place, sign in enumerate(name) if sign == "."}
    return [*columns, *(Column(name) for name in names if name not in objects and not _is_within(name, known))]


def _paths(record: Record, prefix: str = "") -> Iterator[str]:
    for name, value in record.items():
        if isinstance(value, Mapping) and value:
            yield from _paths(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def _is_within(path: str, known: set[str]) -> bool:
    """Whether a column shows this member already, as itself or as a part of its value."""
    return any(path == each or path.startswith(f"{each}.") for each in known)
