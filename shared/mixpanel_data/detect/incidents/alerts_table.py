"""Incidents as rows of the table `alerts`, and back."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from mixpanel_data.detect.incidents.incident import Direction, Incident, Observation, Rule, State
from mixpanel_data.warehouse.base import Row, Warehouse
from mixpanel_data.warehouse.json_rows import json_row
from mixpanel_data.warehouse.statements import Statement, statement

INCIDENTS = statement("detect/incidents/incidents.sql", since="TIMESTAMP", as_of="TIMESTAMP")
INCIDENTS_BY_ID = statement("detect/incidents/incidents_by_id.sql", incident_ids="ARRAY<STRING>")

_BY_RUN = {"run_id": "STRING", "as_of": "TIMESTAMP"}

STORE_INCIDENTS: tuple[Statement, ...] = (
    statement("detect/incidents/given_incidents.sql", creates="given_incidents", incidents="ARRAY<STRING>"),
    statement("detect/incidents/update_incidents.sql", **_BY_RUN),
    statement("detect/incidents/insert_incidents.sql", **_BY_RUN),
)
"""Write the incidents of a run, in this order and in one transaction; `incidents` is made by `incident_rows`."""


def recent_incidents(warehouse: Warehouse, *, since: datetime, as_of: datetime) -> list[Incident]:
    """The incidents that are open, or were abnormal since then. Raises the warehouse's errors."""
    return [_incident(row) for row in warehouse.rows(INCIDENTS, since=since, as_of=as_of)]


def incidents_by_id(warehouse: Warehouse, incident_ids: Sequence[str]) -> list[Incident]:
    """The incidents with these ids, however old. Raises the warehouse's errors."""
    return [_incident(row) for row in warehouse.rows(INCIDENTS_BY_ID, incident_ids=list(incident_ids))]


def incident_rows(incidents: Iterable[Incident]) -> list[str]:
    """Incidents as given_incidents.sql reads them."""
    return [json_row(_fields(incident)) for incident in incidents]


def _fields(incident: Incident) -> dict[str, str | datetime | None]:
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
        "first_score": None if first.score is None else str(first.score),
        "peak_start": peak.start,
        "peak_end": peak.end,
        "peak_count": str(peak.count),
        "peak_expected": str(peak.expected),
        "abnormal_until": incident.abnormal_until,
        "resolved_at": incident.resolved_at,
        "channel": incident.channel,
        "is_muted": "true" if incident.is_muted else "false",
        "whole_id": incident.whole_id,
    }


def _incident(row: Row) -> Incident:
    first = Observation(row["window_start"], row["window_end"], row["count"], row["expected"], row["first_score"])
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
        whole_id=row["whole_id"],
    )
