"""What happens while a command runs: the library's log lines as text on stderr, or on a terminal one line."""

import contextlib
import logging
import sys
from collections.abc import Callable, Iterator

from mixpanel_data.base.log_lines import line
from mixpanel_data.base.visible_text import visible_lines
from mixpanel_data.cli.activity.pace import Pace


@contextlib.contextmanager
def shown(activity: str, unit: str = "", *, quiet: bool, verbose: bool) -> Iterator[Pace]:
    """Show what happens while the block runs: on a terminal by a line that is overwritten, else by log lines.

    The line has the activity, a count in `unit`, a rate, the time so far, and the time that is left where it is known.
    On a terminal only warnings are lines of their own, or with `verbose` everything; with `quiet` nothing but errors.
    """
    pace = Pace(activity, unit)
    on_terminal = sys.stderr.isatty()
    lowest = logging.DEBUG if verbose else logging.WARNING if on_terminal else logging.INFO
    if quiet or not on_terminal:
        with _log_lines(pace, _write, logging.ERROR if quiet else lowest):
            yield pace
        return
    from mixpanel_data.cli.activity.overwritten import overwritten

    with overwritten(pace) as write, _log_lines(pace, write, lowest):
        yield pace


@contextlib.contextmanager
def _log_lines(pace: Pace, write: Callable[[str], None], lowest: int) -> Iterator[None]:
    logger = logging.getLogger("mixpanel_data")
    before = logger.level, logger.propagate
    handler = _Lines(pace, write, lowest)
    logger.addHandler(handler)
    logger.propagate = False
    # A record can tell how far the activity is without being shown as a line.
    logger.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        level, logger.propagate = before
        logger.setLevel(level)


class _Lines(logging.Handler):
    """Tells each record to the pace, and writes those of the lowest level or above as one line each."""

    def __init__(self, pace: Pace, write: Callable[[str], None], lowest: int) -> None:
        super().__init__()
        self._pace = pace
        self._write = write
        self._lowest = lowest

    def emit(self, record: logging.LogRecord) -> None:
        self._pace.take(record)
        if record.levelno < self._lowest:
            return
        # A run does not end because nobody looks on any more.
        with contextlib.suppress(OSError):
            told = line(record.levelname, record.getMessage(), vars(record), verbose=self._lowest == logging.DEBUG)
            left = self._pace.left if not vars(record).keys().isdisjoint(("total", "share")) else ""
            self._write(visible_lines(", ".join(filter(None, [told, left]))))


def _write(text: str) -> None:
    sys.stderr.write(f"{text}\n")
