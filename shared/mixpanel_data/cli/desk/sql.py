"""`mp sql`: ask the workspace's file."""

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mixpanel_data.base.errors import RequestError
from mixpanel_data.cli.base.files import text_of
from mixpanel_data.cli.base.help import Panel
from mixpanel_data.cli.base.options import command
from mixpanel_data.cli.base.output import Format, Output
from mixpanel_data.cli.base.rows import print_rows, print_scalar
from mixpanel_data.cli.base.workspaces import DbOption, local

if TYPE_CHECKING:
    from mixpanel_data.workspace.workspace import Workspace

_ASKING = "Asking the file"

app = typer.Typer(rich_help_panel=Panel.FETCH)


@command(app)
def sql(
    output: Output,
    query: Annotated[str | None, typer.Argument(metavar="QUERY", help="A query; - reads it from stdin.")] = None,
    file: Annotated[Path | None, typer.Option("--file", metavar="FILE", help="Read the query from a file.")] = None,
    scalar: Annotated[
        bool, typer.Option("--scalar", help="Print the one value of the answer, without a name.")
    ] = False,
    limit: Annotated[int | None, typer.Option(metavar="N", min=0, help="Print at most N rows.")] = None,
    db: DbOption = None,
) -> None:
    """Run a query in DuckDB's dialect on the fetched tables, and print its rows.

    A query reads the file and nothing else. CSV and JSONL are printed row by row, however many there are.

    Example: `mp sql "SELECT event_name, COUNT(*) AS n FROM events GROUP BY 1 ORDER BY 2 DESC" --format table`
    """
    text = _query(query, file)
    with local(db) as workspace:
        if scalar:
            with output.progress(_ASKING):
                column, cell = workspace._cell(text)
            print_scalar(output, column, cell)
            return
        if output.format is Format.CSV and limit is None and _print_copied_csv(workspace, text):
            return
        with contextlib.ExitStack() as open_until_printed:
            # Rows go to the same terminal: the line about progress ends before the first of them.
            with output.progress(_ASKING):
                batches = open_until_printed.enter_context(workspace._batches(text))
            print_rows(output, batches, limit)


def _print_copied_csv(workspace: "Workspace", query: str) -> bool:
    """Print CSV as DuckDB writes it; False, and nothing printed, where it cannot."""
    with workspace._csv(query) as chunks:
        if chunks is None:
            return False
        sys.stdout.flush()
        for chunk in chunks:
            sys.stdout.buffer.write(chunk)
        sys.stdout.buffer.flush()
    return True


def _query(query: str | None, file: Path | None) -> str:
    if (query is None) == (file is None):
        raise RequestError("Give a query, --file FILE, or - to read the query from stdin; one of them.")
    if file is None:
        return sys.stdin.read() if query == "-" else str(query)
    return text_of(file)
