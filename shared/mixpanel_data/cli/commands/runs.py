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
from mixpanel_data.cli.base.tables.columns import Choice, Column, Kind

_RUNS_DAYS = 90
# A collector holds a DuckDB file for seconds at a time; whoever looks on does not wait for a whole run.
_WAIT_SECONDS = 30
_COLUMNS: Choice = (
    Column("started_at", "when", Kind.MINUTE),
    "job",
    "status",
    Column("seconds", "took", Kind.SECONDS),
    "new",
    "changed",
    "same",
    Column("billed", kind=Kind.BYTES, spare=True),
    Column("error", kind=Kind.PROSE),
)
# Which figures of each job count as new, as changed and as the same.
_FIGURES = {
    "collector": ("inserted", "updated", "duplicates"),
    "detector": ("notified", "resolved", ""),
    "identity-transition": (
        "changed.inserted graph.inserted",
        "changed.updated changed.deleted graph.updated graph.deleted",
        "",
    ),
    "incremental-user-sync": ("", "changed", ""),
    "registry-updater": ("new_events new_properties", "changes", ""),
}

app = typer.Typer(rich_help_panel=Panel.JOBS)


@command(app)
def runs(
    output: Output,
    job: Annotated[str | None, typer.Option(metavar="JOB", help="Only runs of this job, such as collector.")] = None,
    last: Annotated[int, typer.Option(metavar="N", min=1, help="How many runs, newest first.")] = 10,
    parts: Annotated[bool, typer.Option("--parts", help="Include the parts that each run published.")] = False,
) -> None:
    """Show the newest runs of the last 90 days: when they started, how long they took, and the error that ended them.

    New, changed and same count events for the collector, alerts sent and ended for the detector, mirrored rows for the
    identity transition, users for the user sync, names and changes of them for the registry. Billed: BigQuery's bytes.

    Example: `mp runs --job collector --last 3 --format table`
    """
    from mixpanel_data import runs as job_runs

    call = new_call(_WAIT_SECONDS)
    with existing_tables() as session:
        warehouse = session.warehouse.within(call.deadline)
        since = utc_now() - timedelta(days=_RUNS_DAYS)
        rows = job_runs.recent(warehouse, since, last, job=job, with_parts=parts)
        if job is not None and job not in _FIGURES and not rows:
            job_runs.check_job(warehouse, since, job, _FIGURES)
    if not rows:
        output.note(f"No run in the last {_RUNS_DAYS} days matches.")
    found = [_shown(row) for row in rows]
    columns = [*_COLUMNS[:2], "part", *_COLUMNS[2:]] if parts else _COLUMNS
    output.show(found, columns, rows=[{**run, **_counts(run)} for run in found])


def _counts(run: Mapping[str, Any]) -> dict[str, int | None]:
    """How much a run found new, changed and as it was, and was billed; None for what its job does not count."""
    counts: dict[str, int | None] = {"billed": run["bytes_billed"] or None}
    for name, paths in zip(("new", "changed", "same"), _FIGURES.get(run["job"], ("", "", "")), strict=True):
        found = [Column(f"figures.{path}").value(run) for path in paths.split()]
        counts[name] = None if found.count(None) == len(found) else sum(filter(None, found))
    return counts


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of job_runs as JSON values; `seconds` runs from the start to the end."""
    from mixpanel_data import calls

    window = {"from": row["window_from"], "to": row["window_to"]} if row["window_from"] else None
    return {
        "run_id": row["run_id"],
        "part": row["part"],
        "job": row["job"],
        "status": row["status"],
        "started_at": calls.plain(row["started_at"]),
        "seconds": round((row["finished_at"] - row["started_at"]).total_seconds(), 3) if row["finished_at"] else None,
        "window": window and {name: calls.plain(instant) for name, instant in window.items()},
        "figures": row["figures"],
        "bytes_billed": row.get("bytes_billed"),
        "error": row["error"],
    }
