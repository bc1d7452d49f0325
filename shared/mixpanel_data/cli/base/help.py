"""The help of `mp`: commands in panels, and examples as they are to be typed."""

import contextlib
import inspect
from collections.abc import Iterator
from enum import StrEnum
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup


class Panel(StrEnum):
    """The panels of `mp --help`, in their order."""

    SET_UP = "Set up"
    ACCOUNTS = "Accounts"
    FETCH = "Fetch and ask"
    DISCOVER = "Discover"
    REPORTS = "Mixpanel's reports"
    JOBS = "Jobs"
    OTHERS = "From other packages"


def panel_of(app: typer.Typer) -> Any:
    """The panel of an app's commands, if they stand at the top."""
    return None if isinstance(app.info.name, str) else app.rich_help_panel


class PlainCommand(TyperCommand):
    """A command whose usage errors repeat no text of an argument, which may be a secret."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments; how many there are too many is told, not which."""
        ctx.allow_extra_args = True
        with _naming_the_command(ctx):
            rest = super().parse_args(ctx, args)
        if rest and not ctx.resilient_parsing:
            arguments: list[Any] = [each for each in self.params if each.param_type_name == "argument"]
            names = [each.metavar or each.name.upper() for each in arguments]
            taken = f"takes only {' '.join(names)}" if names else "takes none"
            count = "1 argument is" if len(rest) == 1 else f"{len(rest)} arguments are"
            ctx.fail(f"{count} too many: `{ctx.command_path}` {taken}. Put quotes around a value with spaces.")
        return rest

    def format_help_text(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        """Write the description, and the example as it is to be typed."""
        _write_text(self.help, formatter)


@contextlib.contextmanager
def _naming_the_command(ctx: Any) -> Iterator[None]:
    """Tell an error that the parser raises without it which command was meant."""
    try:
        yield
    except Exception as error:
        if getattr(error, "ctx", ctx) is None:
            error.ctx = ctx  # type: ignore[attr-defined]
        raise


class PanelGroup(TyperGroup):
    """A group that lists its commands in panels, each with its whole first paragraph."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments; without a command, its commands are named."""
        if not args and not self.invoke_without_command and not ctx.resilient_parsing:
            ctx.fail(f"A command is missing. Give one of: {', '.join(self.list_commands(ctx))}.")
        return super().parse_args(ctx, args)

    def format_help_text(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        """Write the description, and the example as it is to be typed."""
        _write_text(self.help, formatter)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands."""
        panels: dict[str, list[tuple[str, str]]] = {}
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            if command is not None and not command.hidden:
                rows = panels.setdefault(getattr(command, "rich_help_panel", None) or "Commands", [])
                rows.append((name, _paragraphs(command.help)[0]))
        for title, rows in panels.items():
            with formatter.section(title):
                formatter.write_dl(rows)


def _write_text(text: str | None, formatter: Any) -> None:
    with formatter.indentation():
        for paragraph in _paragraphs(text):
            formatter.write_paragraph()
            if paragraph.startswith("Example"):
                formatter.write(f"{'':>{formatter.current_indent}}{paragraph}\n")
            else:
                formatter.write_text(paragraph)


def _paragraphs(text: str | None) -> list[str]:
    return [" ".join(each.split()) for each in inspect.cleandoc(text or "").split("\n\n")]
