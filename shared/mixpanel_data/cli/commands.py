"""The commands of `mp`: each reads its arguments, calls the library and shows what it says."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Any

import typer

from mixpanel_data import calls
from mixpanel_data import collect as collector
from mixpanel_data import runs as job_runs
from mixpanel_data.base.clock import utc_now
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import TableNotFoundError
from mixpanel_data.cli import detecting, syncing
from mixpanel_data.cli.asking import answering
from mixpanel_data.cli.options import FormatOption, Given, QuietOption, VerboseOption, command
from mixpanel_data.cli.output import Output
from mixpanel_data.configuration.settings import Settings
from mixpanel_data.wiring.connect import Connections, environment

_RUNS_DAYS = 90
# A collector holds a DuckDB file for seconds at a time; who looks on does not wait for a whole run.
_RUNS_WAIT_SECONDS = 30
_RUNS_COLUMNS = (
    "started_at",
    "job",
    "part",
    "status",
    "seconds",
    "window.from",
    "window.to",
    "figures.received",
    "figures.inserted",
    "figures.updated",
    "figures.duplicates",
    "error",
)

app = typer.Typer(
    add_completion=False, pretty_exceptions_enable=False, invoke_without_command=True, rich_markup_mode="markdown"
)


app.add_typer(detecting.app, name="detect")
app.add_typer(syncing.app, name="users")


@app.callback()
def _every_command(
    context: typer.Context,
    output_format: FormatOption = None,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Mixpanel's events in BigQuery or DuckDB, each exactly once.

    Settings come from the environment and a .env file in the working directory. Data goes to stdout, progress and
    errors to stderr. Exit codes: 0 done, 1 failed, 2 credential refused, 3 invalid arguments or settings, 4 not found,
    5 quota used up, 130 interrupted.
    """
    context.obj = Given(output_format, quiet, verbose)
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@command(app)
def collect(
    output: Output,
    start: Annotated[str | None, typer.Option("--from", metavar="TIME", help="Start of the window, ISO 8601.")] = None,
    end: Annotated[str | None, typer.Option("--to", metavar="TIME", help="Its end, exclusive, ISO 8601.")] = None,
    reread: Annotated[
        collector.Reread | None, typer.Option(help="In place of both: the last 7 days, or today's older slice.")
    ] = None,
    events: Annotated[
        list[str] | None, typer.Option("--event", metavar="NAME", help="This event alone; may be repeated.")
    ] = None,
) -> None:
    """Bring events into the warehouse: those of a window, or without one what arrived since the last run.

    May be repeated, overlapped or interrupted: what is there already is not brought twice.
    """
    parameters = {"from": start, "to": end, "reread": reread, "events": events or None}
    with output.progress("Collecting"):
        told = answering(collector.Request, collector.run, parameters)
    output.show(told)


@command(app)
def runs(
    output: Output,
    job: Annotated[str | None, typer.Option(metavar="JOB", help="Runs of this job alone, such as collector.")] = None,
    last: Annotated[int, typer.Option(metavar="N", min=1, help="How many runs, the newest first.")] = 10,
    parts: Annotated[bool, typer.Option("--parts", help="Also the parts that each run published.")] = False,
) -> None:
    """Show the newest runs of the last 90 days: when, over which window, what they did, what ended them."""
    settings = replace(Settings.from_env(environment()), create_tables=False)
    with Connections(settings, calls.new_run_id(), Deadline.after(_RUNS_WAIT_SECONDS)) as connections:
        rows = _recent(connections, last, job, parts)
    if not rows:
        output.note(f"There is no such run in the last {_RUNS_DAYS} days.")
    output.show([_shown(row) for row in rows], _RUNS_COLUMNS)


def _recent(connections: Connections, last: int, job: str | None, parts: bool) -> list[Mapping[str, Any]]:
    path = connections.settings.duckdb_path
    missing = (
        f"There are no runs yet in {path or connections.settings.bigquery_dataset}: `mp collect` makes its tables."
    )
    # Looking into a DuckDB file that is not there would make it.
    if path is not None and not path.exists():
        raise TableNotFoundError(missing)
    since = utc_now() - timedelta(days=_RUNS_DAYS)
    try:
        return job_runs.recent(connections.warehouse, since, last, job=job, with_parts=parts)
    except TableNotFoundError as error:
        raise TableNotFoundError(missing) from error


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of job_runs; `seconds` are those from the run's start."""
    window = {"from": row["window_from"], "to": row["window_to"]} if row["window_from"] else None
    ended = row["finished_at"]
    return {
        "run_id": row["run_id"],
        "part": row["part"],
        "job": row["job"],
        "status": row["status"],
        "started_at": calls.plain(row["started_at"]),
        "seconds": round((ended - row["started_at"]).total_seconds(), 3) if ended else None,
        "window": window and {name: calls.plain(moment) for name, moment in window.items()},
        "figures": row["figures"],
        "error": row["error"],
    }
