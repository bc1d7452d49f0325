"""TEMPORARY: statements written out for a console."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

_PARAMETER = re.compile(r"@([a-z_][a-z0-9_]*)")


def google_literal(value: object) -> str:
    if isinstance(value, datetime):
        return f"TIMESTAMP '{value.astimezone(UTC):%Y-%m-%d %H:%M:%S}+00'"
    return "'" + "".join(_google_character(character) for character in str(value)) + "'"


def _google_character(character: str) -> str:
    if character in "'\\":
        return f"\\{character}"
    if _is_itself(character):
        return character
    return f"\\u{ord(character):04x}" if ord(character) < 0x10000 else f"\\U{ord(character):08x}"


def duckdb_literal(value: object) -> str:
    if isinstance(value, datetime):
        return f"TIMESTAMPTZ '{value.astimezone(UTC):%Y-%m-%d %H:%M:%S}+00'"
    parts: list[str] = []
    for character in str(value):
        doubled = "''" if character == "'" else character
        if not _is_itself(character):
            parts.append(f"chr({ord(character)})")
        elif parts and parts[-1].startswith("'"):
            parts[-1] = f"{parts[-1][:-1]}{doubled}'"
        else:
            parts.append(f"'{doubled}'")
    return " || ".join(parts) or "''"


def _is_itself(character: str) -> bool:
    return character.isprintable() and character not in "`@"


def pasted(sql: str, literal: Callable[[object], str], parameters: Mapping[str, object]) -> str:
    return _PARAMETER.sub(lambda match: literal(parameters[match[1]]), sql)
