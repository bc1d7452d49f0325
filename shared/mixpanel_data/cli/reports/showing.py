"""The answer of a report on the command line: rows, a drawing below a table, and a page."""

import json
import math
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mixpanel_data.cli.base.live import show_rows
from mixpanel_data.cli.base.output import Format, Output
from mixpanel_data.cli.reports.pages import write_page

if TYPE_CHECKING:
    from mixpanel_data.reports.answers.answer import Answer

_WIDTH_OF_A_PIPE = 100
_DIGITS = 4
_USERS_OF = "users_of"
"""Which of several segments a row is of: a name, or what the definition has."""
_PROPERTIES = "properties"
"""Where rows have all properties of an event or a user; the drawing tells them."""


def show_answer(output: Output, answer: "Answer", html: Path | None) -> None:
    """Write an answer: all of it as JSON, its rows as CSV and JSONL, its rows and a drawing as a table.

    `html` is a file for its page, which replaces what is there. Raises RequestError if it cannot be written.
    """
    from mixpanel_data.workspace.results.base import plain

    rows: list[dict[str, Any]] = [plain(row) for row in answer.rows]
    if html is not None:
        from mixpanel_data.reports.answers.showing import page_of

        write_page(html, page_of(answer))
    if output.format in (Format.TABLE, Format.CSV):
        rows = [_with_one_segment(row) for row in rows]
    if output.format is Format.TABLE:
        rows = _for_a_table(rows)
    show_rows(output, answer.to_dict(), rows, ())
    if output.format is Format.TABLE:
        _draw(answer)


def _for_a_table(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    # Empty columns are such as the segment where nothing is broken down; properties would be a column each.
    names = {name for row in rows for name, value in row.items() if value is not None and name != _PROPERTIES}
    return [{name: _short(value) for name, value in row.items() if name in names} for row in rows]


def _short(value: Any) -> Any:
    """A number with 4 decimals, or with 4 digits if it is small; everything else as it is."""
    if not isinstance(value, float) or not math.isfinite(value) or not value:
        return value
    return round(value, max(_DIGITS, _DIGITS - 1 - math.floor(math.log10(abs(value)))))


def _with_one_segment(row: dict[str, Any]) -> dict[str, Any]:
    """A row in which a segment that is given as an object stays one column."""
    segment = row.get(_USERS_OF)
    if not isinstance(segment, dict):
        return row
    return {**row, _USERS_OF: json.dumps(segment, ensure_ascii=False, separators=(",", ":"))}


def _draw(answer: "Answer") -> None:
    from mixpanel_data.reports.answers.showing import drawn

    width = shutil.get_terminal_size((_WIDTH_OF_A_PIPE, 24)).columns
    sys.stdout.write(drawn(answer, width=width, is_colored=_is_colored()))


def _is_colored() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
