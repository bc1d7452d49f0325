"""The notice that is due when a run publishes its last part."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from mixpanel_data.base.redaction import Redactor
from mixpanel_data.configuration.tracking_plan import TrackingPlan
from mixpanel_data.outbox.alert_messages_table import STORE_NOTICES, message_rows
from mixpanel_data.outbox.channels import normalized_channel
from mixpanel_data.outbox.message import Message, MessageKind, next_seq
from mixpanel_data.registry.notices.change import UntoldChange, untold_change
from mixpanel_data.registry.notices.wording import NoticeWriter
from mixpanel_data.warehouse.base import Staging
from mixpanel_data.warehouse.statements import Statement, statement

UNTOLD_CHANGES = statement("registry/notices/untold_changes.sql", first_day="DATE", last_day="DATE", most="INT64")

_TOLD_FOR = timedelta(days=14)
# The detector reads the subjects of all notices of a month in each run. The next run announces the rest.
_MOST_CHANGES = 10_000


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom a notice is for: its channel, empty where none is set, the plan with the owners, and what is hidden."""

    channel: str
    plan: TrackingPlan | None
    redactor: Redactor

    def owner(self, event_name: str) -> str | None:
        """The plan's owner of an event."""
        planned_event = self.plan.events.get(event_name) if self.plan else None
        return planned_event.owner if planned_event else None


def planned(staging: Staging, reader: Reader, *, at: date, newest_day: date, now: datetime) -> Message | None:
    """The notice of breaking changes that none has announced, up to `at`; None if there are none.

    They are of the last 14 days with `newest_day`, the newest day with events, UTC: judging as of a day long ago
    announces nothing. `staging` has `change_effects`, the changes of events that are published together with the
    notice. `at` is the day of the judgement, UTC, `now` the start of the run. Raises the warehouse's errors.
    """
    first_day = newest_day - _TOLD_FOR + timedelta(days=1)
    rows = staging.rows(UNTOLD_CHANGES, first_day=first_day, last_day=at, most=_MOST_CHANGES)
    return _message([untold_change(row) for row in rows], reader, now) if rows else None


def statements(message: Message | None) -> Sequence[Statement]:
    """The statements that store a notice, for the transaction of what it is about; none without one."""
    return STORE_NOTICES if message else ()


def parameters(message: Message | None) -> Mapping[str, list[str]]:
    """The parameters of these statements."""
    return {"messages": message_rows([message] if message else [])}


def _message(changes: Sequence[UntoldChange], reader: Reader, now: datetime) -> Message:
    about = tuple(change.change_id for change in changes)
    channel = normalized_channel(reader.channel)
    key = hashlib.sha256("\x1f".join([MessageKind.NOTICE, channel, *about]).encode()).hexdigest()[:32]
    body = NoticeWriter(reader.redactor, reader.owner).breaking_changes(changes, now).plain()
    return Message(key, next_seq(), channel, MessageKind.NOTICE, about, None, now, body)
