"""A command's output: data to stdout in the chosen format, everything else to stderr."""

import contextlib
import csv
import json
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from mixpanel_data.base.visible_text import visible_lines
from mixpanel_data.cli.base.json_text import JsonText
from mixpanel_data.cli.base.progress import Activity, shown

if TYPE_CHECKING:
    from rich.table import Table

Record = Mapping[str, Any]

_UNCUT = 10_000


class Format(StrEnum):
    """The format of data: one JSON document, a table for people, CSV with a header, or one JSON object a line."""

    JSON = "json"
    TABLE = "table"
    CSV = "csv"
    JSONL = "jsonl"


def format_of_environment() -> Format:
    """The format that MP_FORMAT names, json without it. Raises ConfigError."""
    from mixpanel_data.base.environment import environment
    from mixpanel_data.configuration.environment.variables import MP_FORMAT

    return Format(MP_FORMAT.read(environment()))


@dataclass(frozen=True, slots=True)
class Output:
    """The output of a command. `quiet`: only errors; `verbose`: also figures, and the traceback of an error.

    `jq` is a program that JSON and JSONL go through. Raises RequestError if it is wrong, or the format another.
    """

    format: Format
    quiet: bool = False
    verbose: bool = False
    jq: str | None = None
    json_text: JsonText = field(init=False)

    def __post_init__(self) -> None:
        is_json = self.format in (Format.JSON, Format.JSONL)
        object.__setattr__(self, "json_text", JsonText(self.jq, None if is_json else self.format))

    def show(self, data: Record | Sequence[Record], columns: Sequence[str] = ()) -> None:
        """Write one record or several. A table has these columns (default: all); `a.b` is the member b of a.

        One record that is wider than the terminal is a list of its members instead.
        """
        records = [data] if isinstance(data, Mapping) else data
        match self.format:
            case Format.JSON:
                self.json_text.write_document(json.dumps(data, indent=2, ensure_ascii=False))
            case Format.JSONL:
                for record in records:
                    self.json_text.write_document(json.dumps(record, ensure_ascii=False))
            case Format.CSV:
                _write_csv([_flat(record) for record in records])
            case Format.TABLE:
                _write_table([_flat(record) for record in records], columns)

    def note(self, text: str) -> None:
        """Write a line that is not data."""
        if not self.quiet:
            sys.stderr.write(f"{visible_lines(text)}\n")

    def note_size(self) -> None:
        """Say how large the JSON was, if it was large."""
        if self.json_text.is_large:
            megabytes = self.json_text.size / 1_000_000
            self.note(f"The output has {megabytes:,.1f} MB. --limit, --jq or --format table may show what you need.")

    def progress(self, activity: str, unit: str = "") -> contextlib.AbstractContextManager[Activity]:
        """Show the library's log lines while the block runs; on a terminal, with a bar that counts in this unit."""
        return shown(activity, unit, quiet=self.quiet, verbose=self.verbose)

    @contextlib.contextmanager
    def explaining_errors(self) -> Iterator[None]:
        """With `verbose`, write the traceback of an error before raising it further."""
        try:
            yield
        except BrokenPipeError:
            raise
        except Exception:
            if self.verbose:
                sys.stderr.write(visible_lines(traceback.format_exc()))
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


def _write_csv(records: Sequence[Record]) -> None:
    names = _names(records)
    if names:
        write_csv([names, *([_cell(record.get(name)) for name in names] for record in records)])


def write_csv(rows: Iterable[Sequence[str]]) -> None:
    """Write rows as CSV: to a file or a program as they are, to a terminal with everything visible."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    if sys.stdout.isatty():
        writer.writerows([visible_lines(cell) for cell in row] for row in rows)
    else:
        writer.writerows(rows)


def _write_table(records: Sequence[Record], columns: Sequence[str]) -> None:
    from rich.console import Console

    names = list(columns) or _names(records)
    # A pipe has no width, and text cut to 80 characters cannot be searched.
    console = Console(width=None if sys.stdout.isatty() else _UNCUT)
    table = _table(records, names)
    if len(records) == 1 and not columns:
        needed = console.measure(table, options=console.options.update(max_width=_UNCUT)).maximum
        table = _list(records[0]) if needed > console.width else table
    # Printed directly, Rich would end the process when the reader leaves.
    with console.capture() as capture:
        console.print(table)
    sys.stdout.write(capture.get())


def _table(records: Sequence[Record], names: Sequence[str]) -> "Table":
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD)
    for name in names:
        table.add_column(
            Text(visible_lines(name)),
            justify="right" if any(_is_number(record.get(name)) for record in records) else "left",
        )
    for record in records:
        table.add_row(*(Text(visible_lines(_cell(record.get(name)))) for name in names))
    return table


def _list(record: Record) -> "Table":
    """A record whose members are too many for a line, a line for each."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE, show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in record.items():
        table.add_row(Text(visible_lines(name)), Text(visible_lines(_cell(value))))
    return table


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
