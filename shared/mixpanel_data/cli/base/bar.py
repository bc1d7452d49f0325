"""The bar on a terminal: how many there are, how fast, since when, and for how long still."""

import contextlib
import logging
import time
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from mixpanel_data.cli.base.progress import Activity


@contextlib.contextmanager
def bar(activity: str, unit: str) -> Iterator[tuple[Activity, Callable[[str], None]]]:
    """Show a bar on stderr while the block runs; yields what moves it, and what writes a line above it."""
    console = Console(stderr=True)
    columns = [SpinnerColumn(), TextColumn("{task.description}"), TextColumn("{task.fields[figures]}"), BarColumn(20)]
    with Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console, transient=True) as progress:
        task = progress.add_task(activity, total=None, figures="")
        yield (
            _Bar(progress, task, unit),
            lambda text: console.print(text, markup=False, highlight=False, soft_wrap=True),
        )


class _Bar(Activity):
    """A bar as long as the share that is done, with a count and a rate beside it."""

    def __init__(self, progress: Progress, task: TaskID, unit: str) -> None:
        self._progress = progress
        self._task = task
        self._unit = unit
        self._started = time.monotonic()
        self._count = 0

    def reached(self, count: int) -> None:
        """Show this count, and how many a second that makes."""
        self._count = count
        rate = count / max(time.monotonic() - self._started, 0.001)
        self._progress.update(
            self._task, figures=" ".join(filter(None, [f"{count:,}", self._unit, f"({rate:,.0f}/s)"]))
        )

    def record(self, record: logging.LogRecord) -> None:
        """Add what the record counts as received, and show the share that it gives."""
        received, share = getattr(record, "received", None), getattr(record, "share", None)
        if received is not None:
            self.reached(self._count + received)
        if share is not None:
            self._progress.update(self._task, completed=share, total=1.0)
