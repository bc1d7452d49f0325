"""Commands that installed packages contribute to `mp` through entry points, so that the library imports none of them.

An entry point of the group `mixpanel_data.commands` names a command and a function with Typer's annotations.
"""

from importlib.metadata import EntryPoint, entry_points
from typing import Any

import typer
from typer.core import TyperGroup

GROUP = "mixpanel_data.commands"


class GroupWithPlugins(TyperGroup):
    """A group of commands that has the contributed ones too; its own win where two have the same name."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The names of all commands, the contributed ones last."""
        own = super().list_commands(ctx)
        return [*own, *sorted(set(_contributed()) - set(own))]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command with this name; only asking for a contributed command imports its package. None without one."""
        own = super().get_command(ctx, cmd_name)
        contributed = None if own else _contributed().get(cmd_name)
        return own if contributed is None else _command(contributed)


def _contributed() -> dict[str, EntryPoint]:
    return {each.name: each for each in entry_points(group=GROUP)}


def _command(contributed: EntryPoint) -> Any:
    app = typer.Typer(add_completion=False, rich_markup_mode="markdown")
    app.command(contributed.name)(contributed.load())
    return typer.main.get_command(app)
