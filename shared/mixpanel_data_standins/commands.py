"""The commands `demo` and `serve` of `mp`, which `mp` finds through the entry points `mixpanel_data.commands`."""

from pathlib import Path
from typing import Annotated

import typer

from mixpanel_data_standins.function_process import functions_folder, stopping_on_signals
from mixpanel_data_standins.serve import CONTROL_PORT

_Functions = Annotated[
    Path | None,
    typer.Option("--functions", metavar="DIR", help="Run the functions in this folder, not the built-in ones."),
]
_Control = Annotated[
    int, typer.Option("--port", metavar="PORT", help="The port on which `mp serve` takes faults, its --control-port.")
]
_Event = Annotated[str | None, typer.Option(metavar="NAME", help="The event concerned, one of the traffic's.")]

_LAST_PORT = 65535
# Four more functions follow the collector.
_LAST_FIRST_PORT = _LAST_PORT - 4

_FirstPort = Annotated[
    int, typer.Option(metavar="PORT", min=1, max=_LAST_FIRST_PORT, help="Port of the collector; the others follow.")
]
_MixpanelPort = Annotated[
    int, typer.Option(metavar="PORT", min=0, max=_LAST_PORT, help="Port of the stand-in Mixpanel.")
]
_SlackPort = Annotated[int, typer.Option(metavar="PORT", min=0, max=_LAST_PORT, help="Port of the stand-in Slack.")]
_ControlPort = Annotated[
    int, typer.Option(metavar="PORT", min=0, max=_LAST_PORT, help="Port that takes faults from other terminals.")
]

# Plain help: Rich takes as long to load as everything else together.
serve = typer.Typer(name="serve", rich_markup_mode=None)


def demo(
    functions: _Functions = None,
    database: Annotated[
        Path, typer.Option(metavar="FILE", help="The DuckDB file to write; replaces an earlier one.")
    ] = Path("demo.duckdb"),
) -> None:
    """Run all functions on two years of real events, against stand-ins for Mixpanel and Slack, and check every count.

    Needs no account and no network. Leaves the tables in demo.duckdb and the alert in demo-alert.html.
    """
    from mixpanel_data_standins.demo import run

    with stopping_on_signals():
        raise typer.Exit(run(functions or functions_folder(), database))


@serve.callback(invoke_without_command=True)
def _serve(
    context: typer.Context,
    functions: _Functions = None,
    database: Annotated[
        Path, typer.Option(metavar="FILE", help="The DuckDB file to write; replaces that of an earlier start.")
    ] = Path("serve.duckdb"),
    speed: Annotated[
        float, typer.Option(metavar="N", min=1, max=60, help="How many times as fast as usual time runs.")
    ] = 60,
    first_port: _FirstPort = 8081,
    mixpanel_port: _MixpanelPort = 8086,
    slack_port: _SlackPort = 8087,
    control_port: _ControlPort = CONTROL_PORT,
) -> None:
    """Keep stand-ins for Mixpanel and Slack and all functions running, to call and look at, until Ctrl-C.

    Traffic flows, and the schedules of config/schedules.json call the functions; time runs 60 times as fast as usual.
    In another terminal, start a fault in the traffic, and see its alert and its end in the stand-in Slack.

    The functions read config/ and .env of the working directory, but reach only the stand-ins and the DuckDB file.

    Example: `mp serve burst`
    """
    if context.invoked_subcommand is not None:
        return
    from mixpanel_data_standins.serve.serving import Ports
    from mixpanel_data_standins.serve.serving import serve as serve_until_interrupted

    try:
        with stopping_on_signals():
            ports = Ports(first_port, mixpanel_port, slack_port, control_port)
            serve_until_interrupted(functions or functions_folder(), database, ports, speed)
    except KeyboardInterrupt:
        # Ctrl-C is the ordinary end of this command.
        return


@serve.command()
def burst(event: _Event = None, port: _Control = CONTROL_PORT) -> None:
    """Start a burst in the traffic of a running `mp serve`: far too many of one event, by default Checkout Failed."""
    _begin("burst", event, port)


@serve.command()
def outage(port: _Control = CONTROL_PORT) -> None:
    """Start an outage in the traffic of a running `mp serve`: no event of any name."""
    _begin("outage", None, port)


@serve.command()
def silence(event: _Event = None, port: _Control = CONTROL_PORT) -> None:
    """Start a silence in the traffic of a running `mp serve`: none of one event, by default Checkout Started."""
    _begin("silence", event, port)


def _begin(kind: str, event: str | None, port: int) -> None:
    from mixpanel_data_standins.serve.control import begin
    from mixpanel_data_standins.serve.faults import Kind

    begun = begin(Kind(kind), event, port)
    typer.echo(f"Started {begun.fault}: {begun.begins} to {begun.ends} of simulated time, {begun.seconds} s of yours.")
    typer.echo(f"See its alert and its end at {begun.seen_at}")
