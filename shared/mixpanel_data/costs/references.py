"""What each statement reads and writes, as Google's analyzer says: `statements.json`, which a test keeps up to date."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

STATEMENTS_FILE = Path(__file__).parent / "statements.json"

Bounds = Mapping[str, Sequence[str]]
"""How a scan's partition column is bounded: `from`, `before`, `until`, `on`, `in`, with expressions of parameters."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A table that a statement reads: the columns that it names; the bounds of each scan, None for all partitions."""

    columns: tuple[str, ...]
    bounds: tuple[Bounds, ...] | None = None


@dataclass(frozen=True, slots=True)
class StatementReferences:
    """What a statement does.

    `kind`: SELECT, INSERT, UPDATE, DELETE or MERGE. `modifies`: whether it changes or removes rows of `writes`.
    `creates`: the relation that its rows become, with the types of its `columns`.
    """

    kind: str
    reads: Mapping[str, Reference]
    writes: str | None = None
    modifies: bool = False
    creates: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)


@cache
def references() -> Mapping[str, StatementReferences]:
    """All statements of the library, by their paths."""
    document = json.loads(STATEMENTS_FILE.read_text(encoding="utf-8"))
    return {name: _statement(**given) for name, given in document.items()}


def _statement(
    kind: str,
    reads: Mapping[str, Mapping[str, Sequence[str]]],
    writes: str | None = None,
    modifies: bool | None = None,
    creates: str | None = None,
    columns: Mapping[str, str] | None = None,
) -> StatementReferences:
    is_change = kind in ("UPDATE", "DELETE") if modifies is None else modifies
    read = {table: _reference(**given) for table, given in reads.items()}  # type: ignore[arg-type]
    return StatementReferences(kind, read, writes, is_change, creates, columns or {})


def _reference(columns: Sequence[str], bounds: Sequence[Bounds] | None = None) -> Reference:
    return Reference(tuple(columns), tuple(bounds) if bounds is not None else None)
