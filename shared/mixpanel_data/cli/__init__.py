"""The command line `mp`: parse, call, print. Data goes to stdout, progress and errors to stderr."""

import sys
from collections.abc import Sequence
from pathlib import Path

from mixpanel_data.base.errors import MixpanelDataError
from mixpanel_data.cli import interrupts

__all__ = ["main"]

_INVALID_ARGUMENTS = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line (default: the process's own) and return its exit code.

    0 success, 1 failure, 2 credential refused, 3 invalid arguments or settings, 4 not found, 5 quota used up,
    130 interrupted.
    """
    from mixpanel_data.cli.app import app
    from mixpanel_data.cli.base.options import UsageError

    try:
        with interrupts.heard():
            return app(arguments, prog_name=_program(), standalone_mode=False) or 0
    except UsageError as error:
        command = error.ctx.command_path if error.ctx else "mp"
        return _failed(f"{error.format_message().rstrip('.')}. See `{command} --help`.", _INVALID_ARGUMENTS)
    except MixpanelDataError as error:
        return _failed(str(error), error.exit_code)
    except Exception as error:
        return _failed(f"{type(error).__name__}: {error} (unexpected error; run with -v for the traceback)", 1)


def _program() -> str:
    """The name that the command was called by, for usage lines and shell completion."""
    called = Path(sys.argv[0]).name
    return called if called == "mixpanel-data" else "mp"


def _failed(message: str, exit_code: int) -> int:
    sys.stderr.write(f"error: {message}\n")
    return exit_code
