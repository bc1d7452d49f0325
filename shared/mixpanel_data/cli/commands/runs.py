"""`mp runs`: show what ran."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

import typer

from mixpanel_data.base.clock import utc_now
from mixpanel_data.cli.base.help import Panel
from mixpanel_data.cli.base.jobs import existing_tables, new_call
from mixpanel_data.cli.base.options import command
from mixpanel_data.cli.base.output import Output

_RUNS_DAYS = 90
# A collector holds a DuckDB file for seconds at a time; whoever looks on does not wait for a whole run.
_WAIT_SECONDS = 30
_COLUMNS = (
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

app = typer.Typer(rich_help_panel=Panel.JOBS)


@command(app)
def runs(
    output: Output,
    job: Annotated[str | None, typer.Option(metavar="JOB", help="Only runs of this job, such as collector.")] = None,
    last: Annotated[int, typer.Option(metavar="N", min=1, help="How many runs, newest first.")] = 10,
    parts: Annotated[bool, typer.Option("--parts", help="Include the parts that each run published.")] = False,
) -> None:
    """Show the newest runs of the last 90 days: their start, window, figures, and the error that ended them.

    Example: `mp runs --job collector --last 3 --format table`
    """
    from mixpanel_data import runs as job_runs

    call = new_call(_WAIT_SECONDS)
    with existing_tables() as session:
        warehouse = session.warehouse.within(call.deadline)
        since = utc_now() - timedelta(days=_RUNS_DAYS)
        rows = job_runs.recent(warehouse, since, last, job=job, with_parts=parts)
    if not rows:
        output.note(f"No run in the last {_RUNS_DAYS} days matches.")
    output.show([_shown(row) for row in rows], _COLUMNS)


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of job_runs as JSON values; `seconds` runs from the start to the end."""
    from mixpanel_data import calls

    window = {"from": row["window_from"], "to": row["window_to"]} if row["window_from"] else None
    ended = row["finished_at"]
    return {
        "run_id": row["run_id"],
        "part": row["part"],
        "job": row["job"],
        "status": row["status"],
        "started_at": calls.plain(row["started_at"]),
        "seconds": round((ended - row["started_at"]).total_seconds(), 3) if ended else None,
        "window": window and {name: calls.plain(instant) for name, instant in window.items()},
        "figures": row["figures"],
        "error": row["error"],
    }
