"""The command `mp`: its options, and the commands that its rooms and plugins add."""

import importlib
import pkgutil

import typer

from mixpanel_data.cli import commands, desk, setup
from mixpanel_data.cli.base.help import PanelGroup
from mixpanel_data.cli.base.options import (
    AccountOption,
    FormatOption,
    GlobalOptions,
    JqOption,
    ProjectOption,
    QuietOption,
    VerboseOption,
    VersionOption,
    WideOption,
)
from mixpanel_data.cli.plugins import GroupWithPlugins

# Plain help: Rich takes as long to load as everything else together.
app = typer.Typer(
    cls=GroupWithPlugins, pretty_exceptions_enable=False, invoke_without_command=True, rich_markup_mode=None
)


@app.callback()
def _every_command(
    context: typer.Context,
    account: AccountOption = None,
    project: ProjectOption = None,
    output_format: FormatOption = None,
    jq: JqOption = None,
    wide: WideOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
    _version: VersionOption = False,
) -> None:
    """Mixpanel's events in BigQuery or DuckDB, each exactly once.

    Settings come from the environment and a .env file in the working directory. Data goes to stdout, progress and
    errors to stderr. Exit codes: 0 success, 1 failure, 2 credential refused, 3 invalid arguments or settings,
    4 not found, 5 quota used up, 130 interrupted, 141 the reader of the output has gone.

    Example: `mp tables --format table`
    """
    context.obj = GlobalOptions(account, project, output_format, jq, wide, quiet, verbose)
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


# One module a command or group of commands, so that adding one touches no list.
for _room in (setup, desk, commands):
    for _module in sorted(pkgutil.iter_modules(_room.__path__), key=lambda module: module.name):
        _app = importlib.import_module(f"{_room.__name__}.{_module.name}").app
        app.add_typer(_app, cls=PanelGroup, rich_help_panel=_app.rich_help_panel)
