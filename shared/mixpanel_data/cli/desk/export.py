"""`mp export`: tables as files of other programs."""

from enum import StrEnum
from typing import Annotated

import typer

from mixpanel_data.base.errors import RequestError
from mixpanel_data.cli.base.help import Panel
from mixpanel_data.cli.base.options import command
from mixpanel_data.cli.base.output import Output
from mixpanel_data.cli.base.workspaces import DbOption, local

app = typer.Typer(rich_help_panel=Panel.FETCH)


class FileFormat(StrEnum):
    """The format of the files."""

    PARQUET = "parquet"
    JSONL = "jsonl"
    CSV = "csv"


class Source(StrEnum):
    """Where events come from."""

    WAREHOUSE = "warehouse"
    WORKSPACE = "workspace"


@command(app)
def export(
    output: Output,
    table: Annotated[str, typer.Argument(metavar="events|profiles|TABLE", help="What to export.")],
    to: Annotated[
        list[str], typer.Option("--to", metavar="FOLDER", help="A folder, or gs://BUCKET/FOLDER, for the files.")
    ],
    file_format: Annotated[
        FileFormat,
        typer.Option("--format", help="Format of the files; that of the output stands before: mp -f table export."),
    ] = FileFormat.PARQUET,
    from_date: Annotated[
        str | None, typer.Option("--from-date", metavar="DATE", help="First day of events; without it, all that exist.")
    ] = None,
    to_date: Annotated[
        str | None, typer.Option("--to-date", metavar="DATE", help="Last day of events (inclusive).")
    ] = None,
    source: Annotated[
        Source | None,
        typer.Option(help="Where events come from; without it, the warehouse if it has any, else the workspace."),
    ] = None,
    restart: Annotated[bool, typer.Option("--restart", help="Remove the files of an earlier export first.")] = False,
    db: DbOption = None,
) -> None:
    """Write a table as files into FOLDER/TABLE: events in one file a day, other tables in one file.

    Days are those of the project, both inclusive. A file appears when it is whole. Repeat the command to go on after an
    interruption, to add new days, and to replace the files of days that have changed.

    Example: `mp export events --to raw --format parquet --from-date 2024-01-01 --to-date 2024-01-31`
    """
    with local(db) as workspace, output.progress("Exporting", "rows") as activity:
        result = workspace.export(
            table,
            _only(to),
            file_format.value,
            from_date,
            to_date,
            activity.reached,
            source=source.value if source else None,
            restart=restart,
        )
    output.show(result.to_dict())


def _only(folders: list[str]) -> str:
    """The one folder. Raises RequestError for a second one: `--to` may have been meant as the last day."""
    if len(folders) > 1:
        raise RequestError(f"--to names {len(folders)} folders. Give one; the last day is --to-date.")
    return folders[0]
