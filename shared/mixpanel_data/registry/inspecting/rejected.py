"""Exported lines that are not events, redacted for display."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from mixpanel_data.base.redaction import REDACTED, Redactor
from mixpanel_data.registry.inspecting.statements import REJECTED_LINES
from mixpanel_data.warehouse.base import Warehouse

# The table keeps rows for 90 days.
_SINCE = datetime(2000, 1, 1, tzinfo=UTC)
# JSON writes any character as an escape; that of a quote or a backslash would change what is text.
_ESCAPED = re.compile(r"\\u00(?!22|5[cC])([0-7][0-9a-fA-F])")
# What can be a key in text that is not JSON: a quoted name, or the last word before the colon or equals sign, also
# where its quotes are escaped. A name has up to 255 characters.
_KEYS = (
    re.compile(r'"((?:[^"\\]|\\.){0,255})"\s*+[:=]\s*+'),
    re.compile(r"'((?:[^'\\]|\\.){0,255})'\s*+[:=]\s*+"),
    re.compile(r"""(?<![\w$.-])([\w$.-]++)["'\\\s]*+[:=]\s*+"""),
)


@dataclass(frozen=True, slots=True)
class RejectedLine:
    """A row of rejected_events; `first_rejected_at` is UTC, `line` is redacted."""

    first_rejected_at: datetime
    reason: str
    line: str
    run_id: str
    line_id: str


def rejected(warehouse: Warehouse, redactor: Redactor, *, most: int = 100) -> Sequence[RejectedLine]:
    """The lines that were rejected last, at most `most`. Raises what the warehouse raises."""
    return [
        RejectedLine(
            row["first_rejected_at"],
            redactor.text(row["reason"]),
            shown_line(row["line"], redactor),
            row["run_id"],
            row["line_id"],
        )
        for row in warehouse.rows(REJECTED_LINES, since=_SINCE, most=most)
    ]


def shown_line(line: str, redactor: Redactor) -> str:
    """The line without personal data.

    A line that is JSON is redacted value by value. One that is not has no values to tell apart: it ends at the first
    key that says that its value is personal.
    """
    try:
        return json.dumps(redactor.value("", json.loads(line)), ensure_ascii=False)
    except (ValueError, RecursionError):
        return redactor.text(_up_to_personal(_ESCAPED.sub(_character, line), redactor))


def _up_to_personal(line: str, redactor: Redactor) -> str:
    keys = (key for pattern in _KEYS for key in pattern.finditer(line))
    ends = [key.end() for key in keys if redactor.value(key[1], "") == REDACTED]
    return f"{line[: min(ends)]}{REDACTED}" if ends else line


def _character(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16))
