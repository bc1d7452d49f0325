"""Values written out in SQL text, for a person to paste into a console.

The text survives a chat message on its way: a character that a message would change, or that a reader cannot see, is
written as an escape.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from mixpanel_data.warehouse.base import Value
from mixpanel_data.warehouse.statements import Statement

_STRING_OR_NAME = re.compile(r"""'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.)*"|[@$]([a-z_][a-z0-9_]*)""")
_BLANK_LINES = re.compile(r"\n(?:[ \t]*\n)+")


def written_out(text: str, literals: Mapping[str, str]) -> str:
    """The text with a literal in place of every `@name` or `$name`, and without blank lines."""

    def literal(found: re.Match[str]) -> str:
        return literals[found[1]] if found[1] else found[0]

    return _STRING_OR_NAME.sub(literal, _BLANK_LINES.sub("\n", text))


def google_literals(statement: Statement, parameters: Mapping[str, Value]) -> dict[str, str]:
    """The parameters of a statement as GoogleSQL. Raises ValueError for text that is not valid Unicode."""
    return {name: _google(kind, parameters[name]) for name, kind in statement.parameters.items()}


def duckdb_literals(statement: Statement, parameters: Mapping[str, Value]) -> dict[str, str]:
    """The parameters of a statement as DuckDB's SQL. Raises ValueError for text that is not valid Unicode."""
    return {name: _duckdb(kind, parameters[name]) for name, kind in statement.parameters.items()}


def _google(kind: str, value: Any) -> str:
    if kind.startswith("ARRAY<"):
        return f"{kind}[{', '.join(_google(_element(kind), each) for each in value)}]"
    if kind == "STRING":
        return "'" + "".join(map(_google_character, _checked(value))) + "'"
    if kind == "FLOAT64":
        return f"CAST('{float(value)!r}' AS FLOAT64)"
    if kind == "NUMERIC":
        return f"NUMERIC '{value}'"
    return _SAME_IN_BOTH[kind](value)


def _google_character(character: str) -> str:
    if character in "'\\":
        return f"\\{character}"
    if _is_plain(character):
        return character
    return f"\\u{ord(character):04x}" if ord(character) < 0x10000 else f"\\U{ord(character):08x}"


def _duckdb(kind: str, value: Any) -> str:
    if kind.startswith("ARRAY<"):
        # Typed, because an empty list has no type of its own.
        listed = ", ".join(_duckdb(_element(kind), each) for each in value)
        return f"CAST([{listed}] AS {_DUCKDB_TYPES[_element(kind)]}[])"
    if kind == "STRING":
        return _duckdb_text(_checked(value))
    if kind in ("FLOAT64", "NUMERIC"):
        # A number with a point is a DECIMAL to DuckDB, of as many places as are written.
        return f"CAST('{float(value)!r}' AS DOUBLE)" if kind == "FLOAT64" else f"CAST('{value}' AS DECIMAL(38, 9))"
    return _SAME_IN_BOTH[kind](value).replace("TIMESTAMP ", "TIMESTAMPTZ ")


def _duckdb_text(text: str) -> str:
    """DuckDB's strings know no escape but the doubled quote: what cannot stand for itself is a call of chr."""
    parts: list[str] = []
    for character in text:
        if not _is_plain(character):
            parts.append(f"chr({ord(character)})")
        elif parts and parts[-1].startswith("'"):
            parts[-1] = f"{parts[-1][:-1]}{_doubled(character)}'"
        else:
            parts.append(f"'{_doubled(character)}'")
    return f"({' || '.join(parts)})" if len(parts) > 1 else "".join(parts) or "''"


def _doubled(character: str) -> str:
    return "''" if character == "'" else character


def _is_plain(character: str) -> bool:
    """Whether a character comes through a chat message unchanged, and a reader sees it for what it is."""
    return character.isprintable() and character not in "`@"


def _checked(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"{text!r} is not valid Unicode, and no SQL text can hold it") from error
    return text


def _element(array_type: str) -> str:
    return array_type.removeprefix("ARRAY<").removesuffix(">")


def _instant(value: datetime) -> str:
    return f"TIMESTAMP '{value.astimezone(UTC).isoformat(sep=' ').removesuffix(':00')}'"


def _day(value: date) -> str:
    return f"DATE '{value.isoformat()}'"


def _integer(value: int) -> str:
    # In parentheses: what follows a minus would otherwise be a comment.
    return str(value) if value >= 0 else f"({value})"


_SAME_IN_BOTH: Mapping[str, Callable[[Any], str]] = {
    "INT64": _integer,
    "BOOL": lambda value: "TRUE" if value else "FALSE",
    "TIMESTAMP": _instant,
    "DATE": _day,
}
_DUCKDB_TYPES = {
    "STRING": "VARCHAR",
    "INT64": "BIGINT",
    "FLOAT64": "DOUBLE",
    "NUMERIC": "DECIMAL(38, 9)",
    "BOOL": "BOOLEAN",
    "TIMESTAMP": "TIMESTAMPTZ",
    "DATE": "DATE",
}
