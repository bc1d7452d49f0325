"""Rows and parameters made up for a statement from its types and from what its text compares them with.

Few values, and mostly the same ones for the same thing in every table, so that rows meet in joins; the statement's own
literals, so that its conditions hold for some of them.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from mixpanel_data.warehouse.statements import Statement
from mixpanel_data.warehouse.tables import STAGED_LINES, TABLES
from sql.zetasql_engine import Columns, Relations, Row, Rows

_LITERAL = re.compile(r"'([a-zA-Z_ ]*)'")
_MEMBER = re.compile(r"'\$\.([a-z_]+)'")
_WORDS = ("", "a", "A", "b", "é", "😀", "1", "2")
_FIRST_DAY = date(2024, 3, 9)
_START = datetime(2024, 3, 9, tzinfo=UTC)
_INSTANTS = tuple(
    _START + timedelta(minutes=minutes, microseconds=micros)
    for minutes, micros in ((0, 0), (0, 1), (719, 0), (1439, 59_999_999), (1440, 0), (1440, 1), (1500, 0), (4320, 0))
)
_ZONES = ("UTC", "America/New_York", "Asia/Kolkata")
_EARLY = ("start", "from", "first", "since")
_SAME = 0.8
_SIZES = (3, 7, 12, 2)


class Invention:
    """What a seed makes of a statement; equal seeds make equal rows."""

    def __init__(self, statement: Statement, relations: Relations, seed: int) -> None:
        self._seed = f"{statement} {seed}"
        self._random = Random(self._seed)
        self._words: tuple[str, ...] = (*_WORDS, *dict.fromkeys(_LITERAL.findall(statement.sql)))
        self._members = sorted(set(_MEMBER.findall(statement.sql)))
        # Where a thing stands twice in a table, a change may meet two rows for one, which GoogleSQL refuses.
        self._is_unique = seed % 2 == 0
        count = _SIZES[seed % len(_SIZES)]
        self.rows: Rows = {name: self._table(name, columns, count) for name, columns in relations.items()}
        self._given = {name: cell for rows in self.rows.values() for name, cell in self._random.choice(rows).items()}
        self.parameters = {name: self._parameter(name, kind) for name, kind in statement.parameters.items()}

    def _table(self, name: str, columns: Columns, count: int) -> Sequence[Row]:
        table = STAGED_LINES if name == STAGED_LINES.name else TABLES.get(name)
        required = {column.name for column in table.columns if column.is_required} if table else set()
        things = range(count + 2)
        chosen = self._random.sample(things, count) if self._is_unique else self._random.choices(things, k=count)
        return [self._row(columns, required, thing) for thing in chosen]

    def _row(self, columns: Columns, required: set[str], thing: int) -> Row:
        row: dict[str, Any] = {}
        for name, kind in columns.items():
            random = Random(f"{self._seed} {thing} {name}") if self._random.random() < _SAME else self._random
            is_null = random.random() < 0.15 and name not in required and not kind.startswith("ARRAY")
            row[name] = None if is_null else f"id{thing}" if _is_id(name, kind) else self._value(kind, random)
        return row

    def _parameter(self, name: str, kind: str) -> Any:
        """Mostly what stands in the column of that name in one row of a table, so that conditions on it hold."""
        if self._given.get(name) is not None and name != "figures" and self._random.random() < _SAME:
            return self._given[name]
        if kind.startswith("ARRAY<") and self._given.get(name.removesuffix("s")) is not None:
            return [self._given[name.removesuffix("s")], *self._value(kind, self._random)]
        if name == "zone":
            return self._random.choice(_ZONES)
        if kind == "TIMESTAMP":
            half = len(_INSTANTS) // 2
            return self._random.choice(_INSTANTS[:half] if any(word in name for word in _EARLY) else _INSTANTS[half:])
        if kind == "ARRAY<DATE>":
            return [_FIRST_DAY + timedelta(days=days) for days in (0, 1, 3)]
        return self._json(self._random) if name == "figures" else self._value(kind, self._random)

    def _value(self, kind: str, random: Random) -> Any:
        if kind.startswith("ARRAY<"):
            element = kind.removeprefix("ARRAY<").removesuffix(">")
            return [self._value(element, random) for _ in range(random.randrange(4))]
        makers: Mapping[str, Callable[[Random], Any]] = {"JSON": self._json, "STRING": self._word, **_MAKERS}
        return makers[kind](random)

    def _word(self, random: Random) -> str:
        return random.choice(self._words)

    def _json(self, random: Random) -> str:
        """An object whose members are those that the statement asks for, as numbers, as text or as nothing."""
        number = random.randrange(4)
        values: tuple[object, ...] = (number, str(number), None)
        members = {name: random.choice(values) for name in self._members if random.random() < _SAME}
        return json.dumps({**members, "n": random.randrange(3)})


def _is_id(name: str, kind: str) -> bool:
    return kind == "STRING" and name.endswith("_id")


_MAKERS: Mapping[str, Callable[[Random], Any]] = {
    "BOOL": lambda random: random.random() < 0.7,
    "DATE": lambda random: _FIRST_DAY + timedelta(days=random.randrange(4)),
    "FLOAT64": lambda random: random.choice((0.0, 1.0, 1.5, -2.25, 1e22)),
    "INT64": lambda random: random.choice((0, 0, 1, 2, 3, -1, 1_700_000_000_000)),
    "NUMERIC": lambda random: random.choice([Decimal(text) for text in ("0", "1", "2.5", "-0.000000001", "1e19")]),
    "TIMESTAMP": lambda random: random.choice(_INSTANTS),
}
