"""What the commands that ask Mixpanel a query have in common: their options, and the way they show an answer."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mixpanel_data.cli.base.output import Format, Output
from mixpanel_data.cli.base.tables.columns import Record
from mixpanel_data.cli.base.workspaces import connected
from mixpanel_data.configuration.reports.choices import LongUnit, ShortUnit, Unit

if TYPE_CHECKING:
    from mixpanel_data.workspace.results.base import Plain, Table
    from mixpanel_data.workspace.workspace import Workspace

SegmentationUnit = StrEnum("SegmentationUnit", ["MINUTE", "HOUR", "DAY", "MONTH"])
Kind = StrEnum("Kind", ["GENERAL", "UNIQUE", "AVERAGE"])

_FIRST, _LAST = "First day, as the project counts.", "Last day (inclusive)."
_UNIT = "The length of a period, which each number is for."

WaitOption = Annotated[
    bool,
    typer.Option(
        "--wait",
        help="If the quota is used up, wait until Mixpanel takes the query, instead of failing with exit code 5.",
    ),
]
FromOption = Annotated[str, typer.Option("--from", metavar="DATE", help=_FIRST)]
ToOption = Annotated[str, typer.Option("--to", metavar="DATE", help=_LAST)]
OptionalFromOption = Annotated[str | None, typer.Option("--from", metavar="DATE", help=_FIRST)]
OptionalToOption = Annotated[str | None, typer.Option("--to", metavar="DATE", help=_LAST)]
EventOption = Annotated[str, typer.Option("--event", metavar="NAME", help="The raw event name.")]
WhereOption = Annotated[
    str | None, typer.Option("--where", metavar="EXPRESSION", help="Only what an expression of Mixpanel's selects.")
]
UnitOption = Annotated[Unit, typer.Option("--unit", help=_UNIT)]
SegmentationUnitOption = Annotated[SegmentationUnit, typer.Option("--unit", help=_UNIT)]
LongUnitOption = Annotated[LongUnit, typer.Option("--unit", help=_UNIT)]
ShortUnitOption = Annotated[ShortUnit, typer.Option("--unit", help=_UNIT)]
KindOption = Annotated[
    Kind, typer.Option("--type", help="Count events (general), users (unique), or events for each user (average).")
]


@contextmanager
def asking(output: Output, *, wait: bool) -> Iterator["Workspace"]:
    """The workspace to ask Mixpanel with; on a terminal, a spinner turns while the block runs."""
    with connected(wait=wait) as workspace, output.progress("Asking Mixpanel"):
        yield workspace


def show_names(output: Output, column: str, names: Sequence[str]) -> None:
    """Write names: as JSON a list, else one row for each, in a column of this name."""
    show_rows(output, names, [{column: name} for name in names], (column,))


def show_listed(output: Output, listed: Sequence["Plain"], columns: Sequence[str]) -> None:
    """Write each of several objects as a row, in a table and as CSV with these columns."""
    rows = [each.to_dict() for each in listed]
    show_rows(output, rows, rows, columns)


def show_answer(output: Output, answer: "Table") -> None:
    """Write an answer: all of it as JSON, else its rows."""
    from mixpanel_data.workspace.results.base import plain

    # In this order of columns, and with those that only some rows have.
    rows = [{**dict.fromkeys(answer.columns), **plain(row)} for row in answer.records()]
    show_rows(output, answer.to_dict(), rows, () if rows else answer.columns)


def show_rows(output: Output, whole: Any, rows: Sequence[Record], columns: Sequence[str]) -> None:
    """Write the whole as JSON, or its rows in any other format."""
    output.show(whole if output.format is Format.JSON else rows, columns)
