"""The options that every command takes, before or after its name."""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import typer

import mixpanel_data
from mixpanel_data.cli.base.output import Format, Output
from mixpanel_data.configuration.variables import MP_FORMAT
from mixpanel_data.wiring.environment import environment

# Click's UsageError. Some releases of Typer bundle a Click of their own; both export BadParameter, its subclass.
UsageError: Any = typer.BadParameter.__mro__[1]


def _show_version(is_given: bool) -> None:
    if is_given:
        typer.echo(f"mixpanel-data {mixpanel_data.__version__}")
        raise typer.Exit


FormatOption = Annotated[
    Format | None,
    typer.Option("--format", "-f", case_sensitive=False, help="Format of the data; json unless MP_FORMAT is set."),
]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Show only errors, no progress.")]
VerboseOption = Annotated[bool, typer.Option("--verbose", "-v", help="Also show figures and tracebacks on stderr.")]

VersionOption = Annotated[
    bool,
    typer.Option(
        "--version", callback=_show_version, is_eager=True, help="Show the version of mixpanel-data and exit."
    ),
]

_OPTIONS = {"output_format": (FormatOption, None), "quiet": (QuietOption, False), "verbose": (VerboseOption, False)}


@dataclass(frozen=True, slots=True)
class GlobalOptions:
    """The options given before the command's name."""

    output_format: Format | None = None
    quiet: bool = False
    verbose: bool = False

    def output(self, output_format: Format | None, quiet: bool, verbose: bool) -> Output:
        """The output to write to; options given after the command's name win."""
        chosen = output_format or self.output_format or _format_of_environment()
        return Output(chosen, quiet=self.quiet or quiet, verbose=self.verbose or verbose)


def command(app: typer.Typer) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a function as a command. Its first parameter is the Output that the options ask for."""

    def register(function: Callable[..., None]) -> Callable[..., None]:
        app.command()(_called(function))
        return function

    return register


def command_of_group(app: typer.Typer) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register such a function as what a group does when no command of it is named."""

    def register(function: Callable[..., None]) -> Callable[..., None]:
        app.callback(invoke_without_command=True)(_called(function))
        return function

    return register


def _called(function: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(function)
    def call(context: typer.Context, **arguments: Any) -> None:
        if context.invoked_subcommand is not None:
            return
        output = context.obj.output(**{name: arguments.pop(name) for name in _OPTIONS})
        with output.explaining_errors():
            function(output, **arguments)

    call.__signature__ = _signature(function)  # type: ignore[attr-defined]
    return call


def _signature(function: Callable[..., None]) -> inspect.Signature:
    """The function's parameters, with Typer's context instead of the output and the options of every command added."""
    keyword = inspect.Parameter.KEYWORD_ONLY
    own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
    shared = [
        inspect.Parameter(name, keyword, default=default, annotation=annotation)
        for name, (annotation, default) in _OPTIONS.items()
    ]
    context = inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
    return inspect.Signature([context, *(each.replace(kind=keyword) for each in own), *shared])


def _format_of_environment() -> Format:
    return Format(MP_FORMAT.read(environment()))
