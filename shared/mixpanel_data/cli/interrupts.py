"""Ctrl-C: the first lets the library clean up, the second ends the process at once."""

import contextlib
import os
import signal
import sys
from collections.abc import Iterator

INTERRUPTED = 130


@contextlib.contextmanager
def heard() -> Iterator[None]:
    """Handle Ctrl-C this way while the block runs, and ignore it after that if one came. Main thread only."""
    before = signal.signal(signal.SIGINT, _first)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGINT) is _first:
            signal.signal(signal.SIGINT, before)
        else:
            # Everything is cleaned up: another Ctrl-C would only change the exit code.
            signal.signal(signal.SIGINT, signal.SIG_IGN)


def _first(*_: object) -> None:
    signal.signal(signal.SIGINT, _second)
    # The warehouse finishes the statement that is running.
    sys.stderr.write("\ninterrupted, cleaning up; press Ctrl-C again to quit at once\n")
    raise KeyboardInterrupt


def _second(*_: object) -> None:
    if sys.stderr.isatty():
        # The spinner hides the cursor.
        sys.stderr.write("\x1b[?25h")
        sys.stderr.flush()
    os._exit(INTERRUPTED)
