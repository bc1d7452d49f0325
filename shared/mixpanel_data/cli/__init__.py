"""The command line `mp`: parse, call, print. Data goes to stdout, progress and errors to stderr."""

import sys
from collections.abc import Sequence
from pathlib import Path

from mixpanel_data.base import platforms
from mixpanel_data.cli.base import interrupts

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line (default: the process's own) and return its exit code.

    0 success, 1 failure, 2 credential refused, 3 invalid arguments or settings, 4 not found, 5 quota used up,
    130 interrupted, 141 the reader of the output has gone.
    """
    if (refusal := platforms.refusal()) is not None:
        sys.stderr.write(f"error: {refusal}\n")
        return 1
    given = sys.argv[1:] if arguments is None else list(arguments)
    try:
        with interrupts.heard():
            return _run(given)
    except KeyboardInterrupt:
        return _interrupted(given)


def _run(arguments: Sequence[str]) -> int:
    from mixpanel_data.cli import clash
    from mixpanel_data.cli.app import app
    from mixpanel_data.cli.base import streams
    from mixpanel_data.cli.base.failures import report

    streams.open_closed()
    try:
        code: int = app(arguments, prog_name=_program(), standalone_mode=False) or 0
        streams.flush()
        if interrupts.came():
            # Typer turns the interrupt into an exit code.
            return _interrupted(arguments)
    except streams.OutputClosedError:
        streams.discard()
        return streams.CLOSED
    except Exception as error:
        if interrupts.came():
            # Libraries turn the interrupt into errors of their own.
            return _interrupted(arguments)
        code = report(error, arguments)
        if isinstance(error, OSError):
            streams.discard()
    clash.note(arguments)
    return code


def _interrupted(arguments: Sequence[str]) -> int:
    from mixpanel_data.cli.base.failures import report_interrupt

    report_interrupt(arguments)
    return interrupts.INTERRUPTED


def _program() -> str:
    """The name that the command was called by, for usage lines and shell completion."""
    called = Path(sys.argv[0]).name
    return called if called == "mixpanel-data" else "mp"
