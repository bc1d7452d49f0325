"""Commands that installed packages contribute to `mp` through entry points, so that the library imports none of them.

An entry point of the group `mixpanel_data.commands` names a command and a function with Typer's annotations, or a
group of commands and its Typer.
"""

from collections.abc import Callable
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import typer

from mixpanel_data.base.errors import MixpanelDataError
from mixpanel_data.cli.base.help import Panel, PanelGroup, PlainCommand

GROUP = "mixpanel_data.commands"


class GroupWithPlugins(PanelGroup):
    """A group of commands that has the contributed ones too; its own win where two have the same name."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The names of all commands, panel by panel, the contributed ones last."""
        own = sorted(super().list_commands(ctx), key=lambda name: _place(self.commands[name]))
        return [*own, *sorted(set(self._contributed) - set(own))]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command with this name, None without one. Only this imports the package of a contributed command."""
        own = super().get_command(ctx, cmd_name)
        entry_point = None if own else self._contributed.get(cmd_name)
        return own if entry_point is None else _command(entry_point)

    @cached_property
    def _contributed(self) -> dict[str, EntryPoint]:
        # Finding them reads the metadata of every package that is installed.
        return contributed()


def contributed() -> dict[str, EntryPoint]:
    """The entry points of the contributed commands by name; loads none of them."""
    return {each.name: each for each in entry_points(group=GROUP)}


def _place(command: Any) -> int:
    """Where the command's panel stands among the panels."""
    return [*Panel, None].index(command.rich_help_panel)


def _command(entry_point: EntryPoint) -> Any:
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    try:
        loaded = entry_point.load()
        if isinstance(loaded, typer.Typer):
            return _group(entry_point.name, loaded)
        app.command(entry_point.name, cls=PlainCommand, rich_help_panel=Panel.OTHERS)(loaded)
    except Exception as error:  # Importing runs code of another package, and its faults must not break `mp --help`.
        # A command that cannot be loaded has no options that could be checked.
        any_arguments = {"ignore_unknown_options": True, "allow_extra_args": True}
        app.command(entry_point.name, context_settings=any_arguments, rich_help_panel=Panel.OTHERS)(
            _failing(entry_point, error)
        )
    return typer.main.get_command(app)


def _group(name: str, app: typer.Typer) -> Any:
    above = typer.Typer(add_completion=False, rich_markup_mode=None)
    above.add_typer(app, name=name, cls=PanelGroup, rich_help_panel=Panel.OTHERS)
    group = typer.main.get_group(above)
    return group.commands[name]


def _failing(entry_point: EntryPoint, error: Exception) -> Callable[[], None]:
    def fail() -> None:
        """Cannot be loaded; run it to see why."""
        source = f"the package {entry_point.dist.name}" if entry_point.dist else "another package"
        raise MixpanelDataError(
            f"The command {entry_point.name} of {source} cannot be loaded: {type(error).__name__}: {error}. "
            "Update that package, or uninstall it."
        ) from error

    return fail
