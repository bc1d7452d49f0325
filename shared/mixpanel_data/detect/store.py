"""Incidents and messages as rows of the warehouse, and back."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from mixpanel_data.detect.incident import Direction, Incident, Observation, Rule, State
from mixpanel_data.detect.notify import Delivery, Kind, Message, Told
from mixpanel_data.detect.statements import INCIDENTS, INCIDENTS_OF, MESSAGE, MESSAGES, MUTES
from mixpanel_data.detect.watch import Muted
from mixpanel_data.warehouse.base import Row, Warehouse

_NOTICES = timedelta(days=30)


def incidents(warehouse: Warehouse, *, since: datetime, as_of: datetime) -> list[Incident]:
    """Those that are open, or were abnormal since then."""
    return [_incident(row) for row in warehouse.rows(INCIDENTS, since=since, as_of=as_of)]


def incidents_of(warehouse: Warehouse, incident_ids: Sequence[str]) -> list[Incident]:
    """Those with these ids, however old."""
    return [_incident(row) for row in warehouse.rows(INCIDENTS_OF, incident_ids=list(incident_ids))]


def told(warehouse: Warehouse, incident_ids: Sequence[str], as_of: datetime) -> Told:
    """What was said of these incidents, notices of late, and what is not delivered."""
    rows = warehouse.rows(MESSAGES, incident_ids=list(incident_ids), since=as_of - _NOTICES)
    return Told([_message(row) for row in rows])


def message(warehouse: Warehouse, message_key: str) -> Message | None:
    """The message with that key."""
    return next((_message(row) for row in warehouse.rows(MESSAGE, message_key=message_key)), None)


def undelivered(warehouse: Warehouse, as_of: datetime) -> list[Message]:
    """The messages that are to be sent, in order."""
    waiting = (Delivery.PENDING, Delivery.SENDING)
    return [message for message in told(warehouse, [], as_of).messages if message.state in waiting]


def mutes(warehouse: Warehouse, as_of: datetime) -> list[Muted]:
    """The mutes that were said and have not ended."""
    rows = warehouse.rows(MUTES, as_of=as_of)
    return [Muted(row["event_name"], row["muted_from"], row["muted_to"]) for row in rows]


def given_incidents(found: Iterable[Incident]) -> list[str]:
    """Incidents as given_incidents.sql reads them."""
    return [_given(_incident_fields(incident)) for incident in found]


def given_messages(messages: Iterable[Message]) -> list[str]:
    """Messages as given_messages.sql reads them."""
    return [_given(_message_fields(message)) for message in messages]


def given_baseline(event_name: str, state: str) -> str:
    """A baseline as given_baselines.sql reads it."""
    return _given({"event_name": event_name, "state": state})


def _given(fields: dict[str, Any]) -> str:
    # Text throughout: no number is read as another on the way.
    texts = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in fields.items()}
    return json.dumps({name: value for name, value in texts.items() if value is not None}, ensure_ascii=False)


def _incident_fields(incident: Incident) -> dict[str, Any]:
    first, peak = incident.first, incident.peak
    return {
        "incident_id": incident.incident_id,
        "event_name": incident.event_name,
        "direction": incident.direction,
        "rules": " ".join(incident.rules),
        "state": incident.state,
        "opened_at": incident.opened_at,
        "window_start": first.start,
        "window_end": first.end,
        "count": str(first.count),
        "expected": str(first.expected),
        "threshold": None if incident.threshold is None else str(incident.threshold),
        "score": str(peak.score),
        "peak_start": peak.start,
        "peak_end": peak.end,
        "peak_count": str(peak.count),
        "peak_expected": str(peak.expected),
        "abnormal_until": incident.abnormal_until,
        "resolved_at": incident.resolved_at,
        "channel": incident.channel,
        "is_muted": "true" if incident.is_muted else "false",
    }


def _message_fields(message: Message) -> dict[str, Any]:
    return {
        "message_key": message.message_key,
        "seq": str(message.seq),
        "channel": message.channel,
        "kind": message.kind,
        "about": "\n".join(message.about),
        "parent_key": message.parent_key,
        "body": json.dumps(message.body, ensure_ascii=False),
        "created_at": message.created_at,
    }


def _incident(row: Row) -> Incident:
    first = Observation(row["window_start"], row["window_end"], row["count"], row["expected"], row["score"])
    peak = Observation(row["peak_start"], row["peak_end"], row["peak_count"], row["peak_expected"], row["score"])
    return Incident(
        incident_id=row["incident_id"],
        event_name=row["event_name"],
        direction=Direction(row["direction"]),
        rules=tuple(Rule(rule) for rule in row["rules"]),
        state=State(row["state"]),
        opened_at=row["opened_at"],
        first=first,
        peak=peak,
        abnormal_until=row["abnormal_until"],
        resolved_at=row["resolved_at"],
        threshold=row["threshold"],
        channel=row["channel"],
        is_muted=row["is_muted"],
    )


def _message(row: Row) -> Message:
    return Message(
        message_key=row["message_key"],
        seq=row["seq"],
        channel=row["channel"],
        kind=Kind(row["kind"]),
        about=tuple(row["about"]),
        parent_key=row["parent_key"],
        created_at=row["created_at"],
        body=row["body"],
        state=Delivery(row["state"]),
        slack_channel=row["slack_channel"],
        slack_ts=row["slack_ts"],
    )
