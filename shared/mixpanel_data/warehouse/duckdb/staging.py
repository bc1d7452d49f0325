"""The staged data of one part: the lines of an export in a file, and the relations made of them."""

import contextlib
import shutil
from collections.abc import Sequence
from pathlib import Path

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.streams import ByteStream
from mixpanel_data.warehouse.base import Row, Value
from mixpanel_data.warehouse.duckdb.errors import disk_errors
from mixpanel_data.warehouse.duckdb.file import File
from mixpanel_data.warehouse.statements import Statement, identifier
from mixpanel_data.warehouse.tables import TABLES

_NO_LINES = "(SELECT '' AS line WHERE false)"
# Above the longest line of most exports; buffers for longer ones would alone exceed the memory limit.
_LINE_BYTES = 2 * 1024 * 1024
# The stream comes in pieces of some 40 KB: a larger buffer saves system calls.
_WRITE_BYTES = 1024 * 1024


class DuckDBStaging:
    """Relations lie in a database in memory, `staging`, and beyond the memory limit in temporary files."""

    def __init__(self, file: File, deadline: Deadline, folder: Path) -> None:
        self._file = file
        self._deadline = deadline
        self._folder = folder
        self._lines = _NO_LINES
        self._relations: dict[str, str] = {}
        self._is_attached = False

    def close(self) -> None:
        if self._is_attached:
            self._file.connection.execute("DETACH staging")
        shutil.rmtree(self._folder)

    def load(self, stream: ByteStream) -> None:
        self._lines = _NO_LINES
        path = self._folder / "lines"
        # Written inflated: DuckDB reads a gzip file in one thread, and would inflate again what was inflated as proof.
        with disk_errors(path), path.open("wb", buffering=_WRITE_BYTES) as file:
            for text in stream.text():
                file.write(text)
        if stream.lines == 0:
            return
        line_bytes = max(_LINE_BYTES, 2 * stream.longest_line)
        self._lines = (
            f"read_csv('{_quoted(path)}', delim = '\x01', quote = '', escape = '', header = false, auto_detect = false,"
            f" columns = {{'line': 'VARCHAR'}}, strict_mode = false, compression = 'none',"
            f" max_line_size = {line_bytes}, buffer_size = {4 * line_bytes})"
        )

    def materialise(self, statement: Statement, **parameters: Value) -> None:
        if statement.creates is None:
            raise ValueError(f"{statement} creates nothing")
        self._attach()
        target = f"staging.{identifier(statement.creates)}"
        with self._attached_for(statement):
            self._file.execute(statement, self._names(), parameters, into=target)
        self._relations[statement.creates] = target

    def rows(self, statement: Statement, **parameters: Value) -> list[Row]:
        with self._attached_for(statement):
            return self._file.rows(statement, self._names(), parameters)

    def transact(self, name: str, statements: Sequence[Statement], **parameters: Value) -> None:
        with self._file.attached(self._deadline):
            self._file.transaction(statements, self._names(), parameters)

    def _attached_for(self, statement: Statement) -> contextlib.AbstractContextManager[None]:
        # Most of the work reads staged data alone, and leaves the file to other programs meanwhile.
        is_reading_tables = bool(statement.tables() & {*TABLES, *statement.undeclared})
        return self._file.attached(self._deadline) if is_reading_tables else contextlib.nullcontext()

    def _attach(self) -> None:
        # The database and the lines have the same names for every part, so that a statement is translated once. One
        # part at a time does this; others may be loading.
        connection = self._file.connection
        if not self._is_attached:
            connection.execute("ATTACH ':memory:' AS staging")
            self._is_attached = True
        connection.execute(f"CREATE OR REPLACE TEMP VIEW staged_lines AS SELECT line FROM {self._lines}")  # noqa: S608

    def _names(self) -> dict[str, str]:
        return {**self._file.tables, **self._relations}


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
