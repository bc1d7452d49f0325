"""`mp segments`: the named segments of config/segments.json, their versions, and frozen members."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mixpanel_data.cli.base.help import Panel
from mixpanel_data.cli.base.options import command
from mixpanel_data.cli.base.output import Format, Output
from mixpanel_data.cli.base.workspaces import DbOption, local
from mixpanel_data.configuration.reports.choices import By

if TYPE_CHECKING:
    from mixpanel_data.workspace.results.segments import SegmentVersion

app = typer.Typer(name="segments", rich_help_panel=Panel.REPORTS)

_COLUMNS = ("name", "version", "kind", "is_current", "members", "saved_at")

_NameArgument = Annotated[
    str, typer.Argument(metavar="NAME[@VERSION]", help="A name that `mp segments list` shows, or one of its versions.")
]


@app.callback()
def _segments() -> None:
    """Look at the named segments, which reports can be limited to, and freeze their members."""


@command(app, "list")
def list_(output: Output, db: DbOption = None) -> None:
    """List the segments with all their versions: those of config/segments.json, and those that the warehouse keeps.

    Example: `mp segments list --format table`
    """
    with local(db) as workspace:
        found = workspace.segments.list()
    _show_list(output, found)


@command(app)
def show(output: Output, name: _NameArgument, db: DbOption = None) -> None:
    """Show a segment's definition and version.

    Example: `mp segments show authors`
    """
    with local(db) as workspace:
        output.show(workspace.segments.show(name).to_dict())


@command(app)
def members(
    output: Output,
    name: Annotated[str, typer.Argument(metavar="NAME@VERSION", help="A frozen version of a segment.")],
    db: DbOption = None,
) -> None:
    """Print the members of a frozen segment.

    Example: `mp segments members authors@1f0c9a7be2d3 --format csv`
    """
    with local(db) as workspace:
        output.show([{"user_id": user} for user in workspace.segments.members(name)], ("user_id",))


@command(app)
def save(output: Output, db: DbOption = None) -> None:
    """Keep the current version of every segment in the warehouse, and print those that are new.

    Reports keep the versions that they use by themselves.

    Example: `mp segments save --format table`
    """
    with local(db) as workspace, output.progress("Saving"):
        new = workspace.segments.save()
    _show_list(output, new)


@command(app)
def freeze(
    output: Output,
    name: _NameArgument,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="TIME", help="Work out the members as of this moment, not now.")
    ] = None,
    by: Annotated[
        By | None, typer.Option("--by", help="Who counts as one user: an id (user), or all ids of a cluster (cluster).")
    ] = None,
    timezone: Annotated[
        str | None, typer.Option("--timezone", metavar="ZONE", help="Zone of the days, in place of MIXPANEL_TIMEZONE.")
    ] = None,
    table: Annotated[str | None, typer.Option("--table", metavar="TABLE", help="The table of events to read.")] = None,
    db: DbOption = None,
) -> None:
    """Keep the members that a segment has now, or had at a moment, and print the version to use them by.

    A repeat with the same members adds nothing.

    Example: `mp segments freeze authors --as-of 2020-01-01T00:00:00Z`
    """
    with local(db) as workspace, output.progress("Freezing"):
        frozen = workspace.segments.freeze(name, as_of=as_of, by=by, timezone=timezone, table=table)
    shown = frozen.to_dict()
    fields = ("name", "version", "members", "as_of")
    output.show({**{field: shown[field] for field in fields}, "use": frozen.use})


def _show_list(output: Output, found: "Sequence[SegmentVersion]") -> None:
    output.show([_row(each, output) for each in found], _COLUMNS)


def _row(version: "SegmentVersion", output: Output) -> dict[str, Any]:
    row = {field: value for field, value in version.to_dict().items() if field in _COLUMNS}
    if output.format is Format.TABLE:
        row["version"] = version.short_version
    return row
