"""The files of an export, as another program reads them."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import duckdb


def rows_of(folder: Path) -> list[dict[str, Any]]:
    """The rows of all files of an export, file by file; a cell of CSV is a text."""
    return [row for path in files_of(folder) for row in rows_in(path)]


def files_of(folder: Path) -> list[Path]:
    """The files with rows, in the order of their names."""
    return [path for path in sorted(folder.iterdir()) if not path.name.startswith(("_", "."))]


def rows_in(path: Path) -> list[dict[str, Any]]:
    """The rows of a file in the format that its name says."""
    if path.suffix == ".parquet":
        with duckdb.connect(":memory:") as connection:
            connection.execute("SET TimeZone = 'UTC'")
            result = connection.execute("SELECT * FROM read_parquet(?)", [str(path)])
            names = [column[0] for column in result.description or []]
            return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
    text = path.read_bytes().decode()
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in text.split("\n")[:-1]]
    return list(csv.DictReader(io.StringIO(text, newline="")))
