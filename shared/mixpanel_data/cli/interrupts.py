"""Ctrl-C: the first lets the library clean up, a second ends the process at once."""

import contextlib
import os
import signal
import sys
from collections.abc import Iterator

INTERRUPTED = 130


@contextlib.contextmanager
def heard() -> Iterator[None]:
    """Answer Ctrl-C so while the block runs, and no more after one that came; for the main thread alone."""
    before = signal.signal(signal.SIGINT, _first)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGINT) is _first:
            signal.signal(signal.SIGINT, before)
        else:
            # All is cleaned up: a Ctrl-C that comes now would only change the exit code.
            signal.signal(signal.SIGINT, signal.SIG_IGN)


def _first(*_: object) -> None:
    signal.signal(signal.SIGINT, _second)
    # A statement of the warehouse that runs just now is waited for.
    sys.stderr.write("\ninterrupted, cleaning up; Ctrl-C again ends at once\n")
    raise KeyboardInterrupt


def _second(*_: object) -> None:
    if sys.stderr.isatty():
        # The sign of progress hides the cursor.
        sys.stderr.write("\x1b[?25h")
        sys.stderr.flush()
    os._exit(INTERRUPTED)
