"""Tables of people's own in the dataset, which the library does not declare; filled from the console."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from support.consoles import dataset_in_console, in_console
from support.engines import DuckDB, Engine

_IN_DUCKDB = {
    "STRING": "VARCHAR",
    "INT64": "BIGINT",
    "BOOL": "BOOLEAN",
    "TIMESTAMP": "TIMESTAMPTZ",
    "FLOAT64": "DOUBLE",
}


def make_table(engine: Engine, name: str, columns: Mapping[str, str]) -> None:
    """Make an empty table with columns by their GoogleSQL types."""
    types = {column: _type(engine, type_) for column, type_ in columns.items()}
    declared = ", ".join(f"{column} {type_}" for column, type_ in types.items())
    in_console(engine, f"CREATE TABLE {dataset_in_console(engine)}.{name} ({declared})")


def add_rows(engine: Engine, name: str, columns: Mapping[str, str], rows: Sequence[Mapping[str, object]]) -> None:
    """Insert rows; a column that a row leaves out is NULL."""
    values = ", ".join(
        "(" + ", ".join(_literal(engine, row.get(column), type_) for column, type_ in columns.items()) + ")"
        for row in rows
    )
    in_console(engine, f"INSERT INTO {dataset_in_console(engine)}.{name} ({', '.join(columns)}) VALUES {values}")


def _type(engine: Engine, type_: str) -> str:
    return _IN_DUCKDB.get(type_, type_) if isinstance(engine, DuckDB) else type_


def _literal(engine: Engine, value: object, type_: str) -> str:
    if value is None:
        return "NULL"
    if type_ == "JSON":
        text = _text(engine, json.dumps(value))
        return f"{text}::JSON" if isinstance(engine, DuckDB) else f"PARSE_JSON({text})"
    if isinstance(value, datetime):
        value = value.isoformat(sep=" ")
    return f"CAST({_text(engine, str(value))} AS {_type(engine, type_)})"


def _text(engine: Engine, text: str) -> str:
    return "'" + text.replace("'", "''") + "'" if isinstance(engine, DuckDB) else json.dumps(text)
