"""The line on a terminal that is overwritten: a spinner, how far the activity is, and a bar."""

import contextlib
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task
from rich.progress_bar import ProgressBar
from rich.text import Text

from mixpanel_data.cli.activity.pace import Pace

_BAR_WIDTH = 10
# The spinner, the bar, a blank beside each, and the last column, in which some terminals begin a new line.
_TAKEN = _BAR_WIDTH + 4


@contextlib.contextmanager
def overwritten(pace: Pace) -> Iterator[Callable[[str], None]]:
    """Show the pace on stderr while the block runs; yields what writes a line above it."""
    console = Console(stderr=True)
    columns = [SpinnerColumn(), _PaceColumn(pace, console), _ShareColumn(pace)]
    with Progress(*columns, console=console, transient=True) as progress:
        progress.add_task("", total=None)
        yield lambda text: console.print(text, markup=False, highlight=False, soft_wrap=True)


class _PaceColumn(ProgressColumn):
    def __init__(self, pace: Pace, console: Console) -> None:
        super().__init__()
        self._pace = pace
        self._console = console

    def render(self, task: Task) -> Text:  # noqa: ARG002
        return Text(self._pace.text(self._console.width - _TAKEN), no_wrap=True, overflow="ellipsis")


class _ShareColumn(BarColumn):
    def __init__(self, pace: Pace) -> None:
        super().__init__(_BAR_WIDTH)
        self._pace = pace

    def render(self, task: Task) -> ProgressBar:
        task.total, task.completed = (None, 0.0) if self._pace.share is None else (1.0, self._pace.share)
        return super().render(task)
