"""One file of rows. DuckDB writes it; where it would spell a value differently from `mp sql`, Python does."""

import csv
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import IO

import duckdb

from mixpanel_data.workspace.exporting.request import FileFormat
from mixpanel_data.workspace.querying.expressions import INTEGERS, cell_expression
from mixpanel_data.workspace.querying.queries import Batches, Column
from mixpanel_data.workspace.querying.texts import cell_of, json_of, json_string
from mixpanel_data.workspace.storage.errors import sql_errors
from mixpanel_data.workspace.storage.quoting import literal, quoted

# Half of the default: a group is in memory as a whole, and the properties of an event can have kilobytes.
_ROWS_PER_GROUP = 61_440

# Each row is one text, a line of JSON, which DuckDB has to write as it is.
_RAW_LINES = "FORMAT csv, HEADER false, DELIMITER '', QUOTE '', ESCAPE '', USE_TMP_FILE false"
_OPTIONS = {
    "parquet": f"FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {_ROWS_PER_GROUP}, USE_TMP_FILE false",
    "csv": "FORMAT csv, HEADER, USE_TMP_FILE false",
    "jsonl": _RAW_LINES,
}


def write(
    connection: duckdb.DuckDBPyConnection,
    query: str,
    columns: Sequence[Column],
    file_format: FileFormat,
    path: Path,
) -> int:
    """Write the rows of a query, which has these columns, into a file; return how many they are.

    Raises WarehouseUnavailableError if the disk is full, QueryError, and OSError of the file.
    """
    selected = _SELECTED[file_format](columns)
    if selected is None:
        return _write_in_python(connection, query, columns, file_format, path)
    copy = f"COPY (SELECT {selected} FROM ({query})) TO {literal(path)} ({_OPTIONS[file_format]})"  # noqa: S608
    with sql_errors():
        (row,) = connection.execute(copy).fetchall()
    return int(row[0])


def _parquet(columns: Sequence[Column]) -> str | None:
    return ", ".join(f"{_parquet_value(column)} AS {quoted(column.name)}" for column in columns)


def _parquet_value(column: Column) -> str:
    name = quoted(column.name)
    if column.type == "JSON":
        # Text, which every reader understands.
        return f"{name}::VARCHAR"
    if column.type in ("HUGEINT", "UHUGEINT"):
        # Parquet has no such integer, and DuckDB would round it to a DOUBLE.
        return f"{name}::DECIMAL(38, 0)"
    return name


def _csv(columns: Sequence[Column]) -> str | None:
    cells = [(column, cell_expression(quoted(column.name), column.type)) for column in columns]
    if any(cell is None for _, cell in cells):
        return None
    return ", ".join(f"{cell} AS {quoted(column.name)}" for column, cell in cells)


def _jsonl(columns: Sequence[Column]) -> str | None:
    members = [(column, _json(column)) for column in columns]
    if any(value is None for _, value in members):
        return None
    parts = [
        f"{literal(('{' if number == 0 else ', ') + json_string(column.name) + ': ')} || coalesce({value}, 'null')"
        for number, (column, value) in enumerate(members)
    ]
    return " || ".join([*parts, "'}'"])


_SELECTED: dict[FileFormat, Callable[[Sequence[Column]], str | None]] = {
    "parquet": _parquet,
    "csv": _csv,
    "jsonl": _jsonl,
}


def _json(column: Column) -> str | None:
    """The expression that spells a value as JSON; None for a type without a simple one."""
    kind, name = column.type, quoted(column.name)
    if kind == "JSON":
        # As it is stored, with all digits of its numbers, but on one line.
        return f"translate({name}::VARCHAR, chr(10) || chr(13), '  ')"
    cell = cell_expression(name, kind)
    if kind in INTEGERS or kind.startswith("DECIMAL(") or kind in ("DOUBLE", "FLOAT", "BOOLEAN"):
        return f"({cell})::VARCHAR"
    return None if cell is None else f"to_json(({cell})::VARCHAR)::VARCHAR"


def _write_in_python(
    connection: duckdb.DuckDBPyConnection, query: str, columns: Sequence[Column], file_format: FileFormat, path: Path
) -> int:
    with sql_errors():
        batches = Batches(tuple(columns), connection.execute(query))
    rows = chain.from_iterable(batches)
    with path.open("w", encoding="utf-8", newline="") as file:
        return (_write_jsonl if file_format == "jsonl" else _write_csv)(file, columns, rows)


def _write_csv(file: IO[str], columns: Sequence[Column], rows: Iterable[tuple[object, ...]]) -> int:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([column.name for column in columns])
    cells = [cell_of(column) for column in columns]
    count = 0
    for row in rows:
        writer.writerow([cell(value) for cell, value in zip(cells, row, strict=True)])
        count += 1
    return count


def _write_jsonl(file: IO[str], columns: Sequence[Column], rows: Iterable[tuple[object, ...]]) -> int:
    members = [(json_string(column.name), json_of(column)) for column in columns]
    count = 0
    for row in rows:
        line = ", ".join(f"{name}: {text(value)}" for (name, text), value in zip(members, row, strict=True))
        # A line break in JSON is white space, or else escaped.
        file.write(f"{{{line}}}".replace("\n", " ").replace("\r", " ") + "\n")
        count += 1
    return count
