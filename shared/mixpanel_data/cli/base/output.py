"""A command's output: data to stdout in the chosen format, everything else to stderr."""

import contextlib
import csv
import json
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from mixpanel_data.base.errors import ConfigError
from mixpanel_data.base.visible_text import visible_lines
from mixpanel_data.cli.activity.activity import shown
from mixpanel_data.cli.activity.pace import Pace
from mixpanel_data.cli.base.json_text import JsonText
from mixpanel_data.cli.base.streams import width_of_terminal, write_drawing
from mixpanel_data.cli.base.tables.columns import Choice, Column, Kind, Record, chosen
from mixpanel_data.cli.base.tables.texts import whole


class Format(StrEnum):
    """The format of data: one JSON document, a table for people, CSV with a header, or one JSON object a line."""

    JSON = "json"
    TABLE = "table"
    CSV = "csv"
    JSONL = "jsonl"


def format_of_environment(default: Format | None = None) -> Format:
    """The format that MP_FORMAT names, without it the default, which is json.

    Raises ConfigError if it is wrong and no default is given: a command that has one looks at the settings itself.
    """
    from mixpanel_data.base.environment import environment
    from mixpanel_data.configuration.environment.variables import MP_FORMAT

    try:
        env = environment()
        return default if default and not MP_FORMAT.text(env) else Format(MP_FORMAT.read(env))
    except ConfigError:
        if default is None:
            raise
        return default


@dataclass(frozen=True, slots=True)
class Output:
    """The output of a command. `quiet`: only errors; `verbose`: also figures, and the traceback of an error.

    `wide`: all columns of a table and of CSV, not only those that the command chooses. `jq` is a program that JSON and
    JSONL go through. Raises RequestError if it is wrong, or the format another.
    """

    format: Format
    quiet: bool = False
    verbose: bool = False
    jq: str | None = None
    wide: bool = False
    json_text: JsonText = field(init=False)
    has_shown: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        is_json = self.format in (Format.JSON, Format.JSONL)
        object.__setattr__(self, "json_text", JsonText(self.jq, None if is_json else self.format))

    def show(
        self,
        data: Record | Sequence[Record],
        columns: Choice = (),
        *,
        rows: Sequence[Record] | None = None,
        legend: str = "",
    ) -> None:
        """Write one record or several: as JSON and JSONL whole, as a table and as CSV the columns (default: all).

        A column is the path of a member, `a.b` for the member b of a, or a Column. `rows` are records for table and CSV
        in place of the data. The legend tells of a drawing, and stands below it. One record without chosen columns that
        is wider than the terminal is a list of its members.
        """
        records = [data] if isinstance(data, Mapping) else data
        match self.format:
            case Format.JSON:
                self.json_text.write_document(json.dumps(data, indent=2, ensure_ascii=False))
            case Format.JSONL:
                for record in records:
                    self.json_text.write_document(json.dumps(record, ensure_ascii=False))
            case Format.CSV:
                self._write_csv(records if rows is None else rows, columns)
            case Format.TABLE:
                self._write_table(records if rows is None else rows, columns, legend)

    def _write_csv(self, records: Sequence[Record], columns: Choice) -> None:
        # What is drawn from other columns says nothing to a program.
        shown = [each for each in chosen(records, columns, wide=self.wide) if each.kind is not Kind.PLOT]
        if shown:
            write_csv([[each.title for each in shown], *_rows_of(records, shown)])

    def _write_table(self, records: Sequence[Record], columns: Choice, legend: str) -> None:
        from mixpanel_data.cli.base.tables.rendering import record_text, table_text

        shown, width = chosen(records, columns, wide=self.wide), width_of_terminal()
        is_one = len(records) == 1 and not columns
        text = record_text(records[0], shown, width) if is_one else table_text(records, shown, width, legend)
        write_drawing(f"\n{text}" if self.has_shown else text)
        object.__setattr__(self, "has_shown", True)

    def note(self, text: str) -> None:
        """Write a line that is not data."""
        if not self.quiet:
            sys.stderr.write(f"{visible_lines(text)}\n")

    def note_size(self) -> None:
        """Say how large the JSON was, if it was large."""
        if self.json_text.is_large:
            megabytes = self.json_text.size / 1_000_000
            self.note(f"The output has {megabytes:,.1f} MB. --limit, --jq or --format table may show what you need.")

    def progress(self, activity: str, unit: str = "") -> contextlib.AbstractContextManager[Pace]:
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


def _rows_of(records: Sequence[Record], columns: Sequence[Column]) -> Iterator[list[str]]:
    for record in records:
        yield [whole(column.value(record)) for column in columns]


def write_csv(rows: Iterable[Sequence[str]]) -> None:
    """Write rows as CSV: to a file or a program as they are, to a terminal with everything visible."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    if sys.stdout.isatty():
        writer.writerows([visible_lines(cell) for cell in row] for row in rows)
    else:
        writer.writerows(rows)
