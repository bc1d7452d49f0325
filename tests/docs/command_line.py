"""The reference of the command line, as Markdown, from the commands' own declarations: all that `--help` says.

Typer's declarations are read, not the Click objects that it makes of them, because those differ between its versions.
"""

from __future__ import annotations

import importlib
import inspect
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, get_args

import typer
from typer.models import ArgumentInfo, OptionInfo, TyperInfo

from mixpanel_data.cli.app import app
from mixpanel_data.cli.base.help import Panel
from mixpanel_data.cli.plugins import GROUP
from support.imports import ROOT

_OF_EVERY_COMMAND = {"account", "project", "output_format", "jq", "wide", "quiet", "verbose"}
_METAVARS: Mapping[object, str] = {str: "TEXT", int: "N", float: "N"}


@dataclass(frozen=True, slots=True)
class Parameter:
    """An option or argument as it is declared: `names` are those on the command line, a metavar for an argument."""

    name: str
    names: tuple[str, ...]
    metavar: str
    help: str
    default: object
    is_argument: bool

    @property
    def meaning(self) -> str:
        """The help text with the default, where it says anything."""
        has_default = self.default not in (None, False, inspect.Parameter.empty)
        return f"{self.help} Default: `{self.default}`." if has_default else self.help


@dataclass(frozen=True, slots=True)
class Command:
    """A command by its full name, such as `mp detect explain`."""

    path: str
    help: str
    parameters: tuple[Parameter, ...]


def markdown() -> str:
    """The options of every command and those of `mp` alone, then a section for each command."""
    assert app.registered_callback is not None
    assert app.registered_callback.callback is not None
    options = list(_parameters(app.registered_callback.callback))
    shared = "\n".join(_table([each for each in options if each.name in _OF_EVERY_COMMAND]))
    own = "\n".join(_table([each for each in options if each.name not in _OF_EVERY_COMMAND]))
    return "\n\n".join([shared, "These stand before the command's name:", own, *map(_section, all_commands())])


def all_commands() -> Iterator[Command]:
    """The commands of the library, and those that the stand-ins contribute, as pyproject.toml declares them."""
    yield from commands()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for name, place in project["entry-points"][GROUP].items():
        module, _, declared = place.partition(":")
        contributed = getattr(importlib.import_module(module), declared)
        if isinstance(contributed, typer.Typer):
            yield from _of_group(contributed, "mp")
        else:
            yield _command(contributed, f"mp {name}")


def commands(of: typer.Typer = app, path: str = "mp") -> Iterator[Command]:
    """The library's commands, in the order of `--help`, groups that do something by themselves among them."""
    for each in of.registered_commands:
        assert each.callback is not None
        yield _command(each.callback, f"{path} {each.name or each.callback.__name__.replace('_', '-')}")
    for group in sorted(of.registered_groups, key=_place):
        assert group.typer_instance is not None
        yield from _of_group(group.typer_instance, path)


def _place(group: TyperInfo) -> int:
    """Where `--help` lists a group's commands: by its panel, as `Panel` has them."""
    return [*Panel].index(Panel(group.rich_help_panel)) if isinstance(group.rich_help_panel, str) else len(Panel)


def _of_group(group: typer.Typer, path: str) -> Iterator[Command]:
    """A group's commands; one without a name adds its own to those around it."""
    name = group.info.name
    own = f"{path} {name}" if isinstance(name, str) else path
    callback = group.registered_callback
    if callback is not None and callback.invoke_without_command and callback.callback is not None:
        yield _command(callback.callback, own)
    yield from commands(group, own)


def _command(callback: Callable[..., Any], path: str) -> Command:
    return Command(path, inspect.getdoc(callback) or "", tuple(_parameters(callback)))


def _parameters(callback: Callable[..., Any]) -> Iterator[Parameter]:
    for name, each in inspect.signature(callback, eval_str=True).parameters.items():
        infos = [info for info in get_args(each.annotation)[1:] if isinstance(info, OptionInfo | ArgumentInfo)]
        if infos and not infos[0].hidden:
            yield _parameter(name, each, infos[0])


def _parameter(name: str, declared: inspect.Parameter, info: OptionInfo | ArgumentInfo) -> Parameter:
    kind = _plain(get_args(declared.annotation)[0])
    metavar = "" if kind is bool else info.metavar or _metavar(kind, name)
    # In an annotation the first name stands where a default would.
    declared_names = [each for each in (info.default, *(info.param_decls or ())) if isinstance(each, str)]
    names = tuple(declared_names) or (f"--{name.replace('_', '-')}",)
    is_argument = isinstance(info, ArgumentInfo)
    bounds = _bounds(info)
    text = f"{info.help or ''}{f' {bounds}' if bounds else ''}"
    return Parameter(name, (metavar,) if is_argument else names, metavar, text, declared.default, is_argument)


def _plain(annotation: Any) -> Any:
    """The type itself of one that may be None or repeated."""
    members = [each for each in get_args(annotation) if each is not type(None)]
    return _plain(members[0]) if members else annotation


def _metavar(kind: Any, name: str) -> str:
    if isinstance(kind, type) and issubclass(kind, Enum):
        return "|".join(str(member.value) for member in kind)
    return _METAVARS.get(kind, name.upper())


def _bounds(info: OptionInfo | ArgumentInfo) -> str:
    if info.min is None:
        return ""
    return f"At least {info.min}." if info.max is None else f"From {info.min} to {info.max}."


def _section(command: Command) -> str:
    own = [each for each in command.parameters if each.name not in _OF_EVERY_COMMAND]
    return "\n\n".join([f"## {command.path}", _prose(command.help), *(["\n".join(_table(own))] if own else [])])


def _table(parameters: list[Parameter]) -> Iterator[str]:
    yield "| option | meaning |"
    yield "|---|---|"
    for each in parameters:
        yield f"| {_names(each)} | {_cell(each.meaning)} |"


def _names(parameter: Parameter) -> str:
    names = ", ".join(f"`{_cell(name)}`" for name in parameter.names)
    return names if parameter.is_argument or not parameter.metavar else f"{names} `{_cell(parameter.metavar)}`"


def _prose(text: str) -> str:
    """A docstring's paragraphs, a sentence a line."""
    paragraphs = [" ".join(one.split()) for one in re.split(r"\n\s*\n", text.strip())]
    return "\n\n".join(re.sub(r"\. (?=[A-Z])", ".\n", one) for one in paragraphs)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
