"""`mp fetch`: bring events and profiles into tables of the workspace's file."""

from typing import Annotated

import typer

from mixpanel_data.cli.base.help import Panel
from mixpanel_data.cli.base.options import command
from mixpanel_data.cli.base.output import Output
from mixpanel_data.cli.base.workspaces import DbOption, connected

app = typer.Typer(name="fetch", rich_help_panel=Panel.FETCH)

_Where = Annotated[
    str | None, typer.Option("--where", metavar="EXPRESSION", help="Only what an expression of Mixpanel's selects.")
]
_Append = Annotated[bool, typer.Option("--append", help="Add to the table, if it exists; the newest copy wins.")]
_Restart = Annotated[bool, typer.Option("--restart", help="Throw away what an unfinished fetch has so far.")]


@app.callback()
def _fetch() -> None:
    """Fetch once, then ask the file as often as you like. A fetch that was cut off goes on when it is repeated."""


@command(app)
def events(
    output: Output,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name of the table.")] = "events",
    from_date: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="First day, as the project counts.")
    ] = None,
    to_date: Annotated[str | None, typer.Option("--to", metavar="DATE", help="Last day (inclusive).")] = None,
    names: Annotated[
        list[str] | None,
        typer.Option("--events", metavar="NAMES", help="Only these events, with commas; can be repeated."),
    ] = None,
    where: _Where = None,
    append: _Append = False,
    restart: _Restart = False,
    db: DbOption = None,
) -> None:
    """Fetch the events of some days into a table: every event once. Both days are included.

    Example: `mp fetch events --from 2024-01-01 --to 2024-01-31`
    """
    wanted = [name for each in names or [] for name in each.split(",") if name]
    with connected(db) as workspace, output.progress("Fetching", "events") as activity:
        result = workspace.fetch_events(
            name, from_date, to_date, wanted if names else None, where, activity.reached, append=append, restart=restart
        )
    output.show(result.to_dict())


@command(app)
def profiles(
    output: Output,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name of the table.")] = "profiles",
    where: _Where = None,
    cohort_id: Annotated[
        int | None, typer.Option("--cohort", metavar="ID", help="Only the members of a cohort.")
    ] = None,
    output_properties: Annotated[
        list[str] | None, typer.Option("--property", metavar="NAME", help="Only this property; can be repeated.")
    ] = None,
    append: _Append = False,
    restart: _Restart = False,
    db: DbOption = None,
) -> None:
    """Fetch user profiles into a table: every user once.

    Example: `mp fetch profiles --where 'properties["plan"] == "pro"'`
    """
    with connected(db) as workspace, output.progress("Fetching", "profiles") as activity:
        result = workspace.fetch_profiles(
            name,
            where,
            activity.reached,
            append=append,
            restart=restart,
            cohort_id=cohort_id,
            output_properties=output_properties or None,
        )
    output.show(result.to_dict())
