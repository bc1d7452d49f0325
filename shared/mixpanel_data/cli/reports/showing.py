"""The answer of a report on the command line: rows, a drawing below a table, and a page."""

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mixpanel_data.cli.base.live import show_rows
from mixpanel_data.cli.base.output import Format, Output
from mixpanel_data.cli.base.streams import write_drawing
from mixpanel_data.cli.base.tables.texts import whole
from mixpanel_data.cli.reports.pages import write_page

if TYPE_CHECKING:
    from mixpanel_data.reports.answers.answer import Answer

_WIDTH_OF_A_PIPE = 100
_TOLD_BY_THE_DRAWING = ("properties", "event_id")
"""What takes much room and tells a reader little: all properties of an event or a user, and the ids of events."""


def show_answer(output: Output, answer: "Answer", html: Path | None) -> None:
    """Write an answer: all of it as JSON, its rows as CSV and JSONL, its rows and a drawing as a table.

    `html` is a file for its page, which replaces what is there. Raises RequestError if it cannot be written.
    """
    from mixpanel_data.workspace.results.base import plain

    rows: list[dict[str, Any]] = [plain(row) for row in answer.rows]
    if html is not None:
        from mixpanel_data.reports.answers.showing import page_of

        write_page(html, page_of(answer))
    if output.format is Format.CSV:
        rows = [_with_text(row) for row in rows]
    if output.format is Format.TABLE:
        rows = _for_a_table([_with_text(row) for row in rows], wide=output.wide)
    show_rows(output, answer.to_dict(), rows, ())
    if output.format is Format.TABLE:
        _draw(answer, is_first=not rows)


def _for_a_table(rows: list[dict[str, Any]], *, wide: bool) -> list[dict[str, Any]]:
    # Empty columns are such as the segment where nothing is broken down.
    left_out = () if wide else _TOLD_BY_THE_DRAWING
    names = {name for row in rows for name, value in row.items() if value is not None and name not in left_out}
    return [{name: value for name, value in row.items() if name in names} for row in rows]


def _with_text(row: dict[str, Any]) -> dict[str, Any]:
    """A row in which a segment that is given as an object, and a path, are one text."""
    texts = {name: whole(row[name]) for name in ("users_of",) if isinstance(row.get(name), dict)}
    paths = {name: " → ".join(map(whole, row[name])) for name in ("path",) if isinstance(row.get(name), list)}
    return {**row, **texts, **paths}


def _draw(answer: "Answer", *, is_first: bool) -> None:
    from mixpanel_data.reports.answers.showing import drawn

    width = shutil.get_terminal_size((_WIDTH_OF_A_PIPE, 24)).columns
    text = drawn(answer, width=width, is_colored=_is_colored())
    write_drawing(text if is_first else f"\n{text}")


def _is_colored() -> bool:
    """Whether Rich would use color too."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") in ("dumb", "unknown"):
        return False
    return sys.stdout.isatty() or bool(os.environ.get("FORCE_COLOR"))
