"""What all jobs share: a run is a row of `job_runs` that says how it goes, and each part that it publishes is another.

A part's effect and its row become visible in one transaction, which begins with TAKE_LOCK: on neither engine do
transactions that only insert conflict, so that without it two runs could both insert the same. The run's own row
(part 0) is written before and after, for whoever looks on and for the next run: what is published can be told from
the parts alone.
"""

import contextlib
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from mixpanel_data.base.clock import Clock
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import WarehouseBusyError
from mixpanel_data.base.window import Window
from mixpanel_data.warehouse.base import Row, Warehouse
from mixpanel_data.warehouse.statements import statement

TAKE_LOCK = statement("runs/take_lock.sql", job="STRING")
_ADD_LOCK = statement("runs/add_lock.sql", job="STRING")
_BEGIN_RUN = statement(
    "runs/begin_run.sql",
    run_id="STRING",
    job="STRING",
    started_at="TIMESTAMP",
    window_from="TIMESTAMP",
    window_to="TIMESTAMP",
    figures="STRING",
)
_END_RUN = statement(
    "runs/end_run.sql",
    run_id="STRING",
    status="STRING",
    started_at="TIMESTAMP",
    finished_at="TIMESTAMP",
    has_read_all="BOOL",
    figures="STRING",
    error="STRING",
)
_PUBLISHED_PARTS = statement(
    "runs/published_parts.sql",
    job="STRING",
    since="TIMESTAMP",
    request="STRING",
)
_PART_FIGURES = statement("runs/part_figures.sql", run_id="STRING", part="INT64", started_at="TIMESTAMP")
_RECENT_RUNS = statement("runs/recent_runs.sql", job="STRING", since="TIMESTAMP", last="INT64", with_parts="BOOL")
STATEMENTS = (TAKE_LOCK, _ADD_LOCK, _BEGIN_RUN, _END_RUN, _PUBLISHED_PARTS, _PART_FIGURES, _RECENT_RUNS)

_RESUMABLE_FOR = timedelta(hours=24)
_ERROR_CHARACTERS = 2000
# How a run ended is told even if its deadline did end it.
_END_SECONDS = 15.0
_POLL_SECONDS = 0.5
# Where a call has no deadline.
_PATIENCE_SECONDS = 3600.0


@dataclass(slots=True)
class Run:
    """One execution of a job over a window of event time; `figures` are what it will have to tell when it ends.

    `has_read_all` is False for one that leaves some events to others: nobody may take its window for read.
    """

    run_id: str
    job: str
    started_at: datetime
    window: Window
    request: str = ""
    has_read_all: bool = True
    figures: dict[str, Any] = field(default_factory=dict)

    def figures_json(self) -> str:
        """The figures as they are stored, with the request that tells runs of one window apart."""
        return json.dumps({"request": self.request, **self.figures})


@contextlib.contextmanager
def begin(warehouse: Warehouse, run: Run, clock: Clock) -> Iterator[Run]:
    """A run's row: `running` while the block runs, then `ok`, or `failed` with the error, which goes on."""
    warehouse.transact(
        f"{run.run_id}-begin-0",
        [_ADD_LOCK, _BEGIN_RUN],
        run_id=run.run_id,
        job=run.job,
        started_at=run.started_at,
        window_from=run.window.start,
        window_to=run.window.end,
        figures=run.figures_json(),
    )
    try:
        yield run
    except (Exception, KeyboardInterrupt, SystemExit) as error:
        with contextlib.suppress(Exception):
            # The error that ended the run is what has to be told; a row that stays `running` says as much.
            _end(warehouse, run, clock, "failed", f"{type(error).__name__}: {error}")
        raise
    _end(warehouse, run, clock, "ok", "")


@contextlib.contextmanager
def alone(warehouse: Warehouse, run: Run, lease_seconds: float, deadline: Deadline) -> Iterator[None]:
    """No other run of the job does what the block does; one that is at it is waited for.

    Transactions of the block begin with KEEP_LEASE. Raises WarehouseBusyError at the deadline.
    """
    patience = Deadline.after(deadline.left(_PATIENCE_SECONDS))
    while True:
        with warehouse.lease(run.job, run.run_id, lease_seconds) as token:
            if token is not None:
                yield
                return
        if patience.left(_POLL_SECONDS) <= 0.0:
            raise WarehouseBusyError(f"Another run of {run.job} is at work all the time. Run this again later.")
        time.sleep(_POLL_SECONDS)


def _end(warehouse: Warehouse, run: Run, clock: Clock, status: str, error: str) -> None:
    warehouse.transact(
        f"{run.run_id}-end-0",
        [_END_RUN],
        grace_seconds=_END_SECONDS,
        run_id=run.run_id,
        status=status,
        started_at=run.started_at,
        finished_at=clock(),
        has_read_all=run.has_read_all,
        figures=run.figures_json(),
        error=error[:_ERROR_CHARACTERS],
    )


def published(warehouse: Warehouse, run: Run) -> list[Window]:
    """What unfinished runs like this one have published in the last 24 hours: it need not be done again."""
    rows = warehouse.rows(
        _PUBLISHED_PARTS,
        job=run.job,
        since=run.started_at - _RESUMABLE_FOR,
        request=run.request,
    )
    return [Window(row["window_from"], row["window_to"]) for row in rows if row["window_from"] < row["window_to"]]


def part_figures(warehouse: Warehouse, run: Run, part: int) -> Mapping[str, Any]:
    """What a published part of the run counted."""
    (row,) = warehouse.rows(_PART_FIGURES, run_id=run.run_id, part=part, started_at=run.started_at)
    figures: Mapping[str, Any] = row["figures"]
    return figures


def recent(warehouse: Warehouse, since: datetime, last: int, *, job: str | None, with_parts: bool) -> list[Row]:
    """The rows of the newest runs that began from `since` on, of one job or of all, newest first."""
    return warehouse.rows(_RECENT_RUNS, since=since, last=last, job=job or "", with_parts=with_parts)
