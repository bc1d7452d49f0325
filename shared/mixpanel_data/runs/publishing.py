"""The only way for a run to change tables: guarded transactions, with or without a part."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from mixpanel_data.base.window import Window
from mixpanel_data.runs.run import NULL_TIME, Run
from mixpanel_data.warehouse.base import Staging, Value
from mixpanel_data.warehouse.names import transaction_name
from mixpanel_data.warehouse.statements import Statement, statement

_GUARD = statement("runs/guard.sql", job="STRING", lease="STRING", project_id="STRING", events_table="STRING")
_GIVEN_FIGURES = statement("runs/given_figures.sql", creates="part_figures", figures="STRING")
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
)
_RECORDED_FIGURES = statement("runs/recorded_figures.sql", run_id="STRING", part="INT64", started_at="TIMESTAMP")
STATEMENTS = (_GUARD, _GIVEN_FIGURES, _RECORD_PART, _RECORDED_FIGURES)

# Stands for NULL: a seq is never negative.
_NO_ARRIVALS = -1


def publish(
    run: Run,
    statements: Sequence[Statement],
    *,
    window: Window,
    figures: Statement | Mapping[str, Any],
    staging: Staging | None = None,
    arrivals_up_to: int | None = None,
    read_until: datetime | None = None,
    watermark: datetime | None = None,
    narrowed: int = 0,
    calls: int = 0,
    **parameters: Value,
) -> Mapping[str, Any]:
    """Run the statements as the run's next part: the guard, the statements and the part's row in one transaction.

    `staging` has what is staged for them. `figures` are the part's figures, or the statement that counts them within
    the transaction: one row with one JSON column `figures`, which it `creates` as `part_figures`. The other keywords
    become columns of the part's row. The statements' own parameters may include `run_id`, `part`, `job`,
    `started_at` and `finished_at`, which are filled in here. Returns the figures as recorded.

    Raises WarehouseBusyError if other transactions win until the deadline, WarehouseRefusedError if another run has
    taken over the lease or replaced the state, and what else the warehouse raises; then the part changed nothing.
    """
    run.parts += 1
    recorded: dict[str, Any] = {
        "run_id": run.run_id,
        "part": run.parts,
        "job": run.job,
        **_guarded(run),
        "started_at": run.started_at,
        "finished_at": run.clock(),
        "window_from": window.start,
        "window_to": window.end,
        "arrivals_up_to": _NO_ARRIVALS if arrivals_up_to is None else arrivals_up_to,
        "read_until": read_until or NULL_TIME,
        "watermark": watermark or NULL_TIME,
        "narrowed": narrowed,
        "calls": calls,
        **({} if isinstance(figures, Statement) else {"figures": json.dumps(figures)}),
        **parameters,
    }
    transaction = [_GUARD, *statements, figures if isinstance(figures, Statement) else _GIVEN_FIGURES, _RECORD_PART]
    name = transaction_name(run.run_id, "publish", run.parts)
    (staging or run.warehouse).transact(name, transaction, **recorded)
    return figures if isinstance(figures, Mapping) else _recorded_figures(run)


def write(run: Run, step: str, statements: Sequence[Statement], **parameters: Value) -> None:
    """Run the statements behind the guard, in one transaction that records no part.

    For what a run has to remember between its parts, such as which message was sent. `step` names the transaction
    in the warehouse's own history; letters only. The statements' own parameters may include `run_id` and `job`.
    Raises as `publish` does.
    """
    run.writes += 1
    given: dict[str, Any] = {"run_id": run.run_id, "job": run.job, **_guarded(run), **parameters}
    run.warehouse.transact(transaction_name(run.run_id, step, run.writes), [_GUARD, *statements], **given)


def _guarded(run: Run) -> dict[str, str]:
    """What the guard has to find."""
    return {"lease": run.lease, "project_id": run.origin.project_id, "events_table": run.origin.events_table}


def _recorded_figures(run: Run) -> Mapping[str, Any]:
    (row,) = run.warehouse.rows(_RECORDED_FIGURES, run_id=run.run_id, part=run.parts, started_at=run.started_at)
    figures: Mapping[str, Any] = row["figures"]
    return figures
