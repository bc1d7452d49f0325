"""`mp users`: bring totals up to date, and look at one user."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from mixpanel_data.cli.base.help import Panel
from mixpanel_data.cli.base.jobs import existing_tables, run_job
from mixpanel_data.cli.base.options import command
from mixpanel_data.cli.base.output import Format, Output
from mixpanel_data.cli.base.tables.columns import Choice, Column, Kind, spare
from mixpanel_data.cli.base.tables.plots import Bar

app = typer.Typer(name="users", rich_help_panel=Panel.JOBS)


@app.callback()
def _users() -> None:
    """Keep per-user lifetime totals and latest properties up to date, and look at them."""


@command(app)
def sync(
    output: Output,
    start: Annotated[str | None, typer.Option("--from", metavar="DATE", help="First day, UTC, ISO 8601.")] = None,
    end: Annotated[str | None, typer.Option("--to", metavar="DATE", help="The day after the last day.")] = None,
) -> None:
    """Bring the totals up to date: for the days up to yesterday that changed, or for every day of a window.

    It is safe to repeat, overlap or interrupt: no event is counted twice.

    Example: `mp users sync --from 2024-03-01 --to 2024-04-01`
    """
    from mixpanel_data import users
    from mixpanel_data.wiring.users import run

    with output.progress("Counting"):
        answer = run_job(users.Request, run, {"from": start, "to": end})
    output.show(answer)


@command(app)
def resend(
    output: Output,
    targets: Annotated[
        list[str] | None,
        typer.Option("--target", metavar="NAME", help="postgres or mixpanel; can be repeated. Default: all."),
    ] = None,
) -> None:
    """Send everybody's totals again to the targets, after the totals were brought up to date.

    A target keeps what is right already. If you interrupt it, the next `mp users sync` sends the rest.

    Example: `mp users resend --target postgres`
    """
    from mixpanel_data import users
    from mixpanel_data.users.targets import ALL
    from mixpanel_data.wiring.users import run

    with output.progress("Sending", "users"):
        answer = run_job(users.Request, run, {"resend": targets or [ALL]})
    output.show(answer)


@command(app)
def show(
    output: Output,
    distinct_id: Annotated[str, typer.Argument(metavar="ID", help="A distinct id, or a cluster's id.")],
    last: Annotated[int, typer.Option("--days", metavar="N", min=1, help="How many of the newest days to show.")] = 60,
) -> None:
    """Show a user's totals, and the contribution of each day.

    Example: `mp users show user-42 --days 7 --format table`
    """
    from mixpanel_data import calls
    from mixpanel_data.users.history import history

    with existing_tables() as session:
        found = calls.plain(history(session.warehouse, distinct_id))
    count, days = len(found["days"]), found["days"][-last:]
    if output.format is Format.TABLE:
        output.show([{"metric": name, "total": value} for name, value in found["totals"].items()], ("metric", "total"))
    if output.format is Format.JSON:
        output.show({**found, "days": days})
    else:
        top = max(day["events_processed"] for day in days)
        legend = f"plot: events, from 0 to {top:,}"
        output.show(days, _columns(days), rows=_with_plots(days, top), legend=legend)
    if len(days) < count:
        output.note(f"The newest {len(days)} of {count} days; --days shows more.")


def _columns(days: Sequence[Mapping[str, Any]]) -> Choice:
    """The day first, the id only if there are several, and no column without any value."""
    ids = {day["distinct_id"] for day in days}
    names = ["day", *(["distinct_id"] if len(ids) > 1 else []), "events_processed"]
    rest = [name for name in days[0] if name not in (*names, "distinct_id", "first_event_time", "last_event_time")]
    known = spare(*(name for name in rest if any(day[name] is not None for day in days)))
    return [*names, Column("plot", kind=Kind.PLOT), *known]


def _with_plots(days: Sequence[Mapping[str, Any]], top: int) -> list[Mapping[str, Any]]:
    """The days, each with a bar as long as its events."""
    return [{**day, "plot": Bar(day["events_processed"] / top)} for day in days]
