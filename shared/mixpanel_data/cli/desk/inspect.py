"""`mp info`, `mp tables`, `mp schema` and `mp drop`: what the workspace's file holds."""

import sys
from typing import Annotated

import typer

from mixpanel_data.base.errors import RequestError
from mixpanel_data.cli.base.help import Panel
from mixpanel_data.cli.base.options import command
from mixpanel_data.cli.base.output import Format, Output
from mixpanel_data.cli.base.workspaces import DbOption, local

_TABLES = ("name", "type", "row_count", "from_date", "to_date", "fetched_at")

app = typer.Typer(rich_help_panel=Panel.FETCH)


@command(app)
def info(output: Output, db: DbOption = None) -> None:
    """Show which file and project this is, why this file, and what it holds.

    Example: `mp info`
    """
    with local(db) as workspace:
        output.show(workspace.info().to_dict())


@command(app)
def tables(output: Output, db: DbOption = None) -> None:
    """List the tables of the file with their rows and days.

    Example: `mp tables --format table`
    """
    with local(db) as workspace:
        found = workspace.tables()
    if not found:
        output.note("The file has no tables yet; `mp fetch events` makes one.")
    output.show([table.to_dict() for table in found], _TABLES)


@command(app)
def schema(
    output: Output,
    table: Annotated[str, typer.Argument(metavar="TABLE", help="A name that `mp tables` lists.")],
    db: DbOption = None,
) -> None:
    """Show the columns of a table.

    Example: `mp schema events --format table`
    """
    with local(db) as workspace:
        found = workspace.schema(table).to_dict()
    output.show(found if output.format is Format.JSON else found["columns"])


@command(app)
def drop(
    output: Output,
    names: Annotated[list[str] | None, typer.Argument(metavar="TABLE...", help="The tables to drop.")] = None,
    all_tables: Annotated[bool, typer.Option("--all", help="Drop every table, or every one of --type.")] = False,
    kind: Annotated[
        str | None,
        typer.Option("--type", metavar="events|profiles", help="With --all: only fetched tables of this type."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Do not ask.")] = False,
    db: DbOption = None,
) -> None:
    """Drop tables, all that are named or none. Tables of the jobs stay.

    Example: `mp drop events --force`
    """
    if bool(names) == all_tables or (kind is not None and not all_tables):
        raise RequestError("Name the tables to drop, or give --all, with --type if you like.")
    with local(db) as workspace:
        named = names or [f"all tables of type {kind}" if kind else "all tables"]
        if not force:
            _ask(named)
        before = [table.name for table in workspace.tables()]
        if all_tables:
            workspace.drop_all(kind)  # type: ignore[arg-type]  # it checks the type
        else:
            workspace.drop(*(names or []))
        after = {table.name for table in workspace.tables()}
    output.show({"dropped": [name for name in before if name not in after]})


def _ask(named: list[str]) -> None:
    """Raise RequestError unless somebody at a terminal agrees."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise RequestError(f"Nobody can be asked here whether to drop {', '.join(named)}. Give --force to drop.")
    if not typer.confirm(f"Drop {', '.join(named)}?", err=True):
        raise RequestError("Nothing was dropped.")
