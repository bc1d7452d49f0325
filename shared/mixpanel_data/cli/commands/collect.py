"""`mp collect`: run the collector."""

from typing import Annotated

import typer

from mixpanel_data.base.choices import Reread
from mixpanel_data.cli.base.help import Panel
from mixpanel_data.cli.base.jobs import run_job
from mixpanel_data.cli.base.options import command
from mixpanel_data.cli.base.output import Output

app = typer.Typer(rich_help_panel=Panel.JOBS)


@command(app)
def collect(
    output: Output,
    start: Annotated[str | None, typer.Option("--from", metavar="TIME", help="Start of the window, ISO 8601.")] = None,
    end: Annotated[str | None, typer.Option("--to", metavar="TIME", help="End of the window (exclusive).")] = None,
    reread: Annotated[
        Reread | None, typer.Option(help="Instead of both: the last 7 days, or today's slice of older days.")
    ] = None,
    events: Annotated[
        list[str] | None, typer.Option("--event", metavar="NAME", help="Only this event; can be repeated.")
    ] = None,
    new_state: Annotated[
        bool,
        typer.Option("--new-state", help="Replace the state of another project or events table. Events are kept."),
    ] = False,
) -> None:
    """Collect a window of event time or, without one, every event that arrived since the last run.

    It is safe to repeat, overlap or interrupt: no event is stored twice.

    Example: `mp collect --from 2024-03-01 --to 2024-04-01`
    """
    from mixpanel_data import collect as collector
    from mixpanel_data.wiring.collect import run

    parameters = {"from": start, "to": end, "reread": reread, "events": events or None, "new_state": new_state}
    with output.progress("Collecting", "events"):
        answer = run_job(collector.Request, run, parameters, calls_mixpanel=True)
    output.show(answer)
