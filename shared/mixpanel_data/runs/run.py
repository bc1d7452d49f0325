"""A run, and its own row of `job_runs`."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from mixpanel_data.base.clock import Clock
from mixpanel_data.base.window import Window
from mixpanel_data.runs.origin import UNKNOWN_ORIGIN, Origin, check_origin
from mixpanel_data.warehouse.base import Warehouse
from mixpanel_data.warehouse.leases import ADD_LOCK
from mixpanel_data.warehouse.names import transaction_name
from mixpanel_data.warehouse.statements import statement

NULL_TIME = datetime(1, 1, 1, tzinfo=UTC)
"""Stands for NULL in a TIMESTAMP parameter: BigQuery does not promise to take a parameter without a value."""

_BEGIN_RUN = statement(
    "runs/begin_run.sql",
    run_id="STRING",
    job="STRING",
    request="STRING",
    started_at="TIMESTAMP",
    window_from="TIMESTAMP",
    window_to="TIMESTAMP",
    watermark_from="TIMESTAMP",
    figures="STRING",
)
_END_RUN = statement(
    "runs/end_run.sql",
    run_id="STRING",
    job="STRING",
    project_id="STRING",
    events_table="STRING",
    status="STRING",
    started_at="TIMESTAMP",
    finished_at="TIMESTAMP",
    window_from="TIMESTAMP",
    window_to="TIMESTAMP",
    read_until="TIMESTAMP",
    narrowed="INT64",
    calls="INT64",
    figures="STRING",
    error="STRING",
)
STATEMENTS = (_BEGIN_RUN, _END_RUN)

_ERROR_CHARACTERS = 2000
# The row of a run that its deadline ended still has to be written.
_END_SECONDS = 15.0


@dataclass(slots=True)
class Run:
    """One execution of a job over a window of event time, on one warehouse.

    `request` is the same text for runs that can take over from one another. `has_read_all` is False for a run over
    some events only: its window does not count as read. `figures` become the row's figures when the run ends.
    The other fields are the collector's: `watermark_from`, where the reading of arrivals starts; `narrowed`, by how
    many steps Mixpanel's refusals narrowed it; `calls`, export calls that led to no part; `clock_ahead`, by how much
    the clock is ahead of Mixpanel's. A run can change its `window` to the one that it read.
    """

    run_id: str
    job: str
    started_at: datetime
    window: Window
    warehouse: Warehouse
    clock: Clock
    request: str = ""
    has_read_all: bool = True
    figures: dict[str, Any] = field(default_factory=dict)
    watermark_from: datetime | None = None
    narrowed: int = 0
    calls: int = 0
    clock_ahead: timedelta = timedelta(0)
    origin: Origin = UNKNOWN_ORIGIN
    """What the state has to belong to."""
    lease: str = ""
    """The lease holder that the guard has to find: set by `exclusive` while the run is alone."""
    parts: int = 0
    """Parts published so far."""
    writes: int = 0
    """Guarded transactions without a part so far."""

    @property
    def read_until(self) -> datetime | None:
        """The event time up to which the run has read everything once it ends well; None for a run over some events."""
        return min(self.window.end, self.started_at - self.clock_ahead) if self.has_read_all else None


@contextlib.contextmanager
def begin(run: Run) -> Iterator[None]:
    """Keep the run's own row: `running` while the block runs, then `ok`, or `failed` with the error, which is raised.

    A repeat under the same run id adds no second row. Raises ConfigError, and keeps no row, if the state belongs to
    another origin; and what the warehouse raises.
    """
    check_origin(run.warehouse, run.origin)
    run.warehouse.transact(
        transaction_name(run.run_id, "begin"),
        [ADD_LOCK, _BEGIN_RUN],
        run_id=run.run_id,
        job=run.job,
        request=run.request,
        started_at=run.started_at,
        window_from=run.window.start,
        window_to=run.window.end,
        watermark_from=run.watermark_from or NULL_TIME,
        figures=json.dumps(run.figures),
    )
    try:
        yield
    except (Exception, KeyboardInterrupt, SystemExit) as error:
        with contextlib.suppress(Exception):
            # The caller needs the error that ended the run; a row that stays `running` says as much.
            _end(run, "failed", f"{type(error).__name__}: {error}")
        raise
    _end(run, "ok", "")


def _end(run: Run, status: str, error: str) -> None:
    run.warehouse.transact(
        transaction_name(run.run_id, "end"),
        [_END_RUN],
        grace_seconds=_END_SECONDS,
        run_id=run.run_id,
        job=run.job,
        project_id=run.origin.project_id,
        events_table=run.origin.events_table,
        status=status,
        started_at=run.started_at,
        finished_at=run.clock(),
        window_from=run.window.start,
        window_to=run.window.end,
        read_until=(status == "ok" and run.read_until) or NULL_TIME,
        narrowed=run.narrowed,
        calls=run.calls,
        figures=json.dumps(run.figures),
        error=error[:_ERROR_CHARACTERS],
    )
