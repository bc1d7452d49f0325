"""Delivery of totals to targets outside the warehouse: each gets the users that are queued for it."""

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from mixpanel_data import runs
from mixpanel_data.base.errors import MixpanelDataError
from mixpanel_data.base.user_totals import Refusal, User
from mixpanel_data.users.request import Result
from mixpanel_data.users.statements import COUNT_UNSENT, REFUSED, SENT, UNSENT
from mixpanel_data.users.sync_run import SyncRun
from mixpanel_data.users.targets import Target
from mixpanel_data.warehouse.base import Row

log = logging.getLogger(__name__)


def deliver(sync: SyncRun) -> Result:
    """Send every target the totals that are queued for it; returns `sent`, `unsent` and `problems`.

    A target that fails fails alone: its users stay queued for the next run, and `problems` says why.
    """
    sent, problems = {}, {}
    for target in sync.targets:
        sent[target.name], problem = _send_all(sync, target)
        if problem:
            problems[target.name] = problem
            log.error("%s: %s", target.name, problem, extra={"event": "user_sync_delivery_failed"})
    names = [target.name for target in sync.targets]
    waiting = {row["target"]: row["users"] for row in sync.warehouse.rows(COUNT_UNSENT)} if names else {}
    return Result(sent=sent, unsent={name: waiting.get(name, 0) for name in names}, problems=problems)


def _send_all(sync: SyncRun, target: Target) -> tuple[int, str]:
    """The number of users that the target took, and the problem; '' if all went well."""
    sent, after, problem = 0, "", ""
    while True:
        with sync.exclusive():
            rows = sync.warehouse.rows(UNSENT, target=target.name, after=after, most=target.most_users)
            if not rows:
                return sent, problem
            try:
                refusals = target.send([_user(sync, row) for row in rows])
            except MixpanelDataError as error:
                return sent, f"{type(error).__name__}: {error}"
            _record(sync, target, rows, refusals)
        sent += len(rows) - len(refusals)
        after = rows[-1]["_queued_id"]
        if refusals:
            problem = f"refused {refusals[0].distinct_id!r}, and maybe other users: {refusals[0].reason}"


def _record(sync: SyncRun, target: Target, rows: Sequence[Row], refusals: Sequence[Refusal]) -> None:
    """Remove the users that the target took from its queue, and keep the others with its reasons."""
    refused = {refusal.distinct_id: refusal.reason for refusal in refusals}
    taken = [row for row in rows if row["_queued_id"] not in refused]
    runs.write(
        sync.run,
        "sent",
        [SENT, REFUSED],
        target=target.name,
        sent=[f"{row['_change_id']} {row['_queued_id']}" for row in taken],
        refused=[json.dumps({"distinct_id": name, "reason": reason}) for name, reason in refused.items()],
    )


def _user(sync: SyncRun, row: Row) -> User:
    """The totals of a queued user as a target gets them: zeros and None for a user without events."""
    # A metric may be renamed by case only, and its column keeps the case in which it was made.
    stored = {name.lower(): value for name, value in row.items()}
    own: Mapping[str, Any] = {
        "distinct_id": row["_queued_id"],
        "events_processed": row["events_processed"] or 0,
        "first_event_time": row["first_event_time"],
        "last_event_time": row["last_event_time"],
        "updated_at": row["updated_at"] or sync.run.started_at,
    }
    counted = {column.name: stored[column.name.lower()] or 0 for column in sync.metrics.counters}
    held = {column.name: stored[column.name.lower()] for column in sync.metrics.properties}
    return {**own, **counted, **held}
