"""Losses of a target: a table that was emptied, replaced or lost rows gets the users that it lacks once more.

A run compares the number of rows with the number after the last run, and with the number of users that the target
took. Only where there are too few it asks for the users one by one, because rows that somebody else adds or removes
say nothing about ours.
"""

import logging
from dataclasses import dataclass
from typing import Any

from mixpanel_data import runs
from mixpanel_data.base.user_totals import Holding
from mixpanel_data.users.metrics.definitions import target_definition
from mixpanel_data.users.statements import (
    COUNT_DELIVERED,
    DELIVERED,
    NOTE_HOLDING,
    QUEUE_ALL,
    QUEUE_MISSING,
    TARGET_HOLDING,
)
from mixpanel_data.users.sync_run import SyncRun
from mixpanel_data.users.targets import CountingTarget, Target, asked

log = logging.getLogger(__name__)

# Ids that are compared at once: a request to BigQuery holds 10 MB, and ids have some 40 characters.
_IDS_AT_ONCE = 20_000
# The number of a run's parts starts at 1, so no change of totals has this id.
_NO_PART = 0


@dataclass(frozen=True, slots=True)
class _Known:
    """What a target held after the last run (None: nobody counted), and how many users it took until now."""

    holding: Holding | None
    delivered: int

    @property
    def least_rows(self) -> int:
        """The fewest rows that the target has if it lost none: nothing is ever deleted there."""
        return max(self.holding.rows if self.holding else 0, self.delivered)


def queue_everybody(sync: SyncRun, target: Target) -> int:
    """Queue all users for a target; returns how many of them did not wait for it. A repeat queues nobody twice."""
    with sync.exclusive():
        (delivered,) = sync.warehouse.rows(COUNT_DELIVERED, target=target.name)
        runs.write(sync.run, "requeue", [QUEUE_ALL], all_for=[target.name], **_change(sync))
    return int(delivered["users"])


def queue_lost(sync: SyncRun, target: CountingTarget) -> int:
    """Queue the users that a target took and has no more; returns how many. Raises TargetFailedError."""
    with sync.exclusive():
        known = _known(sync, target)
        holding = _holding(target)
    is_another = known.holding is not None and known.holding.place != holding.place
    if not is_another and holding.rows >= known.least_rows:
        return 0
    # Most are missing: to send all is cheaper than to ask for each, and writes no row that is right.
    if is_another or holding.rows * 2 < known.delivered:
        lost = queue_everybody(sync, target)
    else:
        lost = _queue_missing(sync, target)
    _tell(target, known, holding, lost, is_another=is_another)
    _note(sync, target, holding)
    return lost


def note(sync: SyncRun, target: CountingTarget) -> None:
    """Note what a target holds now, for the next run to compare. Raises TargetFailedError."""
    with sync.exclusive():
        known, holding = _known(sync, target), _holding(target)
    if known.holding != holding:
        _note(sync, target, holding)


def _queue_missing(sync: SyncRun, target: CountingTarget) -> int:
    """Ask for all users whom the target took, many at once; what is found is queued at once, and stays if this dies."""
    lost, after = 0, ""
    while True:
        with sync.exclusive():
            rows = sync.warehouse.rows(DELIVERED, target=target.name, after=after, most=_IDS_AT_ONCE)
            if not rows:
                return lost
            with asked():
                missing = list(target.missing([row["distinct_id"] for row in rows]))
            if missing:
                runs.write(sync.run, "requeue", [QUEUE_MISSING], target=target.name, missing=missing, **_change(sync))
        lost += len(missing)
        after = rows[-1]["distinct_id"]


def _known(sync: SyncRun, target: Target) -> _Known:
    (delivered,) = sync.warehouse.rows(COUNT_DELIVERED, target=target.name)
    for row in sync.warehouse.rows(TARGET_HOLDING, definition_name=target_definition(target.name)):
        if row["target_place"] is not None:
            return _Known(Holding(row["target_place"], row["target_rows"]), delivered["users"])
    return _Known(None, delivered["users"])


def _holding(target: CountingTarget) -> Holding:
    with asked():
        return target.holding()


def _note(sync: SyncRun, target: Target, holding: Holding) -> None:
    with sync.exclusive():
        runs.write(
            sync.run,
            "note",
            [NOTE_HOLDING],
            definition_name=target_definition(target.name),
            place=holding.place,
            rows=holding.rows,
        )


def _change(sync: SyncRun) -> dict[str, Any]:
    return {"part": _NO_PART, "started_at": sync.run.started_at}


def _tell(target: Target, known: _Known, holding: Holding, lost: int, *, is_another: bool) -> None:
    fields = {"event": "user_sync_target_lost_rows", "target": target.name, "rows": holding.rows, "lost": lost}
    if is_another:
        log.warning(
            "%s: it is another table than in the last run; all %d users are sent", target.name, lost, extra=fields
        )
    elif lost:
        log.warning(
            "%s: the table has %d rows, and should have at least %d; %d users are sent again",
            target.name,
            holding.rows,
            known.least_rows,
            lost,
            extra=fields,
        )
    else:
        log.info("%s: the table has %d rows, fewer than before, but lacks no user", target.name, holding.rows)
