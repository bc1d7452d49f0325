"""`mp collect`: run the collector."""

from typing import Annotated

import typer

from mixpanel_data import collect as collector
from mixpanel_data.cli.base.jobs import run_job
from mixpanel_data.cli.base.options import command
from mixpanel_data.cli.base.output import Output
from mixpanel_data.wiring.collect import run

app = typer.Typer()


@command(app)
def collect(
    output: Output,
    start: Annotated[str | None, typer.Option("--from", metavar="TIME", help="Start of the window, ISO 8601.")] = None,
    end: Annotated[str | None, typer.Option("--to", metavar="TIME", help="End of the window (exclusive).")] = None,
    reread: Annotated[
        collector.Reread | None, typer.Option(help="Instead of both: the last 7 days, or today's slice of older days.")
    ] = None,
    events: Annotated[
        list[str] | None, typer.Option("--event", metavar="NAME", help="Only this event; can be repeated.")
    ] = None,
) -> None:
    """Collect a window of event time or, without one, every event that arrived since the last run.

    It is safe to repeat, overlap or interrupt: no event is stored twice.
    """
    parameters = {"from": start, "to": end, "reread": reread, "events": events or None}
    with output.progress("Collecting"):
        answer = run_job(collector.Request, run, parameters)
    output.show(answer)
