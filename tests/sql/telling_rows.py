"""Rows that tell the mistakes of a translation apart: changes of clocks, ends of months, nulls, odd texts."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sql import duckdb_engine, zetasql_engine
from sql.same import Outcome
from sql.zetasql_engine import Columns, Relations, Row, Rows

ZONES = ("UTC", "America/New_York", "Europe/London", "Asia/Kolkata", "Pacific/Auckland")
RARE_ZONES = ("Australia/Lord_Howe", "America/Sao_Paulo", "America/Havana", "Asia/Kathmandu", "Pacific/Apia")
"""Changes of half an hour, clocks that change at midnight, an offset of a quarter of an hour, and a day left out."""

# The instants at which clocks of the zones change, twice a year each.
_CHANGES = (
    datetime(2024, 3, 10, 7, tzinfo=UTC),
    datetime(2024, 11, 3, 6, tzinfo=UTC),
    datetime(2024, 3, 31, 1, tzinfo=UTC),
    datetime(2024, 10, 27, 1, tzinfo=UTC),
    datetime(2024, 4, 6, 14, tzinfo=UTC),
    datetime(2024, 9, 28, 14, tzinfo=UTC),
)
RARE_CHANGES = (
    datetime(2024, 4, 6, 15, tzinfo=UTC),
    datetime(2024, 10, 5, 15, 30, tzinfo=UTC),
    datetime(2018, 11, 4, 3, tzinfo=UTC),
    datetime(2018, 2, 18, 2, tzinfo=UTC),
    datetime(2024, 3, 10, 5, tzinfo=UTC),
    datetime(2024, 11, 3, 5, tzinfo=UTC),
    datetime(2011, 12, 30, 10, tzinfo=UTC),
)
_STEPS = [timedelta(minutes=45 * step, microseconds=step) for step in range(-40, 41, 3)]
_NEAR = [timedelta(minutes=minutes, microseconds=micros) for minutes in (-90, -30, 0, 30, 90) for micros in (-1, 0)]


def around(changes: Sequence[datetime]) -> list[datetime]:
    return [change + step for change in changes for step in (*_STEPS, *_NEAR)]


INSTANTS = [
    *around(_CHANGES),
    datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    datetime(1900, 1, 2, tzinfo=UTC),
]
_DAYS = [
    date(2024, 1, 31),
    date(2024, 2, 29),
    date(2024, 3, 3),
    date(2024, 3, 4),
    date(2023, 12, 31),
    date(1969, 5, 1),
    date(2024, 5, 31),
]
_INTS = [0, 1, -1, 2, 7, -7, 100, -100]
_FLOATS = [0.0, -0.5, 0.5, 1.5, 2.5, -2.5, 3.0, 1e15]
_TEXTS = ["", "a", "b", "1", "-7", " 7 ", "1.5", "1e3", "0x1A", "1_0", "true", "t", "nan", "inf", ".5", "1."]
_JSON = ['{"a": 1}', '{"a": "x"}', '{"a": null}', "{}", '{"a": [1, 2.50]}', '{"a": {"b": 1, "a": 2}}', '{"a": true}']

RELATIONS: Relations = {
    "instants": {"t": "TIMESTAMP", "u": "TIMESTAMP", "n": "INT64"},
    "days": {"a": "DATE", "b": "DATE", "n": "INT64"},
    "numbers": {"g": "INT64", "n": "INT64", "m": "INT64", "f": "FLOAT64", "id": "INT64"},
    "texts": {"x": "STRING", "y": "STRING", "n": "INT64", "id": "INT64"},
    "documents": {"id": "INT64", "properties": "JSON"},
    "lists": {"id": "INT64", "numbers": "ARRAY<INT64>", "words": "ARRAY<STRING>"},
}


def instants(at_times: Sequence[datetime]) -> list[Row]:
    shifted = [*at_times[17:], *at_times[:17]]
    return [
        *(
            {"t": t, "u": u, "n": _INTS[place % len(_INTS)]}
            for place, (t, u) in enumerate(zip(at_times, shifted, strict=True))
        ),
        {"t": None, "u": at_times[0], "n": None},
    ]


ROWS: Rows = {
    "instants": instants(INSTANTS),
    "days": [{"a": a, "b": b, "n": n} for a in [*_DAYS, None] for b in [*_DAYS, None] for n in (0, 1, -2, 13)],
    "numbers": [
        {"g": place % 3, "n": n, "m": m, "f": _FLOATS[place * 5 % 8] if place % 7 else None, "id": place}
        for place, (n, m) in enumerate((n, m) for n in [*_INTS, None] for m in (1, -1, 3, -3, None))
    ],
    "texts": [
        *({"x": x, "y": "b", "n": place % 3, "id": place} for place, x in enumerate(_TEXTS)),
        {"x": None, "y": "a", "n": None, "id": 99},
    ],
    "documents": [{"id": place, "properties": text} for place, text in enumerate([*_JSON, None])],
    "lists": [
        {"id": 0, "numbers": [], "words": []},
        {"id": 1, "numbers": [3, 1, 2], "words": ["b", "a"]},
        {"id": 2, "numbers": [5], "words": ["x"]},
    ],
}
TYPES: Columns = {
    "zone": "STRING",
    "n": "INT64",
    "edges": "ARRAY<FLOAT64>",
    "grace": "INT64",
    "p": "STRING",
    "q": "FLOAT64",
    "a": "DATE",
    "b": "DATE",
    "days": "ARRAY<DATE>",
}
VALUES: dict[str, Any] = {
    "n": 2,
    "edges": [0.0, 1.5, 2.5, 10.0],
    "grace": 2,
    "p": "a",
    "q": 0.25,
    "a": date(2024, 2, 27),
    "b": date(2024, 3, 2),
    "days": [date(2024, 1, 1), date(2024, 2, 1)],
}


def named_in(sql: str) -> Relations:
    """The relations that the text names."""
    return {name: columns for name, columns in RELATIONS.items() if re.search(rf"\b{name}\b", sql)}


def both(sql: str, rows: Rows = ROWS, **given: Any) -> Outcome:
    """The rows of a SELECT over these relations on both engines."""
    types = {name: TYPES[name] for name in re.findall(r"@(\w+)", sql)}
    values = {name: {**VALUES, **given}[name] for name in types}
    relations = named_in(sql)
    columns = zetasql_engine.analyze(sql, relations, types)
    arguments = (relations, rows, types, values)
    return Outcome(zetasql_engine.execute(sql, *arguments), duckdb_engine.execute(sql, *arguments), columns)
