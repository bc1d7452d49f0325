"""Runs the steps of the demo one after the other."""

import time
from contextlib import ExitStack
from pathlib import Path

from mixpanel_data.base.errors import MixpanelDataError
from mixpanel_data_standins.demo import alert, collection, identity_states, registry, user_totals
from mixpanel_data_standins.demo.next_steps import next_steps
from mixpanel_data_standins.demo.stage import Stage

STEPS = (collection.step, user_totals.step, alert.step, registry.step, identity_states.step)


def run(functions: Path, database: Path) -> int:
    """Run the demo on a new DuckDB file; returns the exit code, 0 if every check passes.

    The file and the page with the alert beside it replace those of an earlier demo. Raises MixpanelDataError if a
    function does not start or answers an error.
    """
    from rich.console import Console

    console = Console(highlight=False)
    started = time.monotonic()
    _remove(database)
    with ExitStack() as stack:
        stage = Stage(console, functions, database, stack)
        is_right = all(step(stage) for step in STEPS)
    if is_right:
        for text in next_steps(database, time.monotonic() - started):
            console.print(text, markup=False, soft_wrap=True)
    return 0 if is_right else 1


def _remove(database: Path) -> None:
    if not database.parent.is_dir():
        raise MixpanelDataError(
            f"The folder {database.parent} does not exist. Create it, or choose another --database."
        )
    for path in (database, database.with_name(f"{database.name}.wal"), alert.page_beside(database)):
        path.unlink(missing_ok=True)
