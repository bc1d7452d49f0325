"""A command's output: data to stdout in the chosen format, everything else to stderr."""

import contextlib
import csv
import json
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from mixpanel_data.cli.base.progress import log_lines_shown

Record = Mapping[str, Any]


class Format(StrEnum):
    """The format of data: one JSON document, a table for people, CSV with a header, or one JSON object a line."""

    JSON = "json"
    TABLE = "table"
    CSV = "csv"
    JSONL = "jsonl"


@dataclass(frozen=True, slots=True)
class Output:
    """The output of a command. `quiet`: only errors; `verbose`: also figures, and the traceback of an error."""

    format: Format
    quiet: bool = False
    verbose: bool = False

    def show(self, data: Record | Sequence[Record], columns: Sequence[str] = ()) -> None:
        """Write one record or several. A table has these columns (default: all); `a.b` is the member b of a."""
        records = [data] if isinstance(data, Mapping) else data
        match self.format:
            case Format.JSON:
                _write(json.dumps(data, indent=2, ensure_ascii=False))
            case Format.JSONL:
                for record in records:
                    _write(json.dumps(record, ensure_ascii=False))
            case Format.CSV:
                _write_csv([_flat(record) for record in records])
            case Format.TABLE:
                _write_table([_flat(record) for record in records], columns)

    def note(self, text: str) -> None:
        """Write a line that is not data."""
        if not self.quiet:
            sys.stderr.write(f"{text}\n")

    def progress(self, activity: str) -> contextlib.AbstractContextManager[None]:
        """Show the library's log lines while the block runs."""
        return log_lines_shown(activity, quiet=self.quiet, verbose=self.verbose)

    @contextlib.contextmanager
    def explaining_errors(self) -> Iterator[None]:
        """With `verbose`, write the traceback of an error before raising it further."""
        try:
            yield
        except Exception:
            if self.verbose:
                traceback.print_exc()
            raise


def _flat(record: Record, prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in record.items():
        flat |= _flat(value, f"{prefix}{name}.") if isinstance(value, Mapping) else {f"{prefix}{name}": value}
    return flat


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _names(records: Sequence[Record]) -> list[str]:
    return list(dict.fromkeys(name for record in records for name in record))


def _write(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _write_csv(records: Sequence[Record]) -> None:
    names = _names(records)
    if names:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([_cell(record.get(name)) for name in names] for record in records)


def _write_table(records: Sequence[Record], columns: Sequence[str]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD)
    names = list(columns) or _names(records)
    for name in names:
        table.add_column(name, justify="right" if any(_is_number(record.get(name)) for record in records) else "left")
    for record in records:
        table.add_row(*(Text(_cell(record.get(name))) for name in names))
    # A pipe has no width, and text cut to 80 characters cannot be searched.
    console = Console(width=None if sys.stdout.isatty() else 10_000)
    console.print(table)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
