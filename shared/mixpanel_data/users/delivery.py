"""Delivery of totals to targets outside the warehouse: each gets the users that are queued for it."""

import json
import logging
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from mixpanel_data import runs
from mixpanel_data.base.user_totals import Refusal, User
from mixpanel_data.users import losses
from mixpanel_data.users.request import Result
from mixpanel_data.users.statements import COUNT_UNSENT, REFUSED, SENT, UNSENT
from mixpanel_data.users.sync_run import SyncRun
from mixpanel_data.users.targets import CountingTarget, Target, TargetFailedError, asked
from mixpanel_data.warehouse.base import Row

log = logging.getLogger(__name__)


def deliver(sync: SyncRun, resend: Collection[str] = ()) -> Result:
    """Send every target the totals that are queued for it; returns `sent`, `unsent`, `requeued` and `problems`.

    A target that lost users gets these once more, and those named in `resend` get everybody. A target that fails fails
    alone: its users stay queued for the next run, and `problems` says why.
    """
    deliveries = [_Delivery(sync, target) for target in sync.targets]
    for delivery in deliveries:
        delivery.run(is_resent=delivery.name in resend)
    names = [delivery.name for delivery in deliveries]
    waiting = {row["target"]: row["users"] for row in sync.warehouse.rows(COUNT_UNSENT)} if names else {}
    return Result(
        sent={delivery.name: delivery.sent for delivery in deliveries},
        unsent={name: waiting.get(name, 0) for name in names},
        requeued={delivery.name: delivery.requeued for delivery in deliveries if delivery.requeued},
        problems={delivery.name: delivery.problem for delivery in deliveries if delivery.problem},
    )


class _Delivery:
    """What is sent to one target: how many users it took, and the problem; '' if all went well."""

    def __init__(self, sync: SyncRun, target: Target) -> None:
        self._sync = sync
        self._target = target
        self.name = target.name
        self.sent = self.requeued = 0
        self.problem = ""

    def run(self, *, is_resent: bool) -> None:
        """Queue those that the target lacks, or everybody, and send all that wait."""
        try:
            self._queue(is_resent=is_resent)
            self._send_all()
            self._note()
        except TargetFailedError as error:
            self.problem = str(error)
        if self.problem:
            log.error("%s: %s", self.name, self.problem, extra={"event": "user_sync_delivery_failed"})

    def _queue(self, *, is_resent: bool) -> None:
        if is_resent:
            self.requeued = losses.queue_everybody(self._sync, self._target)
            log.info("%s: %s users are sent again", self.name, f"{self.requeued:,}")
        elif isinstance(self._target, CountingTarget):
            self.requeued = losses.queue_lost(self._sync, self._target)

    def _send_all(self) -> None:
        after: str | None = ""
        while after is not None:
            with self._sync.exclusive():
                after = self._send_next(after)

    def _send_next(self, after: str) -> str | None:
        """Send the next users behind this id; returns the last one's, None if there were none."""
        rows = self._sync.warehouse.rows(UNSENT, target=self.name, after=after, most=self._target.most_users)
        if not rows:
            return None
        with asked():
            refusals = self._target.send([_user(self._sync, row) for row in rows])
        _record(self._sync, self._target, rows, refusals)
        taken = len(rows) - len(refusals)
        self.sent += taken
        if refusals:
            self.problem = f"refused {refusals[0].distinct_id!r}, and maybe other users: {refusals[0].reason}"
        share = {"share": min(1.0, self.sent / self.requeued)} if self.requeued else {}
        log.debug("%s took %d users", self.name, taken, extra={"received": taken, **share})
        return str(rows[-1]["_queued_id"])

    def _note(self) -> None:
        if isinstance(self._target, CountingTarget):
            losses.note(self._sync, self._target)


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
