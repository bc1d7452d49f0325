"""The only way for a run to change tables: guarded transactions, with or without a part."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from mixpanel_data.base.errors import StateMovedError, WarehouseBusyError, WarehouseRefusedError
from mixpanel_data.base.window import Window
from mixpanel_data.runs.parts import RECORD_PARTS, Part, rows_of
from mixpanel_data.runs.run import ANY_STATE, NULL_TIME, Run
from mixpanel_data.warehouse.base import Staging, Value
from mixpanel_data.warehouse.names import transaction_name
from mixpanel_data.warehouse.statements import Statement, statement

_GUARD = statement(
    "runs/guard.sql",
    job="STRING",
    lease="STRING",
    project_id="STRING",
    events_table="STRING",
    zone="STRING",
    published="INT64",
    new_seq="INT64",
)
_RECORD_PART = statement(
    "runs/record_part.sql",
    run_id="STRING",
    part="INT64",
    job="STRING",
    started_at="TIMESTAMP",
    finished_at="TIMESTAMP",
    window_from="TIMESTAMP",
    window_to="TIMESTAMP",
    arrivals_up_to="INT64",
    read_until="TIMESTAMP",
    watermark="TIMESTAMP",
    narrowed="INT64",
    calls="INT64",
    bytes_billed="INT64",
)
_RECORDED_FIGURES = statement("runs/recorded_figures.sql", run_id="STRING", part="INT64", started_at="TIMESTAMP")
STATEMENTS = (_GUARD, _RECORD_PART, _RECORDED_FIGURES)

NO_SEQ = -1
"""Stands for a seq of `event_arrivals` where there is none: it is never negative."""
# How long a noted part waits to be recorded, so that a run that dies leaves no more than that for the next one.
_NOTED_FOR = timedelta(minutes=1)


def publish(
    run: Run,
    statements: Sequence[Statement],
    *,
    window: Window,
    figures: Statement | Mapping[str, Any],
    staging: Staging | None = None,
    published: int = ANY_STATE,
    arrivals_up_to: int | None = None,
    read_until: datetime | None = None,
    watermark: datetime | None = None,
    narrowed: int = 0,
    calls: int = 0,
    **parameters: Value,
) -> Mapping[str, Any]:
    """Run the statements as the run's next part: the guard, the statements and the part's row in one transaction.

    `staging` has what is staged for them. `figures` are the part's figures, or the statement that counts them within
    the transaction: one row with one JSON column `figures`, which it `creates` as `part_figures`. `published` is the
    state with which the run compared what it publishes, as in `Run.published`. The other keywords become columns of the
    part's row. The statements' own parameters may include `run_id`, `part`, `job`, `started_at` and `finished_at`,
    which are filled in here, and `new_seq`, the seq of the rows that they add to `event_arrivals`: the next one after
    the greatest in the state `published`. Parts that were noted are recorded with it. Returns the figures as recorded.

    Raises WarehouseBusyError if other transactions win until the deadline, StateMovedError if another run has published
    since `published`, WarehouseRefusedError if another run has taken over the lease, replaced the state or changed the
    zone, and what else the warehouse raises; then the part changed nothing.
    """
    part = _next_part(
        run,
        window=window,
        figures={} if isinstance(figures, Statement) else figures,
        arrivals_up_to=arrivals_up_to,
        read_until=read_until,
        watermark=watermark,
        narrowed=narrowed,
        calls=calls,
    )
    name = transaction_name(run.run_id, "publish", run.parts)
    given = {**_columns(part), **parameters}
    if isinstance(figures, Statement):
        _commit(run, name, [*statements, figures, _RECORD_PART], given, staging, published)
        return _recorded_figures(run)
    _commit(run, name, statements, given, staging, published, part)
    return figures


def note(
    run: Run,
    *,
    window: Window,
    figures: Mapping[str, Any],
    read_until: datetime | None = None,
    watermark: datetime | None = None,
    narrowed: int = 0,
    calls: int = 0,
) -> None:
    """Keep a part that changes no table, to be recorded with the run's next publication or with its end.

    It costs no job of its own, unless the oldest noted part is a minute old: then all of them are recorded now, which
    raises as `publish` does. A run that dies before leaves no row of it, and the next run reads it again.
    """
    part = _next_part(
        run,
        window=window,
        figures=figures,
        read_until=read_until,
        watermark=watermark,
        narrowed=narrowed,
        calls=calls,
    )
    run.noted.append(part)
    if part.finished_at - run.noted[0].finished_at >= _NOTED_FOR:
        write(run, "notes", ())


def write(run: Run, step: str, statements: Sequence[Statement], **parameters: Value) -> None:
    """Run the statements behind the guard, in one transaction that records no part but those that were noted.

    For what a run has to remember between its parts, such as which message was sent. `step` names the transaction
    in the warehouse's own history; letters only. The statements' own parameters may include `run_id` and `job`.
    Raises as `publish` does.
    """
    run.writes += 1
    _commit(run, transaction_name(run.run_id, step, run.writes), statements, parameters)


def _next_part(run: Run, **columns: Any) -> Part:
    """The run's next part, as of now."""
    run.parts += 1
    return Part(number=run.parts, finished_at=run.clock(), bytes_billed=run.warehouse.bytes_billed, **columns)


def _commit(
    run: Run,
    name: str,
    statements: Sequence[Statement],
    parameters: Mapping[str, Any],
    staging: Staging | None = None,
    published: int = ANY_STATE,
    part: Part | None = None,
) -> None:
    """Run the statements between the guard and the rows of the part and of the noted ones."""
    # Taken off before: where the outcome stays unknown, they may be recorded, and are better lost than there twice.
    noted, run.noted = run.noted, []
    recorded = [*noted, *([part] if part else [])]
    given = {**_guarded(run, published), "started_at": run.started_at, "parts": rows_of(recorded), **parameters}
    transaction = [_GUARD, *statements, *([RECORD_PARTS] if recorded else [])]
    try:
        (staging or run.warehouse).transact(name, transaction, **given)
    except (WarehouseRefusedError, WarehouseBusyError) as error:
        run.noted = noted
        if "state moved" not in str(error):
            raise
        raise StateMovedError(
            f"{name}: another run of {run.job} has published since this one compared. Run this again."
        ) from error
    run.commits += 1
    known = published if published != ANY_STATE else run.published
    run.published = known if known == ANY_STATE else known + 1


def _guarded(run: Run, published: int) -> dict[str, Any]:
    """What the guard has to find."""
    return {
        "run_id": run.run_id,
        "job": run.job,
        "lease": run.lease,
        "project_id": run.origin.project_id,
        "events_table": run.origin.events_table,
        "zone": run.zone,
        "published": published,
        "new_seq": NO_SEQ,
    }


def _columns(part: Part) -> dict[str, Any]:
    """A part as parameters of the statements."""
    return {
        "part": part.number,
        "finished_at": part.finished_at,
        "window_from": part.window.start,
        "window_to": part.window.end,
        "arrivals_up_to": NO_SEQ if part.arrivals_up_to is None else part.arrivals_up_to,
        "read_until": part.read_until or NULL_TIME,
        "watermark": part.watermark or NULL_TIME,
        "narrowed": part.narrowed,
        "calls": part.calls,
        "bytes_billed": part.bytes_billed,
        "figures": json.dumps(part.figures),
    }


def _recorded_figures(run: Run) -> Mapping[str, Any]:
    (row,) = run.warehouse.rows(_RECORDED_FIGURES, run_id=run.run_id, part=run.parts, started_at=run.started_at)
    figures: Mapping[str, Any] = row["figures"]
    return figures
