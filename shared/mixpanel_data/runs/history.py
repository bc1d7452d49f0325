"""Earlier runs, as `job_runs` has them."""

from collections.abc import Collection
from datetime import datetime, timedelta

from mixpanel_data.base.errors import NotFoundError
from mixpanel_data.base.nearest import nearest
from mixpanel_data.base.window import Window
from mixpanel_data.runs.run import Run
from mixpanel_data.warehouse.base import Row, Warehouse
from mixpanel_data.warehouse.names import transaction_name
from mixpanel_data.warehouse.statements import statement

_PUBLISHED_PARTS = statement("runs/published_parts.sql", job="STRING", since="TIMESTAMP", request="STRING")
_RECENT_RUNS = statement("runs/recent_runs.sql", job="STRING", since="TIMESTAMP", last="INT64", with_parts="BOOL")
_NEWEST_RUNS = statement("runs/newest_runs.sql", since="TIMESTAMP")
ADOPT_FIGURES = statement("runs/adopt_figures.sql", job="STRING")
STATEMENTS = (_PUBLISHED_PARTS, _RECENT_RUNS, _NEWEST_RUNS, ADOPT_FIGURES)

_RESUMABLE_FOR = timedelta(hours=24)


def published_windows(run: Run) -> list[Window]:
    """The windows that unfinished runs over the same request published in the last 24 hours, in order of event time.

    A run that takes over need not publish them again. Raises what the warehouse raises.
    """
    rows = run.warehouse.rows(
        _PUBLISHED_PARTS,
        job=run.job,
        since=run.started_at - _RESUMABLE_FOR,
        request=run.request,
    )
    return [Window(row["window_from"], row["window_to"]) for row in rows if row["window_from"] < row["window_to"]]


def recent(warehouse: Warehouse, since: datetime, last: int, *, job: str | None, with_parts: bool) -> list[Row]:
    """The rows of the newest `last` runs that started at `since` or later, of one job or of all, newest first."""
    return warehouse.rows(_RECENT_RUNS, since=since, last=last, job=job or "", with_parts=with_parts)


def newest(warehouse: Warehouse, since: datetime) -> list[Row]:
    """The newest run of each job in each status that started at `since` or later: its times and its error."""
    return warehouse.rows(_NEWEST_RUNS, since=since)


def check_job(warehouse: Warehouse, since: datetime, job: str, known: Collection[str]) -> None:
    """Raise NotFoundError for a job that is not known and has no run that started at `since` or later."""
    names = {row["job"] for row in newest(warehouse, since)}.union(known)
    if job not in names:
        raise NotFoundError(f"job is {job!r}, and no job has this name. {nearest(job, names)}")


def adopt_figures(warehouse: Warehouse, job: str, run_id: str) -> None:
    """Fill the columns of a job's older rows that version 0.1.0 kept inside `figures`.

    For a run that reads those rows before it begins, where `Opening.has_old_figures` says that there are any. A repeat
    changes no row. Raises what the warehouse raises.
    """
    warehouse.transact(transaction_name(run_id, "adopt"), [ADOPT_FIGURES], job=job)
