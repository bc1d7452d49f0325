"""The rows of a query as output, one after the other, however many there are."""

import itertools
import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mixpanel_data.base.visible_text import visible_lines
from mixpanel_data.cli.base.output import Format, Output, write_csv
from mixpanel_data.cli.base.tables.columns import Column as Shown
from mixpanel_data.cli.base.tables.columns import Kind

if TYPE_CHECKING:
    from mixpanel_data.workspace.querying.queries import Batches, Column


def print_scalar(output: Output, column: "Column", value: Any) -> None:
    """Print a value of a column without its name: as JSON, or as the cell that CSV would have."""
    from mixpanel_data.workspace.querying.texts import cell_of, json_of

    if output.format in (Format.JSON, Format.JSONL):
        output.json_text.write_document(json_of(column)(value))
    else:
        text = cell_of(column)(value)
        sys.stdout.write(f"{visible_lines(text) if sys.stdout.isatty() else text}\n")


def print_rows(output: Output, batches: "Batches", limit: int | None) -> None:
    """Print at most `limit` rows (None: all), and say so if there are more."""
    rows = _Rows(batches, limit)
    match output.format:
        case Format.CSV:
            _print_csv(batches, rows)
        case Format.JSONL:
            for text in _objects(batches, rows):
                output.json_text.write_document(text)
        case Format.JSON:
            output.json_text.write_array(_objects(batches, rows))
        case Format.TABLE:
            _print_table(output, batches, rows)
    if rows.has_more:
        output.note(f"There are more than {limit} rows; --limit is {limit}.")


class _Rows:
    """The rows of the batches, at most as many as the limit; `has_more` says afterwards whether there were others."""

    def __init__(self, batches: "Batches", limit: int | None) -> None:
        self._batches = batches
        self._limit = limit
        self.has_more = False

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        left = self._limit
        for batch in self._batches:
            if left is None:
                yield from batch
                continue
            yield from batch[:left]
            self.has_more = len(batch) > left
            left -= min(left, len(batch))
            if self.has_more:
                return


def _print_csv(batches: "Batches", rows: _Rows) -> None:
    from mixpanel_data.workspace.querying.texts import cell_of, unique_names

    cells = [cell_of(column) for column in batches.columns]
    body = ([cell(value) for cell, value in zip(cells, row, strict=True)] for row in rows)
    write_csv(itertools.chain([unique_names(batches.columns)], body))


def _print_table(output: Output, batches: "Batches", rows: _Rows) -> None:
    from mixpanel_data.workspace.querying.texts import cell_of, unique_names

    names = unique_names(batches.columns)
    cells = [cell_of(column) for column in batches.columns]
    output.show(
        [
            {name: _number_or(value, cell(value)) for name, cell, value in zip(names, cells, row, strict=True)}
            for row in rows
        ],
        [Shown(name, kind=Kind.EXACT) for name in names],
    )


def _number_or(value: Any, text: str) -> Any:
    """Numbers as they are, so that a table aligns them; all else as text."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) and text else text


def _objects(batches: "Batches", rows: _Rows) -> Iterator[str]:
    from mixpanel_data.workspace.querying.texts import json_of, unique_names

    members = [
        (f"{_name(name)}: ", json_of(column))
        for name, column in zip(unique_names(batches.columns), batches.columns, strict=True)
    ]
    for row in rows:
        yield f"{{{', '.join(name + text(value) for (name, text), value in zip(members, row, strict=True))}}}"


def _name(name: str) -> str:
    """A name as JSON has it."""
    return json.dumps(name, ensure_ascii=False)
