"""Ctrl-C: the first lets the library clean up, a second ends the process at once."""

import contextlib
import os
import signal
import sys
from collections.abc import Iterator

INTERRUPTED = 130


@contextlib.contextmanager
def heard() -> Iterator[None]:
    """Answer Ctrl-C so while the block runs; for the main thread alone."""
    before = signal.signal(signal.SIGINT, _first)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


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
