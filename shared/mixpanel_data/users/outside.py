"""Totals on their way to where else they are wanted: each target gets the users it lacks."""

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from mixpanel_data import runs
from mixpanel_data.base.errors import MixpanelDataError
from mixpanel_data.base.user_totals import Refusal, User
from mixpanel_data.users.request import Result
from mixpanel_data.users.statements import COUNT_UNSENT, REFUSED, SENT, UNSENT
from mixpanel_data.users.sync import Sync
from mixpanel_data.users.targets import Target
from mixpanel_data.warehouse.base import Row

log = logging.getLogger(__name__)


def send(sync: Sync) -> Result:
    """Send every target what it lacks; what cannot be sent stays for the next run, and is told."""
    sent, problems = {}, {}
    for target in sync.targets:
        sent[target.name], problem = _send_all(sync, target)
        if problem:
            problems[target.name] = problem
            log.error("%s: %s", target.name, problem, extra={"event": "user_sync_delivery_failed"})
    names = [target.name for target in sync.targets]
    left = {row["target"]: row["users"] for row in sync.warehouse.rows(COUNT_UNSENT)} if names else {}
    return Result(sent=sent, unsent={name: left.get(name, 0) for name in names}, problems=problems)


def _send_all(sync: Sync, target: Target) -> tuple[int, str]:
    """How many users it took, and what went wrong; nothing of that is an error of the run."""
    sent, after, problem = 0, "", ""
    while True:
        with sync.alone():
            rows = sync.warehouse.rows(UNSENT, target=target.name, after=after, most=target.most_users)
            if not rows:
                return sent, problem
            try:
                refusals = target.send([_user(sync, row) for row in rows])
            except MixpanelDataError as error:
                return sent, f"{type(error).__name__}: {error}"
            _keep(sync, target, rows, refusals)
        sent += len(rows) - len(refusals)
        after = rows[-1]["_queued_id"]
        if refusals:
            problem = f"refused {refusals[0].distinct_id!r} and maybe others: {refusals[0].reason}"


def _keep(sync: Sync, target: Target, rows: Sequence[Row], refusals: Sequence[Refusal]) -> None:
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


def _user(sync: Sync, row: Row) -> User:
    """The totals as a target gets them; of one whose events are all gone, what is left: nothing."""
    # A column keeps the case that it was made in.
    stored = {name.lower(): value for name, value in row.items()}
    own: Mapping[str, Any] = {
        "distinct_id": row["_queued_id"],
        "events_processed": row["events_processed"] or 0,
        "first_event_time": row["first_event_time"],
        "last_event_time": row["last_event_time"],
        "updated_at": row["updated_at"] or sync.run.started_at,
    }
    counted = {column.name: stored[column.name.lower()] or 0 for column in sync.metrics.counters}
    return {**own, **counted, **{column.name: stored[column.name.lower()] for column in sync.metrics.places}}
