"""The commands `demo` and `serve` of `mp`, which `mp` finds through the entry points `mixpanel_data.commands`."""

from pathlib import Path
from typing import Annotated

import typer

from mixpanel_data_standins.function_process import functions_folder, stopping_on_signals

_Functions = Annotated[
    Path | None,
    typer.Option("--functions", metavar="DIR", help="Run the functions in this folder, not the built-in ones."),
]


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


def serve(
    functions: _Functions = None,
    database: Annotated[Path, typer.Option(metavar="FILE", help="The DuckDB file to write to.")] = Path("demo.duckdb"),
    first_port: Annotated[int, typer.Option(metavar="PORT", help="Port of the collector; the others follow.")] = 8081,
    mixpanel_port: Annotated[int, typer.Option(metavar="PORT", help="Port of the stand-in Mixpanel.")] = 8086,
    slack_port: Annotated[int, typer.Option(metavar="PORT", help="Port of the stand-in Slack.")] = 8087,
) -> None:
    """Keep stand-ins for Mixpanel and Slack and all functions running, to call and look at, until Ctrl-C.

    The functions read config/ and .env of the working directory, but reach only the stand-ins and the DuckDB file.
    """
    from mixpanel_data_standins.serve import Ports
    from mixpanel_data_standins.serve import serve as serve_until_interrupted

    try:
        with stopping_on_signals():
            serve_until_interrupted(
                functions or functions_folder(), database, Ports(first_port, mixpanel_port, slack_port)
            )
    except KeyboardInterrupt:
        # Ctrl-C is the ordinary end of this command.
        return
