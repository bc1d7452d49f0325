"""The library's log lines while a command runs, as text on stderr."""

import contextlib
import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mixpanel_data.base.log_lines import line

if TYPE_CHECKING:
    from rich.console import Console


@contextlib.contextmanager
def log_lines_shown(activity: str, *, quiet: bool, verbose: bool) -> Iterator[None]:
    """Write log lines to stderr while the block runs; on a terminal, with a spinner beside the activity's name."""
    from rich.console import Console

    console = Console(stderr=True)
    logger = logging.getLogger("mixpanel_data")
    before = logger.level, logger.propagate
    handler = _Lines(console, verbose)
    logger.addHandler(handler)
    logger.propagate = False
    logger.setLevel(logging.ERROR if quiet else logging.DEBUG if verbose else logging.INFO)
    try:
        with console.status(activity) if console.is_terminal and not quiet else contextlib.nullcontext():
            yield
    finally:
        logger.removeHandler(handler)
        level, logger.propagate = before
        logger.setLevel(level)


class _Lines(logging.Handler):
    """Writes each record as one line."""

    def __init__(self, console: "Console", verbose: bool) -> None:
        super().__init__()
        self._console = console
        self._verbose = verbose

    def emit(self, record: logging.LogRecord) -> None:
        text = line(record.levelname, record.getMessage(), vars(record), verbose=self._verbose)
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)
