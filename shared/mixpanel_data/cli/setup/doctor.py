"""`mp doctor`."""

import os
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import typer

from mixpanel_data.base.visible_text import visible
from mixpanel_data.cli.base.account import chosen
from mixpanel_data.cli.base.help import Panel
from mixpanel_data.cli.base.marks import MARKS
from mixpanel_data.cli.base.options import command
from mixpanel_data.cli.base.output import Format, Output
from mixpanel_data.cli.base.streams import can_write, width_of_terminal, write_drawing

if TYPE_CHECKING:
    from mixpanel_data.doctor.check import Check

_WORDS: Mapping[str, str] = {"ok": "ok", "failed": "FAILED", "warning": "warning", "skipped": "skipped"}
# Those of the terminal's own palette, which can be read on light and on dark.
_COLORS: Mapping[str, str] = {"ok": "32", "failed": "1;31", "warning": "33", "skipped": "2"}
_WIDEST_NAME = 30
_LEAST_TEXT = 30

app = typer.Typer(rich_help_panel=Panel.SET_UP)


@command(app, default=Format.TABLE)
def doctor(output: Output) -> None:
    """Check whether everything works, and say how to fix what does not.

    A line for each check: the configuration, Mixpanel, the warehouse, Slack, the schedules and the age of each job.
    It changes nothing, sends no message and takes nothing of Mixpanel's quotas. It ends with 1 if a check failed, which
    has the mark ✘. Without --format it is a table.

    Example: `mp doctor`
    """
    from mixpanel_data.doctor.examination import examined

    # What the clients log on their way, the rows say.
    with replace(output, quiet=True).progress("Looking"):
        checks = examined(chosen())
    is_well = all(check.verdict != "failed" for check in checks)
    _show(checks, "ok" if is_well else "failed", output)
    if not is_well:
        raise typer.Exit(1)


def _show(checks: "Sequence[Check]", status: str, output: Output) -> None:
    records = [asdict(check) for check in checks]
    if output.format is Format.TABLE:
        write_drawing("".join(f"{line}\n" for line in _table(checks, width_of_terminal())))
    elif output.format is Format.JSON:
        output.show({"status": status, "checks": records})
    else:
        output.show(records)


def _table(checks: "Sequence[Check]", width: int | None) -> Iterator[str]:
    """A line for each check; within a width, more lines for what is long, and for what is to be done."""
    marks = MARKS if can_write(sys.stdout, "".join(MARKS.values())) else _WORDS
    widest_mark = max(map(len, marks.values()))
    names = [visible(f"{check.subject} {check.name}") for check in checks]
    widest_name = min(_WIDEST_NAME, max(map(len, names), default=0))
    margin = widest_mark + widest_name + 3
    has_colors = width is not None and not os.environ.get("NO_COLOR")
    for check, name in zip(checks, names, strict=True):
        first, *others = _texts(check, None if width is None else max(_LEAST_TEXT, width - margin))
        mark = f"{marks[check.verdict]:<{widest_mark}}"
        shown = f"\x1b[{_COLORS[check.verdict]}m{mark}\x1b[0m" if has_colors else mark
        yield f"{shown} {name:<{widest_name}}  {first}".rstrip()
        yield from (f"{'':{margin}}{other}" for other in others)


def _texts(check: "Check", width: int | None) -> list[str]:
    """What was found, and behind an arrow the remedy."""
    found, remedy = visible(check.found), f"→ {visible(check.remedy)}" if check.remedy else ""
    if width is None:
        return [" ".join(filter(None, (found, remedy)))]
    # An address or a command that is broken can be neither clicked nor copied.
    folded = textwrap.TextWrapper(width, break_long_words=False, break_on_hyphens=False)
    below = textwrap.TextWrapper(width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
    return [*folded.wrap(found), *below.wrap(remedy)] or [""]
