"""A run's own row of `job_runs`: written when it begins and when it ends, or once for a run that has nothing to do."""

import contextlib
import json
import logging
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from mixpanel_data.base.errors import WarehouseRefusedError
from mixpanel_data.runs.history import ADOPT_FIGURES
from mixpanel_data.runs.opening import Opening, check_opening, read_opening
from mixpanel_data.runs.parts import RECORD_PARTS, rows_of
from mixpanel_data.runs.run import NULL_TIME, Run
from mixpanel_data.warehouse.leases import ADD_LOCK
from mixpanel_data.warehouse.names import transaction_name
from mixpanel_data.warehouse.statements import Statement, statement

log = logging.getLogger(__name__)

_STARTED = {
    "run_id": "STRING",
    "job": "STRING",
    "request": "STRING",
    "started_at": "TIMESTAMP",
    "window_from": "TIMESTAMP",
    "window_to": "TIMESTAMP",
    "watermark_from": "TIMESTAMP",
    "figures": "STRING",
}
_ENDED = {
    "run_id": "STRING",
    "status": "STRING",
    "started_at": "TIMESTAMP",
    "finished_at": "TIMESTAMP",
    "window_from": "TIMESTAMP",
    "window_to": "TIMESTAMP",
    "read_until": "TIMESTAMP",
    "narrowed": "INT64",
    "calls": "INT64",
    "bytes_billed": "INT64",
    "figures": "STRING",
    "error": "STRING",
    "counts": "BOOL",
}
_BEGIN_RUN = statement("runs/begin_run.sql", **_STARTED)
_SET_ZONE = statement(
    "runs/set_zone.sql", job="STRING", zone="STRING", window_start="TIMESTAMP", window_end="TIMESTAMP"
)
_KNOW_NO_ZONE = statement("runs/know_no_zone.sql", job="STRING")
_END_RUN = statement("runs/end_run.sql", **_ENDED)
_END_UNGUARDED_RUN = statement(
    "runs/end_unguarded_run.sql", job="STRING", project_id="STRING", events_table="STRING", **_ENDED
)
_RECORD_WHOLE = statement(
    "runs/record_whole.sql",
    finished_at="TIMESTAMP",
    read_until="TIMESTAMP",
    narrowed="INT64",
    calls="INT64",
    bytes_billed="INT64",
    **_STARTED,
)
STATEMENTS = (_BEGIN_RUN, _SET_ZONE, _KNOW_NO_ZONE, _END_RUN, _END_UNGUARDED_RUN, _RECORD_WHOLE)

_ALL_TIME = {"window_start": datetime(1, 1, 2, tzinfo=UTC), "window_end": datetime(9999, 12, 30, tzinfo=UTC)}
_ERROR_CHARACTERS = 2000
# The row of a run that its deadline ended still has to be written.
_END_SECONDS = 15.0


@contextlib.contextmanager
def begin(run: Run, opening: Opening | None = None) -> Iterator[None]:
    """Keep the run's own row: `running` while the block runs, then `ok`, or `failed` with the error, which is raised.

    `opening` is what the run has found; without it, it is read here. Sets `published`, `newest_seq` and `mixed_until`
    of the run. Where the run reads events in another zone than runs before it, it records its own; runs of the other
    zone publish nothing more. On BigQuery a repeat under the same run id adds no second row. Raises ConfigError, and
    keeps no row, if the state belongs to another origin; and what the warehouse raises.
    """
    found = opening or read_opening(run.warehouse, run.job)
    check_opening(run.warehouse, found, run.origin)
    _begin(run, found)
    try:
        yield
    except (Exception, KeyboardInterrupt, SystemExit) as error:
        with contextlib.suppress(Exception):
            # The caller needs the error that ended the run; a row that stays `running` says as much.
            _end(run, "failed", f"{type(error).__name__}: {error}")
        raise
    _end(run, "ok", "")


