"""Mutes: times in which an event's incidents are recorded, and nobody hears of them.

A mute is either an entry of the configuration, or a row of `alert_mutes` that `mp detect mute` wrote.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mixpanel_data.configuration.events import EventsConfig
from mixpanel_data.detect.incidents.watched import WatchedEvent
from mixpanel_data.warehouse.base import Warehouse
from mixpanel_data.warehouse.names import transaction_name
from mixpanel_data.warehouse.statements import statement

MUTES = statement("detect/incidents/mutes.sql", as_of="TIMESTAMP")
INSERT_MUTE = statement(
    "detect/incidents/insert_mute.sql",
    event_name="STRING",
    muted_from="TIMESTAMP",
    muted_to="TIMESTAMP",
    reason="STRING",
    muted_by="STRING",
)
END_MUTES = statement("detect/incidents/end_mutes.sql", event_name="STRING", now="TIMESTAMP")


@dataclass(frozen=True, slots=True)
class MutePeriod:
    """A time in which an event is muted, [start, end), UTC; why, and by whom, both empty where nobody said."""

    event_name: str
    start: datetime
    end: datetime
    reason: str = ""
    muted_by: str = ""


def stored_mutes(warehouse: Warehouse, as_of: datetime) -> list[MutePeriod]:
    """The mutes in `alert_mutes` that have not ended. Raises the warehouse's errors."""
    rows = warehouse.rows(MUTES, as_of=as_of)
    return [
        MutePeriod(row["event_name"], row["muted_from"], row["muted_to"], row["reason"], row["muted_by"] or "")
        for row in rows
    ]


def configured_mutes(events: EventsConfig, as_of: datetime) -> list[MutePeriod]:
    """The mutes of the configuration that have not ended, of enabled events; `*` is every event without an entry."""
    return [
        MutePeriod(event.name, mute.start, mute.end, mute.reason)
        for event in events.events
        for mute in event.mute
        if event.enabled and mute.end > as_of
    ]


def store_mute(warehouse: Warehouse, run_id: str, mute: MutePeriod) -> None:
    """Add a row to `alert_mutes`. Raises the warehouse's errors."""
    warehouse.transact(
        transaction_name(run_id, "mute"),
        [INSERT_MUTE],
        event_name=mute.event_name,
        muted_from=mute.start,
        muted_to=mute.end,
        reason=mute.reason,
        muted_by=mute.muted_by,
    )


def end_mutes(warehouse: Warehouse, run_id: str, event_name: str, now: datetime) -> None:
    """End the stored mutes of an event; those that are over stay as they were. Raises the warehouse's errors."""
    warehouse.transact(transaction_name(run_id, "unmute"), [END_MUTES], event_name=event_name, now=now)


def is_muted(event: WatchedEvent, mutes: Sequence[MutePeriod], at: datetime) -> bool:
    """True while a mute of the configuration or of `mutes` holds at that time."""
    configured = any(mute.start <= at < mute.end for mute in event.entry.mute)
    return configured or any(mute.event_name == event.event_name and mute.start <= at < mute.end for mute in mutes)
