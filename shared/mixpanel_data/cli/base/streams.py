"""stdin, stdout and stderr, which a shell can close, and a reader can leave."""

import contextlib
import os
import sys
from collections.abc import Iterator

CLOSED = 141
"""The exit code when whoever read stdout has gone, as a shell shows it for other programs: 128 + SIGPIPE."""


class OutputClosedError(Exception):
    """Nobody reads the output any more, such as after `| head -1`."""


def open_closed() -> None:
    """Lead streams that the shell closed (`>&-`) to nowhere, before a file that is opened takes their number."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            # It stays open for as long as the process runs.
            setattr(sys, name, open(os.open(os.devnull, os.O_RDWR), "r" if number == 0 else "w"))  # noqa: PTH123, SIM115


@contextlib.contextmanager
def broken_pipe_told() -> Iterator[None]:
    """Raise OutputClosedError for a pipe that nobody reads any more; Typer would end the process for it."""
    try:
        yield
    except BrokenPipeError as error:
        raise OutputClosedError from error


def flush() -> None:
    """Write what stdout still holds. Raises OutputClosedError, and OSError for a full disk."""
    with broken_pipe_told():
        sys.stdout.flush()


def discard() -> None:
    """Throw away what stdout still holds, which Python would try to write again when it ends."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
