"""Ctrl-C: the first lets the library clean up, the second ends the process at once; a report does not wait for it."""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType

from mixpanel_data.base import leftovers

INTERRUPTED = 130
_IMPORTS = "<frozen importlib._bootstrap>"
_UNTIL_IMPORTED_SECONDS = 0.02
# Less than two seconds with all that comes before and after it.
_UNTIL_ENDED_SECONDS = 1.0


@contextlib.contextmanager
def heard() -> Iterator[None]:
    """Handle Ctrl-C this way while the block runs, and ignore it after that if one came. Main thread only."""
    before = signal.signal(signal.SIGINT, _first)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        if signal.getsignal(signal.SIGINT) is _first:
            signal.signal(signal.SIGINT, before)
        else:
            # Everything is cleaned up: another Ctrl-C would only change the exit code.
            signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextlib.contextmanager
def ended_soon() -> Iterator[None]:
    """Within the block, which may lose what it is about to change, end the process a second after Ctrl-C at the latest.

    DuckDB looks for an interrupt between the pieces of a statement, and one piece of a window function can take
    seconds. Without `heard` around it, this changes nothing.
    """
    if signal.getsignal(signal.SIGINT) is not _first:
        yield
        return
    end = threading.Timer(_UNTIL_ENDED_SECONDS, _second)
    end.daemon = True

    def first(number: int, frame: FrameType | None) -> None:
        if not _is_importing(frame):
            end.start()
        _first(number, frame)

    signal.signal(signal.SIGINT, first)
    try:
        yield
    finally:
        end.cancel()
        if signal.getsignal(signal.SIGINT) is first:
            signal.signal(signal.SIGINT, _first)


def came() -> bool:
    """Whether Ctrl-C came since the block of `heard` began."""
    return signal.getsignal(signal.SIGINT) is _second


def _first(_: int, frame: FrameType | None) -> None:
    if _is_importing(frame):
        # Half a library is of no use for cleaning up, and a native one can end the process.
        signal.signal(signal.SIGALRM, signal.getsignal(signal.SIGINT))
        signal.setitimer(signal.ITIMER_REAL, _UNTIL_IMPORTED_SECONDS)
        return
    signal.signal(signal.SIGINT, _second)
    # The warehouse finishes the statement that is running.
    sys.stderr.write("\ninterrupted, cleaning up; press Ctrl-C again to quit at once\n")
    raise KeyboardInterrupt


def _is_importing(frame: FrameType | None) -> bool:
    while frame is not None and frame.f_code.co_filename != _IMPORTS:
        frame = frame.f_back
    return frame is not None


def _second(*_: object) -> None:
    if sys.stderr.isatty():
        # The spinner hides the cursor.
        sys.stderr.write("\x1b[?25h")
        sys.stderr.flush()
    leftovers.remove_all()
    os._exit(INTERRUPTED)
