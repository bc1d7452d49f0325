"""GoogleSQL as the embedded engine runs it: translated by `dialect`, over tables that the test fills."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

import duckdb

from mixpanel_data.warehouse.dialect import FUNCTIONS, MACROS, duckdb_type, to_duckdb
from sql.zetasql_engine import Columns, Relations, Row, Rows


def execute(sql: str, relations: Relations, rows: Rows, types: Columns, parameters: Mapping[str, Any]) -> list[Row]:
    """The rows of a SELECT."""
    _fill(relations, rows)
    return _rows(_connection().execute(to_duckdb(sql, types), parameters))


def changed(
    target: str, sql: str, relations: Relations, rows: Rows, types: Columns, parameters: Mapping[str, Any]
) -> tuple[list[Row], list[Row]]:
    """The rows of the target before and after the statement."""
    _fill(relations, rows)
    before = _rows(_connection().execute(f"FROM {target}"))
    _connection().execute(to_duckdb(sql, types), parameters)
    return before, _rows(_connection().execute(f"FROM {target}"))


@cache
def _connection() -> duckdb.DuckDBPyConnection:
    """One database in memory, with what the embedded engine adds to DuckDB."""
    made = duckdb.connect(":memory:")
    made.execute("SET TimeZone = 'UTC'")
    for function in FUNCTIONS:
        made.create_function(function.__name__, function, ["VARCHAR"], "VARCHAR")
    for macro in MACROS:
        made.execute(macro)
    return made


def _fill(relations: Relations, rows: Rows) -> None:
    for name, columns in relations.items():
        declared = ", ".join(f"{column} {duckdb_type(type_text)}" for column, type_text in columns.items())
        _connection().execute(f"CREATE OR REPLACE TEMP TABLE {name} ({declared})")
        # One statement: each costs more than its rows.
        if filled := rows.get(name):
            row = f"({', '.join('?' * len(columns))})"
            cells = [row[column] for row in filled for column in columns]
            _connection().execute(f"INSERT INTO {name} VALUES {', '.join([row] * len(filled))}", cells)


def _rows(result: duckdb.DuckDBPyConnection) -> list[Row]:
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, map(_value, row), strict=True)) for row in result.fetchall()]


def _value(cell: Any) -> Any:
    return cell.astimezone(UTC) if isinstance(cell, datetime) else cell
