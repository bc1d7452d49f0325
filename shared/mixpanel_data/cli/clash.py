"""A word on another package's command `mp`, where it helps a person and disturbs no program."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from mixpanel_data.base import installed_command

_INTRODUCTIONS: Sequence[Sequence[str]] = ((), ("--help",), ("--version",))


def note(arguments: Sequence[str]) -> None:
    """Write a line to stderr after a command line of these arguments, if another package has a command `mp` too."""
    told = installed_command.clash() if _is_worth_telling(arguments) else None
    if told is not None:
        sys.stderr.write(f"note: {told}\n")


def _is_worth_telling(arguments: Sequence[str]) -> bool:
    """Whether the program introduces itself; or a person calls it by its other name, and `mp` is not ours."""
    if tuple(arguments) in _INTRODUCTIONS:
        return not any(name.endswith("_COMPLETE") for name in os.environ)
    if Path(sys.argv[0]).name == installed_command.CONTESTED or not sys.stderr.isatty():
        return False
    return {"-q", "--quiet"}.isdisjoint(arguments) and installed_command.is_overwritten()
