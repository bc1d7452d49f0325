"""What happens while a command runs: the library's log lines as text on stderr, and on a terminal a bar."""

import contextlib
import logging
import sys
from collections.abc import Callable, Iterator

from mixpanel_data.base.log_lines import line
from mixpanel_data.base.visible_text import visible_lines


class Activity:
    """What a command does for a while. `reached` tells its bar how far it is, if it has one."""

    def reached(self, count: int) -> None:
        """Show how many there are so far."""

    def record(self, record: logging.LogRecord) -> None:
        """Show what a log record says of the way: `received` more of them, and the `share` that is done."""


@contextlib.contextmanager
def shown(activity: str, unit: str = "", *, quiet: bool, verbose: bool) -> Iterator[Activity]:
    """Write log lines to stderr while the block runs; on a terminal, below them a bar with the activity's name.

    The bar counts in `unit`, and has a rate, the time so far, and the time that is left where a share is known.
    """
    if quiet or not sys.stderr.isatty():
        with _log_lines(Activity(), _write, quiet=quiet, verbose=verbose) as plain:
            yield plain
        return
    from mixpanel_data.cli.base.bar import bar

    with bar(activity, unit) as (on_terminal, write), _log_lines(on_terminal, write, quiet=False, verbose=verbose):
        yield on_terminal


@contextlib.contextmanager
def _log_lines(activity: Activity, write: Callable[[str], None], *, quiet: bool, verbose: bool) -> Iterator[Activity]:
    logger = logging.getLogger("mixpanel_data")
    before = logger.level, logger.propagate
    handler = _Lines(activity, write, logging.ERROR if quiet else logging.DEBUG if verbose else logging.INFO)
    logger.addHandler(handler)
    logger.propagate = False
    # A record can move the bar without being shown as a line.
    logger.setLevel(logging.DEBUG)
    try:
        yield activity
    finally:
        logger.removeHandler(handler)
        level, logger.propagate = before
        logger.setLevel(level)


class _Lines(logging.Handler):
    """Shows each record to the activity, and writes those of the lowest level or above as one line each."""

    def __init__(self, activity: Activity, write: Callable[[str], None], lowest: int) -> None:
        super().__init__()
        self._activity = activity
        self._write = write
        self._lowest = lowest

    def emit(self, record: logging.LogRecord) -> None:
        self._activity.record(record)
        if record.levelno < self._lowest:
            return
        # A run does not end because nobody looks on any more.
        with contextlib.suppress(OSError):
            verbose = self._lowest == logging.DEBUG
            self._write(visible_lines(line(record.levelname, record.getMessage(), vars(record), verbose=verbose)))


def _write(text: str) -> None:
    sys.stderr.write(f"{text}\n")
