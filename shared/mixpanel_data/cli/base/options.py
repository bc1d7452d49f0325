"""The options that every command takes, before or after its name."""

import functools
import inspect
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.models import OptionInfo

import mixpanel_data
from mixpanel_data.base.errors import RequestError
from mixpanel_data.cli.base import streams
from mixpanel_data.cli.base.account import choosing
from mixpanel_data.cli.base.help import PlainCommand, panel_of
from mixpanel_data.cli.base.output import Format, Output, format_of_environment
from mixpanel_data.cli.base.wording import naming_options

if TYPE_CHECKING:
    from mixpanel_data.accounts.resolution import Choice


def _show_version(is_given: bool) -> None:
    if is_given:
        typer.echo(f"mixpanel-data {mixpanel_data.__version__}")
        raise typer.Exit


FormatOption = Annotated[
    Format | None,
    typer.Option("--format", "-f", case_sensitive=False, help="Format of the data; json unless MP_FORMAT is set."),
]
JqOption = Annotated[
    str | None,
    typer.Option("--jq", metavar="PROGRAM", help="Print what this jq program makes of the JSON, a result a line."),
]
AccountOption = Annotated[
    str | None,
    typer.Option("--account", "-a", metavar="NAME", help="Use this account of those that mp auth list shows."),
]
ProjectOption = Annotated[
    str | None, typer.Option("--project", "-p", metavar="ID", help="Use this project in place of the account's own.")
]
WideOption = Annotated[
    bool, typer.Option("--wide", help="Show all columns of a table or of CSV, not only the most important ones.")
]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Show only errors, no progress.")]
VerboseOption = Annotated[bool, typer.Option("--verbose", "-v", help="Also show figures and tracebacks on stderr.")]

VersionOption = Annotated[
    bool,
    typer.Option(
        "--version", callback=_show_version, is_eager=True, help="Show the version of mixpanel-data and exit."
    ),
]

# Of 64 bits, as INT64 has.
_GREATEST = 2**63 - 1

_OPTIONS = {
    "account": (AccountOption, None),
    "project": (ProjectOption, None),
    "output_format": (FormatOption, None),
    "jq": (JqOption, None),
    "wide": (WideOption, False),
    "quiet": (QuietOption, False),
    "verbose": (VerboseOption, False),
}


@dataclass(frozen=True, slots=True)
class GlobalOptions:
    """The options of every command, as they are given before or after its name."""

    account: str | None = None
    project: str | None = None
    output_format: Format | None = None
    jq: str | None = None
    wide: bool = False
    quiet: bool = False
    verbose: bool = False

    def then(self, later: "GlobalOptions") -> "GlobalOptions":
        """These options, and those given later on the command line, which win."""
        given = {name: getattr(later, name) for name in _OPTIONS if getattr(later, name) not in (None, False)}
        return replace(self, **given)

    def output(self, default: Format | None = None) -> Output:
        """The output to write to. Raises RequestError for a jq program that is wrong, or that has no JSON to read.

        `default` is the format where nothing chooses one; with a jq program it is json.
        """
        chosen = self.output_format or format_of_environment(None if self.jq else default)
        return Output(chosen, quiet=self.quiet, verbose=self.verbose, jq=self.jq, wide=self.wide)

    def choice(self) -> "Choice":
        """The account and the project to use. Raises RequestError."""
        from mixpanel_data.accounts.resolution import Choice

        if self.project is not None and not re.fullmatch("[0-9]+", self.project):
            raise RequestError(f"--project is {self.project!r}. Give the project's number.")
        return Choice(self.account, self.project)


def command(
    app: typer.Typer, name: str | None = None, *, default: Format | None = None
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a function as a command, by its own name unless another is given.

    Its first parameter is the Output that the options ask for, `default` the format where nothing chooses one. Its
    panel of `mp --help` is that of the app.
    """

    def register(function: Callable[..., None]) -> Callable[..., None]:
        app.command(name, cls=PlainCommand, rich_help_panel=panel_of(app))(_called(function, default))
        return function

    return register


def command_of_group(app: typer.Typer) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register such a function as what a group does when no command of it is named."""

    def register(function: Callable[..., None]) -> Callable[..., None]:
        app.callback(invoke_without_command=True)(_called(function))
        return function

    return register


def _called(function: Callable[..., None], default: Format | None = None) -> Callable[..., None]:
    @functools.wraps(function)
    def call(context: typer.Context, **arguments: Any) -> None:
        given = GlobalOptions(**{name: arguments.pop(name, default) for name, (_, default) in _OPTIONS.items()})
        context.obj = options = context.obj.then(given)
        if context.invoked_subcommand is None:
            _run(function, options, arguments, default)

    call.__signature__ = _signature(function)  # type: ignore[attr-defined]
    return call


def _run(
    function: Callable[..., None], options: GlobalOptions, arguments: dict[str, Any], default: Format | None
) -> None:
    choice, output = options.choice(), options.output(default)
    with streams.broken_pipe_told(), output.explaining_errors(), choosing(choice):
        _note_overruled(output, choice)
        with naming_options(function):
            _check_numbers(arguments)
            function(output, **arguments)
    output.note_size()


def _check_numbers(arguments: dict[str, Any]) -> None:
    """Raise RequestError for a number that no table can hold."""
    for name, value in arguments.items():
        if isinstance(value, int) and abs(value) > _GREATEST:
            raise RequestError(f"{name} is {value}. Give a smaller number.")


def _signature(function: Callable[..., None]) -> inspect.Signature:
    """The function's parameters, with Typer's context instead of the output and the options of every command added.

    An option of every command whose name the function takes for one of its own is given before the command's name only.
    """
    keyword = inspect.Parameter.KEYWORD_ONLY
    own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
    taken = {name for each in own for name in _names(each.annotation)}
    shared = [
        inspect.Parameter(name, keyword, default=default, annotation=annotation)
        for name, (annotation, default) in _OPTIONS.items()
        if not taken & _names(annotation)
    ]
    context = inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
    return inspect.Signature([context, *(each.replace(kind=keyword) for each in own), *shared])


def _names(annotation: Any) -> set[str]:
    """The names that an option has on the command line, where they are written out."""
    notes = [each for each in getattr(annotation, "__metadata__", ()) if isinstance(each, OptionInfo)]
    # Typer keeps the first name of an annotation where it keeps the default of an option without one.
    return {name for each in notes for name in (each.default, *(each.param_decls or ())) if isinstance(name, str)}


def _note_overruled(output: Output, choice: "Choice") -> None:
    """Say so if variables win over the account that the command line names."""
    if choice.account is None:
        return
    from mixpanel_data.accounts.resolution import overruling

    if names := overruling(choice, os.environ):
        verb = "wins" if len(names) == 1 else "win"
        output.note(f"{', '.join(names)} of the environment {verb} over --account {choice.account}.")
