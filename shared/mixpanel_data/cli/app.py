"""The command `mp`: its options, and the commands that the modules of `cli/commands/` and plugins add."""

import importlib
import pkgutil

import typer

from mixpanel_data.cli import commands
from mixpanel_data.cli.base.options import FormatOption, GlobalOptions, QuietOption, VerboseOption, VersionOption
from mixpanel_data.cli.plugins import GroupWithPlugins

app = typer.Typer(
    cls=GroupWithPlugins, pretty_exceptions_enable=False, invoke_without_command=True, rich_markup_mode="markdown"
)


@app.callback()
def _every_command(
    context: typer.Context,
    output_format: FormatOption = None,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
    _version: VersionOption = False,
) -> None:
    """Mixpanel's events in BigQuery or DuckDB, each exactly once.

    Settings come from the environment and a .env file in the working directory. Data goes to stdout, progress and
    errors to stderr. Exit codes: 0 success, 1 failure, 2 credential refused, 3 invalid arguments or settings,
    4 not found, 5 quota used up, 130 interrupted.
    """
    context.obj = GlobalOptions(output_format, quiet, verbose)
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


# One module a command or group of commands, so that adding one touches no list.
for _module in sorted(pkgutil.iter_modules(commands.__path__), key=lambda module: module.name):
    app.add_typer(importlib.import_module(f"{commands.__name__}.{_module.name}").app)
