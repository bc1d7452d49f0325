"""The values of an answer as text: JSON that loses nothing, and cells of CSV."""

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from duckdb.sqltypes import DuckDBPyType

from mixpanel_data.workspace.querying.queries import NESTED, Column

Text = Callable[[Any], str]

_STRING_OR_NO_NUMBER = re.compile(r'("(?:[^"\\]|\\.)*")|-?(?:NaN|Infinity)')

json_string: Callable[[str], str] = json.JSONEncoder(ensure_ascii=False).encode
"""Writes a text as a string of JSON."""


def json_of(column: Column) -> Text:
    """The function that writes values of a column as JSON.

    A JSON column stays JSON, a DECIMAL keeps its digits, NaN and infinity become null, times ISO 8601.
    """
    if column.type == "JSON":
        return _document
    if column.type == "VARCHAR":
        return lambda value: "null" if value is None else json_string(value)
    return _json if column.nested is None else _nested(column.nested)


def cell_of(column: Column) -> Text:
    """The function that writes values of a column as cells: NULL, NaN and infinity empty, nested values as JSON."""
    if column.type in ("VARCHAR", "JSON"):
        return lambda value: "" if value is None else str(value)
    if column.nested is not None:
        as_json = _nested(column.nested)
        return lambda value: "" if value is None else as_json(value)
    return _cell


def unique_names(columns: Sequence[Column]) -> list[str]:
    """The names of the columns; one that was there before gets a number, as in a DataFrame."""
    names: list[str] = []
    for column in columns:
        name, number = column.name, 0
        while name in names:
            number += 1
            name = f"{column.name}_{number}"
        names.append(name)
    return names


def _nested(kind: DuckDBPyType) -> Text:
    """The function that writes values of a type as JSON; JSON inside a list, a struct or a map stays JSON, too."""
    if str(kind) == "JSON":
        return _document
    match kind.id:
        case "list" | "array":
            return _list_of(_nested(_parts(kind)["child"]))
        case "struct":
            return _object_of({name: _nested(part) for name, part in _parts(kind).items()})
        case "map":
            return _map_of(**_parts(kind))
        case _:
            return _json


def _document(value: Any) -> str:
    """A value of type JSON. DuckDB lets it have NaN and infinity, which JSON does not know."""
    if value is None:
        return "null"
    text = str(value)
    if "NaN" not in text and "Infinity" not in text:
        return text
    return _STRING_OR_NO_NUMBER.sub(lambda found: found[1] or "null", text)


def _parts(kind: DuckDBPyType) -> dict[str, DuckDBPyType]:
    """The types that a nested type has, by name; the length of an array is none."""
    return {name: part for name, part in kind.children if isinstance(part, DuckDBPyType)}


def _list_of(element: Text) -> Text:
    return lambda value: "null" if value is None else f"[{', '.join(map(element, value))}]"


def _object_of(fields: Mapping[str, Text]) -> Text:
    def write(values: Mapping[str, Any] | None) -> str:
        if values is None:
            return "null"
        return _object((name, fields[name](value)) for name, value in values.items())

    return write


def _map_of(key: DuckDBPyType, value: DuckDBPyType) -> Text:
    as_name, as_value = _nested(key) if key.id in NESTED else _cell, _nested(value)

    def write(values: Mapping[Any, Any] | None) -> str:
        if values is None:
            return "null"
        # Keys that Python cannot hash come as a list, beside the list of their values.
        pairs = zip(values["key"], values["value"], strict=True) if key.id in NESTED and values else values.items()
        return _object((as_name(name), as_value(each)) for name, each in pairs)

    return write


def _object(members: Iterable[tuple[str, str]]) -> str:
    return f"{{{', '.join(f'{json_string(name)}: {text}' for name, text in members)}}}"


def _json(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float | Decimal):
        return _number(value)
    if isinstance(value, Mapping):
        return _object((str(_plain(name)), _json(each)) for name, each in value.items())
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_json, value))}]"
    return json_string(_plain(value))


def _cell(value: Any) -> str:
    if isinstance(value, bool | int | float | Decimal | Mapping | list | tuple):
        text = _json(value)
        return "" if text == "null" else text
    return "" if value is None else _plain(value)


def _number(value: float | Decimal) -> str:
    if not math.isfinite(value):
        return "null"
    return format(value, "f") if isinstance(value, Decimal) else repr(value)


def _plain(value: Any) -> str:
    """A value that JSON has no form for, as text."""
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z") if value.tzinfo else value.isoformat()
        case date() | time():
            return value.isoformat()
        case timedelta():
            return f"PT{value.total_seconds():.6f}".rstrip("0").rstrip(".") + "S"
        case bytes():
            return value.hex()
        case _:
            return str(value)
