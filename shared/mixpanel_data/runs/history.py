"""Earlier runs, as `job_runs` has them."""

from datetime import datetime, timedelta

from mixpanel_data.base.window import Window
from mixpanel_data.runs.run import Run
from mixpanel_data.warehouse.base import Row, Warehouse
from mixpanel_data.warehouse.names import transaction_name
from mixpanel_data.warehouse.statements import statement

_PUBLISHED_PARTS = statement("runs/published_parts.sql", job="STRING", since="TIMESTAMP", request="STRING")
_RECENT_RUNS = statement("runs/recent_runs.sql", job="STRING", since="TIMESTAMP", last="INT64", with_parts="BOOL")
_OLD_FIGURES = statement("runs/old_figures.sql", job="STRING")
_ADOPT_FIGURES = statement("runs/adopt_figures.sql", job="STRING")
STATEMENTS = (_PUBLISHED_PARTS, _RECENT_RUNS, _OLD_FIGURES, _ADOPT_FIGURES)

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


def adopt_figures(warehouse: Warehouse, job: str, run_id: str) -> None:
    """Fill the columns of a job's older rows that version 0.1.0 kept inside `figures`.

    A repeat changes no row. Raises what the warehouse raises.
    """
    # Read first: on BigQuery an UPDATE conflicts with those of other runs, even if it changes no row.
    (found,) = warehouse.rows(_OLD_FIGURES, job=job)
    if found["row_count"]:
        warehouse.transact(transaction_name(run_id, "adopt"), [_ADOPT_FIGURES], job=job)