def record_whole(run: Run, figures: Mapping[str, Any]) -> None:
    """Record a run that found nothing to do, which `begin` has not recorded, as ended well: one row at once.

    It compares nothing with the guard: `check_opening` is for before. Raises what the warehouse raises.
    """
    run.warehouse.transact(
        transaction_name(run.run_id, "whole"),
        [_RECORD_WHOLE],
        **_started(run, figures),
        finished_at=run.clock(),
        read_until=run.read_until or NULL_TIME,
        narrowed=run.narrowed,
        calls=run.calls,
        bytes_billed=run.warehouse.bytes_billed,
    )


def _begin(run: Run, found: Opening) -> None:
    is_new_zone = run.zone not in ("", found.zone)
    statements = [
        *([ADD_LOCK] if found.published == 0 else []),
        *([_SET_ZONE] if is_new_zone else [_KNOW_NO_ZONE] if found.zone is None else []),
        *([ADOPT_FIGURES] if found.has_old_figures else []),
        _BEGIN_RUN,
    ]
    given = {**_started(run, run.figures), "zone": run.zone, **_ALL_TIME}
    run.warehouse.transact(transaction_name(run.run_id, "begin"), statements, **given)
    run.published, run.newest_seq = found.published, found.newest_seq
    run.mixed_until = _mixed_until(run, found) if is_new_zone else found.mixed_until


def _mixed_until(run: Run, found: Opening) -> Any:
    """Up to where stored events may have been read in the zone before; tells the log of it."""
    mixed_until = read_opening(run.warehouse, run.job).mixed_until
    if mixed_until is not None:
        log.warning(
            "events are read in the time zone %s from now on, and were read in %s: those stored before %s may have a "
            "time of the other zone until they are read again",
            run.zone,
            found.zone or "one that was not recorded",
            mixed_until.isoformat(),
            extra={"zone": run.zone, "mixed_until": mixed_until.isoformat()},
        )
    return mixed_until


def _end(run: Run, status: str, error: str) -> None:
    """Write how the run ended, and the parts that still wait; both count only while the state is what they read."""
    read_until = (status == "ok" and run.read_until) or NULL_TIME
    noted, run.noted = run.noted, []
    ended = {**_ended(run, status, error), "read_until": read_until}
    if not noted and read_until == NULL_TIME:
        _transact_end(run, 0, [_END_RUN], counts=False, **ended)
        return
    end: Statement = _END_RUN if run.commits else _END_UNGUARDED_RUN
    statements = [end, *([RECORD_PARTS] if noted else [])]
    try:
        _transact_end(run, 0, statements, counts=True, parts=rows_of(noted), **ended)
    except WarehouseRefusedError as refused:
        if "state replaced" not in str(refused):
            raise
        _transact_end(run, 1, [_END_RUN], counts=False, **{**ended, "read_until": NULL_TIME})


def _transact_end(run: Run, number: int, statements: list[Statement], **given: Any) -> None:
    name = transaction_name(run.run_id, "end", number)
    run.warehouse.transact(name, statements, grace_seconds=_END_SECONDS, **given)


def _started(run: Run, figures: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "run_id": run.run_id,
        "job": run.job,
        "request": run.request,
        "started_at": run.started_at,
        "window_from": run.window.start,
        "window_to": run.window.end,
        "watermark_from": run.watermark_from or NULL_TIME,
        "figures": json.dumps(figures),
    }


def _ended(run: Run, status: str, error: str) -> dict[str, Any]:
    return {
        "run_id": run.run_id,
        "job": run.job,
        "project_id": run.origin.project_id,
        "events_table": run.origin.events_table,
        "status": status,
        "started_at": run.started_at,
        "finished_at": run.clock(),
        "window_from": run.window.start,
        "window_to": run.window.end,
        "narrowed": run.narrowed,
        "calls": run.calls,
        "bytes_billed": run.warehouse.bytes_billed,
        "figures": json.dumps(run.figures),
        "error": error[:_ERROR_CHARACTERS],
    }
