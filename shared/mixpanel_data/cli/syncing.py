"""`mp users`: totals brought up to date, and one user looked at."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

import typer

from mixpanel_data import calls, users
from mixpanel_data.cli.asking import answering, connected
from mixpanel_data.cli.options import command
from mixpanel_data.cli.output import Format, Output

_PLOT_WIDTH = 30

app = typer.Typer(rich_markup_mode="markdown", no_args_is_help=True)


@app.callback()
def _users() -> None:
    """Keep per-user lifetime totals and latest properties right, and look at them."""


@command(app)
def sync(
    output: Output,
    start: Annotated[str | None, typer.Option("--from", metavar="DATE", help="First day, UTC, ISO 8601.")] = None,
    end: Annotated[str | None, typer.Option("--to", metavar="DATE", help="The day after the last one.")] = None,
) -> None:
    """Bring the totals up to date: for the days up to yesterday that changed, or for all days of a window.

    May be repeated, overlapped or interrupted: nothing is counted twice.
    """
    with output.progress("Counting"):
        told = answering(users.Request, users.run, {"from": start, "to": end})
    output.show(told)


@command(app)
def show(
    output: Output,
    distinct_id: Annotated[str, typer.Argument(metavar="ID", help="The distinct id, or the cluster's.")],
    last: Annotated[int, typer.Option("--days", metavar="N", min=1, help="The newest days, in a table.")] = 60,
) -> None:
    """Show a user's totals, and what each day contributed to them."""
    from mixpanel_data.users.history import history

    with connected() as connections:
        told = calls.plain(history(connections.warehouse, distinct_id))
    if output.format is Format.JSON:
        output.show(told)
    elif output.format is Format.TABLE:
        output.show([{"metric": name, "total": value} for name, value in told["totals"].items()])
        days = told["days"][-last:]
        output.show([{**day, "plot": plot} for day, plot in zip(days, _plots(days), strict=True)], _columns(days))
        if len(days) < len(told["days"]):
            output.note(f"The newest {len(days)} of {len(told['days'])} days; --days shows more.")
    else:
        output.show(told["days"])


def _columns(days: Sequence[Mapping[str, Any]]) -> list[str]:
    """The day first, whose they are only where there are several, and no column that is empty throughout."""
    ids = {day["distinct_id"] for day in days}
    names = ["day", *(["distinct_id"] if len(ids) > 1 else []), "events_processed"]
    rest = [name for name in days[0] if name not in (*names, "distinct_id", "first_event_time", "last_event_time")]
    return [*names, "plot", *(name for name in rest if any(day[name] is not None for day in days))]


def _plots(days: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """A bar for each day's events."""
    top = max(day["events_processed"] for day in days)
    for day in days:
        yield "█" * max(1, round(day["events_processed"] / top * _PLOT_WIDTH))
